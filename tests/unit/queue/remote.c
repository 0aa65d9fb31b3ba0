/* remote.c: recipients elsewhere, through a transport that goes nowhere (tests/plugins/deliver-test.c): routed by domain,
 * gathered, limited, put off, returned with a report that explains itself, and the sender warned once. */
#include "unit/queue/scene.h"

#include "log/event.h"
#include <malloc.h>

#define CONF                                                                                                           \
  "[server]\nstore = memory\n[auth-local]\nhash-cost = 1\n[queue-log]\njournal-sync = 5ms\nhostname = mx.d.test\n"
#define ROUTES "[route special]\ndomains = special.test .below.test\n"
#define HOURS(n) ((n) *3600 * (gint64) G_USEC_PER_SEC)

static const char *const plugins[] = { "auth-local", "store-memory", "queue-log", "deliver-test", NULL };

static gboolean
has_call (char **calls, const char *begin)
{
  for (; *calls; calls++)
    if (g_str_has_prefix (*calls, begin))
      return TRUE;
  return FALSE;
}

static void
assert_calls (PliTest *test, const char *const *wanted)
{
  g_auto (GStrv) calls = queue_calls (test);

  for (guint i = 0; wanted[i]; i++)
    if (!has_call (calls, wanted[i]))
      g_error ("no call \"%s\"", wanted[i]);
  g_assert_cmpuint (g_strv_length (calls), ==, g_strv_length ((GStrv) wanted));
}

static void
assert_newest (PliTest *test, const char *const *parts)
{
  g_autofree char *text = queue_newest (test, "a@d.test", "INBOX", NULL);

  g_assert_nonnull (text);
  for (guint i = 0; parts[i]; i++)
    if (!strstr (text, parts[i]))
      g_error ("no \"%s\" in:\n%s", parts[i], text);
}

/* One call a route and domain, whatever the order of the recipients. */
static void
test_by_domain (void)
{
  PliTest *test = queue_begin (plugins, CONF ROUTES);

  queue_send (test, "a@d.test", NULL,
              "x@away.test y@special.test b@d.test z@deep.below.test x2@away.test y2@SPECIAL.test");
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_calls (test, (const char *const[]){ "default away.test 2 65 x@away.test ",
                                             "special special.test 2 65 y@special.test ",
                                             "special deep.below.test 1 65 z@deep.below.test ", NULL });
  pli_test_free (test, FALSE);
}

static void
test_rcpts_per_send (void)
{
  PliTest *test = queue_begin (plugins, CONF "send-rcpts-max = 2\n");

  queue_send (test, "a@d.test", NULL, "a1@x.test a2@x.test a3@x.test a4@x.test a5@x.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_calls (test, (const char *const[]){ "default x.test 2 65 a1@x.test ", "default x.test 2 65 a3@x.test ",
                                             "default x.test 1 65 a5@x.test ", NULL });
  pli_test_free (test, FALSE);
}

/* Whoever is not granted to relay does not, but an alias of ours may lead away. */
static void
test_alias_leads_away (void)
{
  static const char *const rcpts[] = { "away@d.test", "far@away.test", NULL };
  PliTest *test = queue_begin (plugins, CONF);
  g_autoptr (PliTestAnswer) answer = NULL;

  queue_change (test, PLI_ALIAS_ADD, "away@d.test", "b@d.test");
  queue_change (test, PLI_ALIAS_ADD, "away@d.test", "friend@away.test");
  answer = queue_submit_text (test, 0, "", rcpts);
  g_assert_no_error (answer->error);
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_calls (test, (const char *const[]){ "default away.test 1 65 friend@away.test ", NULL });
  pli_test_free (test, FALSE);
}

