/* chat-private.h: what the files of the chat share: one file a step. */
#ifndef DELIVER_CHAT_PRIVATE_H
#define DELIVER_CHAT_PRIVATE_H

#include "chat.h"

typedef enum
{
  STEP_GREETING,
  STEP_EHLO,
  STEP_HELO,
  STEP_STARTTLS,
  STEP_HANDSHAKE, /* no reply is expected */
  STEP_AUTH,
  STEP_READY, /* none either */
  STEP_RSET,
  STEP_MAIL,
  STEP_RCPT,
  STEP_DATA,
  STEP_BODY, /* a reply here is early, and bad news */
  STEP_END,
  STEP_QUIT,
  STEP_OVER,
  N_STEPS,
} ChatStep;

struct Chat
{
  const ChatFuncs *funcs;
  gpointer user;
  ChatOptions options;
  ChatStep step;
  gint64 waiting; /* what the owner was told last */
  gboolean was_ready, secure;
  PliReplyReader reader;
  PliBuffer out;  /* written at the end of each event */
  PliBuffer text; /* of the last reply, as text */
  guint offers;   /* ChatOffer */
  guint64 size_max;
  guint auth_said; /* answers given within AUTH LOGIN */

  Mail *mail;                           /* under way */
  Mail *next;                           /* its envelope is written, too */
  guint at;                             /* recipient whose reply is expected */
  guint n_asked, n_replied, n_accepted; /* recipients of this transaction */
  gboolean mail_refused;
  gboolean needs_reset;        /* a transaction was left open on the other side */
  gsize body_at;               /* bytes of the message that are written */
  gboolean after_lf, after_cr; /* what the last of them was */
};

/* One a step that expects a reply. */
typedef void (*ChatReply) (Chat *chat, const PliReply *reply);

void chat_on_greeting (Chat *chat, const PliReply *reply);
void chat_on_ehlo (Chat *chat, const PliReply *reply);
void chat_on_helo (Chat *chat, const PliReply *reply);
void chat_on_starttls (Chat *chat, const PliReply *reply);
void chat_on_auth (Chat *chat, const PliReply *reply);
void chat_on_rset (Chat *chat, const PliReply *reply);
void chat_on_mail (Chat *chat, const PliReply *reply);
void chat_on_rcpt (Chat *chat, const PliReply *reply);
void chat_on_data (Chat *chat, const PliReply *reply);
void chat_on_early (Chat *chat, const PliReply *reply);
void chat_on_end (Chat *chat, const PliReply *reply);

/* EHLO, LHLO. */
void chat_hello (Chat *chat);
/* After the hello: STARTTLS if it is to be, else on to chat_sign_in(). */
void chat_secure (Chat *chat);
/* AUTH if it is to be, else ready. */
void chat_sign_in (Chat *chat);
/* Nothing is under way any more. */
void chat_be_ready (Chat *chat);
/* Settles what this host cannot take; FALSE when nothing is left to send. */
gboolean chat_suits (Chat *chat, Mail *mail);
/* Writes the envelope, or its first command; RSET before it where needed. */
void chat_envelope (Chat *chat, Mail *mail);
/* The envelope of chat->mail is written: expects its first reply. */
void chat_expect_envelope (Chat *chat, gboolean reset);
/* The next piece of the message; with the last one its end, and perhaps the envelope of another mail. */
void chat_body (Chat *chat);
/* Writes what there is. */
void chat_write (Chat *chat);

static inline gboolean
chat_pipelines (const Chat *chat)
{
  return (chat->offers & CHAT_PIPELINING) != 0;
}

/* The transaction of chat->mail is over: on to its other recipients, the next mail, or to being ready. */
void chat_transaction_over (Chat *chat);

/* Ends the chat: tells its mails, and then over(). What a mail at its end hears is that it may arrive twice. */
void chat_fail (Chat *chat, const PliSent *why);
/* The same for what the host said, which is no answer to any recipient; @format says what is wrong. */
void chat_fail_reply (Chat *chat, const PliReply *reply, const char *what);
/* Meaning of @reply; its text lives until the next one. */
PliSent chat_meaning (Chat *chat, const PliReply *reply);

#endif
