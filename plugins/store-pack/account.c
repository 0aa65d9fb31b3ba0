/* account.c: which accounts are open: found, opened, put aside, closed when room is needed.
 *
 * An account that nothing is under way for is idle, and may be closed at any time, least recently used first. One with
 * a batch that is not durable is on the list of dirty ones until a round has taken it. */
#include "call.h"
#include "round.h"

#include <unistd.h>

#define BASE_BYTES (60 * 1024) /* schema, statements, index of the WAL */
#define CHECKPOINTS_MOST 4

gboolean
pack_account_name_ok (const char *name)
{
  gsize len = name ? strlen (name) : 0;

  return len >= 1 && len <= 32 && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

gboolean
pack_account_ready (const PackAccount *account)
{
  return !account->busy && !account->broken && !account->closing;
}

/* Part of the layout on disk: never to be changed. */
static guint
folder_hash (const char *name)
{
  guint32 hash = 5381;

  for (const char *c = name; *c; c++)
    hash = hash * 33 + (guchar) *c;
  return hash & 0xff;
}

static PackAccount *
account_new (Pack *pack, const char *name)
{
  PackAccount *account = g_new0 (PackAccount, 1);

  account->pack = pack;
  account->name = g_strdup (name);
  account->path = g_strdup_printf ("%s/%02x/%s", pack->folder, folder_hash (name), name);
  account->link.data = account;
  account->wal_fd = account->pack_fd = -1;
  account->mailboxes = g_ptr_array_new_with_free_func (pack_mailbox_free);
  account->waiters = g_array_new (FALSE, FALSE, sizeof (PackWaiter));
  account->syncing_waiters = g_array_new (FALSE, FALSE, sizeof (PackWaiter));
  account->notices = g_array_new (FALSE, FALSE, sizeof (guint64));
  return account;
}

static void
leave_idle (PackAccount *account)
{
  if (!account->is_idle)
    return;
  g_queue_unlink (&account->pack->idle, &account->link);
  account->pack->bytes -= account->bytes;
  account->is_idle = FALSE;
}

static void
wake_queue (GQueue *queue)
{
  for (guint n = queue->length; n > 0; n--)
    {
      PackWaiter *waiter = g_queue_pop_head (queue);

      pack_waiter_wake (waiter, NULL);
      g_free (waiter);
    }
}

void
pack_account_free (PackAccount *account)
{
  GQueue queue = account->queue;

  leave_idle (account);
  g_hash_table_remove (account->pack->accounts, account->name);
  pack_database_close (account);
  if (account->pack_fd >= 0)
    close (account->pack_fd);
  g_ptr_array_unref (account->mailboxes);
  g_array_unref (account->waiters);
  g_array_unref (account->syncing_waiters);
  g_array_unref (account->notices);
  g_free (account->name);
  g_free (account->path);
  g_free (account);
  wake_queue (&queue);
}

/* Orderly: reserved numbers are given back; should that fail, they are lost, which is harmless. */
static void
evict (PackAccount *account)
{
  Pack *pack = account->pack;
  g_autoptr (GError) error = NULL;

  leave_idle (account);
  pack_low_refresh (account);
  if (!pack_batch_lower (account, &error))
    pack_account_break (account, error);
  else if (pack_checkpoint_due (account) && pack->checkpoints < CHECKPOINTS_MOST)
    {
      account->closing = TRUE;
      pack_checkpoint_start (account);
      return;
    }
  pack_account_free (account);
}

static gboolean
make_room (Pack *pack)
{
  guint most = (guint) pack_settings (pack)->open_max;

  while (g_hash_table_size (pack->accounts) >= most && pack->idle.head)
    evict (pack->idle.head->data);
  return g_hash_table_size (pack->accounts) < most;
}

static PackAccount *
account_open (Pack *pack, const char *name, GError **error)
{
  PackAccount *account = account_new (pack, name);
  PackSuspect suspect = (PackSuspect) GPOINTER_TO_INT (g_hash_table_lookup (pack->suspect, name));

  g_hash_table_insert (pack->accounts, account->name, account);
  if (!pack_database_open (account, error) || !pack_low_load (account, error)
      || (suspect == PACK_SUSPECT_SYNC && !pack_batch_commit (account, error)))
    {
      if (account->in_batch)
        pack_account_break (account, *error);
      pack_account_free (account);
      return NULL;
    }
  /* A failed sync may have left pages of the log unwritten for ever: they are written anew, into the database. */
  account->created |= suspect == PACK_SUSPECT_SYNC;
  if (suspect && !account->in_batch)
    pack_checkpoint_start (account);
  return account;
}

PackAccount *
pack_account_get (Pack *pack, const char *name, GError **error)
{
  PackAccount *account = name ? g_hash_table_lookup (pack->accounts, name) : NULL;

  if (account)
    {
      leave_idle (account);
      return account;
    }
  if (!pack_account_name_ok (name))
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT, "there can be no such account");
      return NULL;
    }
  if (make_room (pack))
    return account_open (pack, name, error);
  pack_round_urge (pack);
  return NULL;
}

