/* store-verbs.c: one short function a verb of the store contract; see store-fixture.h. */
#include "store-fixture.h"

const PliMailboxesResult *
store_list (Store *store, guint64 session)
{
  PliMailboxesArgs args = { NULL, TRUE };

  return store_call (store, session, PLI_METHOD_MAILBOXES, &args);
}

const PliMailboxRow *
store_status (Store *store, guint64 session, const char *name)
{
  PliMailboxesArgs args = { name, TRUE };
  PliTestAnswer *answer = pli_test_start (store->test, PLI_METHOD_MAILBOXES, session, NULL, &args);
  const PliMailboxesResult *result;

  store_until (store, &answer->done);
  result = answer->result;
  g_ptr_array_add (store->answers, answer);
  if (answer->error)
    g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_NOT_FOUND);
  return result && result->n_rows == 1 ? result->rows : NULL;
}

guint64
store_create (Store *store, const char *name)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_CREATE, .name = name, .to = NULL, .role = PLI_ROLE_NONE };

  return ((const PliMailboxResult *) store_call (store, store->session, PLI_METHOD_MAILBOX, &args))->mailbox;
}

void
store_delete (Store *store, const char *name)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_DELETE, .name = name, .to = NULL, .role = PLI_ROLE_NONE };

  store_call (store, store->session, PLI_METHOD_MAILBOX, &args);
}

void
store_rename (Store *store, const char *from, const char *to)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_RENAME, .name = from, .to = to, .role = PLI_ROLE_NONE };

  store_call (store, store->session, PLI_METHOD_MAILBOX, &args);
}

void
store_subscribe (Store *store, const char *name, gboolean on)
{
  PliMailboxArgs args = { .verb = on ? PLI_MAILBOX_SUBSCRIBE : PLI_MAILBOX_UNSUBSCRIBE, .name = name };

  store_call (store, store->session, PLI_METHOD_MAILBOX, &args);
}

const PliOpenResult *
store_open (Store *store, guint64 session, const char *name, gboolean read_only)
{
  PliOpenArgs args = { name, read_only };

  return store_call (store, session, PLI_METHOD_OPEN, &args);
}

guint64
store_number (Store *store, const char *name)
{
  const PliMailboxRow *row = store_status (store, store->session, name);

  g_assert_nonnull (row);
  g_assert_cmpuint (row->mailbox, !=, 0);
  return row->mailbox;
}

const PliFetchResult *
store_fetch (Store *store, const PliFetchArgs *args)
{
  return store_call (store, store->session, PLI_METHOD_FETCH, args);
}

GArray *
store_rows (Store *store, guint64 mailbox, guint32 want)
{
  PliUidRange all = STORE_ALL;
  PliFetchArgs args = { .mailbox = mailbox, .uids = &all, .n_uids = 1, .want = want };
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (PliMessageRow));

  do
    {
      const PliFetchResult *result = store_fetch (store, &args);

      if (result->n_rows > 0)
        g_array_append_vals (rows, result->rows, result->n_rows);
      g_assert_true (result->cursor == 0 || result->cursor > args.cursor);
      args.cursor = result->cursor;
    }
  while (args.cursor);
  return rows;
}

GString *
store_read (Store *store, guint64 mailbox, guint32 uid, guint32 step)
{
  GString *text = g_string_new (NULL);
  const PliReadResult *result;

  do
    {
      PliReadArgs args = { mailbox, uid, text->len, step };

      result = store_call (store, store->session, PLI_METHOD_READ, &args);
      g_string_append_len (text, result->bytes.data, (gssize) result->bytes.len);
    }
  while (result->bytes.len == step);
  return text;
}

const PliFlagsResult *
store_flags (Store *store, guint64 mailbox, PliUidRange uids, guint32 verb, guint32 flags, const char *keyword)
{
  const char *keywords[] = { keyword, NULL };
  PliFlagsArgs args = {
    .mailbox = mailbox, .uids = &uids, .n_uids = 1, .verb = verb, .flags = flags, .keywords = keywords
  };

  return store_call (store, store->session, PLI_METHOD_FLAGS, &args);
}

const PliAppendResult *
store_append (Store *store, const char *name, StoreMessage *message, guint32 flags, const char *keyword)
{
  const char *keywords[] = { keyword, NULL };
  PliAppendArgs args = { .name = name,
                         .message = pli_span (message->text->str, message->text->len),
                         .renderings = message->renderings,
                         .flags = flags,
                         .keywords = keywords,
                         .received_us = 1600000000000000 + message->serial };

  return store_call (store, store->session, PLI_METHOD_APPEND, &args);
}

const PliCopyResult *
store_copy (Store *store, guint64 mailbox, PliUidRange uids, const char *to, gboolean move)
{
  PliCopyArgs args = { mailbox, &uids, 1, to, move };

  return store_call (store, store->session, PLI_METHOD_COPY, &args);
}

const PliExpungeResult *
store_expunge (Store *store, guint64 mailbox, PliUidRange uids, gboolean any)
{
  PliExpungeArgs args = { mailbox, &uids, 1, any };

  return store_call (store, store->session, PLI_METHOD_EXPUNGE, &args);
}

const PliChangesResult *
store_changes (Store *store, guint64 session, guint64 mailbox, guint64 since, guint32 uidnext)
{
  PliChangesArgs args = { mailbox, since, uidnext, FALSE };

  return store_call (store, session, PLI_METHOD_CHANGES, &args);
}

void
store_watch (Store *store, guint64 session, guint64 mailbox, gboolean on)
{
  PliWatchArgs args = { mailbox, on };

  store_call (store, session, PLI_METHOD_WATCH, &args);
}

char *
store_set_text (const PliUidRange *uids, guint32 n)
{
  GString *text = g_string_new (NULL);

  for (guint32 i = 0; i < n; i++)
    {
      g_string_append_printf (text, "%s%u", i ? "," : "", uids[i].first);
      if (uids[i].last != uids[i].first)
        g_string_append_printf (text, ":%u", uids[i].last);
    }
  return g_string_free (text, FALSE);
}

void
store_assert_set (const PliUidRange *uids, guint32 n, const char *text)
{
  g_autofree char *have = store_set_text (uids, n);

  g_assert_cmpstr (have, ==, text);
}
