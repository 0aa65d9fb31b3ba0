/* policy-sandbox.c: what scripts cannot do: run for ever, take all memory, get out, stay; and what is refused when they
 * load. Each case is the body of a function at stage rcpt, and what the verdict or the ledger must say of it. */
#include "policy-scene.h"

typedef struct
{
  const char *body, *says; /* says: part of what the ledger hears; NULL: the body must run, and refuse with "fine" */
} Case;

#define FINE " return pli.reject 'fine'"

static const Case cases[] = {
  { "while true do end", "policy.lua:1: used up its 1000000 instructions" },
  { "while true do pcall (function () while true do end end) end", "used up its" },
  { "local function f () return pcall (f) end f () while true do end", "used up its" },
  { "xpcall (error, function () while true do end end)", "attempt to call a nil value (global 'xpcall')" },
  { "local s = ('x'):rep (1024 * 1024 * 1024)", "not enough memory" },
  { "local t = {} while true do t[#t + 1] = ('x'):rep (100000) .. #t end", "" },
  { "local t = {} while true do pcall (function () t[#t + 1] = ('x'):rep (100000) .. #t end) end", "" },
  { "local s = 'x' while true do s = s .. s end", "not enough memory" },
  { "for i = 1, 1e9 do local s = ('x'):rep (1000000) end", "used up its" },
  { "local s = ('x'):rep (1000000) for i = 1, 1e9 do utf8.len (s) end", "used up its" },
  { "local s = ('x'):rep (1000000) for i = 1, 1e9 do s:find ('y', 1, true) end", "used up its" },
  { "return (('a'):rep (200)):find (('a*'):rep (30) .. 'b')", "used up its" },
  { "return (('a'):rep (200)):gsub (('a-'):rep (30) .. 'b', '')", "used up its" },
  { "for x in (('a'):rep (200)):gmatch (('a?'):rep (200) .. ('a'):rep (200) .. 'b') do end", "" },
  { "return ('a'):match (('('):rep (100) .. 'a')", "too many captures" },
  { "local function f () return 1 + f () end f ()", "" },
  { "local t = setmetatable ({}, { __index = function (t, k) return t[k + 1] end }) return t[1]", "" },
  { "setmetatable ({}, { __gc = function () end })", "__gc is not allowed" },
  { "table.insert (setmetatable ({}, { __len = function () return 1e9 end }), 1, 0)", "without a metatable" },
  { "table.unpack ({}, 1, 1e8)", "too many results" },
  { "table.concat (setmetatable ({}, { __len = function () return 1e9 end }))", "without a metatable" },
  { "getmetatable ('').__index = nil", "" },
  { "assert (getmetatable ('') == false)" FINE, NULL },
  { "assert (getmetatable (txn) == false and getmetatable (pli) == false)" FINE, NULL },
  { "pli.reject = nil", "this cannot be changed" },
  { "txn.sender = 'x'", "this cannot be changed" },
  { "rawset (txn, 'sender', 'x')", "bad argument" },
  { "assert (not (io or os or debug or package or coroutine or collectgarbage or load or loadfile or dofile))" FINE,
    NULL },
  { "assert (not (string.dump or table.move or print or math.randomseed))" FINE, NULL },
  { "require 'os'", "no module lib/os.lua" },
  { "require '../policy'", "no module" },
  { "error ('mine')", "policy.lua:1: mine" },
  { "error ({})", "policy.lua:1: an error that is no text" },
  { "local x = nil; return x.y", "policy.lua:1: attempt to index a nil value (local 'x')" },
  { "return 'yes'", "policy.lua:1: the function returned a string" },
  { "return { kind = 2 }", "returned a table, not an answer" },
  { "return pli.file 'x'", "policy.lua:1: pli.file means nothing at stage rcpt" },
  { "return pli.to 'x'", "there is no [route x]" },
  { "return pli.reject { code = 250, 'x' }", "code of pli.reject must be 500 to 599" },
  { "return pli.defer { status = '5.7.1' }", "status of pli.defer must be like" },
  { "local o = { cod = 550 } return pli.reject (o)", "pli.reject has no option \"cod\"" },
  { "local f = 'sendr' return txn[f]", "txn has no field \"sendr\"" },
  { "local f = 'rejekt' return pli[f]", "pli has no \"rejekt\"" },
  { "pli.on ('rcpt', function () end)", "handlers are registered while the script loads" },
  { "pli.test ('x', function () end)", "_test.lua" },
  { "kept = kept or txn; return kept.sender and pli.reject 'fine'", NULL },
  { "local n = 0 for w in ('a,b,,c'):gmatch '[^,]*' do n = n + 1 end assert (n == 4)" FINE, NULL },
  { "assert (('hello world'):gsub ('o', '0') == 'hell0 w0rld')" FINE, NULL },
  { "assert (('abc'):gsub ('%w', '%0%0') == 'aabbcc' and ('abc'):gsub ('', '-') == '-a-b-c-')" FINE, NULL },
  { "assert (('$name'):gsub ('%$(%w+)', { name = 'x' }) == 'x' and ('a b'):gsub ('%w', string.upper, 1) == 'A b')" FINE,
    NULL },
  { "local a, b, c = ('key=val'):find '(%w+)=(%w+)' assert (a == 1 and b == 7 and c == 'key')" FINE, NULL },
  { "assert (('x'):find ('x', 5) == nil and ('a.b'):find ('.', 1, true) == 2 and ('ab'):find ('b', -1) == 2)" FINE,
    NULL },
  { "local t = { 3, 1, 2 } table.sort (t) assert (table.concat (t, ',') == '1,2,3')" FINE, NULL },
  { "assert (pli.time '1970-01-02' == 86400 and pli.now () == 1600000000)" FINE, NULL },
};

