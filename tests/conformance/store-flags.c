/* store-flags.c: STORE, keywords, UNCHANGEDSINCE. */
#include "store-fixture.h"

static guint32
flags_of (Store *store, guint64 mailbox, guint32 uid)
{
  g_autoptr (GArray) rows = store_rows (store, mailbox, PLI_WANT_FLAGS);

  for (guint i = 0; i < rows->len; i++)
    if (g_array_index (rows, PliMessageRow, i).uid == uid)
      return g_array_index (rows, PliMessageRow, i).flags;
  g_assert_not_reached ();
}

static void
verbs (Store *store)
{
  PliUidRange two = { 2, 2 };
  guint64 mailbox = store_number (store, "INBOX");

  store_deliver_many (store, 3);
  store_flags (store, mailbox, two, PLI_FLAGS_ADD, PLI_FLAG_SEEN | PLI_FLAG_FLAGGED, NULL);
  g_assert_cmpuint (flags_of (store, mailbox, 2), ==, PLI_FLAG_SEEN | PLI_FLAG_FLAGGED);
  g_assert_cmpuint (flags_of (store, mailbox, 1), ==, 0);
  g_assert_cmpuint (flags_of (store, mailbox, 3), ==, 0);
  store_flags (store, mailbox, two, PLI_FLAGS_REMOVE, PLI_FLAG_SEEN | PLI_FLAG_DRAFT, NULL);
  g_assert_cmpuint (flags_of (store, mailbox, 2), ==, PLI_FLAG_FLAGGED);
  store_flags (store, mailbox, two, PLI_FLAGS_REPLACE, PLI_FLAG_ANSWERED, NULL);
  g_assert_cmpuint (flags_of (store, mailbox, 2), ==, PLI_FLAG_ANSWERED);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->unseen, ==, 3);
}

static void
answer (Store *store)
{
  PliUidRange uids = { 2, 100 };
  guint64 mailbox = store_number (store, "INBOX");
  const PliFlagsResult *result;
  guint64 modseq;

  store_deliver_many (store, 4);
  result = store_flags (store, mailbox, uids, PLI_FLAGS_ADD, PLI_FLAG_SEEN, "work");
  modseq = result->modseq;
  g_assert_cmpuint (result->n_rows, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (result->rows[i].uid, ==, i + 2);
      g_assert_cmpuint (result->rows[i].flags, ==, PLI_FLAG_SEEN);
      g_assert_cmpuint (result->rows[i].keywords, ==, 1);
      g_assert_cmpuint (result->rows[i].modseq, ==, modseq);
    }
  g_assert_cmpstr (result->keywords[0], ==, "work");
  g_assert_null (result->keywords[1]);
  g_assert_cmpuint (result->n_modified, ==, 0);
  /* Nothing changes, so no modseq does. */
  result = store_flags (store, mailbox, uids, PLI_FLAGS_ADD, PLI_FLAG_SEEN, "WORK");
  g_assert_cmpuint (result->n_rows, ==, 3);
  g_assert_cmpuint (result->modseq, ==, modseq);
}

static void
keywords (Store *store)
{
  PliUidRange one = { 1, 1 };
  guint64 mailbox = store_number (store, "INBOX");
  const PliFlagsResult *result;

  store_deliver_many (store, 2);
  store_flags (store, mailbox, one, PLI_FLAGS_ADD, 0, "first");
  store_flags (store, mailbox, one, PLI_FLAGS_ADD, 0, "second");
  result = store_flags (store, mailbox, one, PLI_FLAGS_REMOVE, 0, "FIRST");
  g_assert_cmpuint (result->rows[0].keywords, ==, 2);
  result = store_flags (store, mailbox, one, PLI_FLAGS_REMOVE, 0, "never-seen");
  g_assert_cmpuint (g_strv_length ((GStrv) result->keywords), ==, 2);
  result = store_flags (store, mailbox, one, PLI_FLAGS_REPLACE, 0, "third");
  g_assert_cmpuint (result->rows[0].keywords, ==, 4);
  g_assert_cmpstr (result->keywords[0], ==, "first");
  g_assert_cmpstr (store_open (store, store->session, "INBOX", TRUE)->keywords[2], ==, "third");
}

static void
keyword_limit (Store *store)
{
  PliUidRange one = { 1, 1 };
  guint64 mailbox = store_number (store, "INBOX");
  const char *more[] = { "k1", "k64", "k65", NULL };
  PliFlagsArgs args = {
    .mailbox = mailbox, .uids = &one, .n_uids = 1, .verb = PLI_FLAGS_ADD, .flags = PLI_FLAG_SEEN, .keywords = more
  };
  const PliFlagsResult *result = NULL;

  store_deliver_many (store, 1);
  for (guint i = 0; i < 63; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%u", i);

      result = store_flags (store, mailbox, one, PLI_FLAGS_ADD, 0, name);
    }
  g_assert_cmpuint (result->rows[0].keywords, ==, G_MAXUINT64 >> 1);
  store_fails (store, store->session, PLI_METHOD_FLAGS, &args, PLI_ERROR_LIMIT);
  g_assert_cmpuint (flags_of (store, mailbox, 1), ==, 0);
  g_assert_cmpuint (g_strv_length ((GStrv) store_open (store, store->session, "INBOX", TRUE)->keywords), ==, 63);
  result = store_flags (store, mailbox, one, PLI_FLAGS_ADD, 0, "k64");
  g_assert_cmpuint (result->rows[0].keywords, ==, G_MAXUINT64);
}

static void
unchanged_since (Store *store)
{
  PliUidRange all = STORE_ALL, two = { 2, 3 };
  PliFlagsArgs args = { .uids = &all, .n_uids = 1, .verb = PLI_FLAGS_ADD, .flags = PLI_FLAG_DELETED };
  const PliFlagsResult *result;

  store_deliver_many (store, 5);
  args.mailbox = store_number (store, "INBOX");
  args.unchanged_since = store_open (store, store->session, "INBOX", TRUE)->modseq;
  store_flags (store, args.mailbox, two, PLI_FLAGS_ADD, PLI_FLAG_SEEN, NULL);
  result = store_call (store, store->session, PLI_METHOD_FLAGS, &args);
  store_assert_set (result->modified, result->n_modified, "2:3");
  g_assert_cmpuint (flags_of (store, args.mailbox, 1), ==, PLI_FLAG_DELETED);
  g_assert_cmpuint (flags_of (store, args.mailbox, 2), ==, PLI_FLAG_SEEN);
  g_assert_cmpuint (flags_of (store, args.mailbox, 5), ==, PLI_FLAG_DELETED);
}

static void
nowhere (Store *store)
{
  PliUidRange all = STORE_ALL;
  PliFlagsArgs args = { .mailbox = 999999, .uids = &all, .n_uids = 1 };

  store_fails (store, store->session, PLI_METHOD_FLAGS, &args, PLI_ERROR_NOT_FOUND);
}

void
store_add_flags (const char *backend)
{
  store_add (backend, "flags/verbs", verbs);
  store_add (backend, "flags/answer", answer);
  store_add (backend, "flags/keywords", keywords);
  store_add (backend, "flags/keyword-limit", keyword_limit);
  store_add (backend, "flags/unchanged-since", unchanged_since);
  store_add (backend, "flags/nowhere", nowhere);
}
