/* store-message.c: APPEND, FETCH with cursors, and reading. */
#include "store-fixture.h"

static void
append (Store *store)
{
  StoreMessage *message = store_message (store, 200000);
  const PliAppendResult *result = store_append (store, "Sent", message, PLI_FLAG_SEEN, "$Forwarded");
  g_autoptr (GArray) rows = store_rows (store, result->mailbox, 127);
  const PliMessageRow *row = &g_array_index (rows, PliMessageRow, 0);
  g_autoptr (GString) text = store_read (store, result->mailbox, result->uid, 65536);

  g_assert_cmpuint (result->uid, ==, 1);
  g_assert_cmpuint (result->uidvalidity, ==, store_status (store, store->session, "Sent")->uidvalidity);
  g_assert_cmpmem (text->str, text->len, message->text->str, message->text->len);
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_cmpuint (row->flags, ==, PLI_FLAG_SEEN);
  g_assert_cmpuint (row->keywords, ==, 1);
  g_assert_cmpint (row->received_us, ==, 1600000000000000 + message->serial);
  g_assert_true (pli_span_is (row->envelope, message->envelope));
  g_assert_true (pli_span_is (row->body, message->body));
  g_assert_true (pli_span_is (row->bodystructure, message->bodystructure));
  g_assert_true (pli_span_is (row->parts, message->parts));
  g_assert_true (pli_span_is (row->preview, message->preview));
}

static void
append_nowhere (Store *store)
{
  StoreMessage *message = store_message (store, 100);
  PliAppendArgs args = { .name = "Nowhere", .message = pli_span (message->text->str, message->text->len) };

  store_fails (store, store->session, PLI_METHOD_APPEND, &args, PLI_ERROR_NOT_FOUND);
}

static void
append_now (Store *store)
{
  StoreMessage *message = store_message (store, 100);
  PliAppendArgs args = { .name = "INBOX", .message = pli_span (message->text->str, message->text->len) };
  gint64 before = g_get_real_time ();
  g_autoptr (GArray) rows = NULL;

  store_call (store, store->session, PLI_METHOD_APPEND, &args);
  rows = store_rows (store, store_number (store, "INBOX"), PLI_WANT_META);
  g_assert_cmpint (g_array_index (rows, PliMessageRow, 0).received_us, >=, before);
  g_assert_cmpint (g_array_index (rows, PliMessageRow, 0).received_us, <=, g_get_real_time ());
}

static void
want (Store *store)
{
  StoreMessage *message = store_deliver (store, NULL, 100);
  g_autoptr (GArray) none = store_rows (store, store_number (store, "INBOX"), PLI_WANT_FLAGS);
  g_autoptr (GArray) some = store_rows (store, store_number (store, "INBOX"), PLI_WANT_PARTS | PLI_WANT_PREVIEW);
  const PliMessageRow *row = &g_array_index (some, PliMessageRow, 0);

  g_assert_cmpuint (g_array_index (none, PliMessageRow, 0).envelope.len, ==, 0);
  g_assert_cmpuint (row->envelope.len, ==, 0);
  g_assert_cmpuint (row->bodystructure.len, ==, 0);
  g_assert_true (pli_span_is (row->parts, message->parts));
  g_assert_true (pli_span_is (row->preview, message->preview));
}

static void
cursor (Store *store)
{
  PliUidRange all = STORE_ALL;
  PliFetchArgs args = { .uids = &all, .n_uids = 1, .want = PLI_WANT_ENVELOPE, .max_bytes = 1000 };
  guint seen = 0, calls = 0;

  store_deliver_many (store, 100);
  args.mailbox = store_number (store, "INBOX");
  do
    {
      const PliFetchResult *result = store_fetch (store, &args);

      g_assert_cmpuint (result->n_rows, >, 0);
      g_assert_cmpuint (result->n_rows, <, 50);
      for (guint32 i = 0; i < result->n_rows; i++)
        {
          g_autofree char *start = g_strdup_printf ("(\"envelope %u\"", result->rows[i].uid);

          g_assert_cmpuint (result->rows[i].uid, ==, ++seen);
          g_assert_true (pli_span_starts (result->rows[i].envelope, start));
        }
      args.cursor = result->cursor;
      calls++;
    }
  while (args.cursor);
  g_assert_cmpuint (seen, ==, 100);
  g_assert_cmpuint (calls, >, 2);
}

