/* policy-stages.c: policy-lua at each stage: what scripts see, what their answers become, how they wait, and a reload. */
#include "policy-scene.h"

#include <pli/store.h>

/* Says what is wrong by a verdict: assert() defers, and the ledger has the line. */
static const struct
{
  PliStage stage;
  const char *script;
} sights[] = {
  { PLI_STAGE_CONNECT, "pli.on ('connect', function (session)\n"
                       "assert (session.peer == '192.0.2.1' and session.role == 'mx' and session.tls == nil)\n"
                       "assert (session.login == nil and session.loopback == false and session['local'])\n"
                       "return pli.reject 'seen' end)" },
  { PLI_STAGE_HELLO, "pli.on ('hello', function (session)\n"
                     "assert (session.helo == 'client.example.org')\n"
                     "return pli.reject 'seen' end)" },
  { PLI_STAGE_MAIL, "pli.on ('mail', function (txn)\n"
                    "assert (txn.sender == 'sender@example.org' and txn.sender_domain == 'example.org')\n"
                    "assert (txn.size == 1234 and #txn.id == 26 and txn.session.peer == '192.0.2.1')\n"
                    "return pli.reject 'seen' end)" },
  { PLI_STAGE_RCPT, "pli.on ('rcpt', function (txn, rcpt)\n"
                    "assert (rcpt.address == 'rcpt+detail@example.test' and rcpt.domain == 'example.test')\n"
                    "assert (rcpt.user == 'rcpt' and rcpt.detail == 'detail' and txn.helo == 'client.example.org')\n"
                    "assert (txn.facts['none'] == nil and txn.login == nil and #txn.rcpts == 1)\n"
                    "return pli.reject 'seen' end)" },
  { PLI_STAGE_HEADERS, "pli.on ('headers', function (txn, msg)\n"
                       "assert (msg.header.subject == 'gr\xc3\xbc\xc3\x9f"
                       "e' and msg.header['SUBJECT'])\n"
                       "assert (msg:raw 'subject' == '=?utf-8?q?gr=C3=BC=C3=9Fe?=' and msg.header.none == nil)\n"
                       "assert (msg.header.message_id == '<1@example.org>' and msg.header['X-Under_Score'] == 'yes')\n"
                       "local all = msg:all 'received' assert (#all == 2 and all[1] == 'one' and all[2] == 'two')\n"
                       "assert (#msg:all () == 6 and msg:all ()[1].name == 'Subject')\n"
                       "assert (not pcall (function () return msg.body end))\n"
                       "return pli.reject 'seen' end)" },
  { PLI_STAGE_MESSAGE, "pli.on ('message', function (txn, msg)\n"
                       "assert (msg.size > 200 and msg.body:find ('hello', 1, true))\n"
                       "assert (#msg.parts == 2 and msg.parts[1].type == 'text/plain')\n"
                       "local p = msg.parts[2] assert (p.type == 'application/x-sh' and p.name == 'run.sh')\n"
                       "assert (p.disposition == 'attachment' and p.size == 2)\n"
                       "return pli.reject 'seen' end)" },
};

static void
test_sights (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sights); i++)
    {
      Scene *scene = scene_with (sights[i].script);

      for (guint stage = 0; stage < PLI_N_STAGES; stage++)
        g_assert_cmpint (pli_filters_any (scene->test->instance, stage), ==, stage == sights[i].stage);
      scene_ask (scene, sights[i].stage);
      if (g_strcmp0 (scene->verdict.text, "seen") != 0)
        g_error ("%s: %s", sights[i].script, scene_told (scene));
      scene_free (scene);
    }
}

