/* data.c: the message after 354, with its dots doubled (RFC 5321 4.5.2), and what the host says to its end: one reply, or
 * with LMTP one a recipient (RFC 2033 4.2). Up to 64 KiB go in one write together with the end and the envelope of the
 * next mail; larger messages go piece by piece, each when the one before has left, and without a copy where no byte has
 * to be changed. */
#include "chat-private.h"

#define PIECE_BYTES (64 * 1024)

/* Appends @piece. A line that begins with a dot gets another; LF alone becomes CRLF, since RFC 5321 2.3.8 forbids to
 * send it, and since a host that took it for a line's end could be made to see the end of the message. */
static void
stuff (Chat *chat, PliSpan piece)
{
  const char *run = piece.data, *end = piece.data + piece.len, *lf;
  gboolean after_cr = chat->after_cr;

  if (chat->after_lf && piece.len > 0 && *run == '.')
    pli_buffer_add_char (&chat->out, '.');
  for (const char *at = run; (lf = memchr (at, '\n', (gsize) (end - at))); at = lf + 1)
    {
      gboolean bare = lf > piece.data ? lf[-1] != '\r' : !after_cr;
      gboolean dot = lf + 1 < end && lf[1] == '.';

      if (!bare && !dot)
        continue;
      pli_buffer_add (&chat->out, run, (gsize) (lf - run));
      pli_buffer_add_text (&chat->out, bare ? "\r\n" : "\n");
      if (dot)
        pli_buffer_add_char (&chat->out, '.');
      run = lf + 1;
    }
  pli_buffer_add (&chat->out, run, (gsize) (end - run));
}

/* Whether stuff() would copy @piece as it is. */
static gboolean
is_clean (const Chat *chat, PliSpan piece)
{
  const char *end = piece.data + piece.len, *lf;

  if (piece.len == 0 || (chat->after_lf && *piece.data == '.'))
    return FALSE;
  for (const char *at = piece.data; (lf = memchr (at, '\n', (gsize) (end - at))); at = lf + 1)
    if ((lf > piece.data ? lf[-1] != '\r' : !chat->after_cr) || (lf + 1 < end && lf[1] == '.'))
      return FALSE;
  return TRUE;
}

static void
finish (Chat *chat)
{
  Mail *next;

  if (!chat->after_lf)
    pli_buffer_add_text (&chat->out, chat->after_cr ? "\n" : "\r\n");
  pli_buffer_add_text (&chat->out, ".\r\n");
  chat->step = STEP_END;
  chat->at = mail_find (chat->mail, MAIL_ACCEPTED, 0);
  if (!chat_pipelines (chat) || mail_find (chat->mail, MAIL_OPEN, 0) < chat->mail->n_rcpts)
    return;
  while ((next = chat->funcs->more (chat->user)) && !chat_suits (chat, next))
    chat->funcs->sent (chat->user, next);
  chat->next = next;
  if (next)
    chat_envelope (chat, next);
}

void
chat_body (Chat *chat)
{
  PliSpan message = chat->mail->message, piece;

  if (chat->n_accepted == 0 && chat->options.lmtp)
    {
      /* RFC 2033 4.2: it would not even reply to the end of it. */
      static const PliSent why = { PLI_SEND_LATER, 0, "4.5.0", "the host takes a message for no recipient" };

      chat_fail (chat, &why);
      return;
    }
  if (chat->n_accepted == 0)
    {
      /* RFC 2920 3.1: 354 for no recipient at all; a single dot gets out of it. */
      pli_buffer_add_text (&chat->out, ".\r\n");
      chat->step = STEP_END;
      return;
    }
  piece = pli_span_head (pli_span_skip (message, chat->body_at), PIECE_BYTES);
  chat->body_at += piece.len;
  if (message.len > PIECE_BYTES && is_clean (chat, piece))
    {
      chat_write (chat);
      chat->funcs->write (chat->user, piece);
    }
  else
    stuff (chat, piece);
  if (piece.len > 0)
    {
      chat->after_lf = piece.data[piece.len - 1] == '\n';
      chat->after_cr = piece.data[piece.len - 1] == '\r';
    }
  if (chat->body_at == message.len)
    finish (chat);
}

void
chat_on_early (Chat *chat, const PliReply *reply)
{
  PliSent why = chat_meaning (chat, reply);

  if (why.outcome == PLI_SEND_TAKEN)
    {
      why.outcome = PLI_SEND_LATER;
      why.status = "4.5.0";
    }
  mail_settle_all (chat->mail, MAIL_ACCEPTED, &why);
  /* What the host takes for commands from here on nobody knows. */
  chat_fail (chat, &why);
}

void
chat_on_end (Chat *chat, const PliReply *reply)
{
  PliSent why;

  if (chat->n_accepted == 0)
    {
      chat_transaction_over (chat);
      return;
    }
  why = chat_meaning (chat, reply);
  if (!chat->options.lmtp)
    mail_settle_all (chat->mail, MAIL_ACCEPTED, &why);
  else
    {
      mail_settle (chat->mail, chat->at, &why);
      chat->at = mail_find (chat->mail, MAIL_ACCEPTED, chat->at + 1);
      if (chat->at < chat->mail->n_rcpts)
        return;
    }
  chat_transaction_over (chat);
}
