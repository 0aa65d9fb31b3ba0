/* flags.c: STORE, with UNCHANGEDSINCE. A row whose flags stay as they were keeps its modseq. RFC 7162 3.1.3.
 *
 * Flags are synced lazily, but they are in the WAL before the answer, so that a full disk cannot take back what was
 * answered. */
#include "call.h"

#define FLAGS_ALL (PLI_FLAG_SEEN | PLI_FLAG_ANSWERED | PLI_FLAG_FLAGGED | PLI_FLAG_DELETED | PLI_FLAG_DRAFT)

static void
apply (PackRow *row, guint32 verb, guint32 flags, guint64 keywords)
{
  switch (verb)
    {
    case PLI_FLAGS_ADD:
      row->flags |= flags;
      row->keywords |= keywords;
      break;
    case PLI_FLAGS_REMOVE:
      row->flags &= ~flags;
      row->keywords &= ~keywords;
      break;
    default:
      row->flags = flags;
      row->keywords = keywords;
    }
}

static gboolean
write_row (PackCall *call, PackMailbox *mailbox, const PackRow *row)
{
  sqlite3_stmt *statement = pack_statement (call->account, PACK_ROW_FLAGS, &call->error);

  if (!statement || !pack_batch_begin (call->account, &call->error))
    return FALSE;
  pack_bind (statement, 5, mailbox->number, (gint64) row->uid, (gint64) row->flags, row->keywords, row->modseq);
  return pack_step (call->account, statement, NULL, &call->error);
}

/* Whether anything would change; nothing is touched. */
static gboolean
changes_any (PackWalk walk, const PliFlagsArgs *args, guint64 keywords)
{
  PackRow *row;

  while ((row = pack_walk_next (&walk)))
    {
      PackRow after = *row;

      apply (&after, args->verb, args->flags & FLAGS_ALL, keywords);
      if ((after.flags != row->flags || after.keywords != row->keywords)
          && !(args->unchanged_since && row->modseq > args->unchanged_since))
        return TRUE;
    }
  return FALSE;
}

static gboolean
change_rows (PackCall *call, PackMailbox *mailbox, PackWalk walk, guint64 keywords, GArray *modified)
{
  const PliFlagsArgs *args = call->args;
  PliFlagsResult *result = call->result;
  PliMessageRow *rows = pli_arena_array (call->arena, PliMessageRow, pack_walk_count (&walk));
  guint64 modseq = 0;
  PackRow *row;

  result->rows = rows;
  result->n_rows = 0;
  while ((row = pack_walk_next (&walk)))
    {
      PackRow after = *row;

      if (args->unchanged_since && row->modseq > args->unchanged_since)
        pack_ranges_add (modified, row->uid);
      else
        apply (&after, args->verb, args->flags & FLAGS_ALL, keywords);
      if (after.flags != row->flags || after.keywords != row->keywords)
        {
          after.modseq = modseq = modseq ? modseq : pack_change (call->account, mailbox);
          if (!write_row (call, mailbox, &after))
            return FALSE;
          *row = after;
        }
      pack_row_fill (row, &rows[result->n_rows++]);
    }
  if (modseq)
    pack_account_notice (call->account, mailbox);
  return TRUE;
}

static PackStep
flags (PackCall *call)
{
  const PliFlagsArgs *args = call->args;
  PliFlagsResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_number (account, args->mailbox, &call->error);
  g_autoptr (GArray) modified = NULL;
  guint64 keywords;
  PackWalk walk;

  if (!mailbox)
    return PACK_FAIL;
  if (!pack_view_load (account, mailbox, &call->error))
    return pack_fail (call);
  if (!pack_keyword_bits (mailbox, args->keywords, args->verb != PLI_FLAGS_REMOVE, &keywords, &call->error))
    return PACK_FAIL;
  pack_walk_start (&walk, account, mailbox, args->uids, args->n_uids);
  if (pack_walk_count (&walk) > PACK_HEAVY && !call->in_pool)
    return PACK_POOL;
  if (!pack_may_show (account) && changes_any (walk, args, keywords))
    {
      pack_reserve (account, mailbox);
      return pack_batch_begin (account, &call->error) ? PACK_AGAIN : pack_fail (call);
    }
  modified = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  if (!change_rows (call, mailbox, walk, keywords, modified)
      || (mailbox->changed && !pack_batch_begin (account, &call->error)))
    return pack_fail (call);
  result->modified = pack_ranges_copy (modified, call->arena, &result->n_modified);
  result->keywords = pack_keywords (mailbox, call->arena);
  result->modseq = pack_view_modseq (account, mailbox);
  return PACK_WRITTEN;
}

PliStep
pack_slot_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result)
{
  return pack_call (op, self, flags, args, result);
}
