/* policy-scene.c: see policy-scene.h. */
#include "policy-scene.h"

#include "service/ledger.h"
#include <pli/directory.h>
#include <pli/dns.h>
#include <pli/ledger.h>

static Scene *listening;

static PliStep
record (PliOp *op, gpointer self, const PliRecordArgs *args, PliRecordResult *result)
{
  (void) op;
  (void) self;
  for (guint i = 0; listening && i < args->n_events; i++)
    g_string_append_printf (listening->told, "%s by %s: %s\n", args->events[i].what, args->events[i].by,
                            args->events[i].detail);
  result->n = args->n_events;
  return PLI_DONE;
}

/* A second later: what the name says. */
static PliStep
look_up (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result)
{
  static const PliDnsRow rows[] = { { .text = "first", .preference = 10 }, { .text = "second", .preference = 20 } };

  (void) self;
  if (g_str_equal (args->name, "never"))
    {
      pli_op_done_after (pli_op_wait (op), 100 * G_USEC_PER_SEC);
      return PLI_WAIT;
    }
  if (g_str_equal (args->name, "broken"))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "SERVFAIL");
  result->status = g_str_equal (args->name, "none") ? PLI_DNS_NO_NAME : PLI_DNS_FOUND;
  result->rows = rows;
  result->n_rows = result->status == PLI_DNS_FOUND ? 2 : 0;
  pli_op_done_after (pli_op_wait (op), G_USEC_PER_SEC);
  return PLI_WAIT;
}

static PliStep
resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  PliTarget *target = pli_arena_new0 (pli_op_arena (op), PliTarget);

  (void) self;
  target->address = pli_arena_strdup (pli_op_arena (op), args->address);
  target->account = "acc1";
  result->kind = g_str_has_suffix (args->address, "@example.test") ? PLI_RCPT_LOCAL : PLI_RCPT_FOREIGN;
  result->targets = target;
  result->n_targets = result->kind == PLI_RCPT_LOCAL;
  return PLI_DONE;
}

static const PliLedger ledger = { .size = sizeof (PliLedger), .record = record };
static const PliDns dns = { .size = sizeof (PliDns), .lookup = look_up };
static const PliDirectory directory = { .size = sizeof (PliDirectory), .resolve = resolve };
static const PliService services[] = {
  PLI_LEDGER ("test", &ledger), PLI_DNS ("test", &dns), PLI_DIRECTORY ("test", &directory), { 0 }
};

PLI_PLUGIN (test_others, .name = "test-others", .version = "1", .summary = "Other rooms", .services = services);

static void
nothing (PliSession *session)
{
  (void) session;
}

static gsize
eat (PliSession *session, PliSpan data)
{
  (void) session;
  return data.len;
}

static const PliProtocol engine = {
  .size = sizeof (PliProtocol), .session_size = 1, .open = nothing, .input = eat, .idle = nothing, .close = nothing
};

static PliTest *
open_test (const PliScript *scripts, guint n, const char *conf, PliPlugin **out_plugin)
{
  PliTest *test = pli_test_new (NULL, NULL, conf);
  g_autofree char *path = pli_registry_find_file ("policy-lua");
  g_autoptr (GError) error = NULL;
  PliPlugin *others = pli_registry_add (test->instance->registry, &test_others_LTX_pli_plugin, &error);

  g_assert_true (others && pli_registry_load (test->instance->registry, others, &error));
  g_assert_nonnull (path);
  pli_instance_set_scripts (test->instance, scripts, n);
  *out_plugin = pli_registry_open (test->instance->registry, path, &error);
  g_assert_no_error (error);
  return test;
}

static void
close_test (PliTest *test)
{
  PliInstance *instance = test->instance;

  pli_instance_set_scripts (instance, NULL, 0);
  pli_test_free (test, FALSE);
}

char *
scene_load_error (const PliScript *scripts, guint n, const char *conf)
{
  g_autoptr (GError) error = NULL;
  PliPlugin *plugin;
  PliTest *test = open_test (scripts, n, conf, &plugin);
  char *text = NULL;

  if (!pli_registry_load (test->instance->registry, plugin, &error))
    text = g_strdup (error->message);
  close_test (test);
  return text;
}

Scene *
scene_new (const PliScript *scripts, guint n, const char *conf)
{
  const PliListenerSpec spec = { .name = "test", .protocol = &engine, .role = "mx" };
  Scene *scene = g_new0 (Scene, 1);
  g_autoptr (GError) error = NULL;

  scene->test = open_test (scripts, n, conf, &scene->plugin);
  pli_registry_load (scene->test->instance->registry, scene->plugin, &error);
  g_assert_no_error (error);
  scene->told = g_string_new (NULL);
  listening = scene;
  pli_loop_fake_clock (scene->test->instance->loop, 1600000000 * (gint64) G_USEC_PER_SEC);
  scene->fake = pli_fake_new (scene->test->instance->net, &spec, "192.0.2.1");
  scene_turn (scene, 0);
  scene->txn = pli_txn_new (pli_fake_session (scene->fake), "sender@example.org");
  pli_txn_add_rcpt (scene->txn, "rcpt+detail@example.test");
  pli_txn_set_helo (scene->txn, "client.example.org");
  pli_txn_set_announced (scene->txn, 1234);
  return scene;
}

