/* checkpoint.c: takes the write-ahead log into the database, in the offload pool, while the account is busy.
 *
 * SQLite syncs here, and only here: WAL, then database (synchronous=NORMAL does both, in that order). The log is then
 * cut to nothing, and synced, before anything is written to it again: a header and frames of the next generation that
 * reached the disk out of order could otherwise bring old pages back. */
#include "call.h"

#include <errno.h>
#include <unistd.h>

#define FRAME_BYTES (4096 + 24)
#define TAKEN_DAYS 30 /* longer than any queue tries */

typedef struct
{
  PackAccount *account;
  gint64 now_us;
  GError *error;
} Checkpoint;

gboolean
pack_checkpoint_due (PackAccount *account)
{
  return !account->log_stays && (guint64) account->wal_frames * FRAME_BYTES > pack_settings (account->pack)->checkpoint;
}

static gboolean
expire_taken (PackAccount *account, gint64 now_us, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_TAKEN_EXPIRE, error);

  if (!statement)
    return FALSE;
  pack_bind (statement, 1, now_us / G_USEC_PER_SEC - TAKEN_DAYS * 24 * 3600);
  return pack_step (account, statement, NULL, error);
}

/* Offload pool. */
static void
work (gpointer user)
{
  Checkpoint *checkpoint = user;
  PackAccount *account = checkpoint->account;

  if (!expire_taken (account, checkpoint->now_us, &checkpoint->error))
    {
      if (checkpoint->error->code != PLI_ERROR_QUOTA)
        return;
      g_clear_error (&checkpoint->error);
    }
  if (sqlite3_exec (account->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL) != SQLITE_OK
      || sqlite3_wal_checkpoint_v2 (account->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
    pack_database_error (account, &checkpoint->error);
  if (sqlite3_exec (account->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: synchronous cannot be set", account->name);
  if (checkpoint->error)
    return;
  if (fdatasync (account->wal_fd) < 0)
    g_set_error (&checkpoint->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "mailbox sync: %s", g_strerror (errno));
}

/* On a full disk the log stays as it is, and reading goes on; unless it has to be written anew. */
static gboolean
is_fatal (const Checkpoint *checkpoint)
{
  const PackAccount *account = checkpoint->account;

  return checkpoint->error
         && (checkpoint->error->code != PLI_ERROR_QUOTA
             || GPOINTER_TO_INT (g_hash_table_lookup (account->pack->suspect, account->name)) == PACK_SUSPECT_SYNC);
}

static void
over (gpointer user)
{
  Checkpoint *checkpoint = user;
  PackAccount *account = checkpoint->account;
  Pack *pack = account->pack;

  pack->checkpoints--;
  if (is_fatal (checkpoint))
    {
      pack_suspect (account, PACK_SUSPECT_SYNC);
      account->closing = FALSE;
      pack_account_break (account, checkpoint->error);
      pack_turn_away (&account->queue, checkpoint->error);
    }
  else
    g_hash_table_remove (pack->suspect, account->name);
  account->log_stays = checkpoint->error != NULL;
  if (!checkpoint->error)
    {
      account->wal_frames = 0;
      account->unsynced = FALSE;
    }
  g_clear_error (&checkpoint->error);
  g_free (checkpoint);
  if (!account->closing || account->queue.length > 0 || pack->closed)
    {
      account->closing = FALSE;
      pack_account_unbusy (account);
      return;
    }
  pack_account_free (account);
  pack_drain_waiting (pack);
}

void
pack_checkpoint_start (PackAccount *account)
{
  Checkpoint *checkpoint = g_new0 (Checkpoint, 1);

  checkpoint->account = account;
  checkpoint->now_us = pli_now_us (account->pack->instance);
  account->busy = TRUE;
  account->pack->checkpoints++;
  pack_offload (account->pack, work, over, checkpoint);
}
