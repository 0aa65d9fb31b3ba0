/* Several filters at one stage: the order that their settings give, the rights that they leave them, which verdict counts
 * in the end, and filters that have nothing to do. */
#include "lib/fake.h"
#include "lib/harness.h"
#include <pli/filter.h>

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

/* Three filters that say what the test wants, and note that they were asked. */

static PliVerdictKind wanted[3];
static gboolean idle[3];
static GString *asked;
static gsize seen_bytes;

static PliStep
on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const char *name = pli_op_self (op);
  guint index = (guint) (name[0] - 'a');

  g_assert_cmpstr (pli_plugin_data (pli_txn_plugin (txn)), ==, name);
  g_string_append (asked, name);
  pli_txn_add_header (txn, "X-Was-Here", name);
  seen_bytes = pli_txn_message (txn).len;
  verdict->kind = wanted[index];
  verdict->text = name;
  return PLI_DONE;
}

static void
saw_end (PliTxn *txn, const PliVerdict *verdict)
{
  (void) verdict;
  g_string_append_c (asked, g_ascii_toupper (*(char *) pli_plugin_data (pli_txn_plugin (txn))));
}

static gboolean
wants (gpointer self, PliStage stage)
{
  (void) stage;
  return !idle[*(const char *) self - 'a'];
}

static const char *const rights[] = { "accept", "edit-headers", "read-body", NULL };
static const PliFilter filter = {
  .size = sizeof (PliFilter), .on_message = on_message, .saw_end = saw_end, .wants = wants
};
static const PliService services[] = { PLI_FILTER ("test", &filter), { 0 } };

