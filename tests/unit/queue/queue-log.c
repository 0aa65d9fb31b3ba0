/* queue-log.c: the queue with a real directory and a real store in one process: delivered, expanded, bounced once, kept over a
 * restart, refused without a grant, and the books balance at every end. */
#include "lib/harness.h"

#include "log/event.h"
#include "service/method.h"

static const char *const plugins[] = { "auth-local", "store-memory", "queue-log", NULL };
static const char conf[] = "[server]\nstore = memory\n[auth-local]\nhash-cost = 1\n[queue-log]\njournal-sync = 5ms\n";

static void
change (PliTest *test, PliDirectoryVerb verb, const char *name, const char *target)
{
  PliChangeArgs args = { .verb = verb, .name = name, .target = target };
  g_autoptr (PliTestAnswer) answer = NULL;

  if (verb == PLI_ACCOUNT_ADD)
    args.password = PLI_SPAN ("secret7");
  answer = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &args);
  g_assert_no_error (answer->error);
}

static PliTest *
begin (void)
{
  PliTest *test = pli_test_new (NULL, plugins, conf);

  change (test, PLI_DOMAIN_ADD, "d.test", NULL);
  change (test, PLI_ACCOUNT_ADD, "a@d.test", NULL);
  change (test, PLI_ACCOUNT_ADD, "b@d.test", NULL);
  change (test, PLI_ALIAS_ADD, "both@d.test", "a@d.test");
  change (test, PLI_ALIAS_ADD, "both@d.test", "b@d.test");
  return test;
}

static const char *
account_of (PliTest *test, const char *address, PliArena *arena)
{
  PliResolveArgs args = { address };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RESOLVE, 0, NULL, &args);
  const PliResolveResult *result = answer->result;

  g_assert_no_error (answer->error);
  g_assert_cmpuint (result->n_targets, ==, 1);
  return pli_arena_strdup (arena, result->targets[0].account);
}

static guint
messages_of (PliTest *test, const char *address)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, account_of (test, address, arena), NULL);
  PliMailboxesArgs args = { "INBOX", TRUE };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_MAILBOXES, session, NULL, &args);
  guint n;

  g_assert_no_error (answer->error);
  n = ((const PliMailboxesResult *) answer->result)->rows[0].messages;
  pli_test_session_gone (test, session);
  return n;
}

static const char text[] = "Return-Path: <s@x.test>\r\nFrom: s@x.test\r\nSubject: hello\r\n\r\nbody\r\n";

static PliTestAnswer *
submit (PliTest *test, guint64 session, const char *sender, const char *const *rcpts)
{
  char id[PLI_ID_LEN + 1];
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliSubmitArgs args = { .id = id,
                         .sender = sender,
                         .rcpts = rcpts,
                         .received_us = pli_now_us (test->instance),
                         .message = pli_span (text, sizeof text - 1),
                         .role = "mx" };

  pli_id_new (id, pli_now_us (test->instance));
  pli_render (args.message, NULL, arena, &args.renderings);
  return pli_test_call (test, PLI_METHOD_SUBMIT, session, NULL, &args);
}

/* Rows of the queue; waits until nothing is under way. */
static guint
open_rows (PliTest *test, char **out_reason)
{
  for (;;)
    {
      PliQueueListArgs args = { 0 };
      g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_LIST, 0, NULL, &args);
      const PliQueueListResult *list = answer->result;
      gboolean busy = FALSE;

      g_assert_no_error (answer->error);
      g_assert_cmpuint (list->unaccounted, ==, 0);
      for (guint i = 0; i < list->n_rows; i++)
        busy |= list->rows[i].next_us == 0;
      if (busy)
        continue;
      if (out_reason)
        *out_reason = list->n_rows > 0 ? g_strdup (list->rows[0].reason) : NULL;
      return list->n_rows;
    }
}

static void
until_messages (PliTest *test, const char *address, guint n)
{
  gint64 limit = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (messages_of (test, address) < n)
    g_assert_cmpint (g_get_monotonic_time (), <, limit);
}

