/* changes.c: what has changed in a mailbox since a modseq, other programs' changes included. RFC 7162 3.2. */
#include "maildir.h"

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
fill_vanished (MaildirCall *call, MaildirMailbox *mailbox)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  sqlite3_stmt *statement = maildir_sql (call->account, MAILDIR_TOMB_LIST, &call->error);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  gboolean row = TRUE;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 2, mailbox->number, (gint64) MIN (args->since, G_MAXINT64));
  while (row)
    {
      PliUidRange range;

      if (!maildir_step (call->account, statement, &row, &call->error))
        return FALSE;
      range.first = row ? (guint32) sqlite3_column_int64 (statement, 0) : G_MAXUINT32;
      if (!row || range.first >= args->uidnext)
        continue;
      range.last = MIN ((guint32) sqlite3_column_int64 (statement, 1), args->uidnext - 1);
      g_array_append_val (ranges, range);
    }
  merge (ranges);
  result->vanished = maildir_ranges_copy (ranges, call->arena, &result->n_vanished);
  return TRUE;
}

static void
fill_rows (MaildirCall *call, MaildirMailbox *mailbox)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  guint32 from = MAX (mailbox->recent, args->uidnext);

  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, i);

      if (row->uid >= args->uidnext)
        maildir_ranges_add (added, row->uid);
      else if (row->modseq > args->since)
        {
          g_array_set_size (rows, rows->len + 1);
          maildir_row_fill (row, &g_array_index (rows, PliMessageRow, rows->len - 1));
        }
      if (row->uid >= from)
        result->recent_from = from;
    }
  result->n_rows = rows->len;
  result->rows =
      (PliMessageRow *) pli_arena_span (call->arena, pli_span (rows->data, rows->len * sizeof (PliMessageRow))).data;
  result->added = maildir_ranges_copy (added, call->arena, &result->n_added);
}

static gboolean
changes (MaildirCall *call)
{
  const PliChangesArgs *args = call->args;
  PliChangesResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox;

  if (!maildir_tree_look (account, &call->error))
    return FALSE;
  mailbox = maildir_by_number (account, args->mailbox, NULL);
  if (mailbox && !maildir_look (account, mailbox, &call->error))
    return FALSE;
  /* The look may have found another mailbox in its place. */
  result->deleted = !mailbox || mailbox->number != args->mailbox;
  if (result->deleted)
    return TRUE;
  if (!fill_vanished (call, mailbox))
    return FALSE;
  fill_rows (call, mailbox);
  result->modseq = mailbox->modseq;
  result->uidnext = mailbox->uidnext;
  result->keywords = maildir_keywords (mailbox, call->arena);
  if (args->take_recent && mailbox->recent != mailbox->uidnext)
    {
      mailbox->recent = mailbox->uidnext;
      mailbox->changed = TRUE;
    }
  return TRUE;
}

PliStep
maildir_slot_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result)
{
  maildir_watches_asked (self, pli_op_account (op), pli_op_session (op), args->mailbox);
  return maildir_call (op, self, changes, args, result);
}