#define TEST_FILTER(letter)                                                                                            \
  static gboolean load_##letter (PliPlugin *plugin, GError **error)                                                    \
  {                                                                                                                    \
    (void) error;                                                                                                      \
    pli_plugin_set_data (plugin, (gpointer) #letter);                                                                  \
    return TRUE;                                                                                                       \
  }                                                                                                                    \
  PLI_PLUGIN (filter_##letter, .name = "filter-" #letter, .version = "1", .summary = "For a test", .rights = rights,   \
              .services = services, .load = load_##letter)

TEST_FILTER (a);
TEST_FILTER (b);
TEST_FILTER (c);

typedef struct
{
  PliTest *test;
  PliFake *fake;
  PliTxn *txn;
  gboolean answered;
  PliVerdictKind kind;
  char by[16];
} Scene;

static Scene *
scene_new (const char *conf)
{
  const PliPluginInfo *const infos[] = { &filter_c_LTX_pli_plugin, &filter_a_LTX_pli_plugin, &filter_b_LTX_pli_plugin };
  const char *const none[] = { NULL };
  const PliListenerSpec spec = { .name = "test", .protocol = &engine };
  Scene *scene = g_new0 (Scene, 1);
  g_autoptr (GError) error = NULL;

  memset (wanted, 0, sizeof wanted);
  memset (idle, 0, sizeof idle);
  asked = g_string_new (NULL);
  scene->test = pli_test_new (NULL, none, conf);
  for (guint i = 0; i < G_N_ELEMENTS (infos); i++)
    {
      PliPlugin *plugin = pli_registry_add (scene->test->instance->registry, infos[i], &error);

      g_assert_no_error (error);
      pli_registry_load (scene->test->instance->registry, plugin, &error);
      g_assert_no_error (error);
    }
  scene->fake = pli_fake_new (scene->test->instance->net, &spec, "192.0.2.1");
  for (guint i = 0; i < 4; i++)
    pli_loop_step (scene->test->instance->loop, 0);
  scene->txn = pli_txn_new (pli_fake_session (scene->fake), "sender@example.org");
  pli_txn_set_message (scene->txn, PLI_SPAN ("Subject: x\r\n\r\nbody\r\n"));
  return scene;
}

static void
scene_free (Scene *scene)
{
  pli_txn_free (scene->txn);
  pli_fake_free (scene->fake);
  pli_test_free (scene->test, FALSE);
  g_string_free (asked, TRUE);
  g_free (scene);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Scene *scene = user;
  const PliVerdict *verdict = result;

  g_assert_no_error (error);
  scene->kind = verdict->kind;
  g_strlcpy (scene->by, verdict->by ? verdict->by : "", sizeof scene->by);
  scene->answered = TRUE;
}

static void
expect (Scene *scene, const char *letters, PliVerdictKind kind, const char *by)
{
  g_string_truncate (asked, 0);
  scene->answered = FALSE;
  pli_filters_run (pli_fake_session (scene->fake), scene->txn, PLI_STAGE_MESSAGE, NULL, answered, scene);
  pli_test_until (scene->test, &scene->answered);
  g_assert_cmpstr (asked->str, ==, letters);
  g_assert_cmpint (scene->kind, ==, kind);
  g_assert_cmpstr (scene->by, ==, by);
}

static void
test_order (void)
{
  Scene *scene = scene_new (NULL);
  const PliVerdict said = { .kind = PLI_ACCEPT, .code = 250 };

  expect (scene, "abc", PLI_CONTINUE, "");
  scene_free (scene);
  scene = scene_new ("[filter-c]\norder = 0\n[filter-a]\norder = 51\n");
  expect (scene, "cba", PLI_CONTINUE, "");
  g_string_truncate (asked, 0);
  pli_filters_end (scene->txn, &said);
  g_assert_cmpstr (asked->str, ==, "CBA");
  scene_free (scene);
}

static void
test_idle (void)
{
  Scene *scene = scene_new (NULL);

  idle[1] = TRUE;
  expect (scene, "ac", PLI_CONTINUE, "");
  idle[0] = idle[2] = TRUE;
  g_assert_false (pli_filters_any (scene->test->instance, PLI_STAGE_MESSAGE));
  expect (scene, "", PLI_CONTINUE, "");
  scene_free (scene);
}

/* Quarantine does not keep a later filter from refusing, and is not undone by one that accepts. */
static void
test_verdicts (void)
{
  static const struct
  {
    PliVerdictKind wanted[3];
    const char *letters;
    PliVerdictKind kind;
    const char *by;
  } cases[] = {
    { { PLI_QUARANTINE, PLI_CONTINUE, PLI_CONTINUE }, "abc", PLI_QUARANTINE, "filter-a" },
    { { PLI_QUARANTINE, PLI_QUARANTINE, PLI_CONTINUE }, "abc", PLI_QUARANTINE, "filter-a" },
    { { PLI_QUARANTINE, PLI_REJECT, PLI_CONTINUE }, "ab", PLI_REJECT, "filter-b" },
    { { PLI_QUARANTINE, PLI_CONTINUE, PLI_DEFER }, "abc", PLI_DEFER, "filter-c" },
    { { PLI_QUARANTINE, PLI_DISCARD, PLI_CONTINUE }, "ab", PLI_DISCARD, "filter-b" },
    { { PLI_QUARANTINE, PLI_ACCEPT, PLI_REJECT }, "ab", PLI_QUARANTINE, "filter-a" },
    { { PLI_ACCEPT, PLI_REJECT, PLI_REJECT }, "a", PLI_ACCEPT, "filter-a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene *scene = scene_new (NULL);

      memcpy (wanted, cases[i].wanted, sizeof wanted);
      expect (scene, cases[i].letters, cases[i].kind, cases[i].by);
      scene_free (scene);
    }
}

/* What a filter declares it may do, unless its setting leaves it less. */
static void
test_rights (void)
{
  static const struct
  {
    const char *conf;
    guint edits;
    gsize bytes;
    PliVerdictKind kind;
  } cases[] = {
    { NULL, 3, 20, PLI_ACCEPT },
    { "[filter-c]\nrights = all\n", 3, 20, PLI_ACCEPT },
    { "[filter-c]\nrights = none\n", 2, 14,
      PLI_DEFER }, /* what it wished when it had no right to accept is forgotten */
    { "[filter-c]\nrights = edit-headers, accept\n", 3, 14, PLI_ACCEPT },
    { "[filter-c]\nrights = read-body, recipients\n", 2, 20, PLI_DEFER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene *scene = scene_new (cases[i].conf);

      wanted[2] = PLI_ACCEPT;
      expect (scene, "abc", cases[i].kind, "filter-c");
      g_assert_cmpuint (pli_txn_edits (scene->txn)->n_items, ==, cases[i].edits);
      g_assert_cmpuint (seen_bytes, ==, cases[i].bytes);
      scene_free (scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter-order/order", test_order);
  g_test_add_func ("/filter-order/idle", test_idle);
  g_test_add_func ("/filter-order/verdicts", test_verdicts);
  g_test_add_func ("/filter-order/rights", test_rights);
  return g_test_run ();
}