static void
test_case (gconstpointer user)
{
  const Case *c = user;
  g_autofree char *text = g_strdup_printf ("pli.on ('rcpt', function (txn, rcpt) %s end)", c->body);
  Scene *scene = scene_with (text);
  gint64 began = g_get_monotonic_time ();
  const PliVerdict *verdict = scene_ask (scene, PLI_STAGE_RCPT);

  g_assert_cmpint (g_get_monotonic_time () - began, <, 10 * G_USEC_PER_SEC);
  if (c->says)
    {
      g_assert_cmpuint (verdict->kind, ==, PLI_DEFER);
      g_assert_cmpuint (verdict->code, ==, 451);
      if (!strstr (scene_told (scene), c->says))
        g_error ("%s: the ledger was told \"%s\"", c->body, scene_told (scene));
      g_assert_nonnull (strstr (scene_told (scene), "policy.lua:1: "));
    }
  else if (verdict->kind != PLI_REJECT)
    g_error ("%s: %s", c->body, scene_told (scene));
  /* The next message is served as if nothing had been. */
  verdict = scene_ask (scene, PLI_STAGE_RCPT);
  g_assert_cmpuint (verdict->kind, ==, c->says || strstr (c->body, "kept") ? PLI_DEFER : PLI_REJECT);
  scene_free (scene);
}

