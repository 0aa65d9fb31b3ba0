/* store-copy.c: COPY, MOVE and EXPUNGE. */
#include "store-fixture.h"

static void
copy (Store *store)
{
  PliUidRange two = { 2, 2 }, set = { 3, 20 };
  guint64 inbox = store_number (store, "INBOX"), archive = store_number (store, "Archive");
  g_autoptr (GArray) from = NULL, to = NULL;
  g_autoptr (GString) text = NULL, copied = NULL;
  const PliCopyResult *result;

  store_deliver_many (store, 5);
  store_flags (store, inbox, (PliUidRange){ 4, 4 }, PLI_FLAGS_ADD, PLI_FLAG_FLAGGED, "work");
  store_expunge (store, inbox, (PliUidRange){ 3, 3 }, TRUE);
  store_copy (store, inbox, two, "Archive", FALSE);
  result = store_copy (store, inbox, set, "Archive", FALSE);
  store_assert_set (result->from, result->n_from, "4:5");
  store_assert_set (result->to, result->n_to, "2:3");
  g_assert_cmpuint (result->uidvalidity, ==, store_status (store, store->session, "Archive")->uidvalidity);
  from = store_rows (store, inbox, PLI_WANT_META | PLI_WANT_ENVELOPE);
  to = store_rows (store, archive, PLI_WANT_META | PLI_WANT_ENVELOPE);
  g_assert_cmpuint (from->len, ==, 4);
  g_assert_cmpuint (to->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      const PliMessageRow *a = &g_array_index (from, PliMessageRow, i + 1), *b = &g_array_index (to, PliMessageRow, i);

      g_assert_cmpuint (a->email, ==, b->email);
      g_assert_cmpuint (a->flags, ==, b->flags);
      g_assert_cmpuint (a->keywords, ==, b->keywords);
      g_assert_cmpint (a->received_us, ==, b->received_us);
      g_assert_true (pli_span_equal (a->envelope, b->envelope));
    }
  text = store_read (store, inbox, 4, 1000);
  copied = store_read (store, archive, 2, 1000);
  g_assert_cmpstr (text->str, ==, copied->str);
}

/* A copy outlives the original. */
static void
copy_stays (Store *store)
{
  PliUidRange all = STORE_ALL;
  guint64 inbox = store_number (store, "INBOX"), archive = store_number (store, "Archive");
  StoreMessage *message = store_deliver (store, NULL, 5000);
  g_autoptr (GString) text = NULL;

  store_copy (store, inbox, all, "Archive", FALSE);
  store_copy (store, inbox, all, "INBOX", FALSE);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  store_expunge (store, inbox, all, TRUE);
  text = store_read (store, archive, 1, 65536);
  g_assert_cmpmem (text->str, text->len, message->text->str, message->text->len);
  store_copy (store, archive, all, "INBOX", TRUE);
  g_assert_cmpuint (store_status (store, store->session, "Archive")->messages, ==, 0);
  g_string_free (g_steal_pointer (&text), TRUE);
  text = store_read (store, inbox, 3, 65536);
  g_assert_cmpmem (text->str, text->len, message->text->str, message->text->len);
}

static void
copy_nowhere (Store *store)
{
  PliUidRange all = STORE_ALL;
  PliCopyArgs args = { store_number (store, "INBOX"), &all, 1, "Nowhere", TRUE };
  const PliCopyResult *result;

  store_deliver_many (store, 1);
  store_fails (store, store->session, PLI_METHOD_COPY, &args, PLI_ERROR_NOT_FOUND);
  args.to = "Archive";
  args.mailbox = 77777;
  store_fails (store, store->session, PLI_METHOD_COPY, &args, PLI_ERROR_NOT_FOUND);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1);
  result = store_copy (store, store_number (store, "INBOX"), (PliUidRange){ 50, 60 }, "Archive", TRUE);
  g_assert_cmpuint (result->n_from, ==, 0);
  g_assert_cmpuint (result->n_to, ==, 0);
}

