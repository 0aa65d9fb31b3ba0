/* The conformance suite of ledgers (<pli/ledger.h>), run on each plugin that offers one: what was recorded is found by
 * the message's id, its Message-ID and its addresses, in order of time, also after the plugin was opened again. */
#include "lib/harness.h"
#include "service/method.h"

#define DAY (86400 * (gint64) G_USEC_PER_SEC)
#define NOON (DAY * 20000 + DAY / 2) /* the fake clock's */

static const char *const backends[] = { "ledger-sqlite" };

#define ID1 "01jzzzzzzz0000000000000001"
#define ID2 "01jzzzzzzz0000000000000002"
#define ID3 "01jzzzzzzz0000000000000003"

static PliTest *
open_test (const char *backend, const char *root, const char *conf)
{
  const char *const plugins[] = { backend, NULL };
  PliTest *test = pli_test_new (root, plugins, conf);

  pli_loop_fake_clock (test->instance->loop, NOON);
  return test;
}

static void
record (PliTest *test, const PliLedgerEvent *events, guint32 n)
{
  PliRecordArgs args = { events, n };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RECORD, 0, NULL, &args);

  g_assert_no_error (answer->error);
  g_assert_cmpuint (((PliRecordResult *) answer->result)->n, ==, n);
}

/* The details of the events, which are one letter each, in order. */
static char *
explain (PliTest *test, const char *what, gint64 since_us, guint32 max)
{
  PliExplainArgs args = { what, since_us, max };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_EXPLAIN, 0, NULL, &args);
  const PliExplainResult *result = answer->result;
  GString *text = g_string_new (NULL);

  g_assert_no_error (answer->error);
  for (guint i = 0; i < result->n_events; i++)
    {
      g_assert_true (i == 0 || result->events[i].at_us >= result->events[i - 1].at_us);
      g_string_append (text, result->events[i].detail);
    }
  return g_string_free (text, FALSE);
}

static void
expect (PliTest *test, const char *what, const char *letters)
{
  g_autofree char *text = explain (test, what, 0, 0);

  g_test_message ("%s", what);
  g_assert_cmpstr (text, ==, letters);
}

static const PliLedgerEvent story[] = {
  { NOON - 2 * DAY, "", "refused", "proto-smtp", "spam@bad.example", "bob@one.example", "192.0.2.66", "s0", NULL, "a" },
  { NOON - DAY, ID1, "accepted", "proto-smtp", "eve@two.example", NULL, "192.0.2.1", "s1", "<m1@two.example>", "b" },
  { NOON - DAY + 1, ID1, "delivered", "store", NULL, "bob@one.example", NULL, NULL, NULL, "c" },
  { NOON - DAY + 2, ID1, "deferred", "queue", NULL, "amy@one.example", NULL, NULL, NULL, "d" },
  { NOON - 9, ID2, "accepted", "proto-smtp", "bob@one.example", NULL, "192.0.2.2", "s2", "<m2@one.example>", "e" },
  { NOON - 8, ID2, "queued", "queue", NULL, "eve@two.example", NULL, NULL, NULL, "f" },
  { NOON - 7, ID1, "delivered", "store", NULL, "amy@one.example", NULL, NULL, NULL, "g" },
  { NOON - 1, "", "refused", "proto-smtp", "self@bad.example", "self@bad.example", NULL, NULL, NULL, "i" },
  { 0, ID3, "accepted", "proto-smtp", "", NULL, NULL, NULL, "m3@bare", "h" },
};

static void
expect_story (PliTest *test)
{
  expect (test, ID1, "bcdg");
  expect (test, ID2, "ef");
  expect (test, " " ID3 " ", "h");
  expect (test, "01jzzzzzzz0000000000000009", "");
  expect (test, "<m1@two.example>", "bcdg");
  expect (test, "m1@two.example", "bcdg");
  expect (test, "<m3@bare>", "h");
  expect (test, "m3@bare", "h");
  expect (test, "m1@two.exampl", "");
  /* An address sees its own messages, and of those to several what is about it or about all. */
  expect (test, "amy@one.example", "bdg");
  expect (test, "AMY@one.example", "bdg");
  expect (test, "bob@one.example", "abcef");
  expect (test, "eve@two.example", "bcdefg");
  expect (test, "spam@bad.example", "a");
  expect (test, "self@bad.example", "i");
  expect (test, "<amy@one.example>", "");
  expect (test, "%", "");
  expect (test, "' OR 1=1 --", "");
}

static void
test_story (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *root = g_strdup (test->root);

  expect (test, ID1, "");
  record (test, story, 3);
  record (test, story + 3, 0);
  record (test, story + 3, G_N_ELEMENTS (story) - 3);
  expect_story (test);
  pli_test_free (test, TRUE);
  test = open_test (backend, root, NULL);
  expect_story (test);
  pli_test_free (test, FALSE);
}

