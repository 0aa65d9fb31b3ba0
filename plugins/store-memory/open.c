/* open.c: what a session sees when it selects a mailbox, and what has changed since. RFC 9051 6.3.2, RFC 7162 3.2. */
#include "memory.h"

PliStep
memory_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result)
{
  Memory *memory = self;
  GError *error = NULL;
  MemoryAccount *account = memory_account (memory, pli_op_account (op), &error);
  g_autofree char *name = account ? memory_name (pli_plugin_settings (memory->plugin), args->name, &error) : NULL;
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  MemoryMailbox *mailbox;

  if (!name)
    return pli_op_take_error (op, error);
  mailbox = memory_mailbox_by_name (account, name);
  if (!mailbox)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MemoryRow *row = &g_array_index (mailbox->rows, MemoryRow, i);

      memory_ranges_add (uids, row->uid);
      if (result->first_unseen == 0 && !(row->flags & PLI_FLAG_SEEN))
        result->first_unseen = row->uid;
    }
  result->uids = memory_ranges_copy (uids, pli_op_arena (op), &result->n_uids);
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uidnext = mailbox->uidnext;
  result->modseq = mailbox->modseq;
  result->recent_from = mailbox->recent;
  result->keywords = memory_keywords (mailbox, pli_op_arena (op));
  if (!args->read_only)
    mailbox->recent = mailbox->uidnext;
  return PLI_DONE;
}

static gint
compare_uids (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

static void
fill_vanished (MemoryMailbox *mailbox, const PliChangesArgs *args, PliArena *arena, PliChangesResult *result)
{
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

  for (guint i = mailbox->tombstones->len; i > 0; i--)
    {
      const MemoryTombstone *tombstone = &g_array_index (mailbox->tombstones, MemoryTombstone, i - 1);

      if (tombstone->modseq <= args->since)
        break;
      if (tombstone->uid < args->uidnext)
        g_array_append_val (uids, tombstone->uid);
    }
  g_array_sort (uids, compare_uids);
  for (guint i = 0; i < uids->len; i++)
    memory_ranges_add (ranges, g_array_index (uids, guint32, i));
  result->vanished = memory_ranges_copy (ranges, arena, &result->n_vanished);
}

static void
fill_rows (MemoryMailbox *mailbox, const PliChangesArgs *args, PliArena *arena, PliChangesResult *result)
{
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  PliMessageRow *rows = pli_arena_array (arena, PliMessageRow, mailbox->rows->len);
  guint32 from = MAX (mailbox->recent, args->uidnext);

  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MemoryRow *row = &g_array_index (mailbox->rows, MemoryRow, i);

      if (row->uid >= args->uidnext)
        memory_ranges_add (added, row->uid);
      else if (row->modseq > args->since)
        memory_row_fill (row, &rows[result->n_rows++]);
      if (row->uid >= from)
        result->recent_from = from;
    }
  result->rows = rows;
  result->added = memory_ranges_copy (added, arena, &result->n_added);
}

PliStep
memory_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryMailbox *mailbox;

  if (!account)
    return pli_op_take_error (op, error);
  for (guint i = 0; i < account->watches->len; i++)
    {
      MemoryWatch *watch = &g_array_index (account->watches, MemoryWatch, i);

      if (watch->session == pli_op_session (op) && watch->mailbox == args->mailbox)
        watch->told = FALSE;
    }
  mailbox = memory_mailbox_by_number (account, args->mailbox, NULL);
  result->deleted = !mailbox;
  if (!mailbox)
    return PLI_DONE;
  fill_vanished (mailbox, args, pli_op_arena (op), result);
  fill_rows (mailbox, args, pli_op_arena (op), result);
  if (args->take_recent)
    mailbox->recent = mailbox->uidnext;
  result->modseq = mailbox->modseq;
  result->uidnext = mailbox->uidnext;
  result->keywords = memory_keywords (mailbox, pli_op_arena (op));
  return PLI_DONE;
}