static void
test_delivered (void)
{
  static const char *const rcpts[] = { "a@d.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliTestAnswer) answer = submit (test, 0, "s@x.test", rcpts);

  g_assert_no_error (answer->error);
  until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

static void
test_alias_to_two (void)
{
  static const char *const rcpts[] = { "both@d.test", "b+x@d.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliTestAnswer) answer = submit (test, 0, "s@x.test", rcpts);

  g_assert_no_error (answer->error);
  until_messages (test, "a@d.test", 1);
  until_messages (test, "b@d.test", 2);
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

/* Unknown at delivery: the sender gets one report, and a report about a report is not made. */
static void
test_bounced_once (void)
{
  static const char *const rcpts[] = { "nobody@d.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliTestAnswer) answer = submit (test, 0, "a@d.test", rcpts);
  g_autoptr (PliTestAnswer) null = submit (test, 0, "", rcpts);

  g_assert_no_error (answer->error);
  g_assert_no_error (null->error);
  until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
  g_assert_cmpuint (messages_of (test, "a@d.test"), ==, 1);
  pli_test_free (test, FALSE);
}

/* A foreign recipient stays, visibly, if the session may relay; otherwise it is refused, whatever the edge said. */
static void
test_foreign (void)
{
  static const char *const rcpts[] = { "far@away.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, account_of (test, "a@d.test", arena), NULL);
  g_autoptr (PliTestAnswer) stranger = submit (test, 0, "", rcpts);
  g_autofree char *reason = NULL;

  g_assert_no_error (stranger->error);
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
  {
    g_autoptr (PliTestAnswer) ours = submit (test, session, "a@d.test", rcpts);

    g_assert_no_error (ours->error);
  }
  g_assert_cmpuint (open_rows (test, &reason), ==, 1);
  g_assert_cmpstr (reason, ==, "no transport yet");
  pli_test_free (test, FALSE);
}

/* What was open is open after a restart; what was settled is not delivered again (the journal says so, since a memory store
 * has forgotten). */
static void
test_restart_keeps_what_is_open (void)
{
  static const char *const far[] = { "far@away.test", "a@d.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *root = g_strdup (test->root), *reason = NULL;
  guint64 session = pli_test_grant (test, account_of (test, "a@d.test", arena), NULL);

  {
    g_autoptr (PliTestAnswer) answer = submit (test, session, "a@d.test", far);

    g_assert_no_error (answer->error);
  }
  until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (open_rows (test, NULL), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      pli_test_free (test, TRUE);
      test = pli_test_new (root, plugins, conf);
      g_assert_cmpuint (open_rows (test, &reason), ==, 1);
      g_assert_cmpstr (reason, ==, "no transport yet");
      g_clear_pointer (&reason, g_free);
      g_assert_cmpuint (messages_of (test, "a@d.test"), ==, 0);
    }
  {
    PliQueueControlArgs args = { PLI_QUEUE_DELETE, NULL, "test" };
    g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &args);

    g_assert_cmpuint (((const PliQueueControlResult *) answer->result)->n, ==, 1);
  }
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
  pli_test_free (test, FALSE);
}

/* Given up by hand: the report reaches the sender. */
static void
test_bounce_by_hand (void)
{
  static const char *const rcpts[] = { "far@away.test", NULL };
  PliTest *test = begin ();
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, account_of (test, "a@d.test", arena), NULL);
  PliQueueControlArgs bounce = { PLI_QUEUE_BOUNCE, NULL, "test" }, retry = { PLI_QUEUE_RETRY, NULL, "test" };

  {
    g_autoptr (PliTestAnswer) answer = submit (test, session, "a@d.test", rcpts);
  }
  g_assert_cmpuint (open_rows (test, NULL), ==, 1);
  {
    g_autoptr (PliTestAnswer) one = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &bounce);
    g_autoptr (PliTestAnswer) two = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &retry);
  }
  until_messages (test, "a@d.test", 1);
  g_assert_cmpuint (open_rows (test, NULL), ==, 0);
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
