/* store-changes.c: what one session hears of what others did; \Recent; watching. */
#include "store-fixture.h"

static void
across_sessions (Store *store)
{
  guint64 other = store_sign_in (store, STORE_ACCOUNT), inbox = store_number (store, "INBOX");
  const PliChangesResult *changes;
  const PliOpenResult *open;

  store_deliver_many (store, 5);
  open = store_open (store, other, "INBOX", TRUE);
  changes = store_changes (store, other, inbox, open->modseq, open->uidnext);
  g_assert_cmpuint (changes->n_added + changes->n_vanished + changes->n_rows, ==, 0);
  g_assert_cmpuint (changes->modseq, ==, open->modseq);
  store_flags (store, inbox, (PliUidRange){ 2, 2 }, PLI_FLAGS_ADD, PLI_FLAG_SEEN, "work");
  store_expunge (store, inbox, (PliUidRange){ 4, 4 }, TRUE);
  store_deliver_many (store, 2);
  store_expunge (store, inbox, (PliUidRange){ 6, 6 }, TRUE);
  changes = store_changes (store, other, inbox, open->modseq, open->uidnext);
  store_assert_set (changes->vanished, changes->n_vanished, "4");
  store_assert_set (changes->added, changes->n_added, "7");
  g_assert_cmpuint (changes->n_rows, ==, 1);
  g_assert_cmpuint (changes->rows[0].uid, ==, 2);
  g_assert_cmpuint (changes->rows[0].flags, ==, PLI_FLAG_SEEN);
  g_assert_cmpuint (changes->rows[0].keywords, ==, 1);
  g_assert_cmpstr (changes->keywords[0], ==, "work");
  g_assert_cmpuint (changes->uidnext, ==, 8);
  g_assert_false (changes->deleted);
  changes = store_changes (store, other, inbox, changes->modseq, changes->uidnext);
  g_assert_cmpuint (changes->n_added + changes->n_vanished + changes->n_rows, ==, 0);
}

/* Vanished UIDs come sorted and merged, whatever the order of the expunges. */
static void
vanished_merged (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  const PliChangesResult *changes;
  const PliOpenResult *open;

  store_deliver_many (store, 9);
  open = store_open (store, store->session, "INBOX", TRUE);
  store_expunge (store, inbox, (PliUidRange){ 5, 6 }, TRUE);
  store_expunge (store, inbox, (PliUidRange){ 2, 2 }, TRUE);
  store_expunge (store, inbox, (PliUidRange){ 3, 4 }, TRUE);
  store_expunge (store, inbox, (PliUidRange){ 8, 8 }, TRUE);
  changes = store_changes (store, store->session, inbox, open->modseq, open->uidnext);
  store_assert_set (changes->vanished, changes->n_vanished, "2:6,8");
  changes = store_changes (store, store->session, inbox, open->modseq, 4);
  store_assert_set (changes->vanished, changes->n_vanished, "2:3");
  changes = store_changes (store, store->session, inbox, changes->modseq, open->uidnext);
  g_assert_cmpuint (changes->n_vanished, ==, 0);
}

static void
mailbox_deleted (Store *store)
{
  guint64 number = store_create (store, "gone");

  store_delete (store, "gone");
  g_assert_true (store_changes (store, store->session, number, 0, 1)->deleted);
}

static void
recent (Store *store)
{
  guint64 other = store_sign_in (store, STORE_ACCOUNT), inbox = store_number (store, "INBOX");
  PliChangesArgs args = { .mailbox = inbox, .take_recent = TRUE };
  const PliChangesResult *changes;
  const PliOpenResult *open;

  store_deliver_many (store, 2);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->recent, ==, 2);
  g_assert_cmpuint (store_open (store, other, "INBOX", TRUE)->recent_from, ==, 1);
  open = store_open (store, store->session, "INBOX", FALSE);
  g_assert_cmpuint (open->recent_from, ==, 1);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->recent, ==, 0);
  g_assert_cmpuint (store_open (store, other, "INBOX", FALSE)->recent_from, ==, 3);
  store_deliver_many (store, 1);
  args.since = open->modseq;
  args.uidnext = open->uidnext;
  changes = store_call (store, store->session, PLI_METHOD_CHANGES, &args);
  g_assert_cmpuint (changes->recent_from, ==, 3);
  changes = store_call (store, other, PLI_METHOD_CHANGES, &args);
  store_assert_set (changes->added, changes->n_added, "3");
  g_assert_cmpuint (changes->recent_from, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->recent, ==, 0);
}

