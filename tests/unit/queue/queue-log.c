/* queue-log.c: the queue with a real directory and a real store in one process: delivered, expanded, bounced once, kept over a
 * restart, refused without a grant, and the books balance at every end. */
#include "unit/queue/scene.h"

#include "log/event.h"

static const char *const plugins[] = { "auth-local", "store-memory", "queue-log", NULL };
static const char conf[] = "[server]\nstore = memory\n[auth-local]\nhash-cost = 1\n[queue-log]\njournal-sync = 5ms\n";

static void
test_delivered (void)
{
  static const char *const rcpts[] = { "a@d.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliTestAnswer) answer = queue_submit_text (test, 0, "s@x.test", rcpts);

  g_assert_no_error (answer->error);
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

static void
test_alias_to_two (void)
{
  static const char *const rcpts[] = { "both@d.test", "b+x@d.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliTestAnswer) answer = queue_submit_text (test, 0, "s@x.test", rcpts);

  g_assert_no_error (answer->error);
  queue_until_messages (test, "a@d.test", 1);
  queue_until_messages (test, "b@d.test", 2);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

/* Unknown at delivery: the sender gets one report, and a report about a report is not made. */
static void
test_bounced_once (void)
{
  static const char *const rcpts[] = { "nobody@d.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliTestAnswer) answer = queue_submit_text (test, 0, "a@d.test", rcpts);
  g_autoptr (PliTestAnswer) null = queue_submit_text (test, 0, "", rcpts);

  g_assert_no_error (answer->error);
  g_assert_no_error (null->error);
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 1);
  pli_test_free (test, FALSE);
}

/* A foreign recipient stays, visibly, if the session may relay; otherwise it is refused, whatever the edge said. */
static void
test_foreign (void)
{
  static const char *const rcpts[] = { "far@away.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, queue_account (test, "a@d.test", arena), NULL);
  g_autoptr (PliTestAnswer) stranger = queue_submit_text (test, 0, "", rcpts);
  g_autofree char *reason = NULL;

  g_assert_no_error (stranger->error);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  {
    g_autoptr (PliTestAnswer) ours = queue_submit_text (test, session, "a@d.test", rcpts);

    g_assert_no_error (ours->error);
  }
  g_assert_cmpuint (queue_open_rows (test, &reason), ==, 1);
  g_assert_cmpstr (reason, ==, "no plugin here offers transport.send (smtp)");
  pli_test_free (test, FALSE);
}

/* What was open is open after a restart; what was settled is not delivered again (the journal says so, since a memory store
 * has forgotten). */
static void
test_restart_keeps_what_is_open (void)
{
  static const char *const far[] = { "far@away.test", "a@d.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *root = g_strdup (test->root), *reason = NULL;
  guint64 session = pli_test_grant (test, queue_account (test, "a@d.test", arena), NULL);

  {
    g_autoptr (PliTestAnswer) answer = queue_submit_text (test, session, "a@d.test", far);

    g_assert_no_error (answer->error);
  }
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      pli_test_free (test, TRUE);
      test = pli_test_new (root, plugins, conf);
      g_assert_cmpuint (queue_open_rows (test, &reason), ==, 1);
      g_assert_cmpstr (reason, ==, "no plugin here offers transport.send (smtp)");
      g_clear_pointer (&reason, g_free);
      g_assert_cmpuint (queue_messages_of (test, "a@d.test"), ==, 0);
    }
  {
    PliQueueControlArgs args = { PLI_QUEUE_DELETE, NULL, "test", NULL };
    g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &args);

    g_assert_cmpuint (((const PliQueueControlResult *) answer->result)->n, ==, 1);
  }
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

/* Given up by hand: the report reaches the sender. */
static void
test_bounce_by_hand (void)
{
  static const char *const rcpts[] = { "far@away.test", NULL };
  PliTest *test = queue_begin (plugins, conf);
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, queue_account (test, "a@d.test", arena), NULL);
  PliQueueControlArgs bounce = { PLI_QUEUE_BOUNCE, NULL, "test", NULL },
                      retry = { PLI_QUEUE_RETRY, NULL, "test", NULL };

  {
    g_autoptr (PliTestAnswer) answer = queue_submit_text (test, session, "a@d.test", rcpts);
  }
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 1);
  {
    g_autoptr (PliTestAnswer) one = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &bounce);
    g_autoptr (PliTestAnswer) two = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &retry);
  }
  queue_until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (queue_open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/queue-log/delivered", test_delivered);
  g_test_add_func ("/queue-log/alias-to-two", test_alias_to_two);
  g_test_add_func ("/queue-log/bounced-once", test_bounced_once);
  g_test_add_func ("/queue-log/foreign", test_foreign);
  g_test_add_func ("/queue-log/restart-keeps-what-is-open", test_restart_keeps_what_is_open);
  g_test_add_func ("/queue-log/bounce-by-hand", test_bounce_by_hand);
  return g_test_run ();
}