static void
move (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  const PliCopyResult *result;
  const PliChangesResult *changes;
  const PliOpenResult *open;

  store_deliver_many (store, 10);
  open = store_open (store, store->session, "INBOX", TRUE);
  result = store_copy (store, inbox, (PliUidRange){ 3, 6 }, "Archive", TRUE);
  store_assert_set (result->from, result->n_from, "3:6");
  store_assert_set (result->to, result->n_to, "1:4");
  changes = store_changes (store, store->session, inbox, open->modseq, open->uidnext);
  store_assert_set (changes->vanished, changes->n_vanished, "3:6");
  g_assert_cmpuint (changes->n_added, ==, 0);
  g_assert_cmpuint (result->modseq, ==, changes->modseq);
  g_assert_cmpuint (store_status (store, store->session, "Archive")->messages, ==, 4);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 6);
}

static void
move_to_itself (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  const PliCopyResult *result;

  store_deliver_many (store, 3);
  result = store_copy (store, inbox, (PliUidRange){ 1, 2 }, "INBOX", TRUE);
  store_assert_set (result->to, result->n_to, "4:5");
  result = NULL;
  {
    const PliOpenResult *open = store_open (store, store->session, "INBOX", TRUE);

    store_assert_set (open->uids, open->n_uids, "3:5");
  }
}

/* The target's table of keywords is full: nothing moves. */
static void
move_all_or_nothing (Store *store)
{
  PliUidRange all = STORE_ALL;
  guint64 inbox = store_number (store, "INBOX");
  PliCopyArgs args = { inbox, &all, 1, "Archive", TRUE };

  store_append (store, "Archive", store_message (store, 100), 0, NULL);
  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%u", i);

      store_flags (store, store_number (store, "Archive"), all, PLI_FLAGS_REPLACE, 0, name);
    }
  store_deliver_many (store, 2);
  store_flags (store, inbox, (PliUidRange){ 2, 2 }, PLI_FLAGS_ADD, 0, "other");
  store_fails (store, store->session, PLI_METHOD_COPY, &args, PLI_ERROR_LIMIT);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  g_assert_cmpuint (store_status (store, store->session, "Archive")->messages, ==, 1);
}

static void
expunge (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  PliUidRange uids[] = { { 1, 4 }, { 8, 8 } };
  PliExpungeArgs args = { inbox, uids, 2, FALSE };
  const PliExpungeResult *result;
  const PliOpenResult *open;
  guint64 modseq;

  store_deliver_many (store, 10);
  store_flags (store, inbox, (PliUidRange){ 2, 3 }, PLI_FLAGS_ADD, PLI_FLAG_DELETED, NULL);
  store_flags (store, inbox, (PliUidRange){ 7, 9 }, PLI_FLAGS_ADD, PLI_FLAG_DELETED, NULL);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->deleted, ==, 5);
  modseq = store_open (store, store->session, "INBOX", TRUE)->modseq;
  result = store_call (store, store->session, PLI_METHOD_EXPUNGE, &args);
  store_assert_set (result->uids, result->n_uids, "2:3,8");
  g_assert_cmpuint (result->modseq, >, modseq);
  modseq = result->modseq;
  open = store_open (store, store->session, "INBOX", TRUE);
  store_assert_set (open->uids, open->n_uids, "1,4:7,9:10");
  g_assert_cmpuint (open->uidnext, ==, 11);
  /* Again: nothing to do, so no new modseq. */
  result = store_call (store, store->session, PLI_METHOD_EXPUNGE, &args);
  g_assert_cmpuint (result->n_uids, ==, 0);
  g_assert_cmpuint (result->modseq, ==, modseq);
  result = store_expunge (store, inbox, (PliUidRange){ 5, 7 }, TRUE);
  store_assert_set (result->uids, result->n_uids, "5:7");
}

static void
uids_rise (Store *store)
{
  PliUidRange all = STORE_ALL;

  store_deliver_many (store, 3);
  store_expunge (store, store_number (store, "INBOX"), all, TRUE);
  store_deliver_many (store, 1);
  {
    const PliOpenResult *open = store_open (store, store->session, "INBOX", TRUE);

    store_assert_set (open->uids, open->n_uids, "4");
    g_assert_cmpuint (open->uidnext, ==, 5);
  }
}

void
store_add_copy (const char *backend)
{
  store_add (backend, "copy/copy", copy);
  store_add (backend, "copy/stays", copy_stays);
  store_add (backend, "copy/nowhere", copy_nowhere);
  store_add (backend, "copy/move", move);
  store_add (backend, "copy/move-to-itself", move_to_itself);
  store_add (backend, "copy/move-all-or-nothing", move_all_or_nothing);
  store_add (backend, "expunge/expunge", expunge);
  store_add (backend, "expunge/uids-rise", uids_rise);
}
