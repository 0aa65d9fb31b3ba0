/* store-durable.c: what is left after an orderly end, a power cut, failed syncs and failed writes. */
#include "store-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
skip (Store *store)
{
  if (store_keeps (store))
    return FALSE;
  g_test_skip ("this store forgets everything at its end, by design");
  return TRUE;
}

/* Stores that are files: a copy of the folder, cut where files ended at the last sync, is what a power cut leaves. */
static gboolean
skip_unless_files (Store *store)
{
  if (g_str_has_prefix (store->backend, "store-pack") || g_str_has_prefix (store->backend, "store-maildir"))
    return FALSE;
  g_test_skip ("this store has no files");
  return TRUE;
}

/* Faults and cuts are played on this store's files. */
static gboolean
skip_unless_pack (Store *store)
{
  if (g_str_equal (store->backend, "store-pack"))
    return FALSE;
  g_test_skip ("the test knows the files of store-pack only");
  return TRUE;
}

static void
reopen (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  StoreMessage *first, *second;
  const PliOpenResult *open;
  guint32 uidvalidity;
  guint64 modseq;

  if (skip (store))
    return;
  first = store_deliver (store, NULL, 5000);
  store_deliver_many (store, 3);
  store_create (store, "a/b");
  store_subscribe (store, "not/there", TRUE);
  second = store_message (store, 300000);
  store_append (store, "a/b", second, PLI_FLAG_SEEN, "work");
  store_flags (store, inbox, (PliUidRange){ 1, 1 }, PLI_FLAGS_ADD, PLI_FLAG_FLAGGED, "home");
  store_expunge (store, inbox, (PliUidRange){ 3, 4 }, TRUE);
  open = store_open (store, store->session, "INBOX", FALSE);
  uidvalidity = open->uidvalidity;
  modseq = open->modseq;
  store_reopen (store);
  open = store_open (store, store->session, "INBOX", TRUE);
  store_assert_set (open->uids, open->n_uids, "1:2");
  g_assert_cmpuint (open->mailbox, ==, inbox);
  g_assert_cmpuint (open->uidvalidity, ==, uidvalidity);
  g_assert_cmpuint (open->uidnext, ==, 5);
  g_assert_cmpuint (open->modseq, ==, modseq);
  g_assert_cmpuint (open->recent_from, ==, 5);
  g_assert_cmpstr (open->keywords[0], ==, "home");
  {
    g_autoptr (GArray) rows = store_rows (store, inbox, 127);
    g_autoptr (GString) text = store_read (store, inbox, 1, 65536);
    g_autoptr (GString) appended = store_read (store, store_number (store, "a/b"), 1, 65536);
    const PliMessageRow *row = &g_array_index (rows, PliMessageRow, 0);
    const PliChangesResult *changes = store_changes (store, store->session, inbox, 0, 5);

    g_assert_cmpuint (row->flags, ==, PLI_FLAG_FLAGGED);
    g_assert_cmpuint (row->keywords, ==, 1);
    g_assert_true (pli_span_is (row->bodystructure, first->bodystructure));
    g_assert_cmpmem (text->str, text->len, first->text->str, first->text->len);
    g_assert_cmpmem (appended->str, appended->len, second->text->str, second->text->len);
    store_assert_set (changes->vanished, changes->n_vanished, "3:4");
  }
  g_assert_cmpuint (store_status (store, store->session, "a/b")->messages, ==, 1);
  g_assert_cmpuint (store_list (store, store->session)->n_rows, ==, 9);
}

static guint
folder_hash (const char *name)
{
  guint32 hash = 5381;

  for (const char *c = name; *c; c++)
    hash = hash * 33 + (guchar) *c;
  return hash & 0xff;
}

static void
once_after_reopen (Store *store)
{
  PliDelivery item;

  if (skip (store))
    return;
  store_write (store, store_message (store, 500), &item);
  store_deliver_items (store, &item, 1);
  store_reopen (store);
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1);
}