static void
test_verdicts (void)
{
  static const struct
  {
    const char *answer;
    PliVerdictKind kind;
    guint code;
    const char *status, *text;
  } cases[] = {
    { "nil", PLI_CONTINUE, 0, NULL, NULL },
    { "pli.reject { code = 554, status = '5.7.26', 'no %s', 'SPF' }", PLI_REJECT, 554, "5.7.26", "no SPF" },
    { "pli.reject ()", PLI_REJECT, 550, "5.7.1", NULL },
    { "pli.defer { code = 450, 'wait %d s', 3 }", PLI_DEFER, 450, "4.7.1", "wait 3 s" },
    { "pli.discard 'gone'", PLI_DISCARD, 250, "2.0.0", "gone" },
    { "pli.quarantine 'odd'", PLI_QUARANTINE, 250, "2.0.0", "odd" },
    { "pli.accept ()", PLI_ACCEPT, 250, "2.0.0", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *script = g_strdup_printf ("\npli.on ('mail', function () return\n%s\nend)", cases[i].answer);
      Scene *scene = scene_with (script);
      const PliVerdict *verdict = scene_ask (scene, PLI_STAGE_MAIL);

      g_assert_cmpuint (verdict->kind, ==, cases[i].kind);
      g_assert_cmpuint (verdict->code, ==, cases[i].code);
      g_assert_cmpstr (verdict->status, ==, cases[i].status);
      g_assert_cmpstr (verdict->text, ==, cases[i].text);
      g_assert_cmpstr (verdict->where, ==, verdict->kind == PLI_CONTINUE ? NULL : "policy.lua:3");
      scene_free (scene);
    }
}

static void
test_order_and_edits (void)
{
  static const PliScript scripts[] = {
    { "a.lua",
      PLI_SPAN ("pli.on ('message', function (txn, msg)\n"
                "if pli.list 'x.cidr':has (txn.session.peer) then msg:add_header ('X-List', 'yes') end end)") },
    { "b.lua",
      PLI_SPAN ("pli.on ('message', function (txn, msg) msg:remove_header 'X-Spam' return pli.reject 'b' end)") },
    { "policy.lua", PLI_SPAN ("local lib = require 'x'\n"
                              "pli.on ('message', function (txn, msg) msg:add_header ('X-Lib', lib.name) end)") },
    { "a_test.lua", PLI_SPAN ("error 'tests do not run here'") },
    { "lib/x.lua", PLI_SPAN ("return { name = 'lib' }") },
    { "lists/x.cidr", PLI_SPAN ("192.0.2.0/24\n") },
  };
  Scene *scene = scene_new (scripts, G_N_ELEMENTS (scripts), NULL);
  const PliVerdict *verdict = scene_ask (scene, PLI_STAGE_MESSAGE);
  const PliEdits *edits = pli_txn_edits (scene->txn);

  g_assert_cmpstr (verdict->where, ==, "b.lua:1");
  g_assert_cmpuint (edits->n_items, ==, 3);
  g_assert_true (pli_span_is (edits->items[0].value, "lib")); /* policy.lua is the first */
  g_assert_true (pli_span_is (edits->items[1].name, "X-List"));
  g_assert_true (pli_span_is (edits->items[2].name, "X-Spam"));
  scene_free (scene);
}

static void
test_asking (void)
{
  Scene *scene = scene_with ("pli.on ('rcpt', function (txn, rcpt)\n"
                             "local ok, why = pcall (pli.dns.txt, 'broken') assert (not ok and why:find 'SERVFAIL')\n"
                             "assert (pli.dns.a 'none' == nil and #pli.dns.txt 'x' == 2)\n"
                             "local mx = pli.dns.mx 'x' assert (mx[2].host == 'second' and mx[2].preference == 20)\n"
                             "local who = pli.lookup (rcpt.address)\n"
                             "assert (who.kind == 'local' and who.targets[1].account == 'acc1')\n"
                             "assert (pli.lookup 'a@example.org'.kind == 'foreign')\n"
                             "return pli.reject { '%s', pli.dns.ptr (txn.session.peer)[1] } end)");

  scene_ask (scene, PLI_STAGE_RCPT);
  if (g_strcmp0 (scene->verdict.text, "first") != 0)
    g_error ("%s", scene_told (scene));
  g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, 0);
  scene_free (scene);
}

/* Nobody answers: the deadline does. Or the client goes. Or many wait at once. Others are served meanwhile. */
static void
test_waiting (void)
{
  Scene *scene = scene_with ("pli.on ('rcpt', function () pli.dns.txt 'never' end)\n"
                             "pli.on ('mail', function () pli.dns.txt 'x' return pli.reject 'later' end)");
  PliCall *call;

  scene_start (scene, PLI_STAGE_RCPT);
  scene_turn (scene, 5);
  g_assert_cmpuint (scene->answers, ==, 0);
  g_assert_cmpuint (scene_ask (scene, PLI_STAGE_MAIL)->kind, ==, PLI_REJECT);
  scene_turn (scene, 6);
  g_assert_cmpuint (scene->answers, ==, 2);
  g_assert_cmpuint (scene->verdict.kind, ==, PLI_DEFER);
  call = scene_start (scene, PLI_STAGE_RCPT);
  scene_turn (scene, 1);
  pli_call_cancel (call);
  for (guint i = 0; i < 50; i++)
    scene_start (scene, PLI_STAGE_MAIL);
  scene_turn (scene, 2);
  scene_turn (scene, 2);
  g_assert_cmpuint (scene->answers, ==, 52);
  scene_start (scene, PLI_STAGE_MAIL);
  scene_turn (scene, 0);
  pli_fake_hang_up (scene->fake);
  scene_turn (scene, 120);
  g_assert_cmpuint (scene->answers, ==, 52);
  scene_free (scene);
}