static const Case wrong[] = {
  { "while true do end", "policy.lua:1: used up its 20000000 instructions" },
  { "pli.on ('data', function () end)", "policy.lua:1: there is no stage \"data\"" },
  { "\n\nlocal x = = 1", "policy.lua:3: " },
  { "local f = nil\nf ()", "policy.lua:2: attempt to call a nil value" },
  { "pli.dns.txt ('x')", "policy.lua:1: nothing can be looked up here" },
  { "local l = pli.list 'none.cidr'", "policy.lua:1: there is no list lists/none.cidr" },
  { "\033Lua", "policy.lua: attempt to load a binary chunk" },
  { "pli.on ('rcpt', function (t, r)\n  return pli.rejekt ()\nend)", "policy.lua:2: pli has no \"rejekt\"" },
  { "pli.on ('rcpt', function (t, r)\n  return pli.dns.txtt 'x'\nend)", "policy.lua:2: pli.dns has no \"txtt\"" },
  { "pli.on ('rcpt', function (t, r)\n  return pli.reject { cod = 1 }\nend)",
    "policy.lua:2: this answer has no option \"cod\"" },
  { "pli.on ('deliver', function (m, r)\n  return pli.file ('x', { flag = {} })\nend)",
    "policy.lua:2: this answer has no option \"flag\"" },
  { "pli.on ('rcpt', function (t, r)\n  if t.sendr == '' then return end\nend)",
    "policy.lua:2: txn has no field \"sendr\"" },
  { "pli.on ('rcpt', function (t, r)\n  if r.sender then return end\nend)",
    "policy.lua:2: rcpt has no field \"sender\"" },
  { "pli.route (function (m, r)\n  return m:add_headr ()\nend)", "policy.lua:2: msg has no field \"add_headr\"" },
};

static const char *const right[] = {
  "pli.on ('rcpt', function (t, r) local t = { x = 1 } return t.x and nil end)",
  "pli.on ('rcpt', function (t, r) for _, t in ipairs { { x = 1 } } do local y = t.x end end)",
  "pli.on ('rcpt', function (t, r) return pli.reject { 'x', code = 550, status = '5.7.1' } end)",
  "pli.on ('deliver', function (m, r) return pli.file ('x' .. ({ a = 1 }).a, { flags = { '\\\\Seen' } }) end)",
  "-- pli.rejekt\nlocal s = 'pli.rejekt' .. [[ pli.rejekt ]]",
  "local x = { pli = { rejekt = 1 } } local y = x.pli.rejekt",
  "pli.on ('rcpt', function (t, r) if t.size == 1 then return pli.reject (t.sender .. ('x'):rep (2)) end end)",
};

static void
test_wrong (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      const PliScript script = { "policy.lua", pli_span_from (wrong[i].body) };
      g_autofree char *error = scene_load_error (&script, 1, NULL);

      if (!error || !strstr (error, wrong[i].says))
        g_error ("%s: %s", wrong[i].body, error);
    }
}

static void
test_right (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      const PliScript script = { "policy.lua", pli_span_from (right[i]) };
      g_autofree char *error = scene_load_error (&script, 1, NULL);

      if (error)
        g_error ("%s: %s", right[i], error);
    }
}

/* Bytecode made by a Lua of its own must not load, whatever file it is in. */
static void
test_bytecode (void)
{
  static const char code[] = "\033LuaT\0\x19\x93\r\n\x1a\n";
  const PliScript scripts[] = { { "lib/x.lua", PLI_SPAN ("") },
                                { "policy.lua", PLI_SPAN ("require 'x' pcall (require, 'y')") },
                                { "lib/y.lua", pli_span (code, sizeof code) } };
  g_autofree char *error = NULL;
  PliScript as_policy = { "policy.lua", pli_span (code, sizeof code) };

  error = scene_load_error (scripts, G_N_ELEMENTS (scripts), NULL);
  g_assert_null (error); /* require failed inside pcall */
  error = scene_load_error (&as_policy, 1, NULL);
  g_assert_nonnull (strstr (error, "binary chunk"));
}

int
main (int argc, char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *built = g_build_filename (folder, "..", "..", "plugins", ".libs", NULL);

  g_test_init (&argc, &argv, NULL);
  g_setenv ("PLI_PLUGIN_PATH", built, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("/policy-sandbox/%u", i);

      g_test_add_data_func (name, &cases[i], test_case);
    }
  g_test_add_func ("/policy-sandbox/wrong", test_wrong);
  g_test_add_func ("/policy-sandbox/right", test_right);
  g_test_add_func ("/policy-sandbox/bytecode", test_bytecode);
  return g_test_run ();
}
