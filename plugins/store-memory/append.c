/* append.c: APPEND; and how a message is kept: its bytes, and one block with all renderings. RFC 9051 6.3.12. */
#include "memory.h"

static PliSpan
keep (char **at, PliSpan text)
{
  PliSpan kept = pli_span (text.data ? *at : NULL, text.len);

  if (text.len > 0)
    memcpy (*at, text.data, text.len);
  *at += text.len;
  return kept;
}

MemoryMessage *
memory_message_new (MemoryAccount *account, GBytes *bytes, const PliRenderings *renderings, gint64 received_us)
{
  MemoryMessage *message = g_new0 (MemoryMessage, 1);
  char *at;

  message->references = 1;
  message->email = ++account->modseq;
  message->received_us = received_us;
  message->bytes = g_bytes_ref (bytes);
  message->renderings = *renderings;
  at = message->text = g_malloc (renderings->envelope.len + renderings->body.len + renderings->bodystructure.len
                                 + renderings->parts.len + renderings->preview.len + 1);
  message->renderings.envelope = keep (&at, renderings->envelope);
  message->renderings.body = keep (&at, renderings->body);
  message->renderings.bodystructure = keep (&at, renderings->bodystructure);
  message->renderings.parts = keep (&at, renderings->parts);
  message->renderings.preview = keep (&at, renderings->preview);
  return message;
}

PliStep
memory_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result)
{
  Memory *memory = self;
  GError *error = NULL;
  MemoryAccount *account = memory_account (memory, pli_op_account (op), &error);
  g_autofree char *name = account ? memory_name (pli_plugin_settings (memory->plugin), args->name, &error) : NULL;
  g_autoptr (GBytes) bytes = NULL;
  MemoryMailbox *mailbox;
  MemoryMessage *message;
  guint64 keywords;

  if (!name)
    return pli_op_take_error (op, error);
  mailbox = memory_mailbox_by_name (account, name);
  if (!mailbox)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!memory_keyword_bits (mailbox, args->keywords, TRUE, &keywords, &error))
    return pli_op_take_error (op, error);
  bytes = g_bytes_new (args->message.data, args->message.len);
  message = memory_message_new (account, bytes, &args->renderings,
                                args->received_us ? args->received_us : pli_now_us (memory->instance));
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uid = memory_mailbox_add (mailbox, message, args->flags & 31, keywords, memory_change (account, mailbox));
  memory_message_unref (message);
  memory_notify (memory, account, mailbox->number);
  return PLI_DONE;
}