static void
test_reload (void)
{
  Scene *scene = scene_with ("pli.on ('mail', function () pli.dns.txt 'x' return pli.reject 'old' end)");
  g_autoptr (GError) error = NULL;

  scene_start (scene, PLI_STAGE_MAIL);
  scene_turn (scene, 0);
  g_assert_true (scene_reload (scene, "pli.on ('mail', function () return pli.reject 'new' end)", &error));
  scene_turn (scene, 1);
  g_assert_cmpstr (scene->verdict.text, ==, "old"); /* it began before */
  scene_ask (scene, PLI_STAGE_MAIL);
  g_assert_cmpstr (scene->verdict.text, ==, "new");
  g_assert_false (scene_reload (scene, "pli.on ('mail', function () retrun end)", &error));
  g_assert_true (g_str_has_prefix (error->message, "policy.lua:1: "));
  scene_ask (scene, PLI_STAGE_MAIL);
  g_assert_cmpstr (scene->verdict.text, ==, "new"); /* the one that loads stays */
  scene_free (scene);
}

/* What a script keeps for itself fills the memory of all some day: then scripts begin anew, and mail goes on. */
static void
test_memory (void)
{
  static const PliScript script = { "policy.lua", PLI_SPAN ("local kept = {}\n"
                                                            "pli.on ('mail', function ()\n"
                                                            "kept[#kept + 1] = ('x'):rep (100000)\n"
                                                            "return pli.reject { '%d', #kept } end)") };
  Scene *scene = scene_new (&script, 1, "[policy-lua]\nmemory-total = 1MiB\n");
  guint refused = 0, deferred = 0;

  for (guint i = 0; i < 40; i++)
    {
      scene_ask (scene, PLI_STAGE_MAIL);
      refused += scene->verdict.kind == PLI_REJECT;
      deferred += scene->verdict.kind == PLI_DEFER;
    }
  g_assert_cmpuint (refused, >=, 30);
  g_assert_cmpuint (deferred, >=, 2);
  g_assert_cmpuint (refused + deferred, ==, 40);
  scene_free (scene);
}

static void
expect_route (const char *script, gboolean place, PliRouteKind kind, const char *name, const char *to)
{
  const PliScript scripts[] = { { "policy.lua", pli_span_from (script) } };
  Scene *scene = scene_new (scripts, 1, "[route list]\nrelay = 192.0.2.9:25\n");
  const PliRouteResult *route;
  g_autofree char *all = NULL;

  g_assert_cmpint (pli_router_wants (scene->test->instance, place), ==, TRUE);
  g_assert_cmpint (pli_router_wants (scene->test->instance, !place), ==, FALSE);
  route = scene_route (scene, place);
  all = route->to ? g_strjoinv (" ", (char **) route->to) : NULL;
  if (scene->error || route->kind != kind || g_strcmp0 (route->name, name) != 0 || g_strcmp0 (all, to) != 0)
    g_error ("%s: kind %u name %s to %s error %s", script, route->kind, route->name, all, scene->error);
  if (kind != PLI_ROUTE_NO_OPINION)
    g_assert_true (g_str_has_prefix (route->where, "policy.lua:"));
  scene_free (scene);
}

#define ROUTE(body) "pli.route (function (msg, rcpt) " body " end)"
#define DELIVER(body) "pli.on ('deliver', function (msg, rcpt) " body " end)\n"

