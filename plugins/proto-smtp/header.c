/* header.c: the header of a message that has come in: hops are counted, a Return-Path of somebody else's goes (RFC 5321
 * 4.4), a message without a header gets its empty line, so that our own fields do not swallow its text. Filters' edits
 * are carried out in front of the body, which stays where it is if there is room. */
#include "smtp.h"

#define MESSAGE_ID_MAX 250

static gboolean
refuse (Smtp *smtp, guint code, const char *status, const char *text, const char *where)
{
  smtp->mail.refusal = (SmtpRefusal){ code, status, text, where };
  return FALSE;
}

static PliSpan
received_part (const SmtpTxn *mail)
{
  return pli_span_skip (pli_buffer_span (&mail->message), mail->body);
}

static void
note_message_id (SmtpTxn *mail, PliSpan value)
{
  g_auto (PliBuffer) text = { 0 };

  pli_header_unfold (value, MESSAGE_ID_MAX, &text);
  if (text.len > 0)
    mail->message_id = pli_arena_text (pli_txn_arena (mail->txn), pli_span_trim (pli_buffer_span (&text)));
}

void
smtp_header_note_id (Smtp *smtp)
{
  PliSpan rest = received_part (&smtp->mail);
  PliHeaderField field;

  while (!smtp->mail.message_id && pli_header_next (&rest, &field))
    if (pli_span_is_nocase (field.name, "Message-ID"))
      note_message_id (&smtp->mail, field.value);
}

/* A message that does not begin with a field has no header; but for mbox's "From " before the first one. */
static gboolean
is_text (const PliHeaderField *field)
{
  return !field->name.data && !pli_span_starts (field->whole, "From ") && !pli_span_starts (field->whole, ">From ");
}

/* Puts the empty line that is missing in front of what was received. */
static gboolean
insert_empty_line (Smtp *smtp)
{
  PliBuffer *message = &smtp->mail.message;
  char *place;

  if (!smtp_memory_take (smtp, message, 2))
    return refuse (smtp, 452, "4.3.1", "No room for the message now, try again later", "memory-max");
  place = message->data + smtp->mail.body;
  memmove (place + 2, place, message->len - smtp->mail.body);
  memcpy (place, "\r\n", 2);
  message->len += 2;
  return TRUE;
}

gboolean
smtp_header_check (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;
  PliSpan message = received_part (mail), rest = message;
  PliHeaderField field;
  gboolean has_return_path = FALSE;
  gint64 hops = 0;

  while (pli_header_next (&rest, &field))
    {
      if (field.whole.data == message.data && is_text (&field))
        return insert_empty_line (smtp);
      hops += pli_span_is_nocase (field.name, "Received");
      has_return_path |= pli_span_is_nocase (field.name, "Return-Path");
      if (!mail->message_id && pli_span_is_nocase (field.name, "Message-ID"))
        note_message_id (mail, field.value);
    }
  if (hops > smtp->set->hops_max)
    return refuse (smtp, 554, "5.4.6", "Too many hops, probably a mail loop", "hops-max");
  if (has_return_path)
    pli_txn_remove_header (mail->txn, "Return-Path");
  return TRUE;
}

/* Puts @head in front of the body, which begins at @body_at of the buffer. */
static gboolean
place_head (Smtp *smtp, PliSpan head, gsize body_at)
{
  SmtpTxn *mail = &smtp->mail;
  PliBuffer *message = &mail->message;

  if (head.len > body_at)
    {
      gsize more = head.len - body_at;

      if (!smtp_memory_take (smtp, message, more))
        return refuse (smtp, 452, "4.3.1", "No room for the message now, try again later", "memory-max");
      memmove (message->data + body_at + more, message->data + body_at, message->len - body_at);
      message->len += more;
      body_at += more;
    }
  memcpy (message->data + body_at - head.len, head.data, head.len);
  mail->begin = body_at - head.len;
  return TRUE;
}

/* The same in a new buffer, since a filter that is late reads the old one still. */
static gboolean
copy_head (Smtp *smtp, PliSpan head, gsize body_at)
{
  SmtpTxn *mail = &smtp->mail;
  PliSpan body = pli_span_skip (pli_buffer_span (&mail->message), body_at);
  PliBuffer copy = { 0 };

  if (!smtp_memory_take (smtp, &copy, head.len + body.len))
    return refuse (smtp, 452, "4.3.1", "No room for the message now, try again later", "memory-max");
  pli_buffer_add_span (&copy, head);
  pli_buffer_add_span (&copy, body);
  smtp_memory_leave (smtp);
  mail->message = copy;
  mail->begin = 0;
  return TRUE;
}

/* For the reader, and for rules of his own. */
static void
mark_quarantined (SmtpTxn *mail)
{
  const char *why = mail->quarantined_why;

  pli_txn_add_header (
      mail->txn, "X-Pli-Quarantine",
      pli_arena_printf (pli_txn_arena (mail->txn), "%s%s%s", mail->quarantined_by, why ? ": " : "", why ? why : ""));
  pli_txn_set_fact (mail->txn, "quarantine", mail->quarantined_by);
}

gboolean
smtp_header_edit (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;
  const PliEdits *edits;
  g_auto (PliBuffer) head = { 0 };
  g_autoptr (GError) error = NULL;
  gsize body;

  if (mail->quarantined_by)
    mark_quarantined (mail);
  edits = pli_txn_edits (mail->txn);
  if (edits->n_items == 0)
    return TRUE;
  pli_buffer_add (&head, mail->message.data + mail->begin, mail->body - mail->begin);
  if (!pli_edits_apply (received_part (mail), edits, &head, &body, &error))
    {
      pli_log (PLI_LOG_WARNING, "smtp.bad-edit", "id", pli_txn_id (mail->txn), "why", error->message, NULL);
      return refuse (smtp, 451, "4.3.0", "Cannot handle the message now, try again later", "memory-max");
    }
  if (pli_txn_is_held (mail->txn))
    return copy_head (smtp, pli_buffer_span (&head), mail->body + body);
  return place_head (smtp, pli_buffer_span (&head), mail->body + body);
}
