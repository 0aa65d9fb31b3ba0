/* hello.c: the greeting, and EHLO, LHLO or HELO (RFC 5321 3.1, 3.2, 4.1.1.1; RFC 2033 4.1): who we are, what is offered. */
#include "chat-private.h"

void
chat_hello (Chat *chat)
{
  pli_buffer_add_text (&chat->out, chat->options.lmtp ? "LHLO " : "EHLO ");
  pli_buffer_add_text (&chat->out, chat->options.helo);
  pli_buffer_add_text (&chat->out, "\r\n");
  chat->step = STEP_EHLO;
}

void
chat_on_greeting (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 == 2)
    chat_hello (chat);
  else
    chat_fail_reply (chat, reply, "the host greets with");
}

static PliSpan
next_word (PliSpan *rest)
{
  PliSpan word;
  gsize n = 0;

  *rest = pli_span_trim (*rest);
  while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != '\t')
    n++;
  word = pli_span_head (*rest, n);
  *rest = pli_span_skip (*rest, n);
  return word;
}

/* "PLAIN LOGIN"; also what follows "AUTH=", which old servers say. */
static void
take_auth (Chat *chat, PliSpan mechanisms)
{
  while (mechanisms.len > 0)
    {
      PliSpan name = next_word (&mechanisms);

      if (pli_span_is_nocase (name, "PLAIN"))
        chat->offers |= CHAT_AUTH_PLAIN;
      else if (pli_span_is_nocase (name, "LOGIN"))
        chat->offers |= CHAT_AUTH_LOGIN;
    }
}

/* One line of the reply to EHLO: RFC 5321 4.1.1.1. */
static void
take_offer (Chat *chat, PliSpan line)
{
  PliSpan word = next_word (&line);

  if (pli_span_is_nocase (word, "PIPELINING"))
    chat->offers |= CHAT_PIPELINING;
  else if (pli_span_is_nocase (word, "SIZE"))
    {
      chat->offers |= CHAT_SIZE;
      /* RFC 1870 3: no number, or 0, is no limit. */
      if (!pli_span_to_u64 (next_word (&line), G_MAXUINT64, &chat->size_max))
        chat->size_max = 0;
    }
  else if (pli_span_is_nocase (word, "8BITMIME"))
    chat->offers |= CHAT_8BITMIME;
  else if (pli_span_is_nocase (word, "SMTPUTF8"))
    chat->offers |= CHAT_SMTPUTF8;
  else if (pli_span_is_nocase (word, "STARTTLS"))
    chat->offers |= CHAT_STARTTLS;
  else if (pli_span_is_nocase (word, "AUTH"))
    take_auth (chat, line);
  else if (pli_span_starts_nocase (word, "AUTH="))
    {
      take_auth (chat, pli_span_skip (word, 5));
      take_auth (chat, line);
    }
}

static void
take_offers (Chat *chat, PliSpan text)
{
  gssize lf;

  /* RFC 3207 4.2: what was said before the handshake is forgotten. */
  chat->offers = 0;
  chat->size_max = 0;
  while ((lf = pli_span_find (text, '\n')) >= 0)
    {
      gssize end;

      text = pli_span_skip (text, (gsize) lf + 1);
      end = pli_span_find (text, '\n');
      take_offer (chat, end < 0 ? text : pli_span_head (text, (gsize) end));
    }
  if (!chat->options.set->pipelining)
    chat->offers &= ~(guint) CHAT_PIPELINING;
}

void
chat_on_ehlo (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 == 2)
    {
      take_offers (chat, reply->text);
      chat_secure (chat);
    }
  else if (reply->code / 100 == 5 && !chat->options.lmtp)
    {
      /* RFC 5321 3.2: an old host. */
      pli_buffer_add_text (&chat->out, "HELO ");
      pli_buffer_add_text (&chat->out, chat->options.helo);
      pli_buffer_add_text (&chat->out, "\r\n");
      chat->step = STEP_HELO;
    }
  else
    chat_fail_reply (chat, reply, chat->options.lmtp ? "LHLO was answered" : "EHLO was answered");
}

void
chat_on_helo (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 != 2)
    {
      chat_fail_reply (chat, reply, "HELO was answered");
      return;
    }
  chat->offers = 0;
  chat_secure (chat);
}
