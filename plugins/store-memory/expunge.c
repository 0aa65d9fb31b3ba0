/* expunge.c: EXPUNGE and UID EXPUNGE; each UID leaves a tombstone. RFC 9051 6.4.3, RFC 4315 2.1. */
#include "memory.h"

void
memory_remove_rows (MemoryMailbox *mailbox, const PliUidRange *uids, guint32 n, gboolean any, guint64 modseq,
                    GArray *gone)
{
  MemoryWalk walk;
  MemoryRow *row;
  guint kept = 0;

  memory_walk_start (&walk, mailbox, uids, n);
  while ((row = memory_walk_next (&walk)))
    if (any || row->flags & PLI_FLAG_DELETED)
      {
        MemoryTombstone tombstone = { row->uid, modseq };

        memory_ranges_add (gone, row->uid);
        g_array_append_val (mailbox->tombstones, tombstone);
        memory_message_unref (row->message);
        row->message = NULL;
      }
  for (guint i = 0; i < mailbox->rows->len; i++)
    if (g_array_index (mailbox->rows, MemoryRow, i).message)
      g_array_index (mailbox->rows, MemoryRow, kept++) = g_array_index (mailbox->rows, MemoryRow, i);
  g_array_set_size (mailbox->rows, kept);
}

static gboolean
any_goes (MemoryMailbox *mailbox, const PliExpungeArgs *args)
{
  MemoryWalk walk;
  MemoryRow *row;

  memory_walk_start (&walk, mailbox, args->uids, args->n_uids);
  while ((row = memory_walk_next (&walk)))
    if (args->any || row->flags & PLI_FLAG_DELETED)
      return TRUE;
  return FALSE;
}

PliStep
memory_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryMailbox *mailbox = account ? memory_mailbox_by_number (account, args->mailbox, &error) : NULL;
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

  if (!mailbox)
    return pli_op_take_error (op, error);
  if (any_goes (mailbox, args))
    {
      memory_remove_rows (mailbox, args->uids, args->n_uids, args->any, memory_change (account, mailbox), gone);
      memory_notify (self, account, mailbox->number);
    }
  result->uids = memory_ranges_copy (gone, pli_op_arena (op), &result->n_uids);
  result->modseq = mailbox->modseq;
  return PLI_DONE;
}
