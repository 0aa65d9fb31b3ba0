/* Filters that misbehave (misbehave-*.c), at every stage: the chain must end in DEFER, or go on with on-failure = skip;
 * the ledger must say by whom; nothing that such a filter wished may count; and its late answer must hurt nobody, even
 * when transaction and session are gone. The clock is the test's. */
#include "lib/fake.h"
#include "lib/harness.h"
#include "service/ledger.h"
#include <pli/filter.h>
#include <pli/ledger.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

/* What the ledger was told, "what by detail" a line. */
static GString *told;

static PliStep
record (PliOp *op, gpointer self, const PliRecordArgs *args, PliRecordResult *result)
{
  (void) op;
  (void) self;
  for (guint i = 0; i < args->n_events; i++)
    g_string_append_printf (told, "%s by %s: %s\n", args->events[i].what, args->events[i].by, args->events[i].detail);
  result->n = args->n_events;
  return PLI_DONE;
}

static const PliLedger ledger = { .size = sizeof (PliLedger), .record = record };
static const PliService services[] = { PLI_LEDGER ("test", &ledger), { 0 } };

PLI_PLUGIN (test_ledger, .name = "test-ledger", .version = "1", .summary = "Remembers", .services = services);

/* An engine that does nothing. */

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

typedef struct
{
  PliTest *test;
  PliFake *fake;
  PliTxn *txn;
  guint answers;
  PliVerdict verdict; /* texts are copied */
} Scene;

static Scene *
scene_new (const char *plugin, const char *conf)
{
  const char *const plugins[] = { plugin, NULL };
  const PliListenerSpec spec = { .name = "test", .protocol = &engine };
  Scene *scene = g_new0 (Scene, 1);
  g_autoptr (GError) error = NULL;
  PliPlugin *linked;

  told = g_string_new (NULL);
  scene->test = pli_test_new (NULL, plugins, conf);
  linked = pli_registry_add (scene->test->instance->registry, &test_ledger_LTX_pli_plugin, &error);
  g_assert_no_error (error);
  g_assert_true (pli_registry_load (scene->test->instance->registry, linked, &error));
  pli_loop_fake_clock (scene->test->instance->loop, 1600000000 * SECOND);
  scene->fake = pli_fake_new (scene->test->instance->net, &spec, "192.0.2.1");
  for (guint i = 0; i < 4; i++)
    pli_loop_step (scene->test->instance->loop, 0);
  scene->txn = pli_txn_new (pli_fake_session (scene->fake), "sender@example.org");
  pli_txn_add_rcpt (scene->txn, "rcpt@example.test");
  pli_txn_set_message (scene->txn, PLI_SPAN ("Subject: x\r\n\r\nbody\r\n"));
  return scene;
}

static void
turn (Scene *scene, gint64 seconds)
{
  pli_loop_move_clock (scene->test->instance->loop, seconds * SECOND);
  for (guint i = 0; i < 16; i++)
    pli_loop_step (scene->test->instance->loop, 0);
}

static void
scene_free (Scene *scene)
{
  pli_txn_free (scene->txn);
  pli_fake_free (scene->fake);
  pli_test_free (scene->test, FALSE);
  g_free ((char *) scene->verdict.text);
  g_free ((char *) scene->verdict.status);
  g_free (scene);
  g_string_free (told, TRUE);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Scene *scene = user;

  g_assert_no_error (error);
  g_free ((char *) scene->verdict.text);
  g_free ((char *) scene->verdict.status);
  scene->verdict = *(const PliVerdict *) result;
  scene->verdict.text = g_strdup (scene->verdict.text);
  scene->verdict.status = g_strdup (scene->verdict.status);
  scene->answers++;
}

static PliCall *
ask (Scene *scene, guint stage)
{
  static const PliRcptArgs rcpt = { "rcpt@example.test" };
  static const PliHelloArgs hello = { "client.example.org" };
  PliTxn *txn = stage >= PLI_STAGE_MAIL ? scene->txn : NULL;
  const void *args = stage == PLI_STAGE_RCPT ? (const void *) &rcpt : stage == PLI_STAGE_HELLO ? &hello : NULL;

  g_assert_true (pli_filters_any (scene->test->instance, stage));
  return pli_filters_run (pli_fake_session (scene->fake), txn, stage, args, answered, scene);
}

static char *
conf_for (const char *plugin, const char *more)
{
  return g_strdup_printf ("[%s]\nstages = connect hello mail rcpt headers message\ndeadline = 10s\n%s", plugin, more);
}

static void
assert_deferred (Scene *scene, const char *plugin)
{
  g_autofree char *line = g_strdup_printf ("deferred by %s: ", plugin);

  g_assert_cmpuint (scene->answers, ==, 1);
  g_assert_cmpuint (scene->verdict.kind, ==, PLI_DEFER);
  g_assert_cmpuint (scene->verdict.code, ==, 451);
  g_assert_cmpstr (scene->verdict.status, ==, "4.3.0");
  g_assert_cmpstr (scene->verdict.by, ==, plugin);
  pli_tellings_flush (scene->test->instance->tellings);
  turn (scene, 0);
  g_assert_true (g_str_has_prefix (told->str, line));
}

static void
assert_untouched (Scene *scene)
{
  g_assert_cmpuint (pli_txn_edits (scene->txn)->n_items, ==, 0);
  g_assert_cmpuint (pli_txn_n_rcpts (scene->txn), ==, 1);
}

/* Plugin, seconds that pass before it counts as failed. */
typedef struct
{
  const char *plugin;
  gint64 seconds;
} Case;

