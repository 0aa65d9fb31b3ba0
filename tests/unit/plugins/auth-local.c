/* Tests of what auth-local, and auth-front before it, do beyond the suite of directories: failures are held back longer and longer, right logins
 * are remembered, an unknown login takes as long as a wrong password, and too many at once are turned away. */
#include "lib/harness.h"
#include "service/method.h"

#include <time.h>

#define SECONDS ((gint64) G_USEC_PER_SEC)

static void
change (PliTest *test, guint32 verb, const char *name, const char *password)
{
  PliChangeArgs args = { .verb = verb, .name = name, .password = pli_span_from (password) };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &args);

  g_assert_no_error (answer->error);
}

static PliTest *
open_test (const char *conf)
{
  const char *const plugins[] = { "auth-local", "auth-front", NULL };
  PliTest *test = pli_test_new (NULL, plugins, conf);

  change (test, PLI_DOMAIN_ADD, "one.example", NULL);
  change (test, PLI_ACCOUNT_ADD, "bob@one.example", "secret1");
  change (test, PLI_ACCOUNT_ADD, "eve@one.example", "secret2");
  return test;
}

static PliTestAnswer *
start (PliTest *test, const char *login, const char *password, const char *peer)
{
  PliVerifyArgs args = { .login = login, .password = pli_span_from (password), .service = "imap", .peer = peer };

  return pli_test_start (test, PLI_METHOD_VERIFY, 0, NULL, &args);
}

static void
sign_in (PliTest *test, const char *login, const char *password, gboolean right)
{
  g_autoptr (PliTestAnswer) answer = start (test, login, password, "192.0.2.9");

  pli_test_until (test, &answer->done);
  if (right)
    g_assert_no_error (answer->error);
  else
    g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_DENIED);
}

/* Between rooms of one process too, an answer takes a turn of the loop. */
static void
turn (PliTest *test)
{
  for (guint i = 0; i < 8; i++)
    pli_loop_step (test->instance->loop, 0);
}

/* A password that is too long is refused without a hash, so that only the clock decides when the answer comes. */
static void
expect_delay (PliTest *test, const char *login, const char *peer, gint64 delay)
{
  g_autofree char *longer = g_strnfill (600, 'x');
  g_autoptr (PliTestAnswer) answer = start (test, login, longer, peer);

  turn (test);
  if (delay > 0)
    {
      pli_loop_move_clock (test->instance->loop, delay - 1);
      turn (test);
      g_assert_false (answer->done);
      pli_loop_move_clock (test->instance->loop, 1);
    }
  turn (test);
  g_assert_true (answer->done);
  g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_DENIED);
}

static void
test_delays (void)
{
  PliTest *test = open_test ("[auth-local]\nhash-cost = 1\n[auth-front]\nfailure-delay = 1s\nfailure-delay-max = 5s\n"
                             "failure-memory = 1min\n");
  static const char *const bob = "bob@one.example";

  pli_loop_fake_clock (test->instance->loop, 1000 * SECONDS);
  expect_delay (test, bob, "192.0.2.1", 1 * SECONDS);
  expect_delay (test, "BOB@one.example", "192.0.2.2", 2 * SECONDS); /* one login, whatever the client */
  expect_delay (test, bob, "192.0.2.3", 4 * SECONDS);
  expect_delay (test, bob, "192.0.2.4", 5 * SECONDS);
  expect_delay (test, bob, "192.0.2.5", 5 * SECONDS);
  expect_delay (test, "u1@one.example", "2001:db8::1", 1 * SECONDS);
  expect_delay (test, "u2@one.example", "2001:db8::2", 2 * SECONDS); /* one /64 is one client */
  expect_delay (test, "u3@one.example", "2001:db8:0:1::1", 1 * SECONDS);
  expect_delay (test, "u4@one.example", "192.0.2.1", 2 * SECONDS);
  pli_loop_move_clock (test->instance->loop, 60 * SECONDS);
  expect_delay (test, bob, "192.0.2.1", 1 * SECONDS); /* forgotten */
  expect_delay (test, bob, "192.0.2.7", 2 * SECONDS);
  sign_in (test, bob, "secret1", TRUE); /* at once, and the login's count begins anew */
  expect_delay (test, bob, "192.0.2.8", 1 * SECONDS);
  pli_test_free (test, FALSE);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  (void) result;
  (void) error;
  *(gboolean *) user = TRUE;
}