/* The edge room's word that a session may relay counts only when there is such a listener. */
static void
test_relay_listener (void)
{
  static const struct
  {
    const char *conf;
    guint calls;
  } cases[] = { { CONF, 0 }, { CONF "[listener relay]\nport = 0\nprotocol = smtp\nrole = relay\n", 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliTest *test = queue_begin (plugins, cases[i].conf);
      g_auto (GStrv) calls = NULL;

      queue_relay (test, "far@away.test");
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
      calls = queue_calls (test);
      g_assert_cmpuint (g_strv_length (calls), ==, cases[i].calls);
      pli_test_free (test, FALSE);
    }
}

/* How many are with the transport at once: of one destination, and of all. */
static guint
most_under_way (PliTest *test)
{
  g_auto (GStrv) calls = queue_calls (test);
  guint most = 0;

  for (guint i = 0; calls[i]; i++)
    most = MAX (most, (guint) atoi (strrchr (calls[i], ' ') + 1));
  return most;
}

static void
send_many (PliTest *test, guint n, guint domains)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *rcpt = g_strdup_printf ("u%u@n%u.test", i, i % domains);

      queue_send (test, "a@d.test", NULL, rcpt);
    }
}

static void
test_limits (void)
{
  static const struct
  {
    const char *conf;
    guint domains, most;
  } cases[] = {
    { "sends-per-destination = 3\nwaiting-hot = 2\n[deliver-test]\ndelay = 2ms\n", 1, 3 },
    { "sends-max = 4\nwaiting-hot = 2\n[deliver-test]\ndelay = 2ms\n", 10, 4 },
    { "sends-max = 1\n[deliver-test]\ndelay = 1ms\n", 10, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *conf = g_strconcat (CONF, cases[i].conf, NULL);
      PliTest *test = queue_begin (plugins, conf);
      g_auto (GStrv) calls = NULL;

      /* All are taken before the first is answered: what waits turns cold and is read back. */
      pli_loop_fake_clock (test->instance->loop, g_get_real_time ());
      send_many (test, 40, cases[i].domains);
      for (guint k = 0; k < 100; k++)
        pli_loop_move_clock (test->instance->loop, 1000),
            pli_loop_settle (test->instance, g_get_monotonic_time () + G_USEC_PER_SEC);
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
      calls = queue_calls (test);
      g_assert_cmpuint (g_strv_length (calls), ==, 40);
      g_assert_cmpuint (most_under_way (test), ==, cases[i].most);
      pli_test_free (test, FALSE);
    }
}

static guint
count_calls (PliTest *test)
{
  g_auto (GStrv) calls = queue_calls (test);

  return g_strv_length (calls);
}

/* A host that nobody answers for costs a few tries and not one a message. */
static void
test_dead_destination (void)
{
  PliTest *test = queue_begin (plugins, CONF "sends-per-destination = 1\n");
  g_autofree char *reason = NULL;
  guint calls;

  pli_loop_fake_clock (test->instance->loop, g_get_real_time ());
  for (guint i = 0; i < 30; i++)
    queue_send (test, "a@d.test", NULL, "x@dead.test");
  g_assert_cmpuint (queue_open_rows (test, &reason), ==, 30);
  g_assert_cmpstr (reason, ==, "connection refused");
  calls = count_calls (test);
  g_assert_cmpuint (calls, <=, 30);
  queue_control_all (test, PLI_QUEUE_RETRY, NULL);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 30);
  /* Three for those that are in line together; what is still read back then makes a line of its own. */
  g_assert_cmpuint (count_calls (test), >=, calls + 3);
  g_assert_cmpuint (count_calls (test), <=, calls + 15);
  pli_test_free (test, FALSE);
}

/* Answers of the next hop: refused ones come back in one report that says who said what; what is to come later stays. */
static void
test_answers (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *reason = NULL;

  queue_send (test, "a@d.test", NULL, "ok@x.test never1@x.test later@x.test never2@x.test");
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, &reason), ==, 1);
  g_assert_cmpstr (reason, ==, "mx.test [192.0.2.1]:25 said: 451 4.7.1 come back in a while");
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 1);
  assert_newest (test,
                 (const char *const[]){ "Subject: Undelivered mail\r\n", "This is the mail system at mx.d.test.",
                                        "<never1@x.test>", "<never2@x.test>", "The host mx.test [192.0.2.1]:25 said:",
                                        "550 5.1.1 no such user over there", "Check how the address is spelt",
                                        "Final-Recipient: rfc822; never2@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
                                        "Remote-MTA: dns; mx.test\r\n", "Subject: hello\r\n", NULL });
  pli_test_free (test, FALSE);
}