static void
watch (Store *store)
{
  guint64 other = store_sign_in (store, STORE_ACCOUNT), inbox = store_number (store, "INBOX");
  guint64 sent = store_number (store, "Sent");

  store_watch (store, other, inbox, TRUE);
  g_assert_cmpuint (store_notices (other, inbox), ==, 0);
  store_append (store, "Sent", store_message (store, 100), 0, NULL);
  g_assert_cmpuint (store_notices (other, inbox), ==, 0);
  g_assert_cmpuint (store_notices (other, sent), ==, 0);
  store_deliver_many (store, 1);
  g_assert_cmpuint (store_notices (other, inbox), ==, 1);
  /* Once, until it asks. */
  store_deliver_many (store, 1);
  store_flags (store, inbox, (PliUidRange){ 1, 1 }, PLI_FLAGS_ADD, PLI_FLAG_SEEN, NULL);
  g_assert_cmpuint (store_notices (other, inbox), ==, 0);
  store_changes (store, other, inbox, 0, 1);
  store_flags (store, inbox, (PliUidRange){ 1, 1 }, PLI_FLAGS_REMOVE, PLI_FLAG_SEEN, NULL);
  g_assert_cmpuint (store_notices (other, inbox), ==, 1);
  store_changes (store, other, inbox, 0, 1);
  store_expunge (store, inbox, (PliUidRange){ 1, 1 }, TRUE);
  g_assert_cmpuint (store_notices (other, inbox), ==, 1);
  store_changes (store, other, inbox, 0, 1);
  store_watch (store, other, inbox, FALSE);
  store_deliver_many (store, 1);
  g_assert_cmpuint (store_notices (other, inbox), ==, 0);
}

static void
watch_gone (Store *store)
{
  guint64 other = store_sign_in (store, STORE_ACCOUNT), inbox = store_number (store, "INBOX");
  PliWatchArgs nowhere = { 99999, TRUE };

  store_fails (store, other, PLI_METHOD_WATCH, &nowhere, PLI_ERROR_NOT_FOUND);
  store_watch (store, other, inbox, TRUE);
  pli_test_session_gone (store->test, other);
  store_deliver_many (store, 1);
  g_assert_cmpuint (store_notices (other, inbox), ==, 0);
}

static void
watch_copies (Store *store)
{
  guint64 other = store_sign_in (store, STORE_ACCOUNT), inbox = store_number (store, "INBOX");
  guint64 archive = store_number (store, "Archive");

  store_deliver_many (store, 1);
  store_watch (store, other, inbox, TRUE);
  store_watch (store, other, archive, TRUE);
  store_copy (store, inbox, (PliUidRange) STORE_ALL, "Archive", TRUE);
  g_assert_cmpuint (store_notices (other, inbox), ==, 1);
  g_assert_cmpuint (store_notices (other, archive), ==, 1);
}

void
store_add_changes (const char *backend)
{
  store_add (backend, "changes/across-sessions", across_sessions);
  store_add (backend, "changes/vanished-merged", vanished_merged);
  store_add (backend, "changes/mailbox-deleted", mailbox_deleted);
  store_add (backend, "changes/recent", recent);
  store_add (backend, "watch/watch", watch);
  store_add (backend, "watch/gone", watch_gone);
  store_add (backend, "watch/copies", watch_copies);
}