/* A client that hangs up while its answer is held back: nobody is answered, and nothing stays behind. */
static void
test_hang_up (void)
{
  PliTest *test =
      open_test ("[auth-local]\nhash-cost = 1\n[auth-front]\nfailure-delay = 10s\nfailure-delay-max = 10s\n");
  g_autofree char *longer = g_strnfill (600, 'x');
  PliVerifyArgs args = { .login = "bob@one.example", .service = "imap" };
  PliPlugin *plugin = pli_registry_plugin (test->instance->registry, "auth-front");
  const PliDirectory *directory = pli_registry_service (test->instance->registry, PLI_SERVICE_DIRECTORY, NULL, NULL);
  PliOpSpec spec = {
    .label = "test", .self = pli_plugin_data (plugin), .result_size = sizeof (PliVerifyResult), .done = answered
  };
  const char *const passwords[] = { longer, "wrong" };
  gboolean told = FALSE;

  spec.user = &told;
  for (guint i = 0; i < G_N_ELEMENTS (passwords); i++)
    {
      PliOp *op = pli_op_new (test->instance, &spec);
      gint64 until = g_get_monotonic_time () + 5 * SECONDS; /* less than the delay */

      args.password = pli_span_from (passwords[i]);
      pli_op_start (op, (PliSlot) directory->verify, &args);
      pli_call_cancel ((PliCall *) op);
      while (pli_op_waiting (test->instance) > 0)
        {
          pli_loop_step (test->instance->loop, 1000);
          g_assert_cmpint (g_get_monotonic_time (), <, until);
        }
    }
  g_assert_false (told);
  pli_test_free (test, FALSE);
}

static gint64
cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * SECONDS + now.tv_nsec / 1000;
}

/* CPU time, which does not depend on what else runs. The loop sleeps while a hash runs elsewhere. */
static gint64
time_of (PliTest *test, const char *login, const char *password, gboolean right)
{
  gint64 begun = cpu_us ();
  g_autoptr (PliTestAnswer) answer = start (test, login, password, "192.0.2.9");

  pli_test_until (test, &answer->done);
  g_assert_cmpint (answer->error == NULL, ==, right);
  return cpu_us () - begun;
}

/* By the ratio of times that differ a thousandfold. */
static void
test_memory (void)
{
  PliTest *test = open_test ("[auth-local]\nhash-cost = 6\nlogin-memory = 1min\n[auth-front]\nfailure-delay = 0\n");
  gint64 first = time_of (test, "bob@one.example", "secret1", TRUE), again = G_MAXINT64, other;

  for (guint i = 0; i < 10; i++)
    again = MIN (again, time_of (test, "bob@one.example", "secret1", TRUE));
  g_assert_cmpint (again * 10, <, first);
  other = time_of (test, "eve@one.example", "secret2", TRUE);
  g_assert_cmpint (again * 10, <, other);
  pli_loop_fake_clock (test->instance->loop, g_get_monotonic_time () + 61 * SECONDS);
  g_assert_cmpint (time_of (test, "bob@one.example", "secret1", TRUE), >, again * 10);
  pli_test_free (test, FALSE);
}

static void
test_unknown_takes_long (void)
{
  PliTest *test = open_test ("[auth-local]\nhash-cost = 6\n[auth-front]\nfailure-delay = 0\n");
  gint64 wrong = G_MAXINT64, unknown = G_MAXINT64;

  for (guint i = 0; i < 5; i++)
    {
      wrong = MIN (wrong, time_of (test, "bob@one.example", "wrong", FALSE));
      unknown = MIN (unknown, time_of (test, "ghost@one.example", "wrong", FALSE));
    }
  g_assert_cmpint (unknown, >, wrong / 2);
  g_assert_cmpint (unknown, <, wrong * 2);
  pli_test_free (test, FALSE);
}

static void
test_crowd (void)
{
  PliTest *test = open_test ("[auth-local]\nhash-cost = 1\nhash-parallel = 1\nlogins-waiting-max = 3\n"
                             "[auth-front]\nfailure-delay = 0\n");
  PliTestAnswer *answers[6];
  guint turned_away = 0;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    answers[i] = start (test, "bob@one.example", "secret1", "192.0.2.1");
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      pli_test_until (test, &answers[i]->done);
      turned_away += answers[i]->error != NULL;
      if (answers[i]->error)
        g_assert_error (answers[i]->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      pli_test_answer_free (answers[i]);
    }
  g_assert_cmpuint (turned_away, ==, 2); /* one runs, three wait */
  pli_test_free (test, FALSE);
}

/* The directory belongs to one process at a time; who comes second is told so. */
static void
test_one_owner (void)
{
  PliTest *test = open_test ("[auth-local]\nhash-cost = 1\n"), *second = pli_test_new (test->root, NULL, NULL);
  g_autofree char *path = pli_registry_find_file ("auth-local");
  g_autoptr (GError) error = NULL;
  PliPlugin *plugin = pli_registry_open (second->instance->registry, path, NULL);

  g_assert_false (pli_registry_load (second->instance->registry, plugin, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  g_assert_nonnull (strstr (error->message, "a running server has it open"));
  pli_test_free (second, TRUE);
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth-local/delays", test_delays);
  g_test_add_func ("/auth-local/hang-up", test_hang_up);
  g_test_add_func ("/auth-local/memory", test_memory);
  g_test_add_func ("/auth-local/unknown-takes-long", test_unknown_takes_long);
  g_test_add_func ("/auth-local/crowd", test_crowd);
  g_test_add_func ("/auth-local/one-owner", test_one_owner);
  return g_test_run ();
}