/* Deliveries that were shown but not synced are lost; their UIDs are not given again, and whoever saw them is told. */
static void
uids_after_power_cut (Store *unused)
{
  Store *store;
  guint64 inbox, modseq;
  PliDelivery item;
  PliDeliverArgs args = { &item, 1 };
  PliTestAnswer *answer;
  const PliChangesResult *changes;
  const PliOpenResult *open;
  GHashTable *sizes;

  if (skip_unless_pack (unused))
    return;
  store = store_new (unused->backend, "[store-pack]\nsync-delay = 5s\n");
  inbox = store_open (store, store->session, "INBOX", FALSE)->mailbox;
  store_append (store, "INBOX", store_message (store, 100), 0, NULL);
  sizes = store_sizes (store);
  store_write (store, store_message (store, 500), &item);
  answer = pli_test_start (store->test, PLI_METHOD_DELIVER, 0, NULL, &args);
  open = store_open (store, store->session, "INBOX", FALSE);
  store_assert_set (open->uids, open->n_uids, "1:2");
  modseq = store_flags (store, inbox, (PliUidRange){ 1, 2 }, PLI_FLAGS_ADD, PLI_FLAG_SEEN, NULL)->modseq;
  g_assert_false (answer->done);
  store_power_cut (store, sizes);
  pli_test_answer_free (answer);
  open = store_open (store, store->session, "INBOX", TRUE);
  store_assert_set (open->uids, open->n_uids, "1");
  g_assert_cmpuint (open->uidnext, >, 2);
  changes = store_changes (store, store->session, inbox, modseq, 3);
  store_assert_set (changes->vanished, changes->n_vanished, "2");
  g_assert_cmpuint (changes->modseq, >, modseq);
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  changes = store_changes (store, store->session, inbox, modseq, 3);
  g_assert_cmpuint (changes->n_added, ==, 1);
  g_assert_cmpuint (changes->added[0].first, >, 2);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  store_free (store);
}

/* A cut after each of a row of operations: what was answered as durable is there. */
static void
answered_after_power_cut (Store *store)
{
  guint64 inbox;

  if (skip_unless_files (store))
    return;
  store_deliver_many (store, 4);
  store_power_cut (store, store_sizes (store));
  inbox = store_number (store, "INBOX");
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 4);
  store_append (store, "Sent", store_message (store, 400000), 0, "work");
  store_power_cut (store, store_sizes (store));
  {
    g_autoptr (GString) text = store_read (store, store_number (store, "Sent"), 1, 65536);
    const StoreMessage *message = store->messages->pdata[store->messages->len - 1];

    g_assert_cmpmem (text->str, text->len, message->text->str, message->text->len);
  }
  store_copy (store, inbox, (PliUidRange){ 1, 2 }, "Archive", TRUE);
  store_power_cut (store, store_sizes (store));
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  g_assert_cmpuint (store_status (store, store->session, "Archive")->messages, ==, 2);
  store_expunge (store, inbox, (PliUidRange){ 3, 3 }, TRUE);
  store_power_cut (store, store_sizes (store));
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1);
  store_create (store, "x/y");
  store_rename (store, "x", "z");
  store_subscribe (store, "z/y", TRUE);
  store_delete (store, "Trash");
  store_power_cut (store, store_sizes (store));
  g_assert_true (store_status (store, store->session, "z/y")->subscribed);
  g_assert_null (store_status (store, store->session, "Trash"));
}

/* Nobody knows what is live until all accounts were looked at. */
static void
live_after_power_cut (Store *store)
{
  PliLiveArgs args = { 0 };
  guint64 live = 0;

  if (skip_unless_pack (store))
    return;
  store->segment = 7;
  store_deliver_many (store, 3);
  store_power_cut (store, store_sizes (store));
  for (gint64 until = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; live == 0;)
    {
      live = ((const PliLiveResult *) store_call (store, 0, PLI_METHOD_LIVE, &args))->lowest;
      g_assert_true (live == 0 || live == 7);
      pli_loop_step (store->test->instance->loop, 1000);
      g_assert_cmpint (g_get_monotonic_time (), <, until);
    }
}

