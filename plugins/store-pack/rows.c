/* rows.c: rows and messages, changed in the database (in the batch) and in the view together. A message is kept as long
 * as one row has it; `copies` counts rows only for messages that have more than one. */
#include "account.h"

static void
bind_span (sqlite3_stmt *statement, int at, PliSpan text)
{
  if (text.data)
    sqlite3_bind_blob (statement, at, text.data, (int) text.len, SQLITE_STATIC);
  else
    sqlite3_bind_null (statement, at);
}

gboolean
pack_message_add (PackAccount *account, guint64 email, gint64 segment, guint64 offset, const PliRenderings *renderings,
                  GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_MESSAGE_ADD, error);

  if (!statement)
    return FALSE;
  pack_bind (statement, 3, email, segment, offset);
  bind_span (statement, 4, renderings->envelope);
  bind_span (statement, 5, renderings->body);
  bind_span (statement, 6, renderings->bodystructure);
  bind_span (statement, 7, renderings->parts);
  bind_span (statement, 8, renderings->preview);
  return pack_step (account, statement, NULL, error);
}

gboolean
pack_row_add (PackAccount *account, PackMailbox *mailbox, PackRow *row, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_ROW_ADD, error);

  if (!statement)
    return FALSE;
  row->uid = mailbox->uidnext;
  pack_bind (statement, 9, mailbox->number, (gint64) row->uid, (gint64) row->flags, row->keywords, row->modseq,
             row->email, row->received_us, (gint64) row->bytes, (gint64) row->header_bytes);
  if (!pack_step (account, statement, NULL, error))
    return FALSE;
  mailbox->uidnext++;
  mailbox->changed = TRUE;
  if (mailbox->rows)
    g_array_append_val (mailbox->rows, *row);
  mailbox->hidden |= row->uid >= mailbox->uid_durable || row->modseq >= account->modseq_durable;
  return TRUE;
}

gboolean
pack_copies_add (PackAccount *account, guint64 email, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_COPIES_ADD, error);

  if (!statement)
    return FALSE;
  account->has_copies = TRUE;
  pack_bind (statement, 1, email);
  return pack_step (account, statement, NULL, error);
}

/* Most accounts have no copies: then there is nothing to look up for each message. */
static gboolean
learn_copies (PackAccount *account, GError **error)
{
  sqlite3_stmt *statement;

  if (account->copies_known || account->has_copies)
    return TRUE;
  statement = pack_statement (account, PACK_COPIES_ANY, error);
  if (!statement || !pack_step (account, statement, &account->has_copies, error))
    return FALSE;
  sqlite3_reset (statement);
  account->copies_known = TRUE;
  return TRUE;
}

static gboolean
rows_with (PackAccount *account, guint64 email, gint64 *out_n, GError **error)
{
  sqlite3_stmt *statement;
  gboolean row;

  *out_n = 1;
  if (!learn_copies (account, error))
    return FALSE;
  if (!account->has_copies)
    return TRUE;
  statement = pack_statement (account, PACK_COPIES_GET, error);
  if (!statement)
    return FALSE;
  pack_bind (statement, 1, email);
  if (!pack_step (account, statement, &row, error))
    return FALSE;
  if (row)
    *out_n = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

/* One row less has the message. */
static gboolean
message_drop (PackAccount *account, guint64 email, GError **error)
{
  sqlite3_stmt *statement;
  gint64 n;

  if (!rows_with (account, email, &n, error))
    return FALSE;
  statement = pack_statement (account,
                              n > 2   ? PACK_COPIES_DROP
                              : n > 1 ? PACK_COPIES_REMOVE
                                      : PACK_MESSAGE_REMOVE,
                              error);
  if (!statement)
    return FALSE;
  pack_bind (statement, 1, email);
  account->removed |= n <= 1;
  return pack_step (account, statement, NULL, error);
}

static gboolean
bury (PackAccount *account, PackMailbox *mailbox, guint64 modseq, const GArray *ranges, guint from, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_TOMBSTONE_ADD, error);

  for (guint i = from; statement && i < ranges->len; i++)
    {
      const PliUidRange *range = &g_array_index (ranges, PliUidRange, i);

      pack_bind (statement, 4, mailbox->number, modseq, (gint64) range->first, (gint64) range->last);
      if (!pack_step (account, statement, NULL, error))
        return FALSE;
    }
  return statement != NULL;
}

static void
forget_rows (PackMailbox *mailbox, const GArray *indices)
{
  PackRow *rows = (PackRow *) mailbox->rows->data;
  guint kept = 0, next = 0;

  for (guint i = 0; i < mailbox->rows->len; i++)
    if (next < indices->len && g_array_index (indices, guint, next) == i)
      next++;
    else
      rows[kept++] = rows[i];
  g_array_set_size (mailbox->rows, kept);
}

gboolean
pack_rows_remove (PackAccount *account, PackMailbox *mailbox, const GArray *indices, guint64 modseq, gboolean moved,
                  GArray *gone, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_ROW_REMOVE, error);
  guint from = gone->len;

  if (!statement)
    return FALSE;
  for (guint i = 0; i < indices->len; i++)
    {
      const PackRow *row = &g_array_index (mailbox->rows, PackRow, g_array_index (indices, guint, i));

      pack_bind (statement, 2, mailbox->number, (gint64) row->uid);
      if (!pack_step (account, statement, NULL, error))
        return FALSE;
      if (!moved && !message_drop (account, row->email, error))
        return FALSE;
      pack_ranges_add (gone, row->uid);
    }
  if (!bury (account, mailbox, modseq, gone, from, error))
    return FALSE;
  forget_rows (mailbox, indices);
  mailbox->modseq = modseq;
  mailbox->changed = TRUE;
  return TRUE;
}
