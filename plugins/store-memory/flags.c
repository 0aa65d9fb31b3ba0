/* flags.c: STORE, with UNCHANGEDSINCE. A row whose flags stay as they were keeps its modseq. RFC 7162 3.1.3. */
#include "memory.h"

static void
apply (MemoryRow *row, guint32 verb, guint32 flags, guint64 keywords)
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

PliStep
memory_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryMailbox *mailbox = account ? memory_mailbox_by_number (account, args->mailbox, &error) : NULL;
  g_autoptr (GArray) modified = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  guint64 keywords, modseq = 0;
  PliMessageRow *rows;
  MemoryWalk walk;
  MemoryRow *row;

  if (!mailbox)
    return pli_op_take_error (op, error);
  if (!memory_keyword_bits (mailbox, args->keywords, args->verb != PLI_FLAGS_REMOVE, &keywords, &error))
    return pli_op_take_error (op, error);
  rows = pli_arena_array (pli_op_arena (op), PliMessageRow, mailbox->rows->len);
  memory_walk_start (&walk, mailbox, args->uids, args->n_uids);
  while ((row = memory_walk_next (&walk)))
    {
      MemoryRow before = *row;

      if (args->unchanged_since && row->modseq > args->unchanged_since)
        memory_ranges_add (modified, row->uid);
      else
        apply (row, args->verb, args->flags & 31, keywords);
      if (row->flags != before.flags || row->keywords != before.keywords)
        row->modseq = modseq = modseq ? modseq : memory_change (account, mailbox);
      memory_row_fill (row, &rows[result->n_rows++]);
    }
  if (modseq)
    memory_notify (self, account, mailbox->number);
  result->rows = rows;
  result->modified = memory_ranges_copy (modified, pli_op_arena (op), &result->n_modified);
  result->keywords = memory_keywords (mailbox, pli_op_arena (op));
  result->modseq = mailbox->modseq;
  return PLI_DONE;
}