/* The null sender gets no report, and nothing is sent twice. */
static void
test_null_sender (void)
{
  PliTest *test = queue_begin (plugins, CONF);

  queue_send (test, "", NULL, "never@x.test b@d.test");
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
  pli_test_free (test, FALSE);
}

/* Lets what is under way come to rest, moves the clock, and does so again: calls have deadlines. */
static void
half_hours (PliTest *test, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      pli_loop_move_clock (test->instance->loop, HOURS (1) / 2);
      for (guint k = 0; k < 10; k++)
        pli_loop_settle (test->instance, g_get_monotonic_time () + 5 * G_USEC_PER_SEC);
      queue_open_rows (test, NULL);
    }
}

/* Time goes by: one warning, tries in between, then a report of what was said last. */
static void
test_delay_and_lifetime (void)
{
  PliTest *test = queue_begin (plugins, CONF "language = de\nretry-max = 1h\nlifetime = 1d\n");
  g_auto (GStrv) calls = NULL;

  pli_loop_fake_clock (test->instance->loop, g_get_real_time ());
  queue_send (test, "a@d.test", NULL, "later@x.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  half_hours (test, 7);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
  half_hours (test, 20);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 1);
  assert_newest (test, (const char *const[]){ "Subject: E-Mail noch nicht zugestellt\r\n", "es wird weiter versucht",
                                              "Action: delayed\r\nStatus: 4.4.1\r\n",
                                              "Will-Retry-Until: ", "451 4.7.1 come back in a while", NULL });
  half_hours (test, 26);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 2);
  assert_newest (test, (const char *const[]){ "Subject: Unzustellbare E-Mail\r\n",
                                              "Der Rechner mx.test [192.0.2.1]:25 antwortete:",
                                              "Action: failed\r\nStatus: 5.4.7\r\n", NULL });
  calls = queue_calls (test);
  g_assert_cmpuint (g_strv_length (calls), >, 20);
  pli_test_free (test, FALSE);
}

/* A restart warns nobody again, and sends nothing again that the next hop has taken. */
static void
test_restart (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *root = g_strdup (test->root);
  gint64 later = g_get_real_time () + HOURS (5);

  queue_send (test, "a@d.test", NULL, "ok@x.test later@x.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  pli_loop_fake_clock (test->instance->loop, later);
  queue_control_all (test, PLI_QUEUE_RETRY, "elsewhere.test");
  queue_control_all (test, PLI_QUEUE_RETRY, "x.test");
  queue_until_messages (test, "a@d.test", 1);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
      pli_test_free (test, TRUE);
      test = pli_test_new (root, plugins, CONF);
      pli_loop_fake_clock (test->instance->loop, later + HOURS (10) * (i + 1));
      queue_control_all (test, PLI_QUEUE_RETRY, NULL);
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
      g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
    }
  {
    g_auto (GStrv) calls = queue_calls (test);

    g_assert_true (g_str_has_prefix (calls[0], "default x.test 2 "));
    for (guint i = 1; calls[i]; i++)
      g_assert_true (g_str_has_prefix (calls[i], "default x.test 1 65 later@x.test "));
  }
  pli_test_free (test, FALSE);
}

/* A transport that fails, and one that never answers: the deadline of the call answers for it. */
static void
test_misbehaving (void)
{
  PliTest *test = queue_begin (plugins, CONF "delay-warning = 0\n");
  g_autofree char *failed = NULL, *silent = NULL;

  queue_send (test, "a@d.test", NULL, "x@fail.test");
  g_assert_cmpuint (queue_open_rows (test, &failed), ==, 1);
  g_assert_cmpstr (failed, ==, "the transport has lost its way");
  queue_control_all (test, PLI_QUEUE_DELETE, NULL);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  pli_loop_fake_clock (test->instance->loop, g_get_real_time ());
  queue_send (test, "a@d.test", NULL, "x@silent.test");
  for (guint i = 0; i < 50; i++)
    pli_loop_settle (test->instance, g_get_monotonic_time () + G_USEC_PER_SEC);
  assert_calls (test, (const char *const[]){ "default fail.test ", "default silent.test ", NULL });
  pli_loop_move_clock (test->instance->loop, HOURS (2) + G_USEC_PER_SEC);
  g_assert_cmpuint (queue_open_rows (test, &silent), ==, 1);
  g_assert_nonnull (strstr (silent, "time"));
  pli_test_free (test, FALSE);
}

