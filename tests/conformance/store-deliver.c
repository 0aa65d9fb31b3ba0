/* store-deliver.c: local deliveries: seen when answered, taken once, failing one by one. */
#include "store-fixture.h"

static void
visible (Store *store)
{
  StoreMessage *message = store_deliver (store, NULL, 3000);
  const PliOpenResult *open = store_open (store, store->session, "inbox", TRUE);
  g_autoptr (GArray) rows = NULL;
  const PliMessageRow *row;

  store_assert_set (open->uids, open->n_uids, "1");
  g_assert_cmpuint (open->uidnext, ==, 2);
  g_assert_cmpuint (open->first_unseen, ==, 1);
  rows = store_rows (store, open->mailbox, PLI_WANT_FLAGS | PLI_WANT_META | PLI_WANT_ENVELOPE);
  g_assert_cmpuint (rows->len, ==, 1);
  row = &g_array_index (rows, PliMessageRow, 0);
  g_assert_cmpuint (row->bytes, ==, message->text->len);
  g_assert_cmpint (row->received_us, ==, 1700000000000000 + message->serial);
  g_assert_cmpuint (row->header_bytes, ==, message->renderings.header_bytes);
  g_assert_true (pli_span_is (row->envelope, message->envelope));
  g_assert_cmpuint (row->modseq, <=, open->modseq);
}

static void
same_bytes (Store *store)
{
  static const gsize sizes[] = { 60, 1000, 65536, 65537, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      StoreMessage *message = store_deliver (store, NULL, sizes[i]);
      g_autoptr (GString) small = store_read (store, store_number (store, "INBOX"), i + 1, 10007);
      g_autoptr (GString) large = store_read (store, store_number (store, "INBOX"), i + 1, 1024 * 1024);

      g_assert_cmpmem (small->str, small->len, message->text->str, message->text->len);
      g_assert_cmpmem (large->str, large->len, message->text->str, message->text->len);
    }
}

static void
once (Store *store)
{
  PliDelivery items[3];
  const PliDeliverResult *result;

  store_write (store, store_message (store, 500), &items[0]);
  items[1] = items[0];
  items[1].child = 1; /* the same message for another alias of this account */
  items[2] = items[0];
  result = store_deliver_items (store, items, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (result->items[i].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  g_assert_cmpuint (store_deliver_items (store, items, 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
}

/* The reader was faster than the queue. */
static void
once_after_expunge (Store *store)
{
  PliUidRange all = STORE_ALL;
  PliDelivery item;
  PliSettledArgs settled = { &item, 1 };

  store_write (store, store_message (store, 500), &item);
  store_deliver_items (store, &item, 1);
  store_expunge (store, store_number (store, "INBOX"), all, TRUE);
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 0);
  store_call (store, 0, PLI_METHOD_SETTLED, &settled);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 0);
}

/* Two calls for the same recipient at the same time, as after a restart of the queue. */
static void
once_at_once (Store *store)
{
  PliDelivery item;
  PliDeliverArgs args = { &item, 1 };
  PliTestAnswer *first, *second;

  store_write (store, store_message (store, 500), &item);
  first = pli_test_start (store->test, PLI_METHOD_DELIVER, 0, NULL, &args);
  second = pli_test_start (store->test, PLI_METHOD_DELIVER, 0, NULL, &args);
  pli_test_until (store->test, &first->done);
  pli_test_until (store->test, &second->done);
  g_assert_no_error (first->error);
  g_assert_no_error (second->error);
  g_assert_cmpuint (((PliDeliverResult *) first->result)->items[0].code, ==, 0);
  g_assert_cmpuint (((PliDeliverResult *) second->result)->items[0].code, ==, 0);
  pli_test_answer_free (first);
  pli_test_answer_free (second);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1);
}

static void
to_mailbox (Store *store)
{
  PliDelivery item;

  store_write (store, store_message (store, 500), &item);
  item.mailbox = "Lists/pli-devel";
  item.flags = PLI_FLAG_SEEN | PLI_FLAG_FLAGGED;
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "Lists/pli-devel")->messages, ==, 1);
  g_assert_cmpuint (store_status (store, store->session, "Lists/pli-devel")->unseen, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "Lists")->mailbox, !=, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 0);
}