static void
sets (Store *store)
{
  PliUidRange uids[] = { { 2, 3 }, { 5, 5 }, { 9, 40 } };
  PliFetchArgs args = { .uids = uids, .n_uids = 3, .want = PLI_WANT_FLAGS };
  static const guint32 expected[] = { 2, 3, 5, 9, 10 };
  const PliFetchResult *result;

  store_deliver_many (store, 10);
  args.mailbox = store_number (store, "INBOX");
  result = store_fetch (store, &args);
  g_assert_cmpuint (result->n_rows, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (result->rows[i].uid, ==, expected[i]);
}

static void
since (Store *store)
{
  PliUidRange all = STORE_ALL, two = { 2, 2 };
  PliFetchArgs args = { .uids = &all, .n_uids = 1, .want = PLI_WANT_FLAGS };
  const PliFetchResult *result;

  store_deliver_many (store, 5);
  args.mailbox = store_number (store, "INBOX");
  args.since = store_open (store, store->session, "INBOX", TRUE)->modseq;
  g_assert_cmpuint (store_fetch (store, &args)->n_rows, ==, 0);
  store_flags (store, args.mailbox, two, PLI_FLAGS_ADD, PLI_FLAG_SEEN, NULL);
  result = store_fetch (store, &args);
  g_assert_cmpuint (result->n_rows, ==, 1);
  g_assert_cmpuint (result->rows[0].uid, ==, 2);
  g_assert_cmpuint (result->rows[0].modseq, >, args.since);
}

static void
read_edges (Store *store)
{
  StoreMessage *message = store_deliver (store, NULL, 100);
  PliReadArgs args = { store_number (store, "INBOX"), 1, message->text->len, 10 };

  g_assert_cmpuint (((const PliReadResult *) store_call (store, store->session, PLI_METHOD_READ, &args))->bytes.len, ==,
                    0);
  args.offset = G_MAXUINT64 - 3;
  g_assert_cmpuint (((const PliReadResult *) store_call (store, store->session, PLI_METHOD_READ, &args))->bytes.len, ==,
                    0);
  args.offset = message->text->len - 4;
  g_assert_cmpuint (((const PliReadResult *) store_call (store, store->session, PLI_METHOD_READ, &args))->bytes.len, ==,
                    4);
  args.length = 1024 * 1024 + 1;
  store_fails (store, store->session, PLI_METHOD_READ, &args, PLI_ERROR_LIMIT);
  args.length = 10;
  args.uid = 2;
  store_fails (store, store->session, PLI_METHOD_READ, &args, PLI_ERROR_NOT_FOUND);
  args.mailbox = 12345;
  store_fails (store, store->session, PLI_METHOD_READ, &args, PLI_ERROR_NOT_FOUND);
}

static void
accounts_apart (Store *store)
{
  guint64 other = store_sign_in (store, "b2");
  PliReadArgs args = { store_number (store, "INBOX"), 1, 0, 10 };

  store_deliver (store, NULL, 100);
  g_assert_cmpuint (store_status (store, other, "INBOX")->messages, ==, 0);
  store_fails (store, other, PLI_METHOD_READ, &args, PLI_ERROR_NOT_FOUND);
}

void
store_add_message (const char *backend)
{
  store_add (backend, "message/append", append);
  store_add (backend, "message/append-nowhere", append_nowhere);
  store_add (backend, "message/append-now", append_now);
  store_add (backend, "message/want", want);
  store_add (backend, "message/cursor", cursor);
  store_add (backend, "message/sets", sets);
  store_add (backend, "message/since", since);
  store_add (backend, "message/read-edges", read_edges);
  store_add (backend, "message/accounts-apart", accounts_apart);
}
