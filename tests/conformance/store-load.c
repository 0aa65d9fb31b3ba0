/* store-load.c: many accounts with room for few, large changes next to small ones, many calls at a time. */
#include "store-fixture.h"

static const char tight[] = "[store-pack]\nsync-delay = 1ms\nopen-max = 4\ncache = 1MiB\ncheckpoint = 64KiB\n";

static void
few_databases (Store *unused)
{
  enum
  {
    ACCOUNTS = 40,
    ROUNDS = 12
  };
  Store *store = store_new (unused->backend, tight);
  PliDelivery items[ACCOUNTS];
  char names[ACCOUNTS][8];

  for (guint i = 0; i < ACCOUNTS; i++)
    g_snprintf (names[i], sizeof names[i], "user%u", i);
  for (guint round = 0; round < ROUNDS; round++)
    {
      const PliDeliverResult *result;

      for (guint i = 0; i < ACCOUNTS; i++)
        {
          store_write (store, store_message (store, 200), &items[i]);
          items[i].account = names[(i * 7 + round) % ACCOUNTS];
        }
      result = store_deliver_items (store, items, ACCOUNTS);
      for (guint i = 0; i < ACCOUNTS; i++)
        g_assert_cmpuint (result->items[i].code, ==, 0);
    }
  if (store_keeps (store))
    store_reopen (store);
  for (guint i = 0; i < ACCOUNTS; i++)
    {
      const PliOpenResult *open = store_open (store, store_sign_in (store, names[i]), "INBOX", FALSE);

      store_assert_set (open->uids, open->n_uids, "1:12");
      g_assert_cmpuint (open->uidnext, ==, ROUNDS + 1);
    }
  store_free (store);
}

static void
wait_all (Store *store, PliTestAnswer **answers, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      store_until (store, &answers[i]->done);
      g_assert_no_error (answers[i]->error);
      g_ptr_array_add (store->answers, answers[i]);
    }
}

/* Readers and small changes come while a large change is under way; each sees all of it or nothing. */
static void
large_changes (Store *store)
{
  enum
  {
    N = 5000
  };
  PliUidRange all = { 1, N };
  guint64 inbox = store_number (store, "INBOX"), other = store_sign_in (store, STORE_ACCOUNT);
  PliFlagsArgs flags = {
    .mailbox = inbox, .uids = &all, .n_uids = 1, .verb = PLI_FLAGS_ADD, .flags = PLI_FLAG_DELETED
  };
  PliCopyArgs copy = { inbox, &all, 1, "Archive", FALSE };
  PliExpungeArgs expunge = { inbox, &all, 1, FALSE };
  PliMailboxesArgs status = { "INBOX", TRUE };
  PliDelivery item;
  PliDeliverArgs deliver = { &item, 1 };
  PliTestAnswer *answers[7];
  guint deleted;

  store_deliver_many (store, N);
  store_write (store, store_message (store, 100), &item);
  store_open (store, other, "INBOX", FALSE);
  answers[0] = pli_test_start (store->test, PLI_METHOD_FLAGS, store->session, NULL, &flags);
  answers[1] = pli_test_start (store->test, PLI_METHOD_MAILBOXES, other, NULL, &status);
  answers[2] = pli_test_start (store->test, PLI_METHOD_COPY, store->session, NULL, &copy);
  answers[3] = pli_test_start (store->test, PLI_METHOD_DELIVER, 0, NULL, &deliver);
  answers[4] = pli_test_start (store->test, PLI_METHOD_MAILBOXES, other, NULL, &status);
  wait_all (store, answers, 5);
  deleted = ((PliMailboxesResult *) answers[1]->result)->rows[0].deleted;
  g_assert_true (deleted == 0 || deleted == N);
  g_assert_cmpuint (((PliFlagsResult *) answers[0]->result)->n_rows, ==, N);
  store_assert_set (((PliCopyResult *) answers[2]->result)->to, ((PliCopyResult *) answers[2]->result)->n_to, "1:5000");
  answers[5] = pli_test_start (store->test, PLI_METHOD_EXPUNGE, store->session, NULL, &expunge);
  answers[6] = pli_test_start (store->test, PLI_METHOD_MAILBOXES, other, NULL, &status);
  wait_all (store, answers + 5, 2);
  store_assert_set (((PliExpungeResult *) answers[5]->result)->uids, ((PliExpungeResult *) answers[5]->result)->n_uids,
                    "1:5000");
  g_assert_cmpuint (store_status (store, other, "INBOX")->messages, ==, 1);
  g_assert_cmpuint (store_status (store, other, "Archive")->messages, ==, N);
  store_delete (store, "Archive");
  if (store_keeps (store))
    store_reopen (store);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1);
  g_assert_null (store_status (store, store->session, "Archive"));
}

static void
many_at_once (Store *store)
{
  enum
  {
    N = 50
  };
  guint64 inbox = store_number (store, "INBOX");
  PliTestAnswer *answers[N];
  const char *words[] = { "work", NULL };
  guint64 modseq = 0;

  store_deliver_many (store, N);
  for (guint i = 0; i < N; i++)
    {
      PliUidRange one = { i + 1, i + 1 };
      PliFlagsArgs flags = {
        .mailbox = inbox, .uids = &one, .n_uids = 1, .verb = PLI_FLAGS_ADD, .flags = PLI_FLAG_SEEN, .keywords = words
      };
      PliCopyArgs copy = { inbox, &one, 1, "Archive", TRUE };

      answers[i] = i % 2 ? pli_test_start (store->test, PLI_METHOD_FLAGS, store->session, NULL, &flags)
                         : pli_test_start (store->test, PLI_METHOD_COPY, store->session, NULL, &copy);
    }
  wait_all (store, answers, N);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, N / 2);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->unseen, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "Archive")->messages, ==, N / 2);
  for (guint i = 1; i < N; i += 2)
    {
      const PliFlagsResult *result = answers[i]->result;

      g_assert_cmpuint (result->n_rows, ==, 1);
      g_assert_cmpuint (result->rows[0].modseq, >, modseq);
      modseq = result->rows[0].modseq;
    }
}

/* The store ends while calls are under way: each is answered, and what was answered well is kept. */
static void
end_under_way (Store *store)
{
  enum
  {
    N = 30
  };
  PliDelivery items[N];
  PliTestAnswer *answers[N];
  guint kept = 0;

  for (guint i = 0; i < N; i++)
    {
      PliDeliverArgs args = { &items[i], 1 };

      store_write (store, store_message (store, 300), &items[i]);
      answers[i] = pli_test_start (store->test, PLI_METHOD_DELIVER, 0, NULL, &args);
      if (i == N / 2)
        pli_loop_step (store->test->instance->loop, 0);
    }
  store_reopen (store);
  for (guint i = 0; i < N; i++)
    {
      g_assert_true (answers[i]->done);
      kept += !answers[i]->error && ((PliDeliverResult *) answers[i]->result)->items[0].code == 0;
      pli_test_answer_free (answers[i]);
    }
  if (!store_keeps (store))
    return;
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, >=, kept);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (store_deliver_items (store, &items[i], 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, N);
}

void
store_add_load (const char *backend)
{
  store_add (backend, "load/few-databases", few_databases);
  store_add (backend, "load/large-changes", large_changes);
  store_add (backend, "load/many-at-once", many_at_once);
  store_add (backend, "load/end-under-way", end_under_way);
}