void
pack_account_notice (PackAccount *account, PackMailbox *mailbox)
{
  if (account->notices->len == 0
      || g_array_index (account->notices, guint64, account->notices->len - 1) != mailbox->number)
    g_array_append_val (account->notices, mailbox->number);
}

static void
tell_notices (PackAccount *account)
{
  for (guint i = 0; i < account->notices->len; i++)
    pack_watches_tell (account->pack, account->name, g_array_index (account->notices, guint64, i));
  g_array_set_size (account->notices, 0);
}

static void
become_idle (PackAccount *account)
{
  Pack *pack = account->pack;
  int used = 0, most;

  sqlite3_db_status (account->db, SQLITE_DBSTATUS_CACHE_USED, &used, &most, 0);
  account->bytes = BASE_BYTES + pack_view_bytes (account) + (gsize) used;
  account->is_idle = TRUE;
  g_queue_push_tail_link (&pack->idle, &account->link);
  pack->bytes += account->bytes;
  while (pack->bytes > pack_settings (pack)->cache && pack->idle.head)
    evict (pack->idle.head->data);
}

void
pack_account_settle (PackAccount *account)
{
  if (account->busy || account->pins > 0)
    return;
  tell_notices (account);
  if (account->broken)
    {
      if (!account->syncing)
        pack_account_free (account);
      return;
    }
  if (account->in_batch || account->unsynced)
    pack_round_add (account);
  else if (account->syncing || account->is_dirty || account->is_idle)
    return;
  else if (pack_checkpoint_due (account) && !account->pack->closed && account->pack->checkpoints < CHECKPOINTS_MOST)
    pack_checkpoint_start (account);
  else
    become_idle (account);
}

void
pack_suspect (PackAccount *account, PackSuspect why)
{
  GHashTable *suspect = account->pack->suspect;

  /* A failed sync weighs more. */
  if (why == PACK_SUSPECT_SYNC || !g_hash_table_contains (suspect, account->name))
    g_hash_table_insert (suspect, g_strdup (account->name), GINT_TO_POINTER (why));
}

void
pack_account_break (PackAccount *account, const GError *error)
{
  g_autoptr (GArray) waiters = g_steal_pointer (&account->waiters);

  pli_log (PLI_LOG_ERROR, "store.broken", "account", account->name, "error", error->message, NULL);
  if (account->db && !sqlite3_get_autocommit (account->db))
    sqlite3_exec (account->db, "ROLLBACK", NULL, NULL, NULL);
  /* A full disk: taking the log into the database may make room. */
  if (error->code == PLI_ERROR_QUOTA)
    pack_suspect (account, PACK_SUSPECT_FULL);
  account->in_batch = FALSE;
  account->broken = TRUE;
  account->waiters = g_array_new (FALSE, FALSE, sizeof (PackWaiter));
  if (account->is_dirty)
    g_ptr_array_remove_fast (account->pack->dirty, account);
  account->is_dirty = FALSE;
  leave_idle (account);
  for (guint i = 0; i < waiters->len; i++)
    pack_waiter_wake (&g_array_index (waiters, PackWaiter, i), error);
}

void
pack_account_unbusy (PackAccount *account)
{
  Pack *pack = account->pack;

  account->busy = FALSE;
  account->pins++;
  if (account->round_over)
    pack_round_take_up (account);
  if (pack_account_ready (account))
    wake_queue (&account->queue);
  account->pins--;
  if (account->waiters->len > 0)
    pack_round_urge (pack);
  pack_account_settle (account);
  pack_drain_waiting (pack);
}

void
pack_drain_waiting (Pack *pack)
{
  for (guint n = pack->waiting.length; n > 0; n--)
    {
      PackWaiter *waiter;

      if (!make_room (pack))
        return;
      waiter = g_queue_pop_head (&pack->waiting);
      pack_waiter_wake (waiter, NULL);
      g_free (waiter);
    }
}