Scene *
scene_with (const char *text)
{
  const PliScript script = { "policy.lua", pli_span_from (text) };

  return scene_new (&script, 1, NULL);
}

static void
forget (Scene *scene)
{
  g_clear_pointer ((char **) &scene->verdict.text, g_free);
  g_clear_pointer ((char **) &scene->verdict.status, g_free);
  g_clear_pointer ((char **) &scene->verdict.where, g_free);
  g_clear_pointer ((char **) &scene->route.name, g_free);
  g_clear_pointer ((char **) &scene->route.text, g_free);
  g_clear_pointer ((char **) &scene->route.status, g_free);
  g_clear_pointer ((char **) &scene->route.where, g_free);
  g_strfreev ((GStrv) scene->route.to);
  g_clear_pointer (&scene->error, g_free);
  memset (&scene->route, 0, sizeof scene->route);
  memset (&scene->verdict, 0, sizeof scene->verdict);
}

void
scene_free (Scene *scene)
{
  pli_txn_free (scene->txn);
  pli_fake_free (scene->fake);
  close_test (scene->test);
  listening = NULL;
  forget (scene);
  g_string_free (scene->told, TRUE);
  g_free (scene);
}

gboolean
scene_reload (Scene *scene, const char *text, GError **error)
{
  const PliScript script = { "policy.lua", pli_span_from (text) };

  pli_instance_set_scripts (scene->test->instance, &script, 1);
  return pli_registry_reload (scene->test->instance->registry, error);
}

void
scene_turn (Scene *scene, gint64 seconds)
{
  pli_loop_move_clock (scene->test->instance->loop, seconds * (gint64) G_USEC_PER_SEC);
  for (guint i = 0; i < 32; i++)
    pli_loop_step (scene->test->instance->loop, 0);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Scene *scene = user;
  const PliVerdict *verdict = result;

  g_assert_no_error (error);
  forget (scene);
  scene->verdict = *verdict;
  scene->verdict.text = g_strdup (verdict->text);
  scene->verdict.status = g_strdup (verdict->status);
  scene->verdict.where = g_strdup (verdict->where);
  scene->answers++;
}

PliCall *
scene_start (Scene *scene, PliStage stage)
{
  static const PliRcptArgs rcpt = { "rcpt+detail@example.test" };
  static const PliHelloArgs hello = { "client.example.org" };
  PliTxn *txn = stage >= PLI_STAGE_MAIL ? scene->txn : NULL;
  const void *args = stage == PLI_STAGE_RCPT ? (const void *) &rcpt : stage == PLI_STAGE_HELLO ? &hello : NULL;

  if (stage >= PLI_STAGE_MESSAGE)
    pli_txn_set_message (scene->txn, PLI_SPAN (SCENE_MESSAGE));
  return pli_filters_run (pli_fake_session (scene->fake), txn, stage, args, answered, scene);
}

const PliVerdict *
scene_ask (Scene *scene, PliStage stage)
{
  guint before = scene->answers;

  scene_start (scene, stage);
  for (guint i = 0; i < 5 && scene->answers == before; i++)
    scene_turn (scene, i > 0);
  g_assert_cmpuint (scene->answers, ==, before + 1);
  return &scene->verdict;
}

static void
routed (gpointer user, const void *result, const GError *error)
{
  Scene *scene = user;
  const PliRouteResult *route = result;

  forget (scene);
  scene->answers++;
  if (error)
    {
      scene->error = g_strdup (error->message);
      return;
    }
  scene->route = *route;
  scene->route.name = g_strdup (route->name);
  scene->route.text = g_strdup (route->text);
  scene->route.status = g_strdup (route->status);
  scene->route.where = g_strdup (route->where);
  scene->route.to = (const char *const *) g_strdupv ((GStrv) route->to);
}

const PliRouteResult *
scene_route (Scene *scene, gboolean place)
{
  const PliRouteArgs args = { .id = "01ID",
                              .sender = "sender@example.org",
                              .rcpt = "rcpt+detail@example.test",
                              .account = place ? "acc1" : NULL,
                              .original = "alias@example.test",
                              .login = "ann@example.test",
                              .role = "submission",
                              .peer = "192.0.2.1",
                              .bytes = 30 * 1024 * 1024,
                              .received_us = 1600000000 * (gint64) G_USEC_PER_SEC,
                              .tries = 2,
                              .header = PLI_SPAN ("Subject: [pli] hello\r\nList-Id: <pli.example.org>\r\n\r\n") };
  guint before = scene->answers;

  pli_router_ask (scene->test->instance, place, &args, routed, scene);
  for (guint i = 0; i < 5 && scene->answers == before; i++)
    scene_turn (scene, i > 0);
  g_assert_cmpuint (scene->answers, ==, before + 1);
  return &scene->route;
}

const char *
scene_told (Scene *scene)
{
  pli_tellings_flush (scene->test->instance->tellings);
  scene_turn (scene, 0);
  return scene->told->str;
}
