/* fetch_read.c: FETCH of bytes. Messages of which few bytes are wanted are read many at a time, and written in order
 * when all have come; others are streamed, one read after another, as the client takes them. RFC 3501 6.4.5. */
#include "fetch.h"

#define FEW_BYTES (64 * 1024)
#define BATCH_BYTES (256 * 1024)
#define BATCH_MAX 32
#define CHUNK_BYTES (256 * 1024)

void
imap_fetch_failed (ImapFetch *fetch, const GError *error)
{
  if (!fetch->error)
    fetch->error = g_error_copy (error);
}

/* Which bytes of the message are wanted? */
static void
plan (ImapFetch *fetch, ImapMessage *message)
{
  guint64 from = G_MAXUINT64, to = 0, offset, length;

  for (const ImapItem *item = fetch->args.items; item; item = item->next)
    if (item->kind == IMAP_ITEM_SECTION && imap_fetch_place (fetch, item, &message->row, &offset, &length)
        && length > 0)
      {
        from = MIN (from, offset);
        to = MAX (to, offset + length);
      }
  message->from = to > 0 ? from : 0;
  message->to = to;
}

static PliReadArgs
read_args (ImapFetch *fetch, const ImapMessage *message, guint64 offset, guint64 length)
{
  return (PliReadArgs){
    .mailbox = fetch->cmd->imap->box->mailbox, .uid = message->row.uid, .offset = offset, .length = (guint32) length
  };
}

static void
note_short (ImapFetch *fetch, const ImapMessage *message)
{
  g_autoptr (GError) error =
      g_error_new (PLI_ERROR, PLI_ERROR_CORRUPT, "message %u is shorter than its row says", message->row.uid);

  imap_fetch_failed (fetch, error);
}

static void
write_batch (ImapFetch *fetch)
{
  for (; fetch->at < fetch->batch_end; fetch->at++)
    {
      ImapMessage *message = &fetch->messages[fetch->at];

      if (!message->failed)
        {
          imap_fetch_write (fetch, &message->row, message->marked, message->from, pli_buffer_span (&message->bytes));
          fetch->delivered++;
        }
      pli_buffer_clear (&message->bytes);
    }
  imap_when_drained (fetch->cmd, imap_fetch_messages);
}

static void
got_few (gpointer user, const void *result, const GError *error)
{
  ImapMessage *message = user;
  ImapFetch *fetch = message->fetch;
  const PliReadResult *read = result;

  if (error)
    {
      message->failed = TRUE;
      imap_fetch_failed (fetch, error);
    }
  else if (read->bytes.len != message->to - message->from)
    {
      message->failed = TRUE;
      note_short (fetch, message);
    }
  else
    pli_buffer_add_span (&message->bytes, read->bytes);
  if (--fetch->pending == 0)
    write_batch (fetch);
}

static void stream_items (ImapCmd *cmd);

static void
stream_next_item (ImapFetch *fetch)
{
  fetch->item = fetch->item->next;
  stream_items (fetch->cmd);
}

/* The literal was announced with a length that cannot be kept: all that is left is to close. */
static void
break_off (ImapFetch *fetch)
{
  ImapCmd *cmd = fetch->cmd;

  pli_log (PLI_LOG_ERROR, "imap.literal-broken", "session", pli_session_id (cmd->session), "error",
           fetch->error->message, NULL);
  cmd->imap->ended = TRUE;
  pli_session_end (cmd->session);
  imap_no (cmd, "");
}

static void read_chunk (ImapCmd *cmd);

static void
got_chunk (gpointer user, const void *result, const GError *error)
{
  ImapFetch *fetch = user;
  const PliReadResult *read = result;
  guint64 wanted = MIN (fetch->left, CHUNK_BYTES);

  if (error)
    imap_fetch_failed (fetch, error);
  else if (read->bytes.len != wanted)
    note_short (fetch, &fetch->messages[fetch->at]);
  if (error || read->bytes.len != wanted)
    {
      if (fetch->announced)
        {
          break_off (fetch);
          return;
        }
      pli_session_write_text (fetch->cmd->session, "NIL");
      stream_next_item (fetch);
      return;
    }
  fetch->offset += wanted;
  if (fetch->item->select)
    pli_buffer_add_span (&fetch->header, read->bytes);
  else
    {
      if (!fetch->announced)
        pli_session_printf (fetch->cmd->session, "{%" G_GUINT64_FORMAT "}\r\n", fetch->left);
      fetch->announced = TRUE;
      pli_session_write (fetch->cmd->session, read->bytes);
    }
  fetch->left -= wanted;
  if (fetch->left > 0)
    {
      imap_when_drained (fetch->cmd, read_chunk);
      return;
    }
  if (fetch->item->select)
    imap_fetch_fields (fetch, fetch->item, pli_buffer_span (&fetch->header));
  stream_next_item (fetch);
}

static void
read_chunk (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;
  PliReadArgs args = read_args (fetch, &fetch->messages[fetch->at], fetch->offset, MIN (fetch->left, CHUNK_BYTES));

  pli_store_read (cmd->session, &args, got_chunk, fetch);
}

/* Writes items until one needs bytes. */
static void
stream_items (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;
  ImapMessage *message = &fetch->messages[fetch->at];

  for (; fetch->item; fetch->item = fetch->item->next)
    {
      imap_fetch_label (fetch, fetch->item);
      if (fetch->item->kind != IMAP_ITEM_SECTION)
        imap_fetch_value (fetch, fetch->item, &message->row);
      else if (!imap_fetch_place (fetch, fetch->item, &message->row, &fetch->offset, &fetch->left))
        pli_session_write_text (cmd->session, "NIL");
      else if (fetch->left == 0)
        imap_fetch_literal (fetch, pli_span ("", 0));
      else
        {
          fetch->announced = FALSE;
          pli_buffer_clear (&fetch->header);
          imap_when_drained (cmd, read_chunk);
          return;
        }
    }
  pli_buffer_clear (&fetch->header);
  imap_fetch_end (fetch, &message->row, message->marked);
  fetch->delivered++;
  fetch->at++;
  imap_when_drained (cmd, imap_fetch_messages);
}

void
imap_fetch_messages (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;
  guint64 bytes = 0;
  guint end;

  if (fetch->at == fetch->n_messages)
    {
      imap_fetch_next_page (cmd);
      return;
    }
  for (end = fetch->at; end < fetch->n_messages && end - fetch->at < BATCH_MAX; end++)
    {
      ImapMessage *message = &fetch->messages[end];

      plan (fetch, message);
      bytes += message->to - message->from;
      if (message->to - message->from > FEW_BYTES || (bytes > BATCH_BYTES && end > fetch->at))
        break;
    }
  if (end == fetch->at)
    {
      imap_fetch_begin (fetch, &fetch->messages[end].row);
      fetch->item = fetch->args.items;
      stream_items (cmd);
      return;
    }
  fetch->batch_end = end;
  fetch->pending = 1;
  for (guint i = fetch->at; i < end; i++)
    {
      ImapMessage *message = &fetch->messages[i];
      PliReadArgs args = read_args (fetch, message, message->from, message->to - message->from);

      if (message->to == message->from)
        continue;
      fetch->pending++;
      pli_store_read (cmd->session, &args, got_few, message);
    }
  if (--fetch->pending == 0)
    write_batch (fetch);
}
