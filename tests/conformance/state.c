/* The conformance suite of state (<pli/state.h>), run on each plugin that offers it: what each verb does and answers,
 * expiry, limits, and what is left after a restart. The clock is the test's. */
#include "lib/harness.h"
#include "service/method.h"
#include <pli/state.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define NOW (1600000000 * SECOND)

static const char *const backends[] = { "state-sqlite" };

static PliTest *
open_test (const char *backend, const char *root, const char *conf)
{
  const char *const plugins[] = { backend, NULL };
  g_autofree char *text = conf ? g_strdup_printf ("[%s]\n%s", backend, conf) : NULL;
  PliTest *test = pli_test_new (root, plugins, text);

  return test;
}

static PliTest *
new_test (const char *backend, const char *conf)
{
  PliTest *test = open_test (backend, NULL, conf);

  pli_loop_fake_clock (test->instance->loop, NOW);
  return test;
}

static void
advance (PliTest *test, gint64 seconds)
{
  pli_loop_move_clock (test->instance->loop, seconds * SECOND);
  for (guint i = 0; i < 8; i++)
    pli_loop_step (test->instance->loop, 0);
}

static PliTestAnswer *
step_in (PliTest *test, const char *space, PliStateVerb verb, const char *key, const char *value, gint64 ttl)
{
  PliStateArgs args = {
    .space = space, .verb = verb, .key = key, .value = pli_span_from (value), .ttl_us = ttl * SECOND, .add = ttl
  };

  if (verb == PLI_STATE_ADD)
    args.ttl_us = 10 * SECOND;
  return pli_test_call (test, PLI_METHOD_STATE_STEP, 0, NULL, &args);
}

/* "value/count/made/expires", times in seconds since NOW; "-" in front when it was not there before. */
static char *
told (PliTest *test, PliStateVerb verb, const char *key, const char *value, gint64 ttl)
{
  g_autoptr (PliTestAnswer) answer = step_in (test, "one", verb, key, value, ttl);
  const PliStateResult *result = answer->result;
  g_autofree char *text = NULL;

  g_assert_no_error (answer->error);
  text = pli_span_dup (result->value);
  return g_strdup_printf ("%s%s/%d/%d/%d", result->found ? "" : "-", text ? text : "", (int) result->count,
                          result->made_us ? (int) ((result->made_us - NOW) / SECOND) : -1,
                          result->expires_us ? (int) ((result->expires_us - NOW) / SECOND) : -1);
}

static void
expect (PliTest *test, PliStateVerb verb, const char *key, const char *value, gint64 ttl, const char *wanted)
{
  g_autofree char *got = told (test, verb, key, value, ttl);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_verbs (gconstpointer backend)
{
  PliTest *test = new_test (backend, NULL);

  expect (test, PLI_STATE_GET, "k", NULL, 0, "-/0/-1/-1");
  expect (test, PLI_STATE_PUT_NEW, "k", "a", 10, "-a/0/0/10");
  advance (test, 2);
  expect (test, PLI_STATE_PUT_NEW, "k", "b", 10, "a/0/0/10");
  expect (test, PLI_STATE_GET, "k", NULL, 0, "a/0/0/10");
  expect (test, PLI_STATE_PUT, "k", "c", 20, "c/0/0/22");
  expect (test, PLI_STATE_ADD, "k", NULL, 3, "c/3/0/22");
  expect (test, PLI_STATE_PUT, "k", NULL, 5, "/3/0/7");
  expect (test, PLI_STATE_ADD, "n", NULL, 2, "-/2/2/12");
  advance (test, 1);
  expect (test, PLI_STATE_ADD, "n", NULL, -5, "/-3/2/12");
  expect (test, PLI_STATE_DELETE, "n", NULL, 0, "/0/-1/-1");
  expect (test, PLI_STATE_DELETE, "n", NULL, 0, "-/0/-1/-1");
  expect (test, PLI_STATE_GET, "n", NULL, 0, "-/0/-1/-1");
  expect (test, PLI_STATE_ADD, "n", NULL, 1, "-/1/3/13");
  pli_test_free (test, FALSE);
}

static void
test_spaces (gconstpointer backend)
{
  PliTest *test = new_test (backend, "spaces-max = 2\n");
  PliTestAnswer *answer = step_in (test, "two", PLI_STATE_PUT, "k", "other", 10);

  g_assert_no_error (answer->error);
  pli_test_answer_free (answer);
  expect (test, PLI_STATE_GET, "k", NULL, 0, "-/0/-1/-1");
  expect (test, PLI_STATE_PUT, "k", "mine", 10, "-mine/0/0/10");
  answer = step_in (test, "three", PLI_STATE_PUT, "k", "x", 10);
  g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_QUOTA);
  pli_test_answer_free (answer);
  answer = step_in (test, "two", PLI_STATE_GET, "k", NULL, 0);
  g_assert_true (pli_span_is (((PliStateResult *) answer->result)->value, "other"));
  pli_test_answer_free (answer);
  pli_test_free (test, FALSE);
}

