/* chat.h: the client's side of SMTP (RFC 5321) and LMTP (RFC 2033), without I/O.
 *
 * A chat is given what the host says and says what to write, through functions of its owner: link.c with a connection,
 * or a test with a script. It greets, secures and signs in by itself, says ready(), and then takes one mail after the
 * other. With PIPELINING (RFC 2920) an envelope is one write, and that of the next mail goes along with the end of the
 * present one. The owner's functions may call chat_send() and chat_quit(); they must not free the chat. */
#ifndef DELIVER_CHAT_H
#define DELIVER_CHAT_H

#include "mail.h"
#include "settings.h"

typedef struct
{
  const DeliverSettings *set; /* must outlive the chat */
  const char *helo;
  gboolean lmtp;
  gint tls;          /* PliRouteTls; NONE as well when a handshake has failed before */
  const char *login; /* NULL: does not sign in */
  const char *password;
  gboolean private; /* passwords may go in the clear: loopback, or a socket in the file system */
} ChatOptions;

typedef struct
{
  void (*write) (gpointer user, PliSpan bytes);
  void (*start_tls) (gpointer user);
  /* How long what is expected now may take; 0: nothing is expected. */
  void (*wait) (gpointer user, gint64 us);
  /* Nothing is under way: chat_send() may be called, now or later. */
  void (*ready) (gpointer user);
  /* A mail whose envelope can go along with the end of the present one; NULL: none. */
  Mail *(*more) (gpointer user);
  /* Each recipient of @mail is settled. */
  void (*sent) (gpointer user, Mail *mail);
  /* The chat ended before @mail was handed over: another one may try, or the rest be settled with @why. */
  void (*unsent) (gpointer user, Mail *mail, const PliSent *why);
  /* Over, after that: the connection is to be closed. @why: NULL after chat_quit(). Mails were told before. */
  void (*over) (gpointer user, const PliSent *why);
} ChatFuncs;

/* What the host offered in its reply to EHLO. */
typedef enum
{
  CHAT_PIPELINING = 1,
  CHAT_SIZE = 2,
  CHAT_8BITMIME = 4,
  CHAT_SMTPUTF8 = 8,
  CHAT_STARTTLS = 16,
  CHAT_AUTH_PLAIN = 32,
  CHAT_AUTH_LOGIN = 64,
} ChatOffer;

typedef struct Chat Chat;

/* Waits for the greeting. @options is copied; the texts in it are not. */
Chat *chat_new (const ChatFuncs *funcs, gpointer user, const ChatOptions *options);
/* NULL is fine. Mails must have been told before. */
void chat_free (Chat *chat);
/* Returns how much was taken: whole lines. */
gsize chat_input (Chat *chat, PliSpan bytes);
/* The handshake is complete. */
void chat_secured (Chat *chat);
/* All that was written has left. */
void chat_drained (Chat *chat);
/* Only when ready. */
void chat_send (Chat *chat, Mail *mail);
/* Only when ready: says QUIT, and over() when that is answered. */
void chat_quit (Chat *chat);
/* The connection is gone, for @text: tells the mails, but not over(). */
void chat_lost (Chat *chat, const char *text);
/* Before ready() was said for the first time. */
gboolean chat_opening (const Chat *chat);
/* In words, for what failed: "greeting", "EHLO"… */
const char *chat_step_name (const Chat *chat);

#endif
