/* round.c: see round.h. The loop thread commits, which writes into the page cache; the pool syncs: file by file when
 * these are few, else the whole volume with one syncfs(). A sync that failed is never tried again on the same file: the
 * accounts are closed, and their next opening writes everything anew (account.c). */
#include "round.h"

#include "call.h"

#include <errno.h>
#include <unistd.h>

#define FILES_MOST 8
#define GATHERED_MOST 1000 /* deliveries and calls that wait: then it is not worth while to wait for more */

typedef struct
{
  PackAccount *account;
  int wal_fd, pack_fd; /* -1: nothing to sync */
  int error;           /* errno */
} Member;

struct PackRound
{
  Pack *pack;
  GArray *members;
  guint files;
  gboolean whole; /* volume */
};

static void
sync_file (int fd, int *error)
{
  if (fd >= 0 && *error == 0 && fdatasync (fd) < 0)
    *error = errno;
}

/* Offload pool, or the loop thread at the end. */
static void
round_sync (gpointer user)
{
  PackRound *round = user;
  int error = round->whole && syncfs (round->pack->folder_fd) < 0 ? errno : 0;

  for (guint i = 0; i < round->members->len; i++)
    {
      Member *member = &g_array_index (round->members, Member, i);

      member->error = error;
      if (round->whole)
        continue;
      sync_file (member->pack_fd, &member->error);
      sync_file (member->wal_fd, &member->error);
    }
}

static void
wake_all (GArray *waiters, const GError *error)
{
  for (guint i = 0; i < waiters->len; i++)
    pack_waiter_wake (&g_array_index (waiters, PackWaiter, i), error);
}

static void
show (PackAccount *account)
{
  account->modseq_durable = account->modseq_syncing;
  account->modseq_synced = account->modseq_in_round;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      mailbox->uid_durable = mailbox->uid_syncing;
      if (!mailbox->hidden)
        continue;
      mailbox->hidden = mailbox->uidnext > mailbox->uid_durable || mailbox->modseq >= account->modseq_durable;
      pack_account_notice (account, mailbox);
    }
}

static void
finish (PackAccount *account, int code)
{
  g_autoptr (GArray) waiters = g_steal_pointer (&account->syncing_waiters);
  g_autoptr (GError) error = NULL;

  account->syncing_waiters = g_array_new (FALSE, FALSE, sizeof (PackWaiter));
  account->syncing = FALSE;
  account->log_stays = FALSE;
  account->round_over = FALSE;
  account->pins++;
  if (code)
    {
      g_set_error (&error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "mailbox sync: %s", g_strerror (code));
      pack_suspect (account, PACK_SUSPECT_SYNC);
      if (!account->broken)
        pack_account_break (account, error);
    }
  else if (!account->broken)
    show (account);
  wake_all (waiters, error);
  account->pins--;
}

void
pack_round_take_up (PackAccount *account)
{
  finish (account, account->round_error);
}

static void
round_free (PackRound *round)
{
  g_array_unref (round->members);
  g_free (round);
}

static void
on_timer (gpointer user)
{
  Pack *pack = user;

  pack->timer = NULL;
  pack_round_urge (pack);
}

static void
schedule (Pack *pack)
{
  if (pack->round || pack->closed || pack->dirty->len == 0)
    return;
  if (pack->urgent)
    pack_round_urge (pack);
  else if (!pack->timer)
    pack->timer = pli_timer_after (pack->instance, pack_settings (pack)->sync_delay, on_timer, pack);
}

static void
round_over (gpointer user)
{
  PackRound *round = user;
  Pack *pack = round->pack;

  pack->round = NULL;
  for (guint i = 0; i < round->members->len; i++)
    {
      const Member *member = &g_array_index (round->members, Member, i);

      if (member->account->busy)
        {
          member->account->round_over = TRUE;
          member->account->round_error = member->error;
          continue;
        }
      finish (member->account, member->error);
      pack_account_settle (member->account);
    }
  round_free (round);
  pack_drain_waiting (pack);
  schedule (pack);
}

