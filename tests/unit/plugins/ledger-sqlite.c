/* Tests of what ledger-sqlite does beyond the suite of ledgers: a file a day, old ones deleted, damaged ones put aside,
 * and a bound on what waits for a slow disk. */
#include "lib/harness.h"
#include "service/method.h"

#include <glib/gstdio.h>

#define DAY (86400 * (gint64) G_USEC_PER_SEC)
#define NOON (DAY * 20000 + DAY / 2) /* 2024-10-04 */
#define ID1 "01jzzzzzzz0000000000000001"

static PliTest *
open_test (const char *root, const char *conf, gint64 now_us)
{
  const char *const plugins[] = { "ledger-sqlite", NULL };
  PliTest *test = pli_test_new (root, plugins, conf);

  pli_loop_fake_clock (test->instance->loop, now_us);
  return test;
}

static void
record_at (PliTest *test, gint64 at_us)
{
  PliLedgerEvent event = { .at_us = at_us, .id = ID1, .what = "what", .by = "by" };
  PliRecordArgs args = { &event, 1 };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RECORD, 0, NULL, &args);

  g_assert_no_error (answer->error);
}

static guint
count (PliTest *test)
{
  PliExplainArgs args = { ID1, 0, 0 };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_EXPLAIN, 0, NULL, &args);

  g_assert_no_error (answer->error);
  return ((PliExplainResult *) answer->result)->n_events;
}

static char *
path_of (PliTest *test, const char *name)
{
  return g_build_filename (test->root, "data", "ledger-sqlite", name, NULL);
}

static gboolean
has (PliTest *test, const char *name)
{
  g_autofree char *path = path_of (test, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_days (void)
{
  PliTest *test = open_test (NULL, "[ledger-sqlite]\nretention = 2d\n", NOON);
  g_autofree char *root = g_strdup (test->root);

  record_at (test, NOON - DAY / 2 - 1); /* a microsecond before midnight */
  record_at (test, NOON - DAY / 2);
  g_assert_true (has (test, "ledger-20241003.db"));
  g_assert_true (has (test, "ledger-20241004.db"));
  record_at (test, 1); /* a time that cannot be true does not make a file */
  g_assert_false (has (test, "ledger-19700101.db"));
  g_assert_cmpuint (count (test), ==, 3);
  pli_loop_move_clock (test->instance->loop, 2 * DAY);
  record_at (test, 0);
  g_assert_true (has (test, "ledger-20241006.db"));
  g_assert_true (has (test, "ledger-20241004.db"));
  g_assert_false (has (test, "ledger-20241003.db"));
  g_assert_cmpuint (count (test), ==, 3);
  pli_test_free (test, TRUE);
  test = open_test (root, "[ledger-sqlite]\nretention = 0\n", NOON + 100 * DAY);
  record_at (test, 0);
  g_assert_cmpuint (count (test), ==, 4); /* kept for ever */
  pli_test_free (test, FALSE);
}

/* More events than the indexes keep together, written by several connections. */
static void
test_many (void)
{
  PliTest *test = open_test (NULL, NULL, NOON);
  g_autofree char *root = g_strdup (test->root);

  for (guint round = 0; round < 7; round++)
    {
      g_autofree PliLedgerEvent *events = g_new0 (PliLedgerEvent, 1001);
      PliRecordArgs args = { events, 1001 };
      g_autoptr (PliTestAnswer) answer = NULL;

      for (guint i = 0; i < 1001; i++)
        events[i] = (PliLedgerEvent){ .at_us = NOON + round, .id = "", .what = "what", .by = "by", .rcpt = "other@x" };
      events[500].rcpt = "bob@one.example";
      events[501].sender = "bob@one.example";
      events[502].message_id = "<m@one.example>";
      answer = pli_test_call (test, PLI_METHOD_RECORD, 0, NULL, &args);
      g_assert_no_error (answer->error);
      if (round % 2 == 0)
        {
          pli_test_free (test, TRUE);
          test = open_test (root, NULL, NOON);
        }
    }
  for (guint i = 0; i < 2; i++)
    {
      PliExplainArgs args = { i == 0 ? "bob@one.example" : "m@one.example", 0, 0 };
      g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_EXPLAIN, 0, NULL, &args);
      const PliExplainResult *result = answer->result;

      g_assert_no_error (answer->error);
      g_assert_cmpuint (result->n_events, ==, i == 0 ? 14 : 7);
      for (guint at = 0; at < result->n_events; at++)
        g_assert_cmpint (result->events[at].at_us, ==, NOON + at / (i == 0 ? 2 : 1));
    }
  pli_test_free (test, FALSE);
}

static guint
count_damaged (PliTest *test)
{
  g_autofree char *folder = path_of (test, "");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)))
    n += g_str_has_prefix (name, "ledger-20241004.db.damaged-");
  return n;
}

