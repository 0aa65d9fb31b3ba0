#!/bin/sh
# policy.lua and the recipes: their own tests, each recipe alone; and that `pli policy` says what is wrong. Prints TAP.
# Wants $PLI and $srcdir as run-tap sets them.
pli=${PLI:-./pli}
lua=${srcdir:-.}/lua
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

# is CODE TEXT WORD…: the command ends with that code, and says the text.
is () {
  code=$1 text=$2
  shift 2
  n=$((n + 1))
  "$pli" policy "$@" >"$work/out" 2>&1
  got=$?
  if [ $got = "$code" ] && grep -qF -- "$text" "$work/out" && ! grep -q '^not ok' "$work/out"; then
    echo "ok $n - policy $*"
  else
    echo "not ok $n - policy $*: exit code $got"
    sed 's/^/# /' "$work/out"
  fi
}

is 0 "1..3" test "$lua/policy_test.lua"
recipes=0
for test in "$lua"/recipes/*_test.lua; do
  is 0 "ok 1" test "$test"
  is 0 "Right" check "${test%_test.lua}.lua"
  recipes=$((recipes + 1))
done
n=$((n + 1))
test $recipes -ge 8 && echo "ok $n - $recipes recipes" || echo "not ok $n - $recipes recipes"

is 0 'message: reject 5.7.1 "attachments of type exe' test "$lua/recipes/attachments.lua" "$lua/recipes/program.eml"
is 0 'deliver ann@example.test: file Lists/pli (subject-folder.lua:5)' test "$lua/recipes/subject-folder.lua" \
  "$lua/recipes/tagged.eml" --to ann@example.test
is 0 'rcpt a@example.test: reject 550 5.7.1 "192.0.2.1 is listed by z" (dnsbl-reject.lua:5)' test \
  "$lua/recipes/dnsbl-reject.lua" "$lua/recipes/plain.eml" --to a@example.test --fact dnsbl.listed=yes --fact dnsbl.zone=z
is 0 'rcpt all@example.test: reject 5.1.8' test "$lua/recipes/sender-restrict.lua" "$lua/recipes/plain.eml" \
  --from x@example.test --to all@example.test --answer lookup:x@example.test=unknown
printf 'pli.on ("rcpt", function (txn, rcpt)\n  return pli.rejekt ()\nend)\n' >"$work/wrong.lua"
is 6 'wrong.lua:2: pli has no "rejekt"' check "$work/wrong.lua"
printf 'pli.on ("mail", function (txn)\n  local x\n  return x.y\nend)\n' >"$work/late.lua"
is 1 'late.lua:3: attempt to index a nil value' test "$work/late.lua" "$lua/recipes/plain.eml"
is 2 'what is --nonsense?' test "$work/late.lua" "$lua/recipes/plain.eml" --nonsense
is 1 'no such file' check "$work/none.lua"
echo "1..$n"