static void
failed_sync (Store *store)
{
  StoreMessage *message;
  PliAppendArgs append = { .name = "INBOX" };
  PliDelivery item;

  if (skip_unless_files (store))
    return;
  store_deliver_many (store, 1);
  store_write (store, store_message (store, 500), &item);
  store_fail_syncs (1);
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, PLI_ERROR_TRY_AGAIN);
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  message = store_message (store, 500);
  append.message = pli_span (message->text->str, message->text->len);
  store_fail_syncs (1);
  store_fails (store, store->session, PLI_METHOD_APPEND, &append, PLI_ERROR_TRY_AGAIN);
  store_call (store, store->session, PLI_METHOD_APPEND, &append);
  store_power_cut (store, store_sizes (store));
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, >=, 3);
}

/* The loop has no time for that. */
static void
loop_never_syncs (Store *store)
{
  guint on_loop;

  if (skip_unless_files (store))
    return;
  store_syncs (&on_loop);
  store_deliver_many (store, 5);
  store_append (store, "Sent", store_message (store, 100), 0, NULL);
  store_copy (store, store_number (store, "INBOX"), (PliUidRange){ 1, 3 }, "Archive", FALSE);
  store_create (store, "new");
  g_assert_cmpuint (store_syncs (&on_loop), >=, 4);
  g_assert_cmpuint (on_loop, ==, 0);
}

static guint64
largest (GHashTable *sizes, const char *suffix)
{
  GHashTableIter iter;
  gpointer name, size;
  guint64 most = 0;

  g_hash_table_iter_init (&iter, sizes);
  while (g_hash_table_iter_next (&iter, &name, &size))
    if (g_str_has_suffix (name, suffix))
      most = MAX (most, GPOINTER_TO_SIZE (size) - 1);
  g_hash_table_unref (sizes);
  return most;
}

/* Nothing of a failed batch shows; others are not concerned; it works again when writes do. */
static void
failed_write (Store *store)
{
  PliDelivery items[2];
  const PliDeliverResult *result;
  PliAppendArgs append = { .name = "INBOX" };
  StoreMessage *message;

  if (skip_unless_pack (store))
    return;
  store_deliver_many (store, 2);
  store_flags (store, store_number (store, "INBOX"), (PliUidRange){ 1, 1 }, PLI_FLAGS_ADD, PLI_FLAG_SEEN, NULL);
  store_write (store, store_message (store, 500), &items[0]);
  store_write (store, store_message (store, 500), &items[1]);
  message = store_message (store, 100000);
  append.message = pli_span (message->text->str, message->text->len);
  store_append (store, "Sent", message, 0, NULL);
  store_limit_files (largest (store_sizes (store), "-wal"));
  result = store_deliver_items (store, items, 2);
  store_fails (store, store->session, PLI_METHOD_APPEND, &append, PLI_ERROR_TRY_AGAIN);
  store_limit_files (0);
  g_assert_cmpuint (result->items[0].code, ==, PLI_ERROR_TRY_AGAIN);
  g_assert_cmpuint (result->items[1].code, ==, PLI_ERROR_TRY_AGAIN);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 2);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->unseen, ==, 1);
  result = store_deliver_items (store, items, 2);
  g_assert_cmpuint (result->items[0].code, ==, 0);
  store_call (store, store->session, PLI_METHOD_APPEND, &append);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 5);
}