static void
test_routes (void)
{
  expect_route (ROUTE (""), FALSE, PLI_ROUTE_NO_OPINION, NULL, NULL);
  expect_route (ROUTE ("if msg.size > 20 * pli.MiB then return pli.to 'list' end"), FALSE, PLI_ROUTE_TO, "list", NULL);
  expect_route (ROUTE ("if msg.login == 'ann@example.test' then return pli.to ('smtp', { via = 'default' }) end"),
                FALSE, PLI_ROUTE_TO, "default", NULL);
  expect_route (ROUTE ("assert (msg.tries == 2 and msg.id == '01ID') return pli.reject 'no'"), FALSE, PLI_ROUTE_REJECT,
                NULL, NULL);
  expect_route (ROUTE ("return pli.defer 'later'"), FALSE, PLI_ROUTE_DEFER, NULL, NULL);
  expect_route (ROUTE ("if pli.dns.mx (rcpt.domain) then return pli.redirect 'x@example.org' end"), FALSE,
                PLI_ROUTE_REDIRECT, NULL, "x@example.org");
  expect_route (DELIVER ("return pli.file (msg.header.subject:match '%[(%w+)%]')"), TRUE, PLI_ROUTE_FILE, "pli", NULL);
  expect_route (DELIVER ("assert (rcpt.account == 'acc1' and rcpt.original == 'alias@example.test')"), TRUE,
                PLI_ROUTE_NO_OPINION, NULL, NULL);
  expect_route (DELIVER ("return pli.redirect { 'a@b.example', 'c@d.example' }"), TRUE, PLI_ROUTE_REDIRECT, NULL,
                "a@b.example c@d.example");
  expect_route (DELIVER ("return pli.discard ()"), TRUE, PLI_ROUTE_DISCARD, NULL, NULL);
  expect_route (DELIVER ("return pli.copy ('a@b.example', { folder = 'F' })"), TRUE, PLI_ROUTE_COPY, "F",
                "a@b.example");
  /* Copies stand, whatever comes behind them. */
  expect_route (DELIVER ("return pli.copy 'a@b.example'") DELIVER ("return pli.file 'F'"), TRUE, PLI_ROUTE_COPY, "F",
                "a@b.example");
  expect_route (DELIVER ("return pli.copy 'a@b.example'") DELIVER ("return pli.discard ()"), TRUE, PLI_ROUTE_REDIRECT,
                NULL, "a@b.example");
  expect_route (DELIVER ("return pli.copy 'a@b.example'") DELIVER ("return pli.copy 'c@d.example'"), TRUE,
                PLI_ROUTE_COPY, NULL, "a@b.example c@d.example");
}

static void
test_route_details (void)
{
  Scene *scene = scene_with (DELIVER ("return pli.file ('F', { flags = { '\\\\Seen', '\\\\flagged' } })"));

  g_assert_cmpuint (scene_route (scene, TRUE)->flags, ==, PLI_FLAG_SEEN | PLI_FLAG_FLAGGED);
  scene_free (scene);
  scene = scene_with (ROUTE ("return pli.to 'nowhere'"));
  scene_route (scene, FALSE);
  g_assert_cmpstr (scene->error, ==, "policy.lua:1: there is no [route nowhere]");
  scene_free (scene);
  scene = scene_with (DELIVER ("return pli.redirect 'nonsense'"));
  scene_route (scene, TRUE);
  g_assert_cmpstr (scene->error, ==, "policy.lua:1: \"nonsense\" is no address");
  scene_free (scene);
}

/* The rules that `pli init` writes cost at most 20 µs of processor time a message, with all that core does around a
 * filter; sanitizers take several times as long. */
static void
test_speed (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("srcdir") ? g_getenv ("srcdir") : "..", "lua", "policy.lua", NULL);
  g_autofree char *text = NULL;
  const guint n = 5000;
  struct timespec began, ended;
  double us;
  Scene *scene;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    {
      g_test_skip ("no lua/policy.lua here; set srcdir");
      return;
    }
  scene = scene_with (text);
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &began);
  for (guint i = 0; i < n; i++)
    {
      scene_start (scene, PLI_STAGE_HEADERS);
      while (scene->answers == i)
        pli_loop_step (scene->test->instance->loop, 0);
    }
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &ended);
  us = ((double) (ended.tv_sec - began.tv_sec) * 1e6 + (double) (ended.tv_nsec - began.tv_nsec) / 1e3) / n;
  g_test_message ("policy.lua takes %.1f µs a message", us);
#ifdef __SANITIZE_ADDRESS__
  g_assert_cmpfloat (us, <, 400);
#else
  g_assert_cmpfloat (us, <, 20);
#endif
  g_assert_cmpuint (scene->verdict.kind, ==, PLI_CONTINUE);
  scene_free (scene);
}

int
main (int argc, char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *built = g_build_filename (folder, "..", "..", "plugins", ".libs", NULL);

  g_test_init (&argc, &argv, NULL);
  g_setenv ("PLI_PLUGIN_PATH", built, FALSE);
  g_test_add_func ("/policy-stages/sights", test_sights);
  g_test_add_func ("/policy-stages/verdicts", test_verdicts);
  g_test_add_func ("/policy-stages/order-and-edits", test_order_and_edits);
  g_test_add_func ("/policy-stages/asking", test_asking);
  g_test_add_func ("/policy-stages/waiting", test_waiting);
  g_test_add_func ("/policy-stages/reload", test_reload);
  g_test_add_func ("/policy-stages/memory", test_memory);
  g_test_add_func ("/policy-stages/routes", test_routes);
  g_test_add_func ("/policy-stages/route-details", test_route_details);
  g_test_add_func ("/policy-stages/speed", test_speed);
  return g_test_run ();
}