static const Case cases[] = {
  { "misbehave-silent", 11 }, { "misbehave-late", 11 }, { "misbehave-fail", 0 }, { "misbehave-accept", 0 }
};

static void
test_defer (gconstpointer user)
{
  const Case *c = user;
  g_autofree char *conf = conf_for (c->plugin, "");

  for (guint stage = 0; stage < PLI_N_STAGES; stage++)
    {
      Scene *scene = scene_new (c->plugin, conf);

      ask (scene, stage);
      turn (scene, 0);
      if (c->seconds > 0)
        g_assert_cmpuint (scene->answers, ==, 0);
      turn (scene, c->seconds);
      assert_deferred (scene, c->plugin);
      assert_untouched (scene);
      turn (scene, 100); /* the late one answers now */
      g_assert_cmpuint (scene->answers, ==, 1);
      assert_untouched (scene);
      scene_free (scene);
    }
}

static void
test_skip (gconstpointer user)
{
  const Case *c = user;
  g_autofree char *conf = conf_for (c->plugin, "on-failure = skip\n");
  g_autofree char *line = g_strdup_printf ("skipped by %s: ", c->plugin);
  Scene *scene = scene_new (c->plugin, conf);

  ask (scene, PLI_STAGE_RCPT);
  turn (scene, c->seconds);
  g_assert_cmpuint (scene->answers, ==, 1);
  g_assert_cmpuint (scene->verdict.kind, ==, PLI_CONTINUE);
  g_assert_null (scene->verdict.by);
  assert_untouched (scene);
  pli_tellings_flush (scene->test->instance->tellings);
  turn (scene, 0);
  g_assert_true (g_str_has_prefix (told->str, line));
  turn (scene, 100);
  g_assert_cmpuint (scene->answers, ==, 1);
  assert_untouched (scene);
  scene_free (scene);
}

/* Transaction and session go while the filter has its ticket; then it answers. */
static void
test_gone (gconstpointer user)
{
  const Case *c = user;
  g_autofree char *conf = conf_for (c->plugin, "");

  for (guint stage = 0; stage < PLI_N_STAGES; stage++)
    {
      Scene *scene = scene_new (c->plugin, conf);

      ask (scene, stage);
      turn (scene, 1);
      pli_fake_hang_up (scene->fake);
      turn (scene, 1);
      g_assert_null (pli_fake_session (scene->fake));
      g_clear_pointer (&scene->txn, pli_txn_free);
      turn (scene, 100);
      g_assert_cmpuint (scene->answers, ==, 0);
      g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, g_str_equal (c->plugin, "misbehave-silent"));
      scene_free (scene);
    }
}

/* The engine cancels, and everything else goes on. */
static void
test_cancel (void)
{
  g_autofree char *conf = conf_for ("misbehave-late", "delay = 60s\n");
  Scene *scene = scene_new ("misbehave-late", conf);
  PliCall *call = ask (scene, PLI_STAGE_MESSAGE);

  turn (scene, 1);
  pli_call_cancel (call);
  turn (scene, 100);
  g_assert_cmpuint (scene->answers, ==, 0);
  g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, 0);
  assert_untouched (scene);
  scene_free (scene);
}

static void
test_twice (void)
{
  g_autofree char *conf = conf_for ("misbehave-twice", "");
  Scene *scene = scene_new ("misbehave-twice", conf);

  ask (scene, PLI_STAGE_RCPT);
  turn (scene, 0);
  g_assert_cmpuint (scene->answers, ==, 1);
  g_assert_cmpuint (scene->verdict.kind, ==, PLI_REJECT);
  g_assert_cmpuint (scene->verdict.code, ==, 550);
  g_assert_cmpstr (scene->verdict.text, ==, "once");
  turn (scene, 100);
  g_assert_cmpuint (scene->answers, ==, 1);
  scene_free (scene);
}

static void
test_each_third (void)
{
  g_autofree char *conf = conf_for ("misbehave-fail", "every = 3\n");
  Scene *scene = scene_new ("misbehave-fail", conf);
  guint failed = 0;

  /* The plugin counts over all tests of this program, so which calls fail depends on where it stands; each third. */
  for (guint i = 0; i < 9; i++)
    {
      ask (scene, PLI_STAGE_RCPT);
      turn (scene, 0);
      g_assert_cmpuint (scene->answers, ==, i + 1);
      failed += scene->verdict.kind == PLI_DEFER;
      g_assert_true (scene->verdict.kind == PLI_DEFER || scene->verdict.kind == PLI_CONTINUE);
    }
  g_assert_cmpuint (failed, ==, 3);
  scene_free (scene);
}

int
main (int argc, char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *built = g_build_filename (folder, ".libs", NULL);

  g_test_init (&argc, &argv, NULL);
  g_setenv ("PLI_PLUGIN_PATH", built, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *defer = g_strdup_printf ("/filters/%s/defer", cases[i].plugin);
      g_autofree char *skip = g_strdup_printf ("/filters/%s/skip", cases[i].plugin);
      g_autofree char *gone = g_strdup_printf ("/filters/%s/gone", cases[i].plugin);

      g_test_add_data_func (defer, &cases[i], test_defer);
      g_test_add_data_func (skip, &cases[i], test_skip);
      if (cases[i].seconds > 0)
        g_test_add_data_func (gone, &cases[i], test_gone);
    }
  g_test_add_func ("/filters/cancel", test_cancel);
  g_test_add_func ("/filters/twice", test_twice);
  g_test_add_func ("/filters/each-third", test_each_third);
  return g_test_run ();
}