/* A special-use name means the role, wherever that mailbox has been moved to; without one it is made. */
static void
to_role (Store *store)
{
  const PliMailboxRow *row;

  store_deliver (store, "\\Junk", 500);
  g_assert_cmpuint (store_status (store, store->session, "Junk")->messages, ==, 1);
  store_rename (store, "Junk", "Filtered/Spam");
  store_deliver (store, "\\Junk", 500);
  g_assert_null (store_status (store, store->session, "Junk"));
  g_assert_cmpuint (store_status (store, store->session, "Filtered/Spam")->messages, ==, 2);
  store_delete (store, "Filtered/Spam");
  store_deliver (store, "\\Junk", 500);
  row = store_status (store, store->session, "Junk");
  g_assert_cmpuint (row->messages, ==, 1);
  g_assert_cmpuint (row->role, ==, PLI_ROLE_JUNK);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 0);
}

static void
each_fails_alone (Store *store)
{
  PliDelivery items[4];
  const PliDeliverResult *result;

  for (guint i = 0; i < 4; i++)
    store_write (store, store_message (store, 500), &items[i]);
  items[1].account = "../../etc";
  items[2].mailbox = "a//b";
  result = store_deliver_items (store, items, 4);
  g_assert_cmpuint (result->items[0].code, ==, 0);
  g_assert_cmpuint (result->items[1].code, ==, PLI_ERROR_PERMANENT);
  g_assert_cmpuint (result->items[2].code, ==, PLI_ERROR_SYNTAX);
  g_assert_nonnull (result->items[2].text);
  g_assert_cmpuint (result->items[3].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
}

static void
many_accounts (Store *store)
{
  enum
  {
    N = 60,
    ROUNDS = 5
  };
  PliDelivery items[N * ROUNDS];
  char names[N][8];
  const PliDeliverResult *result;

  for (guint i = 0; i < N; i++)
    g_snprintf (names[i], sizeof names[i], "user%u", i);
  for (guint i = 0; i < N * ROUNDS; i++)
    {
      store_write (store, store_message (store, 200), &items[i]);
      items[i].account = names[i % N];
    }
  result = store_deliver_items (store, items, N * ROUNDS);
  for (guint i = 0; i < N * ROUNDS; i++)
    g_assert_cmpuint (result->items[i].code, ==, 0);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (store_status (store, store_sign_in (store, names[i]), "INBOX")->messages, ==, ROUNDS);
}

static guint64
live_segment (Store *store)
{
  PliLiveArgs args = { 0 };

  return ((const PliLiveResult *) store_call (store, 0, PLI_METHOD_LIVE, &args))->lowest;
}

/* A store may keep a segment for too long, never give it up too early; one that copies needs none. */
static void
live (Store *store)
{
  StoreMessage *second;
  g_autoptr (GString) text = NULL;

  store->segment = 5;
  store_deliver (store, NULL, 500);
  store->segment = 9;
  store->segment_end = 0;
  second = store_deliver (store, NULL, 500);
  g_assert_true (live_segment (store) <= 5 || live_segment (store) == G_MAXUINT64);
  store_expunge (store, store_number (store, "INBOX"), (PliUidRange){ 1, 1 }, TRUE);
  g_assert_true (live_segment (store) <= 9 || live_segment (store) == G_MAXUINT64);
  if (!store_keeps (store))
    return;
  store_reopen (store);
  g_assert_true (live_segment (store) == 9 || live_segment (store) == G_MAXUINT64);
  text = store_read (store, store_number (store, "INBOX"), 2, 1000);
  g_assert_cmpmem (text->str, text->len, second->text->str, second->text->len);
  store_expunge (store, store_number (store, "INBOX"), (PliUidRange) STORE_ALL, TRUE);
  store_reopen (store);
  g_assert_cmpuint (live_segment (store), ==, G_MAXUINT64);
}

static void
none (Store *store)
{
  store_deliver_items (store, NULL, 0);
}

void
store_add_deliver (const char *backend)
{
  store_add (backend, "deliver/visible", visible);
  store_add (backend, "deliver/same-bytes", same_bytes);
  store_add (backend, "deliver/once", once);
  store_add (backend, "deliver/once-after-expunge", once_after_expunge);
  store_add (backend, "deliver/once-at-once", once_at_once);
  store_add (backend, "deliver/to-mailbox", to_mailbox);
  store_add (backend, "deliver/to-role", to_role);
  store_add (backend, "deliver/each-fails-alone", each_fails_alone);
  store_add (backend, "deliver/many-accounts", many_accounts);
  store_add (backend, "deliver/live", live);
  store_add (backend, "deliver/none", none);
}