/* FALSE: nothing to sync, the account is broken. */
static gboolean
join (PackRound *round, PackAccount *account, GError **error)
{
  Member member = { .account = account,
                    .wal_fd = account->wal_fd,
                    .pack_fd = account->pack_dirty ? account->pack_fd : -1 };

  if (!pack_batch_commit (account, error))
    return FALSE;
  account->is_dirty = FALSE;
  account->unsynced = FALSE;
  account->pack_dirty = FALSE;
  account->syncing = TRUE;
  account->modseq_syncing = MAX (account->modseq_mark, account->modseq_committed + 1);
  account->modseq_in_round = account->modseq_committed;
  for (guint i = 0; i < account->mailboxes->len; i++)
    ((PackMailbox *) account->mailboxes->pdata[i])->uid_syncing =
        ((PackMailbox *) account->mailboxes->pdata[i])->uid_mark;
  g_array_append_vals (account->syncing_waiters, account->waiters->data, account->waiters->len);
  g_array_set_size (account->waiters, 0);
  round->files += 1 + (member.pack_fd >= 0);
  round->whole |= account->created || round->files > FILES_MOST;
  account->created = FALSE;
  g_array_append_val (round->members, member);
  return TRUE;
}

static PackRound *
gather (Pack *pack)
{
  PackRound *round = g_new0 (PackRound, 1);
  g_autoptr (GPtrArray) dirty = g_steal_pointer (&pack->dirty);

  pack->dirty = g_ptr_array_new ();
  round->pack = pack;
  round->members = g_array_new (FALSE, FALSE, sizeof (Member));
  for (guint i = 0; i < dirty->len; i++)
    {
      PackAccount *account = dirty->pdata[i];
      g_autoptr (GError) error = NULL;

      if (account->busy || account->syncing || account->pins > 0)
        g_ptr_array_add (pack->dirty, account);
      else if (!join (round, account, &error))
        {
          pack_account_break (account, error);
          pack_account_settle (account);
        }
    }
  return round;
}

static void
round_start (Pack *pack)
{
  PackRound *round = gather (pack);

  pack->urgent = FALSE;
  pack->gathered = 0;
  pli_timer_cancel (g_steal_pointer (&pack->timer));
  if (round->members->len == 0)
    {
      round_free (round);
      schedule (pack);
      return;
    }
  pack->round = round;
  pack_offload (pack, round_sync, round_over, round);
}

static void
on_soon (gpointer user)
{
  Pack *pack = user;

  pack->soon = FALSE;
  if (!pack->closed && !pack->round)
    round_start (pack);
  pack_unref (pack);
}

void
pack_round_urge (Pack *pack)
{
  pack->urgent = TRUE;
  if (pack->round || pack->soon || pack->closed)
    return;
  pack->soon = TRUE;
  pack->references++;
  pli_soon (pack->instance, on_soon, pack);
}

void
pack_round_add (PackAccount *account)
{
  if (account->is_dirty)
    return;
  account->is_dirty = TRUE;
  g_ptr_array_add (account->pack->dirty, account);
  /* While one half of the databases is synced, the other half takes deliveries. */
  if (account->pack->dirty->len * 2 >= (guint) pack_settings (account->pack)->open_max)
    pack_round_urge (account->pack);
  else
    schedule (account->pack);
}

void
pack_round_gathered (Pack *pack)
{
  if (++pack->gathered == GATHERED_MOST)
    pack_round_urge (pack);
}

void
pack_round_last (Pack *pack)
{
  g_autoptr (GList) accounts = g_hash_table_get_values (pack->accounts);
  PackRound *round;

  for (GList *one = accounts; one; one = one->next)
    {
      PackAccount *account = one->data;
      g_autoptr (GError) error = NULL;

      pack_low_refresh (account);
      if (!account->broken && !pack_batch_lower (account, &error))
        pack_account_break (account, error);
      else if (!account->broken && account->unsynced)
        pack_round_add (account);
    }
  round = gather (pack);
  round_sync (round);
  for (guint i = 0; i < round->members->len; i++)
    finish (g_array_index (round->members, Member, i).account, g_array_index (round->members, Member, i).error);
  round_free (round);
}