/* Gone at that moment, in whatever order entries were made; and what comes again begins anew. */
static void
test_expiry (gconstpointer backend)
{
  enum
  {
    N = 500
  };
  PliTest *test = new_test (backend, NULL);
  g_autofree gint64 *ttl = g_new (gint64, N);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < N; i++)
    {
      char key[16];

      ttl[i] = g_rand_int_range (rand, 1, 100);
      g_snprintf (key, sizeof key, "k%u", i);
      pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, key, "v", ttl[i]));
      if (i % 3 == 0) /* moves about in whatever keeps the order */
        {
          ttl[i] = g_rand_int_range (rand, 1, 100);
          pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, key, "v", ttl[i]));
        }
      if (i % 7 == 0)
        {
          ttl[i] = 0;
          pli_test_answer_free (step_in (test, "one", PLI_STATE_DELETE, key, NULL, 0));
        }
    }
  for (gint64 now = 0; now <= 101; now += 3)
    {
      for (guint i = 0; i < N; i++)
        {
          char key[16];
          g_autoptr (PliTestAnswer) answer = NULL;

          g_snprintf (key, sizeof key, "k%u", i);
          answer = step_in (test, "one", PLI_STATE_GET, key, NULL, 0);
          g_assert_cmpint (((PliStateResult *) answer->result)->found, ==, ttl[i] > now);
        }
      advance (test, 3);
    }
  expect (test, PLI_STATE_PUT_NEW, "k1", "again", 5, "-again/0/102/107");
  pli_test_free (test, FALSE);
}

static void
expect_error (PliTest *test, PliStateVerb verb, const char *key, const char *value, gint64 ttl, PliErrorCode code)
{
  g_autoptr (PliTestAnswer) answer = step_in (test, "one", verb, key, value, ttl);

  g_assert_error (answer->error, PLI_ERROR, (gint) code);
}

static void
test_nonsense (gconstpointer backend)
{
  PliTest *test = new_test (backend, NULL);
  g_autofree char *key = g_strnfill (513, 'k'), *value = g_strnfill (4097, 'v');
  g_autoptr (PliTestAnswer) answer = step_in (test, "", PLI_STATE_GET, "k", NULL, 1);

  g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, key, "v", 1, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, "", "v", 1, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, NULL, "v", 1, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, "k", value, 1, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, "k", "v", 0, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, "k", "v", -1, PLI_ERROR_PERMANENT);
  expect_error (test, PLI_STATE_PUT, "k", "v", 86400 * (gint64) 4000, PLI_ERROR_PERMANENT);
  expect_error (test, 99, "k", "v", 1, PLI_ERROR_PERMANENT);
  key[512] = value[4096] = 0;
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, key, value, 1));
  {
    g_autoptr (PliTestAnswer) back = step_in (test, "one", PLI_STATE_GET, key, NULL, 0);

    g_assert_true (pli_span_is (((PliStateResult *) back->result)->value, value));
  }
  pli_test_free (test, FALSE);
}

