/* chat.c: see chat.h. Takes replies off what came and gives each to its step; writes once at the end of an event. */
#include "chat-private.h"

static const char *const names[N_STEPS] = {
  "the greeting", "EHLO", "HELO", "STARTTLS", "the TLS handshake",      "AUTH", "idle", "RSET",
  "MAIL",         "RCPT", "DATA", "text",     "the end of the message", "QUIT", ""
};

/* NULL where no reply is expected. */
static const ChatReply replies[N_STEPS] = {
  [STEP_GREETING] = chat_on_greeting, [STEP_EHLO] = chat_on_ehlo, [STEP_HELO] = chat_on_helo,
  [STEP_STARTTLS] = chat_on_starttls, [STEP_AUTH] = chat_on_auth, [STEP_RSET] = chat_on_rset,
  [STEP_MAIL] = chat_on_mail,         [STEP_RCPT] = chat_on_rcpt, [STEP_DATA] = chat_on_data,
  [STEP_BODY] = chat_on_early,        [STEP_END] = chat_on_end,
};

Chat *
chat_new (const ChatFuncs *funcs, gpointer user, const ChatOptions *options)
{
  Chat *chat = g_new0 (Chat, 1);

  chat->funcs = funcs;
  chat->user = user;
  chat->options = *options;
  chat->waiting = options->set->greeting_wait;
  chat->reader.line_max = options->set->reply_line_max;
  chat->reader.lines_max = (guint) options->set->reply_lines_max;
  funcs->wait (user, chat->waiting);
  return chat;
}

void
chat_free (Chat *chat)
{
  if (!chat)
    return;
  g_assert (!chat->mail && !chat->next);
  pli_reply_reader_clear (&chat->reader);
  pli_buffer_clear (&chat->out);
  pli_buffer_clear (&chat->text);
  g_free (chat);
}

gboolean
chat_opening (const Chat *chat)
{
  return !chat->was_ready;
}

const char *
chat_step_name (const Chat *chat)
{
  return chat->step == STEP_EHLO && chat->options.lmtp ? "LHLO" : names[chat->step];
}

static gint64
wait_of (const Chat *chat)
{
  const DeliverSettings *set = chat->options.set;

  switch (chat->step)
    {
    case STEP_GREETING:
      return set->greeting_wait;
    case STEP_EHLO:
    case STEP_HELO:
    case STEP_STARTTLS:
    case STEP_RSET:
      return set->hello_wait;
    case STEP_HANDSHAKE:
      return set->tls_wait;
    case STEP_AUTH:
      return set->auth_wait;
    case STEP_MAIL:
      return set->mail_wait;
    case STEP_RCPT:
      return set->rcpt_wait;
    case STEP_DATA:
      return set->data_wait;
    case STEP_BODY:
      return set->body_wait;
    case STEP_END:
      return set->end_wait;
    case STEP_QUIT:
      return set->quit_wait;
    default:
      return 0;
    }
}

void
chat_write (Chat *chat)
{
  if (chat->out.len > 0)
    chat->funcs->write (chat->user, pli_buffer_span (&chat->out));
  chat->out.len = 0;
}

/* The end of an event: writes what there is, and says what is waited for. */
static void
flush (Chat *chat)
{
  gint64 wait = wait_of (chat);

  if (chat->step == STEP_OVER)
    return;
  chat_write (chat);
  if (chat->step == STEP_READY)
    pli_buffer_clear (&chat->out);
  if (wait > 0 || chat->waiting > 0)
    chat->funcs->wait (chat->user, wait);
  chat->waiting = wait;
}

static void
on_reply (Chat *chat, const PliReply *reply)
{
  if (chat->step == STEP_QUIT)
    {
      chat->step = STEP_OVER;
      chat->funcs->over (chat->user, NULL);
    }
  /* RFC 5321 3.8: 421 may come at any time; at the end of a message it is an answer. */
  else if (replies[chat->step] && (reply->code != 421 || chat->step >= STEP_BODY))
    replies[chat->step](chat, reply);
  else
    chat_fail_reply (chat, reply, "the host has ended the session");
}

