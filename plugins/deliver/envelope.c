/* envelope.c: MAIL, RCPT and DATA, in one write where the host takes that (RFC 2920), and their replies.
 *
 * All commands of a pipelined envelope are answered, also after one that was refused; so a refusal is noted, and the
 * replies that follow from it are passed over. */
#include "chat-private.h"

/* Appends MAIL with the parameters of RFC 1870, 6152 and 6531 that the host and the mail ask for. */
static void
say_mail (Chat *chat, const Mail *mail)
{
  PliBuffer *out = &chat->out;

  pli_buffer_add_text (out, "MAIL FROM:<");
  pli_buffer_add_text (out, mail->sender);
  pli_buffer_add_char (out, '>');
  if (chat->offers & CHAT_SIZE)
    {
      pli_buffer_add_text (out, " SIZE=");
      pli_buffer_add_u64 (out, mail->message.len);
    }
  if (mail->eight_bit && (chat->offers & CHAT_8BITMIME))
    pli_buffer_add_text (out, " BODY=8BITMIME");
  if (mail->utf8 && (chat->offers & CHAT_SMTPUTF8))
    pli_buffer_add_text (out, " SMTPUTF8");
  pli_buffer_add_text (out, "\r\n");
}

static void
say_rcpt (Chat *chat, const Mail *mail, guint rcpt)
{
  pli_buffer_add_text (&chat->out, "RCPT TO:<");
  pli_buffer_add_text (&chat->out, mail->rcpts[rcpt]);
  pli_buffer_add_text (&chat->out, ">\r\n");
}

gboolean
chat_suits (Chat *chat, Mail *mail)
{
  static const PliSent no_utf8 = { PLI_SEND_NEVER, 0, "5.6.7", "the host does not take addresses that are not ASCII" };

  if (chat->size_max > 0 && mail->message.len > chat->size_max)
    {
      g_autofree char *text =
          g_strdup_printf ("the message has %" G_GSIZE_FORMAT " bytes, and the host takes %" G_GUINT64_FORMAT,
                           mail->message.len, chat->size_max);
      PliSent too_big = { PLI_SEND_NEVER, 0, "5.3.4", text };

      mail_settle_rest (mail, &too_big);
    }
  /* RFC 6531 3.1: such an address is not given to a host that did not offer the extension. */
  if (!(chat->offers & CHAT_SMTPUTF8) && mail->utf8_address)
    for (guint i = mail_find (mail, MAIL_OPEN, 0); i < mail->n_rcpts; i = mail_find (mail, MAIL_OPEN, i + 1))
      if (!g_str_is_ascii (mail->sender) || !g_str_is_ascii (mail->rcpts[i]))
        mail_settle (mail, i, &no_utf8);
  return mail->n_unsettled > 0;
}

void
chat_expect_envelope (Chat *chat, gboolean reset)
{
  chat->step = reset ? STEP_RSET : STEP_MAIL;
  chat->n_replied = chat->n_accepted = chat->at = 0;
  chat->mail_refused = FALSE;
}

void
chat_envelope (Chat *chat, Mail *mail)
{
  guint n = (guint) chat->options.set->recipients_max;

  if (chat->needs_reset)
    pli_buffer_add_text (&chat->out, "RSET\r\n");
  chat->needs_reset = FALSE;
  say_mail (chat, mail);
  for (guint i = mail_find (mail, MAIL_OPEN, 0); i < mail->n_rcpts && n > 0;
       i = mail_find (mail, MAIL_OPEN, i + 1), n--)
    {
      mail->state[i] = MAIL_ASKED;
      if (chat_pipelines (chat))
        say_rcpt (chat, mail, i);
    }
  if (chat_pipelines (chat))
    pli_buffer_add_text (&chat->out, "DATA\r\n");
}

void
chat_on_rset (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 == 2)
    chat->step = STEP_MAIL;
  else
    chat_fail_reply (chat, reply, "RSET was answered");
}

/* A refusal that says 2xx or 3xx where it must not leaves us knowing nothing: later. */
static PliSent
refusal (Chat *chat, const PliReply *reply)
{
  PliSent why = chat_meaning (chat, reply);

  if (why.outcome == PLI_SEND_TAKEN)
    why = (PliSent){ PLI_SEND_LATER, reply->code, "4.5.0", why.text };
  return why;
}

void
chat_on_mail (Chat *chat, const PliReply *reply)
{
  Mail *mail = chat->mail;

  chat->n_asked = mail_count (mail, MAIL_ASKED);
  chat->at = mail_find (mail, MAIL_ASKED, 0);
  chat->mail_refused = reply->code / 100 != 2;
  if (chat->mail_refused)
    {
      PliSent why = refusal (chat, reply);

      mail_settle_all (mail, MAIL_ASKED, &why);
    }
  if (chat->mail_refused && !chat_pipelines (chat))
    {
      chat_transaction_over (chat);
      return;
    }
  chat->step = STEP_RCPT;
  if (!chat_pipelines (chat))
    say_rcpt (chat, mail, chat->at);
}

/* RFC 5321 4.5.3.1.10: too many recipients, of which some were taken, means another transaction for the rest. 552 meant
 * this once, and means a full mailbox now, unless its status says otherwise. */
static gboolean
is_too_many (const Chat *chat, const PliReply *reply)
{
  if (chat->n_accepted == 0)
    return FALSE;
  return (reply->code == 452 && (!*reply->status || g_str_equal (reply->status, "4.5.3")))
         || (reply->code == 552 && g_str_equal (reply->status, "5.5.3"));
}

static void
judge_rcpt (Chat *chat, const PliReply *reply)
{
  Mail *mail = chat->mail;

  if (reply->code / 100 == 2)
    {
      mail->state[chat->at] = MAIL_ACCEPTED;
      chat->n_accepted++;
    }
  else if (is_too_many (chat, reply))
    mail->state[chat->at] = MAIL_OPEN;
  else
    {
      PliSent why = refusal (chat, reply);

      mail_settle (mail, chat->at, &why);
    }
  chat->at = mail_find (mail, MAIL_ASKED, chat->at + 1);
}

void
chat_on_rcpt (Chat *chat, const PliReply *reply)
{
  if (!chat->mail_refused)
    judge_rcpt (chat, reply);
  if (++chat->n_replied < chat->n_asked)
    {
      if (!chat_pipelines (chat))
        say_rcpt (chat, chat->mail, chat->at);
      return;
    }
  if (!chat_pipelines (chat) && chat->n_accepted == 0)
    {
      chat->needs_reset = TRUE;
      chat_transaction_over (chat);
      return;
    }
  if (!chat_pipelines (chat))
    pli_buffer_add_text (&chat->out, "DATA\r\n");
  chat->step = STEP_DATA;
}

void
chat_on_data (Chat *chat, const PliReply *reply)
{
  if (reply->code == 354)
    {
      chat->step = STEP_BODY;
      chat->body_at = 0;
      chat->after_lf = TRUE;
      chat->after_cr = FALSE;
      chat_body (chat);
      return;
    }
  if (chat->n_accepted > 0)
    {
      PliSent why = refusal (chat, reply);

      mail_settle_all (chat->mail, MAIL_ACCEPTED, &why);
    }
  chat->needs_reset = !chat->mail_refused;
  chat_transaction_over (chat);
}