static void
test_limits (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *newest = NULL, *since = NULL, *none = NULL;

  record (test, story, G_N_ELEMENTS (story));
  newest = explain (test, ID1, 0, 2);
  g_assert_cmpstr (newest, ==, "dg");
  since = explain (test, ID1, NOON - DAY + 2, 0);
  g_assert_cmpstr (since, ==, "dg");
  none = explain (test, ID1, NOON + DAY, 0);
  g_assert_cmpstr (none, ==, "");
  pli_test_free (test, FALSE);
}

/* All fields come back as they were told. */
static void
test_fields (gconstpointer backend)
{
  const PliLedgerEvent told = {
    NOON, ID1, "what", "by", "sender", "rcpt", "peer", "session", "<mid>", "d=\xc3\xa9; x"
  };
  const PliLedgerEvent bare = { NOON, ID2, "what", "by", NULL, NULL, NULL, NULL, NULL, NULL };
  const char *const ids[] = { ID1, ID2 };
  const PliLedgerEvent *const wanted[] = { &told, &bare };
  PliTest *test = open_test (backend, NULL, NULL);

  record (test, &told, 1);
  record (test, &bare, 1);
  for (guint i = 0; i < 2; i++)
    {
      PliExplainArgs args = { ids[i], 0, 0 };
      g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_EXPLAIN, 0, NULL, &args);
      const PliExplainResult *result = answer->result;

      g_assert_no_error (answer->error);
      g_assert_cmpuint (result->n_events, ==, 1);
      g_assert_cmpint (result->events->at_us, ==, NOON);
      g_assert_cmpstr (result->events->id, ==, ids[i]);
      g_assert_cmpstr (result->events->what, ==, "what");
      g_assert_cmpstr (result->events->by, ==, "by");
      g_assert_cmpstr (result->events->sender, ==, wanted[i]->sender);
      g_assert_cmpstr (result->events->rcpt, ==, wanted[i]->rcpt);
      g_assert_cmpstr (result->events->peer, ==, wanted[i]->peer);
      g_assert_cmpstr (result->events->session, ==, wanted[i]->session);
      g_assert_cmpstr (result->events->message_id, ==, wanted[i]->message_id);
      g_assert_cmpstr (result->events->detail, ==, wanted[i]->detail);
    }
  pli_test_free (test, FALSE);
}

/* Batches told one after the other, without waiting, are all there and in order. */
static void
test_order (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  PliTestAnswer *answers[26];
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      char letter[2] = { (char) ('a' + i), 0 };
      PliLedgerEvent event = { .at_us = NOON, .id = ID1, .what = "what", .by = "by", .detail = letter };
      PliRecordArgs args = { &event, 1 };

      answers[i] = pli_test_start (test, PLI_METHOD_RECORD, 0, NULL, &args);
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      pli_test_until (test, &answers[i]->done);
      g_assert_no_error (answers[i]->error);
      pli_test_answer_free (answers[i]);
    }
  text = explain (test, ID1, 0, 0);
  g_assert_cmpstr (text, ==, "abcdefghijklmnopqrstuvwxyz");
  pli_test_free (test, FALSE);
}

/* A room that is unloaded while batches wait still writes them. */
static void
test_last_words (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *root = g_strdup (test->root);
  const PliRecordArgs args[] = { { story, 2 }, { story + 2, 2 } };
  PliTestAnswer *answers[2];

  for (guint i = 0; i < 2; i++)
    answers[i] = pli_test_start (test, PLI_METHOD_RECORD, 0, NULL, &args[i]);
  pli_test_free (test, TRUE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_no_error (answers[i]->error);
      pli_test_answer_free (answers[i]);
    }
  test = open_test (backend, root, NULL);
  expect (test, ID1, "bcd");
  pli_test_free (test, FALSE);
}

static void
test_nonsense (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *huge = g_strnfill (5000, 'x');
  const char *const words[] = { NULL, "", " ", huge };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      PliExplainArgs args = { words[i], 0, 0 };
      g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_EXPLAIN, 0, NULL, &args);

      g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_SYNTAX);
    }
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = { { "story", test_story }, { "limits", test_limits },         { "fields", test_fields },
                { "order", test_order }, { "last-words", test_last_words }, { "nonsense", test_nonsense } };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    for (gsize at = 0; at < G_N_ELEMENTS (tests); at++)
      {
        g_autofree char *path = g_strdup_printf ("/ledger/%s/%s", backends[i], tests[at].name);

        g_test_add_data_func (path, backends[i], tests[at].func);
      }
  return g_test_run ();
}
