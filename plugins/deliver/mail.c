/* mail.c: see mail.h. */
#include "mail.h"

/* RFC 5321 4.4: the line on top says who sent it when it was delivered here; the next hop writes its own. */
static PliSpan
without_return_path (PliSpan message)
{
  const char *at = message.data, *end = at + message.len;

  if (!pli_span_starts_nocase (message, "Return-Path:"))
    return message;
  do
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));

      at = lf ? lf + 1 : end;
    }
  while (at < end && (*at == ' ' || *at == '\t'));
  return pli_span (at, (gsize) (end - at));
}

static gboolean
has_eight_bit (PliSpan bytes)
{
  const char *at = bytes.data, *end = at + bytes.len;
  guint64 any = 0, word;

  for (; end - at >= 64; at += 64)
    {
      for (guint i = 0; i < 64; i += 8)
        {
          memcpy (&word, at + i, 8);
          any |= word;
        }
      if (any & G_GUINT64_CONSTANT (0x8080808080808080))
        return TRUE;
    }
  for (; at < end; at++)
    any |= (guint8) *at;
  return (any & G_GUINT64_CONSTANT (0x8080808080808080)) != 0;
}

/* Header fields of @message, their empty line not included. */
static PliSpan
header_of (PliSpan message)
{
  const char *end = memmem (message.data, message.len, "\r\n\r\n", 4);

  return end ? pli_span_head (message, (gsize) (end - message.data)) : message;
}

/* Whether @address can stand between < and > of a command. */
static gboolean
can_be_named (const char *address)
{
  for (; *address; address++)
    if ((guint8) *address < ' ' || *address == 127)
      return FALSE;
  return TRUE;
}

void
mail_init (Mail *mail, PliArena *arena, const PliSendArgs *args)
{
  static const PliSent bad_sender = { PLI_SEND_NEVER, 0, "5.1.7", "the sender's address cannot be sent" };
  static const PliSent bad_rcpt = { PLI_SEND_NEVER, 0, "5.1.3", "the address cannot be sent" };
  PliSpan header;

  *mail = (Mail){ .arena = arena, .sender = args->sender, .rcpts = args->rcpts };
  while (args->rcpts[mail->n_rcpts])
    mail->n_rcpts++;
  mail->n_unsettled = mail->n_rcpts;
  mail->state = pli_arena_array (arena, guint8, mail->n_rcpts);
  mail->sent = pli_arena_array (arena, PliSent, mail->n_rcpts);
  mail->message = without_return_path (args->message);
  mail->eight_bit = has_eight_bit (mail->message);
  if (mail->eight_bit)
    {
      header = header_of (mail->message);
      mail->utf8 = has_eight_bit (header) && g_utf8_validate (header.data, (gssize) header.len, NULL);
    }
  mail->utf8_address = !g_str_is_ascii (mail->sender);
  for (guint i = 0; i < mail->n_rcpts; i++)
    mail->utf8_address |= !g_str_is_ascii (mail->rcpts[i]);
  mail->utf8 |= mail->utf8_address;
  if (!can_be_named (mail->sender))
    mail_settle_rest (mail, &bad_sender);
  for (guint i = 0; i < mail->n_rcpts; i++)
    if (mail->state[i] != MAIL_SETTLED && !can_be_named (mail->rcpts[i]))
      mail_settle (mail, i, &bad_rcpt);
}

guint
mail_find (const Mail *mail, MailState state, guint from)
{
  while (from < mail->n_rcpts && mail->state[from] != state)
    from++;
  return from;
}

guint
mail_count (const Mail *mail, MailState state)
{
  guint n = 0;

  for (guint i = 0; i < mail->n_rcpts; i++)
    n += mail->state[i] == state;
  return n;
}

void
mail_settle (Mail *mail, guint rcpt, const PliSent *why)
{
  static const char *const status[] = { "2.0.0", "4.0.0", "5.0.0" };
  const char *text = why->text ? why->text : "";
  PliSent *sent = &mail->sent[rcpt];

  g_assert (mail->state[rcpt] != MAIL_SETTLED);
  mail->state[rcpt] = MAIL_SETTLED;
  mail->n_unsettled--;
  *sent = *why;
  sent->status = why->status && *why->status ? pli_arena_strdup (mail->arena, why->status) : status[why->outcome];
  /* Many recipients have the same text. */
  sent->text = rcpt > 0 && mail->sent[rcpt - 1].text && g_str_equal (mail->sent[rcpt - 1].text, text)
                   ? mail->sent[rcpt - 1].text
                   : pli_arena_strdup (mail->arena, text);
}

void
mail_settle_all (Mail *mail, MailState state, const PliSent *why)
{
  for (guint i = 0; i < mail->n_rcpts; i++)
    if (mail->state[i] == state)
      mail_settle (mail, i, why);
}

void
mail_settle_rest (Mail *mail, const PliSent *why)
{
  for (guint i = 0; mail->n_unsettled > 0 && i < mail->n_rcpts; i++)
    if (mail->state[i] != MAIL_SETTLED)
      mail_settle (mail, i, why);
}

void
mail_reopen (Mail *mail)
{
  for (guint i = 0; i < mail->n_rcpts; i++)
    if (mail->state[i] != MAIL_SETTLED)
      mail->state[i] = MAIL_OPEN;
}

PliSent
mail_reply_meaning (const PliReply *reply, PliBuffer *text)
{
  PliSent sent = { .outcome = PLI_SEND_LATER, .code = reply->code, .status = reply->status };
  gboolean utf8;

  if (reply->code / 100 == 2)
    sent.outcome = PLI_SEND_TAKEN;
  else if (reply->code / 100 == 5)
    sent.outcome = PLI_SEND_NEVER;
  utf8 = g_utf8_validate (reply->text.len > 0 ? reply->text.data : "", (gssize) reply->text.len, NULL);
  text->len = 0;
  pli_buffer_add_span (text, reply->text);
  for (gsize i = 0; i < text->len; i++)
    if ((guint8) text->data[i] < ' ' || text->data[i] == 127)
      text->data[i] = ' ';
    else if ((guint8) text->data[i] > 127 && !utf8)
      text->data[i] = '?';
  pli_buffer_add_char (text, 0);
  sent.text = text->data;
  return sent;
}
