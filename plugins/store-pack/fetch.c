/* fetch.c: rows of messages in batches, and the bytes of one. */
#include "body.h"

#define ANSWER_BYTES (48 * 1024)
#define READ_MOST (1024 * 1024)
#define RENDERINGS (PLI_WANT_ENVELOPE | PLI_WANT_BODY | PLI_WANT_BODYSTRUCTURE | PLI_WANT_PARTS | PLI_WANT_PREVIEW)

static PliSpan
column (PackCall *call, sqlite3_stmt *statement, int at, gboolean wanted, gsize *bytes)
{
  PliSpan text = { 0 };

  if (!wanted || sqlite3_column_type (statement, at) == SQLITE_NULL)
    return text;
  text.data = sqlite3_column_blob (statement, at);
  text.len = (gsize) sqlite3_column_bytes (statement, at);
  *bytes += text.len;
  return text.len > 0 ? pli_arena_span (call->arena, text) : PLI_SPAN ("");
}

/* Order of the columns of PACK_MESSAGE_GET. */
static gboolean
fill_renderings (PackCall *call, guint32 want, PliMessageRow *out, gsize *bytes)
{
  sqlite3_stmt *statement = pack_statement (call->account, PACK_MESSAGE_GET, &call->error);
  gboolean row;

  if (!statement)
    return FALSE;
  pack_bind (statement, 1, out->email);
  if (!pack_step (call->account, statement, &row, &call->error))
    return FALSE;
  if (!row)
    {
      pack_refuse (call, PLI_ERROR_CORRUPT, "the index has lost a message");
      return FALSE;
    }
  out->envelope = column (call, statement, 0, want & PLI_WANT_ENVELOPE, bytes);
  out->body = column (call, statement, 1, want & PLI_WANT_BODY, bytes);
  out->bodystructure = column (call, statement, 2, want & PLI_WANT_BODYSTRUCTURE, bytes);
  out->parts = column (call, statement, 3, want & PLI_WANT_PARTS, bytes);
  out->preview = column (call, statement, 4, want & PLI_WANT_PREVIEW, bytes);
  sqlite3_reset (statement);
  return TRUE;
}

static PackStep
fetch (PackCall *call)
{
  const PliFetchArgs *args = call->args;
  PliFetchResult *result = call->result;
  PackMailbox *mailbox = pack_mailbox_by_number (call->account, args->mailbox, &call->error);
  gsize most = args->max_bytes ? args->max_bytes : ANSWER_BYTES, bytes = 0;
  g_autoptr (GArray) rows = NULL;
  PackWalk walk;
  PackRow *row;

  if (!mailbox)
    return PACK_FAIL;
  if (!pack_view_load (call->account, mailbox, &call->error))
    return pack_fail (call);
  rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  pack_walk_start (&walk, call->account, mailbox, args->uids, args->n_uids);
  walk.row = pack_view_find (mailbox, args->cursor);
  while ((row = pack_walk_next (&walk)))
    {
      PliMessageRow *out;

      if (row->modseq <= args->since)
        continue;
      if (bytes >= most)
        {
          result->cursor = row->uid;
          break;
        }
      g_array_set_size (rows, rows->len + 1);
      out = &g_array_index (rows, PliMessageRow, rows->len - 1);
      pack_row_fill (row, out);
      bytes += sizeof *out;
      if (args->want & RENDERINGS && !fill_renderings (call, args->want, out, &bytes))
        return pack_fail (call);
    }
  result->n_rows = rows->len;
  result->rows =
      (PliMessageRow *) pli_arena_span (call->arena, pli_span (rows->data, rows->len * sizeof (PliMessageRow))).data;
  return PACK_DONE;
}

PliStep
pack_slot_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result)
{
  return pack_call (op, self, fetch, args, result);
}

static PackStep
read_place (PackCall *call, const PackRow *row)
{
  const PliReadArgs *args = call->args;
  sqlite3_stmt *statement = pack_statement (call->account, PACK_MESSAGE_PLACE, &call->error);
  guint32 length = (guint32) MIN (args->length, row->bytes - args->offset);
  guint64 offset;
  gint64 segment;
  gboolean found;

  if (!statement)
    return pack_fail (call);
  pack_bind (statement, 1, row->email);
  if (!pack_step (call->account, statement, &found, &call->error))
    return pack_fail (call);
  if (!found)
    return pack_refuse (call, PLI_ERROR_CORRUPT, "the index has lost a message");
  segment = sqlite3_column_int64 (statement, 0);
  offset = (guint64) sqlite3_column_int64 (statement, 1);
  sqlite3_reset (statement);
  return pack_body_read (call, segment, offset + args->offset, length, call->result);
}

static PackStep
read_bytes (PackCall *call)
{
  const PliReadArgs *args = call->args;
  PliReadResult *result = call->result;
  PackMailbox *mailbox = pack_mailbox_by_number (call->account, args->mailbox, &call->error);
  PliUidRange uid = { args->uid, args->uid };
  PackWalk walk;
  PackRow *row;

  if (!mailbox)
    return PACK_FAIL;
  if (args->length > READ_MOST)
    return pack_refuse (call, PLI_ERROR_LIMIT, "more than 1 MiB is not read at once");
  if (!pack_view_load (call->account, mailbox, &call->error))
    return pack_fail (call);
  pack_walk_start (&walk, call->account, mailbox, &uid, 1);
  row = pack_walk_next (&walk);
  if (!row)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "the message is gone");
  result->bytes = PLI_SPAN ("");
  if (args->offset >= row->bytes || args->length == 0)
    return PACK_DONE;
  return read_place (call, row);
}

PliStep
pack_slot_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result)
{
  return pack_call (op, self, read_bytes, args, result);
}
