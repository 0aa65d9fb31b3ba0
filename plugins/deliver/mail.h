/* mail.h: one message on its way, and what became of each recipient. No I/O; a chat works on it, a job holds it.
 *
 * A recipient is open until it is settled, once, with what the next hop answered or what went wrong. Texts live in the
 * arena of the call that brought the message. */
#ifndef DELIVER_MAIL_H
#define DELIVER_MAIL_H

#include <pli/deliver.h>
#include <pli/mail.h>

typedef enum
{
  MAIL_OPEN,     /* to be named in a transaction */
  MAIL_ASKED,    /* its RCPT was written, or is about to be */
  MAIL_ACCEPTED, /* its RCPT was taken: the end of the message decides */
  MAIL_SETTLED,
} MailState;

typedef struct
{
  PliArena *arena;
  const char *sender;
  const char *const *rcpts;
  guint n_rcpts;
  PliSpan message; /* without the Return-Path on top */
  gboolean eight_bit;
  gboolean utf8_address; /* of the sender or a recipient */
  gboolean utf8;         /* or somewhere in the header: RFC 6531 3.4 */
  guint8 *state;         /* MailState, one a recipient */
  PliSent *sent;         /* the same, when settled */
  guint n_unsettled;
} Mail;

/* Recipients that no command may carry are settled at once. */
void mail_init (Mail *mail, PliArena *arena, const PliSendArgs *args);
/* Recipients in @state. */
guint mail_count (const Mail *mail, MailState state);
/* The first recipient in @state from @from on; n_rcpts when there is none. */
guint mail_find (const Mail *mail, MailState state, guint from);
/* @why is copied. */
void mail_settle (Mail *mail, guint rcpt, const PliSent *why);
/* Those in @state. */
void mail_settle_all (Mail *mail, MailState state, const PliSent *why);
/* All that are not settled. */
void mail_settle_rest (Mail *mail, const PliSent *why);
/* As open again, unless settled: the transaction came to nothing. */
void mail_reopen (Mail *mail);

/* What a reply means for a recipient: the classes of RFC 5321 4.2.1; a code that fits no class is temporary. The text
 * borrows the reply's, line ends included. @text: gets the NUL-terminated copy. */
PliSent mail_reply_meaning (const PliReply *reply, PliBuffer *text);

#endif
