/* view.c: the rows of a mailbox in memory, shared by all sessions: loaded at first use, changed along with the database.
 *
 * Rows at the end that are above the durable marks are hidden; see account.h. */
#include "account.h"

gboolean
pack_view_load (PackAccount *account, PackMailbox *mailbox, GError **error)
{
  sqlite3_stmt *statement;
  GArray *rows;
  int code;

  if (mailbox->rows)
    return TRUE;
  statement = pack_statement (account, PACK_ROW_LIST, error);
  if (!statement)
    return FALSE;
  pack_bind (statement, 1, mailbox->number);
  rows = g_array_new (FALSE, FALSE, sizeof (PackRow));
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PackRow row = { .uid = (guint32) sqlite3_column_int64 (statement, 0),
                      .flags = (guint32) sqlite3_column_int64 (statement, 1),
                      .keywords = (guint64) sqlite3_column_int64 (statement, 2),
                      .modseq = (guint64) sqlite3_column_int64 (statement, 3),
                      .email = (guint64) sqlite3_column_int64 (statement, 4),
                      .received_us = sqlite3_column_int64 (statement, 5),
                      .bytes = (guint32) sqlite3_column_int64 (statement, 6),
                      .header_bytes = (guint32) sqlite3_column_int64 (statement, 7) };

      g_array_append_val (rows, row);
    }
  if (code == SQLITE_DONE)
    mailbox->rows = g_steal_pointer (&rows);
  else
    pack_database_error (account, error);
  sqlite3_reset (statement);
  if (rows)
    g_array_unref (rows);
  return mailbox->rows != NULL;
}

guint
pack_view_shown (PackAccount *account, PackMailbox *mailbox)
{
  guint shown = mailbox->rows->len;

  while (shown > 0)
    {
      const PackRow *row = &g_array_index (mailbox->rows, PackRow, shown - 1);

      if (row->uid < mailbox->uid_durable && row->modseq < account->modseq_durable)
        break;
      shown--;
    }
  mailbox->hidden = shown < mailbox->rows->len;
  return shown;
}

guint32
pack_view_uidnext (PackAccount *account, PackMailbox *mailbox)
{
  guint32 uidnext = MIN (mailbox->uidnext, mailbox->uid_durable);

  if (mailbox->rows)
    {
      guint shown = pack_view_shown (account, mailbox);

      if (shown < mailbox->rows->len)
        uidnext = MIN (uidnext, g_array_index (mailbox->rows, PackRow, shown).uid);
    }
  return MAX (uidnext, 1);
}

guint64
pack_view_modseq (PackAccount *account, PackMailbox *mailbox)
{
  return MIN (mailbox->modseq, account->modseq_durable - 1);
}

guint
pack_view_find (PackMailbox *mailbox, guint32 uid)
{
  const PackRow *rows = (const PackRow *) mailbox->rows->data;
  guint low = 0, high = mailbox->rows->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (rows[middle].uid < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

gsize
pack_view_bytes (PackAccount *account)
{
  gsize bytes = 0;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      const PackMailbox *mailbox = account->mailboxes->pdata[i];

      bytes += sizeof *mailbox + (mailbox->rows ? mailbox->rows->len * sizeof (PackRow) : 0);
    }
  return bytes;
}

void
pack_walk_start (PackWalk *walk, PackAccount *account, PackMailbox *mailbox, const PliUidRange *uids, guint32 n)
{
  *walk = (PackWalk){ .mailbox = mailbox, .uids = uids, .n = n, .end = pack_view_shown (account, mailbox) };
}

PackRow *
pack_walk_next (PackWalk *walk)
{
  for (; walk->range < walk->n; walk->range++)
    {
      const PliUidRange *range = &walk->uids[walk->range];
      PackRow *row = (PackRow *) walk->mailbox->rows->data + walk->row;

      if (walk->row < walk->end && row->uid < range->first)
        {
          walk->row = MAX (walk->row, pack_view_find (walk->mailbox, range->first));
          row = (PackRow *) walk->mailbox->rows->data + walk->row;
        }
      if (walk->row < walk->end && row->uid <= range->last)
        {
          walk->row++;
          return row;
        }
    }
  return NULL;
}

guint
pack_walk_count (const PackWalk *walk)
{
  guint count = 0, last = walk->row;

  for (guint32 i = walk->range; i < walk->n; i++)
    {
      guint from = MAX (last, pack_view_find (walk->mailbox, walk->uids[i].first));
      guint to = walk->uids[i].last == G_MAXUINT32 ? walk->end : pack_view_find (walk->mailbox, walk->uids[i].last + 1);

      to = MIN (to, walk->end);
      if (to > from)
        {
          count += to - from;
          last = to;
        }
    }
  return count;
}

void
pack_ranges_add (GArray *ranges, guint32 uid)
{
  PliUidRange one = { uid, uid };

  if (ranges->len > 0 && g_array_index (ranges, PliUidRange, ranges->len - 1).last + 1 == uid)
    g_array_index (ranges, PliUidRange, ranges->len - 1).last = uid;
  else
    g_array_append_val (ranges, one);
}

const PliUidRange *
pack_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n)
{
  PliUidRange *copy = pli_arena_array (arena, PliUidRange, ranges->len);

  if (ranges->len > 0)
    memcpy (copy, ranges->data, ranges->len * sizeof *copy);
  *out_n = ranges->len;
  return copy;
}

void
pack_row_fill (const PackRow *row, PliMessageRow *out)
{
  out->uid = row->uid;
  out->flags = row->flags;
  out->keywords = row->keywords;
  out->modseq = row->modseq;
  out->received_us = row->received_us;
  out->bytes = row->bytes;
  out->header_bytes = row->header_bytes;
  out->email = row->email;
}