/* A power cut may leave a new database as long as it should be, with holes, as nothing of it was synced. */
static void
holes_in_a_new_database (Store *store)
{
  static const char zero[4096];
  g_autofree char *path = NULL, *wal = NULL;
  PliDelivery item;
  guint64 session;
  int fd;

  if (skip_unless_pack (store))
    return;
  session = store_sign_in (store, "fresh");
  g_assert_nonnull (store_status (store, session, "INBOX"));
  store_reopen (store);
  path = g_strdup_printf ("%s/data/store-pack/%02x/fresh/index.db", store->test->root, folder_hash ("fresh"));
  wal = g_strconcat (path, "-wal", NULL);
  fd = g_open (path, O_WRONLY, 0);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, zero, sizeof zero, 0), ==, sizeof zero);
  close (fd);
  g_assert_cmpint (truncate (wal, 0), ==, 0);
  store_write (store, store_message (store, 500), &item);
  item.account = "fresh";
  g_assert_cmpuint (store_deliver_items (store, &item, 1)->items[0].code, ==, 0);
  session = store_sign_in (store, "fresh");
  g_assert_cmpuint (store_status (store, session, "INBOX")->messages, ==, 1);
}

static void
fill_disk (const char *root, guint64 leave)
{
  g_autofree char *path = g_build_filename (root, "filler", NULL);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  char block[4096] = { 0 };
  guint64 wrote = 0;

  g_assert_cmpint (fd, >=, 0);
  while (write (fd, block, sizeof block) == sizeof block)
    wrote += sizeof block;
  g_assert_cmpint (ftruncate (fd, (off_t) (wrote - leave)), ==, 0);
  close (fd);
}

static void
full_disk_at (const char *backend, const char *root)
{
  Store *store = store_new_at (backend, NULL, root);
  g_autofree char *filler = g_build_filename (root, "filler", NULL);
  PliDelivery items[400];
  guint kept = 1, full = 0;

  store_deliver_many (store, 1);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    store_write (store, store_message (store, 500), &items[i]);
  fill_disk (root, 200 * 1024);
  for (guint i = 0; i < G_N_ELEMENTS (items); i += 10)
    {
      const PliDeliverResult *result = store_deliver_items (store, &items[i], 10);

      for (guint j = 0; j < 10; j++)
        {
          g_assert_true (result->items[j].code == 0 || result->items[j].code == PLI_ERROR_QUOTA);
          *(result->items[j].code ? &full : &kept) += 1;
        }
    }
  g_assert_cmpuint (full, >, 0);
  g_assert_cmpuint (kept, >, 1);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, kept);
  g_unlink (filler);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    g_assert_cmpuint (store_deliver_items (store, &items[i], 1)->items[0].code, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 1 + G_N_ELEMENTS (items));
  store_free (store);
}

/* A small volume of this process's own. A mount namespace is a thread's, so that no other thread may run yet. */
static gboolean
mount_small (const char *root)
{
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount ("tmpfs", root, "tmpfs", 0, "size=8m") == 0;
}

static gboolean
can_mount (const char *root)
{
  pid_t child = fork ();
  int status = 1;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (mount_small (root) ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  return status == 0;
}

static void
full_disk (Store *store)
{
  g_autofree char *root = NULL;
  g_autoptr (GError) error = NULL;

  if (skip (store))
    return;
  root = g_dir_make_tmp ("pli-full-XXXXXX", &error);
  g_assert_no_error (error);
  if (g_test_subprocess ())
    {
      g_assert_true (mount_small (root));
      full_disk_at (store->backend, root);
      g_assert_cmpint (umount (root), ==, 0);
    }
  else if (can_mount (root))
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
    }
  else
    g_test_skip ("a small volume cannot be mounted here (needs CAP_SYS_ADMIN)");
  g_rmdir (root);
}

void
store_add_durable (const char *backend)
{
  store_add (backend, "durable/reopen", reopen);
  store_add (backend, "durable/once-after-reopen", once_after_reopen);
  store_add (backend, "durable/uids-after-power-cut", uids_after_power_cut);
  store_add (backend, "durable/answered-after-power-cut", answered_after_power_cut);
  store_add (backend, "durable/live-after-power-cut", live_after_power_cut);
  store_add (backend, "durable/holes", holes_in_a_new_database);
  store_add (backend, "durable/failed-sync", failed_sync);
  store_add (backend, "durable/loop-never-syncs", loop_never_syncs);
  store_add (backend, "durable/failed-write", failed_write);
  store_add_alone (backend, "durable/full-disk", full_disk);
}