/* A space that is full takes nothing new until something has gone; what is there stays in use. */
static void
test_limits (gconstpointer backend)
{
  PliTest *test = new_test (backend, "entries-max = 2\nbytes-max = 4KiB\n");
  g_autofree char *big = g_strnfill (4000, 'v');

  expect (test, PLI_STATE_PUT, "a", "1", 10, "-1/0/0/10");
  expect (test, PLI_STATE_PUT, "b", "2", 20, "-2/0/0/20");
  expect_error (test, PLI_STATE_PUT_NEW, "c", "3", 10, PLI_ERROR_QUOTA);
  expect_error (test, PLI_STATE_ADD, "c", NULL, 1, PLI_ERROR_QUOTA);
  expect (test, PLI_STATE_GET, "c", NULL, 0, "-/0/-1/-1");
  expect_error (test, PLI_STATE_PUT, "a", big, 10, PLI_ERROR_QUOTA);
  expect (test, PLI_STATE_PUT, "a", "4", 10, "4/0/0/10");
  advance (test, 12);
  expect (test, PLI_STATE_PUT_NEW, "c", "3", 10, "-3/0/12/22");
  expect (test, PLI_STATE_DELETE, "b", NULL, 0, "/0/-1/-1");
  expect (test, PLI_STATE_PUT, "d", "5", 10, "-5/0/12/22");
  pli_test_free (test, FALSE);
}

/* What @key is after a restart; NULL when it is not there. */
static void
expect_kept (PliTest *test, const char *key, const char *value, gint64 count, gint64 expires_us)
{
  g_autoptr (PliTestAnswer) answer = step_in (test, "one", PLI_STATE_GET, key, NULL, 0);
  const PliStateResult *result = answer->result;

  g_assert_no_error (answer->error);
  g_assert_cmpint (result->found, ==, value != NULL);
  if (!value)
    return;
  g_assert_true (pli_span_is (result->value, value));
  g_assert_cmpint (result->count, ==, count);
  g_assert_cmpint (result->expires_us, ==, expires_us);
}

/* A plugin reads its file when it is loaded, before a test can set the clock; so the first part is played in the past. */
static void
test_restart (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *root = g_strdup (test->root);
  gint64 past_us = g_get_real_time () - 500 * SECOND;

  pli_loop_fake_clock (test->instance->loop, past_us);
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "long", "kept", 1000));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_ADD, "long", NULL, 7));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "short", "x", 400));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "gone", "x", 1000));
  pli_test_answer_free (step_in (test, "two", PLI_STATE_PUT, "long", "other", 1000));
  advance (test, 2); /* a first writer, perhaps still at it when the rest is said */
  pli_test_answer_free (step_in (test, "one", PLI_STATE_DELETE, "gone", NULL, 0));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_DELETE, "back", NULL, 0));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "back", "y", 1000));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_DELETE, "back", NULL, 0));
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "back", "z", 1000));
  pli_test_free (test, TRUE);
  for (guint again = 0; again < 2; again++)
    {
      test = open_test (backend, root, NULL);
      expect_kept (test, "long", "kept", 7, past_us + 1000 * SECOND);
      expect_kept (test, "back", "z", 0, past_us + 1002 * SECOND);
      expect_kept (test, "short", NULL, 0, 0);
      expect_kept (test, "gone", NULL, 0, 0);
      pli_test_free (test, again == 0);
    }
}

/* A file that is damaged, or that cannot be written for a while, costs what was on disk and not the server. */
static void
test_damage (gconstpointer backend)
{
  PliTest *test = open_test (backend, NULL, NULL);
  g_autofree char *root = g_strdup (test->root), *path = NULL;

  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "k", "v", 1000));
  pli_test_free (test, TRUE);
  path = g_build_filename (root, "data", backend, "state.db", NULL);
  g_assert_true (g_file_set_contents (path, "this is no database, however long one looks at it", -1, NULL));
  test = open_test (backend, root, NULL);
  expect_kept (test, "k", NULL, 0, 0);
  pli_test_answer_free (step_in (test, "one", PLI_STATE_PUT, "k", "w", 1000));
  {
    g_autoptr (PliTestAnswer) answer = step_in (test, "one", PLI_STATE_GET, "k", NULL, 0);
    gint64 expires_us = ((PliStateResult *) answer->result)->expires_us;

    pli_test_free (test, TRUE);
    test = open_test (backend, root, NULL);
    expect_kept (test, "k", "w", 0, expires_us);
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
  } tests[] = { { "verbs", test_verbs },       { "spaces", test_spaces }, { "expiry", test_expiry },
                { "nonsense", test_nonsense }, { "limits", test_limits }, { "restart", test_restart },
                { "damage", test_damage } };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    for (gsize at = 0; at < G_N_ELEMENTS (tests); at++)
      {
        g_autofree char *path = g_strdup_printf ("/state/%s/%s", backends[i], tests[at].name);

        g_test_add_data_func (path, backends[i], tests[at].func);
      }
  return g_test_run ();
}
