/* expunge.c: EXPUNGE and UID EXPUNGE; ranges of UIDs that go leave tombstones. RFC 9051 6.4.3, RFC 4315 2.1. */
#include "call.h"

static PackStep
expunge (PackCall *call)
{
  const PliExpungeArgs *args = call->args;
  PliExpungeResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_number (account, args->mailbox, &call->error);
  g_autoptr (GArray) indices = NULL, gone = NULL;
  PackWalk walk;
  PackRow *row;

  if (!mailbox)
    return PACK_FAIL;
  if (!pack_view_load (account, mailbox, &call->error))
    return pack_fail (call);
  indices = g_array_new (FALSE, FALSE, sizeof (guint));
  gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  pack_walk_start (&walk, account, mailbox, args->uids, args->n_uids);
  while ((row = pack_walk_next (&walk)))
    {
      guint index = walk.row - 1;

      if (args->any || row->flags & PLI_FLAG_DELETED)
        g_array_append_val (indices, index);
    }
  if (indices->len > PACK_HEAVY && !call->in_pool)
    return PACK_POOL;
  result->modseq = pack_view_modseq (account, mailbox);
  if (indices->len == 0)
    return PACK_DONE;
  result->modseq = pack_change (account, mailbox);
  if (!pack_batch_begin (account, &call->error)
      || !pack_rows_remove (account, mailbox, indices, result->modseq, FALSE, gone, &call->error))
    return pack_fail (call);
  result->uids = pack_ranges_copy (gone, call->arena, &result->n_uids);
  pack_account_notice (account, mailbox);
  return PACK_DURABLE;
}

PliStep
pack_slot_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result)
{
  return pack_call (op, self, expunge, args, result);
}