/* Deleted and returned by hand while it waits in line. */
static void
test_control_in_line (void)
{
  PliTest *test = queue_begin (plugins, CONF "sends-max = 1\nwaiting-hot = 0\n");

  queue_send (test, "a@d.test", NULL, "x@silent.test");
  queue_send (test, "a@d.test", NULL, "one@y.test");
  queue_send (test, "a@d.test", NULL, "two@z.test");
  for (guint i = 0; i < 50; i++)
    pli_loop_settle (test->instance, g_get_monotonic_time () + G_USEC_PER_SEC);
  queue_control_all (test, PLI_QUEUE_DELETE, "y.test");
  queue_control_all (test, PLI_QUEUE_BOUNCE, "z.test");
  queue_until_messages (test, "a@d.test", 1);
  assert_newest (test, (const char *const[]){ "<two@z.test>", "given up by the administrator", NULL });
  assert_calls (test, (const char *const[]){ "default silent.test ", NULL });
  pli_test_free (test, FALSE);
}

/* A million deferred recipients must not need more than 300 MB. Sanitizers have an allocator of their own. */
static void
test_memory (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the allocator is the sanitizer's");
#else
  const guint n = 1000;
  PliTest *test = queue_begin (plugins, CONF);
  gsize used[4];

  /* The first ones pay for what is there once. */
  for (guint round = 0; round < 4; round++)
    {
      for (guint i = 0; i < n; i++)
        {
          g_autofree char *rcpt = g_strdup_printf ("later%u@x%u.test", i % 50, i % 50);

          queue_send (test, "a@d.test", NULL, rcpt);
        }
      while (count_calls (test) < (round + 1) * n)
        pli_loop_step (test->instance->loop, 1000);
      for (guint i = 0; i < 20; i++) /* and the last ones are put off */
        pli_loop_step (test->instance->loop, 10000);
      used[round] = mallinfo2 ().uordblks;
    }
  g_test_message ("%zu, %zu, %zu bytes a deferred recipient", (used[1] - used[0]) / n, (used[2] - used[1]) / n,
                  (used[3] - used[2]) / n);
  g_assert_cmpuint ((used[3] - used[1]) / (2 * n), <=, 300);
  pli_test_free (test, FALSE);
#endif
}

static void
test_route_test (void)
{
  static const struct
  {
    const char *address, *answer;
  } cases[] = {
    { "x@away.test", "route default: no [route] names the domain\ntransport smtp\nmx.away.test by route default\n" },
    { "x@Special.test",
      "route special: its domains cover this one\ntransport smtp\nmx.special.test by route special\n" },
    { "nobody@d.test", "directory: unknown here: it is refused\n" },
  };
  PliTest *test = queue_begin (plugins, CONF ROUTES);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliQueueRouteArgs args = { cases[i].address, NULL };
      g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_ROUTE, 0, NULL, &args);

      g_assert_no_error (answer->error);
      g_assert_cmpstr (((const PliQueueRouteResult *) answer->result)->text, ==, cases[i].answer);
    }
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/queue-remote/by-domain", test_by_domain);
  g_test_add_func ("/queue-remote/rcpts-per-send", test_rcpts_per_send);
  g_test_add_func ("/queue-remote/alias-leads-away", test_alias_leads_away);
  g_test_add_func ("/queue-remote/relay-listener", test_relay_listener);
  g_test_add_func ("/queue-remote/limits", test_limits);
  g_test_add_func ("/queue-remote/dead-destination", test_dead_destination);
  g_test_add_func ("/queue-remote/answers", test_answers);
  g_test_add_func ("/queue-remote/null-sender", test_null_sender);
  g_test_add_func ("/queue-remote/delay-and-lifetime", test_delay_and_lifetime);
  g_test_add_func ("/queue-remote/restart", test_restart);
  g_test_add_func ("/queue-remote/misbehaving", test_misbehaving);
  g_test_add_func ("/queue-remote/control-in-line", test_control_in_line);
  g_test_add_func ("/queue-remote/memory", test_memory);
  g_test_add_func ("/queue-remote/route-test", test_route_test);
  return g_test_run ();
}