gsize
chat_input (Chat *chat, PliSpan bytes)
{
  PliSpan in = bytes;

  while (in.len > 0 && chat->step != STEP_OVER && chat->step != STEP_HANDSHAKE)
    {
      PliReplyStep step = pli_reply_read (&chat->reader, &in);

      if (step == PLI_REPLY_MORE)
        break;
      if (step == PLI_REPLY_DONE)
        on_reply (chat, &chat->reader.reply);
      else
        {
          PliSent why = { .outcome = PLI_SEND_LATER, .status = "4.5.0", .text = "what the host says is not SMTP" };

          chat_fail (chat, &why);
        }
    }
  flush (chat);
  return chat->step == STEP_OVER ? bytes.len : bytes.len - in.len;
}

void
chat_secured (Chat *chat)
{
  g_assert (chat->step == STEP_HANDSHAKE);
  chat->secure = TRUE;
  chat_hello (chat);
  flush (chat);
}

void
chat_drained (Chat *chat)
{
  if (chat->step != STEP_BODY)
    return;
  chat_body (chat);
  flush (chat);
}

void
chat_be_ready (Chat *chat)
{
  chat->step = STEP_READY;
  chat->was_ready = TRUE;
  chat->funcs->ready (chat->user);
}

void
chat_send (Chat *chat, Mail *mail)
{
  g_assert (chat->step == STEP_READY && !chat->mail);
  if (!chat_suits (chat, mail))
    {
      chat->funcs->sent (chat->user, mail);
      if (chat->step == STEP_READY)
        chat->funcs->ready (chat->user);
      return;
    }
  chat->mail = mail;
  chat_expect_envelope (chat, chat->needs_reset);
  chat_envelope (chat, mail);
  flush (chat);
}

void
chat_transaction_over (Chat *chat)
{
  Mail *mail = chat->mail;

  if (mail->n_unsettled > 0)
    {
      /* More recipients than one transaction takes. */
      chat_expect_envelope (chat, chat->needs_reset);
      chat_envelope (chat, mail);
      return;
    }
  chat->mail = g_steal_pointer (&chat->next);
  if (chat->mail)
    chat_expect_envelope (chat, FALSE);
  else
    chat->step = STEP_READY;
  chat->funcs->sent (chat->user, mail);
  if (chat->step == STEP_READY)
    chat->funcs->ready (chat->user);
}

void
chat_quit (Chat *chat)
{
  g_assert (chat->step == STEP_READY);
  pli_buffer_add_text (&chat->out, "QUIT\r\n");
  chat->step = STEP_QUIT;
  flush (chat);
}

PliSent
chat_meaning (Chat *chat, const PliReply *reply)
{
  return mail_reply_meaning (reply, &chat->text);
}

/* Each mail hears how it ends; the chat is over. */
static void
tell_mails (Chat *chat, const PliSent *why)
{
  Mail *mail = g_steal_pointer (&chat->mail), *next = g_steal_pointer (&chat->next);
  gboolean handed_over = chat->step == STEP_END;

  chat->step = STEP_OVER;
  /* The later one first: both may go back to the head of a queue. */
  if (next)
    chat->funcs->unsent (chat->user, next, why);
  if (mail && handed_over)
    {
      PliSent doubt = { .outcome = PLI_SEND_LATER, .status = "4.4.2" };
      g_autofree char *text = NULL;

      /* RFC 1047: nobody knows whether it was taken. */
      text = g_strdup_printf ("no reply to the end of the message, so it may arrive twice: %s", why->text);
      doubt.text = text;
      mail_settle_all (mail, MAIL_ACCEPTED, &doubt);
    }
  if (mail && mail->n_unsettled == 0)
    chat->funcs->sent (chat->user, mail);
  else if (mail)
    chat->funcs->unsent (chat->user, mail, why);
}

void
chat_fail (Chat *chat, const PliSent *why)
{
  tell_mails (chat, why);
  chat->funcs->over (chat->user, why);
}

void
chat_fail_reply (Chat *chat, const PliReply *reply, const char *what)
{
  PliSent why = chat_meaning (chat, reply);
  g_autofree char *text = g_strdup_printf ("%s: %s", what, why.text);

  why.text = text;
  /* A host or a session that is refused says nothing about the recipients. */
  why.outcome = PLI_SEND_LATER;
  if (why.status[0] != '4')
    why.status = "4.3.0";
  chat_fail (chat, &why);
}

void
chat_lost (Chat *chat, const char *text)
{
  PliSent why = { .outcome = PLI_SEND_LATER, .status = "4.4.2", .text = text };

  if (chat->step != STEP_OVER)
    tell_mails (chat, &why);
}
