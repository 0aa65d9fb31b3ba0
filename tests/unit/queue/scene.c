/* scene.c: see scene.h. */
#include "unit/queue/scene.h"

void
queue_change (PliTest *test, PliDirectoryVerb verb, const char *name, const char *target)
{
  PliChangeArgs args = { .verb = verb, .name = name, .target = target };
  g_autoptr (PliTestAnswer) answer = NULL;

  if (verb == PLI_ACCOUNT_ADD)
    args.password = PLI_SPAN ("secret7");
  answer = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &args);
  g_assert_no_error (answer->error);
}

PliTest *
queue_begin (const char *const *plugins, const char *conf)
{
  PliTest *test = pli_test_new (NULL, plugins, conf);

  queue_change (test, PLI_DOMAIN_ADD, "d.test", NULL);
  queue_change (test, PLI_ACCOUNT_ADD, "a@d.test", NULL);
  queue_change (test, PLI_ACCOUNT_ADD, "b@d.test", NULL);
  queue_change (test, PLI_ALIAS_ADD, "both@d.test", "a@d.test");
  queue_change (test, PLI_ALIAS_ADD, "both@d.test", "b@d.test");
  return test;
}

const char *
queue_account (PliTest *test, const char *address, PliArena *arena)
{
  PliResolveArgs args = { address };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RESOLVE, 0, NULL, &args);
  const PliResolveResult *result = answer->result;

  g_assert_no_error (answer->error);
  g_assert_cmpuint (result->n_targets, ==, 1);
  return pli_arena_strdup (arena, result->targets[0].account);
}

guint
queue_messages_of (PliTest *test, const char *address)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, queue_account (test, address, arena), NULL);
  PliMailboxesArgs args = { "INBOX", TRUE };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_MAILBOXES, session, NULL, &args);
  guint n;

  g_assert_no_error (answer->error);
  n = ((const PliMailboxesResult *) answer->result)->rows[0].messages;
  pli_test_session_gone (test, session);
  return n;
}

static const char text[] = "Return-Path: <s@x.test>\r\nFrom: s@x.test\r\nSubject: hello\r\n\r\nbody\r\n";

PliTestAnswer *
queue_submit_text (PliTest *test, guint64 session, const char *sender, const char *const *rcpts)
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

guint
queue_open_rows (PliTest *test, char **out_reason)
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

void
queue_until_messages (PliTest *test, const char *address, guint n)
{
  gint64 limit = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (queue_messages_of (test, address) < n)
    g_assert_cmpint (g_get_monotonic_time (), <, limit);
}

char *
queue_newest (PliTest *test, const char *address, const char *mailbox, guint32 *out_flags)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, queue_account (test, address, arena), NULL);
  PliOpenArgs open = { mailbox, TRUE };
  g_autoptr (PliTestAnswer) opened = pli_test_call (test, PLI_METHOD_OPEN, session, NULL, &open);
  const PliOpenResult *box = opened->result;
  char *text = NULL;

  if (box && box->n_uids > 0)
    {
      PliUidRange last = { box->uids[box->n_uids - 1].last, box->uids[box->n_uids - 1].last };
      PliReadArgs read = { box->mailbox, last.last, 0, 1024 * 1024 };
      PliFetchArgs fetch = { .mailbox = box->mailbox, .uids = &last, .n_uids = 1, .want = PLI_WANT_FLAGS };
      g_autoptr (PliTestAnswer) bytes = pli_test_call (test, PLI_METHOD_READ, session, NULL, &read);
      g_autoptr (PliTestAnswer) row = pli_test_call (test, PLI_METHOD_FETCH, session, NULL, &fetch);

      g_assert_no_error (bytes->error);
      g_assert_no_error (row->error);
      text = pli_span_dup (((const PliReadResult *) bytes->result)->bytes);
      if (out_flags)
        *out_flags = ((const PliFetchResult *) row->result)->rows[0].flags;
    }
  pli_test_session_gone (test, session);
  return text;
}

static void
submit_as (PliTest *test, guint64 session, PliSubmitArgs *args, const char *rcpts)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (GStrv) words = g_strsplit (rcpts, " ", -1);
  g_autoptr (PliTestAnswer) answer = NULL;
  char id[PLI_ID_LEN + 1];

  pli_id_new (id, pli_now_us (test->instance));
  args->id = id;
  args->rcpts = (const char *const *) words;
  args->received_us = pli_now_us (test->instance);
  pli_render (args->message, NULL, arena, &args->renderings);
  answer = pli_test_call (test, PLI_METHOD_SUBMIT, session, NULL, args);
  g_assert_no_error (answer->error);
}

void
queue_send (PliTest *test, const char *sender, const char *body, const char *rcpts)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 session = pli_test_grant (test, queue_account (test, "a@d.test", arena), NULL);
  PliSubmitArgs args = {
    .sender = sender, .message = pli_span_from (body ? body : text), .login = "a@d.test", .role = "submission"
  };

  submit_as (test, session, &args, rcpts);
  pli_test_session_gone (test, session);
}

void
queue_relay (PliTest *test, const char *rcpts)
{
  PliSubmitArgs args = { .sender = "", .message = pli_span_from (text), .role = "relay" };

  submit_as (test, 0, &args, rcpts);
}

GStrv
queue_calls (PliTest *test)
{
  g_autofree char *path = g_build_filename (test->root, "data", "deliver-test", "calls", NULL);
  g_autofree char *lines = NULL;

  if (!g_file_get_contents (path, &lines, NULL, NULL))
    return g_new0 (char *, 1);
  return g_strsplit (g_strchomp (lines), "\n", -1);
}

void
queue_control_all (PliTest *test, PliQueueVerb verb, const char *domain)
{
  PliQueueControlArgs args = { verb, NULL, "test", domain };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_QUEUE_CONTROL, 0, NULL, &args);

  g_assert_no_error (answer->error);
}