static void
spoil (PliTest *test, const char *name)
{
  g_autofree char *path = path_of (test, name), *noise = g_strnfill (20000, 'x');

  g_assert_true (g_file_set_contents (path, noise, 20000, NULL));
}

/* A damaged file of today is put aside and the ledger goes on; one of another day does not hide the rest. */
static void
test_damage (void)
{
  PliTest *test = open_test (NULL, NULL, NOON);
  g_autofree char *root = g_strdup (test->root);

  record_at (test, NOON - DAY + 1);
  record_at (test, NOON);
  pli_test_free (test, TRUE);
  test = open_test (root, NULL, NOON);
  spoil (test, "ledger-20241004.db");
  record_at (test, NOON);
  g_assert_cmpuint (count_damaged (test), ==, 1);
  g_assert_cmpuint (count (test), ==, 2);
  pli_test_free (test, TRUE);
  test = open_test (root, NULL, NOON);
  spoil (test, "ledger-20241003.db");
  g_assert_cmpuint (count (test), ==, 1);
  pli_test_free (test, FALSE);
}

/* Only its owner may read who wrote to whom. */
static void
test_mode (void)
{
  static const char *const names[] = { "ledger-20241004.db", "ledger-20241004.db-wal" };
  PliTest *test = open_test (NULL, NULL, NOON);
  GStatBuf info;

  record_at (test, NOON);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = path_of (test, names[i]);

      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 077, ==, 0);
    }
  pli_test_free (test, FALSE);
}

/* More than may wait is refused, and told so; what fits is kept. */
static void
test_backlog (void)
{
  PliTest *test = open_test (NULL, "[ledger-sqlite]\nbacklog-max = 1000\n", NOON);
  g_autofree PliLedgerEvent *events = g_new0 (PliLedgerEvent, 600);
  PliRecordArgs args = { events, 600 };
  PliTestAnswer *answers[3];

  for (guint i = 0; i < 600; i++)
    events[i] = (PliLedgerEvent){ .at_us = NOON, .id = ID1, .what = "what", .by = "by" };
  for (guint i = 0; i < 3; i++)
    answers[i] = pli_test_start (test, PLI_METHOD_RECORD, 0, NULL, &args);
  for (guint i = 0; i < 3; i++)
    {
      pli_test_until (test, &answers[i]->done);
      if (i == 0)
        g_assert_no_error (answers[i]->error);
      else
        g_assert_error (answers[i]->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      pli_test_answer_free (answers[i]);
    }
  record_at (test, NOON); /* there is room again */
  g_assert_cmpuint (count (test), ==, 500);
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ledger-sqlite/days", test_days);
  g_test_add_func ("/ledger-sqlite/many", test_many);
  g_test_add_func ("/ledger-sqlite/damage", test_damage);
  g_test_add_func ("/ledger-sqlite/mode", test_mode);
  g_test_add_func ("/ledger-sqlite/backlog", test_backlog);
  return g_test_run ();
}
