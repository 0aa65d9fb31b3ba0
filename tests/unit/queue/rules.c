/* rules.c: what routers say (tests/plugins/policy-test.c) is done, told to the ledger's callers, and done once over a
 * restart; what they cannot say puts the recipient off. */
#include "unit/queue/scene.h"

#include "log/event.h"
#include <pli/store.h>

#define CONF "[server]\nstore = memory\n[auth-local]\nhash-cost = 1\n[queue-log]\njournal-sync = 5ms\n[route special]\n"

static const char *const plugins[] = { "auth-local", "store-memory", "queue-log", "deliver-test", "policy-test", NULL };

static void
assert_call (PliTest *test, const char *begin)
{
  g_auto (GStrv) calls = queue_calls (test);

  g_assert_cmpuint (g_strv_length (calls), ==, 1);
  g_assert_true (g_str_has_prefix (calls[0], begin));
}

static void
test_route (void)
{
  PliTest *test = queue_begin (plugins, CONF);

  queue_send (test, "a@d.test", NULL, "special+x@away.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_call (test, "special away.test 1 ");
  pli_test_free (test, FALSE);
}

static void
test_header_is_read (void)
{
  PliTest *test = queue_begin (plugins, CONF);

  queue_send (test, "a@d.test", "From: a@d.test\r\nX-Word: special\r\n\r\nX-Word: reject\r\n",
              "x@away.test y@away.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_call (test, "special away.test 2 ");
  pli_test_free (test, FALSE);
}

static void
test_file (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *text = NULL;
  guint32 flags = 0;

  queue_send (test, "a@d.test", NULL, "b+file@d.test b@d.test");
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  text = queue_newest (test, "b@d.test", "Lists", &flags);
  g_assert_nonnull (text);
  g_assert_cmpuint (flags & PLI_FLAG_SEEN, ==, PLI_FLAG_SEEN);
  g_assert_cmpuint (queue_messages_of (test, "b@d.test"), ==, 1);
  pli_test_free (test, FALSE);
}

static void
test_redirect (void)
{
  PliTest *test = queue_begin (plugins, CONF);

  queue_send (test, "a@d.test", NULL, "a+redirect@d.test redirect+x@away.test");
  queue_until_messages (test, "b@d.test", 2);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
  pli_test_free (test, FALSE);
}

/* Copies go out, and the delivery goes on as the rule says. */
static void
test_copy (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *text = NULL;

  queue_send (test, "a@d.test", NULL, "a+copy@d.test");
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  assert_call (test, "default away.test 1 ");
  text = queue_newest (test, "a@d.test", "Lists", NULL);
  g_assert_nonnull (text);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
  pli_test_free (test, FALSE);
}

/* The copies of a recipient that is put off are made once, also over restarts. */
static void
test_copy_once (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *root = g_strdup (test->root);

  queue_send (test, "a@d.test", NULL, "copy+later@away.test");
  queue_until_messages (test, "b@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  queue_control_all (test, PLI_QUEUE_RETRY, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
      pli_test_free (test, TRUE);
      test = pli_test_new (root, plugins, CONF);
      queue_control_all (test, PLI_QUEUE_RETRY, NULL);
      g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
      g_assert_cmpuint (queue_messages_of (test, "b@d.test"), ==, 0);
    }
  {
    g_auto (GStrv) calls = queue_calls (test);
    guint far = 0;

    for (guint i = 0; calls[i]; i++)
      far += strstr (calls[i], "far@") != NULL;
    g_assert_cmpuint (far, ==, 1);
    g_assert_cmpuint (g_strv_length (calls), >=, 5);
  }
  pli_test_free (test, FALSE);
}

static void
test_reject (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *text = NULL;

  queue_send (test, "a@d.test", NULL, "b+reject@d.test reject+x@away.test");
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  text = queue_newest (test, "a@d.test", "INBOX", NULL);
  g_assert_nonnull (strstr (text, "not in this house"));
  g_assert_nonnull (strstr (text, "<b+reject@d.test>"));
  g_assert_nonnull (strstr (text, "<reject+x@away.test>"));
  g_assert_cmpuint (queue_messages_of (test, "b@d.test"), ==, 0);
  pli_test_free (test, FALSE);
}

static void
test_discard (void)
{
  PliTest *test = queue_begin (plugins, CONF);

  queue_send (test, "a@d.test", NULL, "b+discard@d.test discard+x@away.test");
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (queue_messages_of (test, "b@d.test"), ==, 0);
  pli_test_free (test, FALSE);
}

static void
test_put_off (void)
{
  static const struct
  {
    const char *rcpt, *reason;
  } cases[] = {
    { "b+defer@d.test", "not today" },
    { "b+fail@d.test", "policy.lua:9: a mistake" },
    { "fail+x@away.test", "policy.lua:9: a mistake" },
    { "nowhere+x@away.test", "the rule names a route that there is not" },
    { "file+x@away.test", "the rule files what is not delivered here" },
    { "b+special@d.test", "the rule routes what is delivered here" },
    { "b+nonsense@d.test", "the rule names an address that is none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliTest *test = queue_begin (plugins, CONF);
      g_autofree char *reason = NULL;

      queue_send (test, "a@d.test", NULL, cases[i].rcpt);
      g_assert_cmpuint (queue_open_rows (test, &reason), ==, 1);
      g_assert_cmpstr (reason, ==, cases[i].reason);
      g_assert_cmpuint (queue_messages_of (test, "b@d.test"), ==, 0);
      pli_test_free (test, FALSE);
    }
}

/* Rules that send a message round end in a report. */
static void
test_round (void)
{
  PliTest *test = queue_begin (plugins, CONF);
  g_autofree char *text = NULL;

  queue_send (test, "a@d.test", NULL, "b+round@d.test");
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  text = queue_newest (test, "a@d.test", "INBOX", NULL);
  g_assert_nonnull (strstr (text, "Status: 5.4.6"));
  pli_test_free (test, FALSE);
}

static void
test_route_test (void)
{
  PliQueueRouteArgs args = { "special+x@away.test", "a@d.test" };
  PliTest *test = queue_begin (plugins, CONF);
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_ROUTE, 0, NULL, &args);

  g_assert_no_error (answer->error);
  g_assert_cmpstr (((const PliQueueRouteResult *) answer->result)->text, ==,
                   "rule policy.lua:12: route special\nroute special: policy.lua:12\ntransport smtp\n"
                   "mx.away.test by route special\n");
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/queue-rules/route", test_route);
  g_test_add_func ("/queue-rules/header-is-read", test_header_is_read);
  g_test_add_func ("/queue-rules/file", test_file);
  g_test_add_func ("/queue-rules/redirect", test_redirect);
  g_test_add_func ("/queue-rules/copy", test_copy);
  g_test_add_func ("/queue-rules/copy-once", test_copy_once);
  g_test_add_func ("/queue-rules/reject", test_reject);
  g_test_add_func ("/queue-rules/discard", test_discard);
  g_test_add_func ("/queue-rules/put-off", test_put_off);
  g_test_add_func ("/queue-rules/round", test_round);
  g_test_add_func ("/queue-rules/route-test", test_route_test);
  return g_test_run ();
}
