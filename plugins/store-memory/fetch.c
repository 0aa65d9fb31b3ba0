/* fetch.c: rows of messages in batches, and the bytes of one. */
#include "memory.h"

#define ANSWER_BYTES (48 * 1024)
#define READ_MOST (1024 * 1024)

static PliSpan
copy (PliOp *op, guint32 want, PliWant bit, PliSpan text, gsize *bytes)
{
  if (!(want & bit))
    return pli_span (NULL, 0);
  *bytes += text.len;
  return pli_arena_span (pli_op_arena (op), text);
}

static gsize
fill (PliOp *op, const MemoryRow *row, guint32 want, PliMessageRow *out)
{
  const PliRenderings *text = &row->message->renderings;
  gsize bytes = sizeof *out;

  memory_row_fill (row, out);
  out->envelope = copy (op, want, PLI_WANT_ENVELOPE, text->envelope, &bytes);
  out->body = copy (op, want, PLI_WANT_BODY, text->body, &bytes);
  out->bodystructure = copy (op, want, PLI_WANT_BODYSTRUCTURE, text->bodystructure, &bytes);
  out->parts = copy (op, want, PLI_WANT_PARTS, text->parts, &bytes);
  out->preview = copy (op, want, PLI_WANT_PREVIEW, text->preview, &bytes);
  return bytes;
}

PliStep
memory_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryMailbox *mailbox = account ? memory_mailbox_by_number (account, args->mailbox, &error) : NULL;
  gsize most = args->max_bytes ? args->max_bytes : ANSWER_BYTES, bytes = 0;
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  MemoryWalk walk;
  MemoryRow *row;

  if (!mailbox)
    return pli_op_take_error (op, error);
  memory_walk_start (&walk, mailbox, args->uids, args->n_uids);
  walk.row = memory_find (mailbox->rows, args->cursor);
  while ((row = memory_walk_next (&walk)))
    {
      PliMessageRow out = { 0 };

      if (row->modseq <= args->since)
        continue;
      if (bytes >= most)
        {
          result->cursor = row->uid;
          break;
        }
      bytes += fill (op, row, args->want, &out);
      g_array_append_val (rows, out);
    }
  result->rows =
      (PliMessageRow *) pli_arena_span (pli_op_arena (op), pli_span (rows->data, rows->len * sizeof (PliMessageRow)))
          .data;
  result->n_rows = rows->len;
  return PLI_DONE;
}

PliStep
memory_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryMailbox *mailbox = account ? memory_mailbox_by_number (account, args->mailbox, &error) : NULL;
  PliUidRange uid = { args->uid, args->uid };
  MemoryWalk walk;
  MemoryRow *row;
  PliSpan whole;

  if (!mailbox)
    return pli_op_take_error (op, error);
  if (args->length > READ_MOST)
    return pli_op_error (op, PLI_ERROR_LIMIT, "more than 1 MiB is not read at once");
  memory_walk_start (&walk, mailbox, &uid, 1);
  row = memory_walk_next (&walk);
  if (!row)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "the message is gone");
  whole.data = g_bytes_get_data (row->message->bytes, &whole.len);
  whole = pli_span_head (pli_span_skip (whole, args->offset), args->length);
  result->bytes = whole.len > 0 ? pli_arena_span (pli_op_arena (op), whole) : PLI_SPAN ("");
  return PLI_DONE;
}
