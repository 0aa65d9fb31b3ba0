#!/bin/sh
# The commands that administer a server that does not run: what they print, what they leave behind, and their exit codes.
# Wants $PLI (default: ./pli), and finds plugins as that does. Prints TAP.
pli=${PLI:-./pli}
root=$(mktemp -d) || exit 99
trap 'rm -rf "$root"' EXIT
n=0
input=

# given TEXT: the next command reads it.
given () {
  input=$1
}

# expect CODE TEXT ARGUMENTS…: the exit code, and output (stderr too) that has TEXT, a basic regular expression.
expect () {
  code=$1 text=$2
  shift 2
  out=$(printf '%s\n' "$input" | "$pli" --root "$root" "$@" 2>&1)
  got=$?
  input=
  n=$((n + 1))
  if [ "$got" = "$code" ] && printf '%s\n' "$out" | grep -q -e "$text"; then
    echo "ok $n - $*"
  else
    echo "not ok $n - $*"
    printf '%s\n' "exit code $got, wanted $code with \"$text\":" "$out" | sed 's/^/# /'
  fi
}

expect 3 'pli init' config show
expect 2 'domain name' init --domain 'not a domain'
expect 0 'postmaster@one.example' init --domain One.Example --port-base 2000
expect 4 'is there already' init --domain one.example

expect 0 '^one.example$' domain list
expect 0 'added' domain add two.example
expect 4 'is there already' domain add TWO.example
expect 1 'not a domain name' domain add 'no domain'
expect 3 'pli domain list' domain remove nine.example
expect 0 'removed' domain remove two.example
expect 2 'is wanted' domain frobnicate
expect 0 'usage: pli' domain --help

given secret12
expect 0 'bob@one.example: added' account add bob@one.example --password-stdin --name 'Bob B'
given secret12
expect 0 '"account": "[0-9a-z]\{26\}"' --json account add eve@one.example --password-stdin
given short
expect 1 '6 to 511 bytes' account passwd eve@one.example --password-stdin
expect 3 'pli domain add nine.example' account add x@nine.example --no-password
expect 0 'Bob B' account list one.example
expect 0 '"disabled": false' account list --json
expect 0 'disabled' account disable bob@one.example
expect 0 'bob@one.example.*disabled' account list
expect 0 'enabled' account enable bob@one.example
expect 1 'has 3 accounts and 0 aliases' domain remove one.example
expect 2 'unknown option --frob' account list --frob

expect 0 'all@one.example to eve@one.example: added' alias add all@one.example bob@one.example eve@one.example
expect 4 'is an account' alias add bob@one.example eve@one.example
expect 1 'catch-all' alias add @one.example eve@one.example
expect 0 'all@one.example.bob@one.example' alias list
expect 0 'removed' alias remove all@one.example
expect 3 'pli alias list' alias remove all@one.example
expect 0 'removed' account remove eve@one.example
expect 3 'pli account list' account remove eve@one.example

printf 'root: bob, ann@away.example\nnews: |/bin/false\nwww:\n  root,\n  bob\n' >"$root/aliases"
expect 2 'domain DOMAIN is wanted' alias import "$root/aliases"
expect 1 '4 added, 0 there already, 1 skipped' alias import "$root/aliases" --domain one.example
expect 1 'aliases:2: |/bin/false: commands' alias import "$root/aliases" --domain one.example
expect 0 'www@one.example.root@one.example' alias list

expect 0 'conf.d/90-local.conf:2: written' config set auth-local hash-cost 3
expect 0 'from *conf.d/90-local.conf:2' config why auth-local hash-cost
expect 0 '"origin": "default"' config why auth-local hash-parallel --json
expect 0 'hash-cost = 3' config show
expect 0 'hash-parallel = 2' config show auth-local
expect 3 'did you mean "hash-cost"' config set auth-local hash-cots 3
expect 3 'did you mean "auth-local"' config set auht-local hash-cost 3
expect 6 'write 1 to 11' config set auth-local hash-cost 12
expect 2 'NAME' config set domain catch-all bob@one.example
expect 0 'written' config set domain one.example catch-all bob@one.example
expect 0 'catch-all = bob@one.example' config show domain one.example
expect 3 'no file has' config show domain nine.example

expect 0 '^auth-local ' plugin list
expect 0 '"kind": "directory"' plugin list --json
expect 0 '^#hash-cost = 5$' plugin describe auth-local
expect 0 '| `hash-cost` |' plugin describe auth-local --markdown
expect 0 '"key": "hash-cost"' plugin describe auth-local --json
expect 0 '^\[server\]$' plugin describe core --conf
expect 3 'pli plugin list' plugin describe nonsense

printf '[auth-local]\nhash-cost = 4\n' > "$root/conf.d/95-late.conf"
expect 0 'from *conf.d/95-late.conf:2' config why auth-local hash-cost
printf 'nonsense\n' > "$root/conf.d/96-bad.conf"
expect 6 'conf.d/96-bad.conf:1: neither' config show
chmod o+w "$root/conf.d/96-bad.conf"
expect 6 'chmod o-w' config show
echo "1..$n"
