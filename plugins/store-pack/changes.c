/* changes.c: what has changed in a mailbox since a modseq. RFC 7162 3.2.
 *
 * An expunge that a power cut could still undo is not told: an answer with one waits for the round. */
#include "call.h"

static gint
compare_ranges (gconstpointer a, gconstpointer b)
{
  guint32 x = ((const PliUidRange *) a)->first, y = ((const PliUidRange *) b)->first;

  return (x > y) - (x < y);
}

/* Tombstones never overlap. */
static void
merge (GArray *ranges)
{
  PliUidRange *all = (PliUidRange *) ranges->data;
  guint kept = 0;

  g_array_sort (ranges, compare_ranges);
  for (guint i = 0; i < ranges->len; i++)
    if (kept > 0 && all[kept - 1].last + 1 == all[i].first)
      all[kept - 1].last = all[i].last;
    else
      all[kept++] = all[i];
  g_array_set_size (ranges, kept);
}

static gboolean
fill_vanished (PackCall *call, PackMailbox *mailbox, guint64 *out_newest)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  sqlite3_stmt *statement = pack_statement (call->account, PACK_TOMBSTONE_LIST, &call->error);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  gboolean row = TRUE;

  if (!statement)
    return FALSE;
  pack_bind (statement, 2, mailbox->number, MIN (args->since, G_MAXINT64));
  while (row)
    {
      PliUidRange range;

      if (!pack_step (call->account, statement, &row, &call->error))
        return FALSE;
      if (!row)
        break;
      range.first = (guint32) sqlite3_column_int64 (statement, 0);
      range.last = (guint32) sqlite3_column_int64 (statement, 1);
      if (range.first >= args->uidnext)
        continue;
      range.last = MIN (range.last, args->uidnext - 1);
      *out_newest = MAX (*out_newest, (guint64) sqlite3_column_int64 (statement, 2));
      g_array_append_val (ranges, range);
    }
  merge (ranges);
  result->vanished = pack_ranges_copy (ranges, call->arena, &result->n_vanished);
  return TRUE;
}

static void
fill_rows (PackCall *call, PackMailbox *mailbox)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  guint shown = pack_view_shown (call->account, mailbox), known = MIN (pack_view_find (mailbox, args->uidnext), shown);
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  guint32 from = MAX (mailbox->recent, args->uidnext);

  for (guint i = 0; mailbox->modseq > args->since && i < known; i++)
    {
      const PackRow *row = &g_array_index (mailbox->rows, PackRow, i);

      if (row->modseq > args->since)
        {
          g_array_set_size (rows, rows->len + 1);
          pack_row_fill (row, &g_array_index (rows, PliMessageRow, rows->len - 1));
        }
    }
  for (guint i = known; i < shown; i++)
    pack_ranges_add (added, g_array_index (mailbox->rows, PackRow, i).uid);
  if (shown > known && g_array_index (mailbox->rows, PackRow, shown - 1).uid >= from)
    result->recent_from = from;
  result->n_rows = rows->len;
  result->rows =
      (PliMessageRow *) pli_arena_span (call->arena, pli_span (rows->data, rows->len * sizeof (PliMessageRow))).data;
  result->added = pack_ranges_copy (added, call->arena, &result->n_added);
}

static PackStep
changes (PackCall *call)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_number (account, args->mailbox, NULL);
  guint64 newest = 0;

  pack_watches_asked (call->pack, account->name, pli_op_session (call->op), args->mailbox);
  result->deleted = !mailbox;
  if (!mailbox)
    return PACK_DONE;
  if (!pack_view_load (account, mailbox, &call->error) || !fill_vanished (call, mailbox, &newest))
    return pack_fail (call);
  fill_rows (call, mailbox);
  result->modseq = pack_view_modseq (account, mailbox);
  result->uidnext = pack_view_uidnext (account, mailbox);
  result->keywords = pack_keywords (mailbox, call->arena);
  if (args->take_recent && mailbox->recent != result->uidnext)
    {
      mailbox->recent = result->uidnext;
      mailbox->changed = TRUE;
      if (!pack_batch_begin (account, &call->error))
        return pack_fail (call);
    }
  return newest > account->modseq_synced ? PACK_DURABLE : PACK_DONE;
}

PliStep
pack_slot_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result)
{
  return pack_call (op, self, changes, args, result);
}
