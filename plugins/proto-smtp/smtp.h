/* smtp.h: settings and session state of the SMTP and LMTP engine, and what its files call of each other.
 *
 * One file a verb. Each verb gets its argument text and either answers or starts a call (smtp_wait()); the call's end
 * answers and lets the session go on. Replies always come in the order of the commands, since nothing is read while a
 * call is under way. All on the room's loop thread. */
#ifndef SMTP_H
#define SMTP_H

#include "parse.h"
#include "scan.h"
#include <pli/directory.h>
#include <pli/filter.h>
#include <pli/ledger.h>
#include <pli/queue.h>

#define SMTP_HELO_MAX 255

typedef struct
{
  guint64 size_max, command_max, auth_line_max, data_line_max, memory_max;
  gint64 rcpts_max, errors_max, auth_failures_max, hops_max;
  gint64 idle;
  gint nul;          /* SmtpNul */
  gint bare_newline; /* SmtpBareNewline */
  gboolean sender_must_match;
  const char *const *relay_networks;
  const char *quarantine; /* mailbox */
} SmtpSettings;

typedef enum
{
  SMTP_NUL_REFUSE,
  SMTP_NUL_PASS,
} SmtpNul;

typedef enum
{
  SMTP_BARE_NEWLINE_CLOSE,
  SMTP_BARE_NEWLINE_REFUSE,
} SmtpBareNewline;

typedef enum
{
  SMTP_ROLE_MX,
  SMTP_ROLE_SUBMISSION,
  SMTP_ROLE_LMTP,
  SMTP_ROLE_RELAY,
} SmtpRole;

typedef enum
{
  SMTP_COMMAND,
  SMTP_SKIP_LINE, /* too long a line was answered; its rest is thrown away */
  SMTP_AUTH,      /* the next line belongs to AUTH */
  SMTP_DATA,
  SMTP_TLS,  /* STARTTLS was answered: what follows in the clear is not for us */
  SMTP_OVER, /* said goodbye */
} SmtpState;

/* A reply that is decided now and given later: the first reason to refuse a message counts. */
typedef struct
{
  guint code; /* 0: none */
  const char *status, *text;
  const char *where; /* the setting that decided, or NULL */
} SmtpRefusal;

/* From MAIL to the end of the transaction. */
typedef struct
{
  PliTxn *txn;                 /* NULL: no transaction */
  const char *address;         /* that is being resolved: the sender, or the recipient of this RCPT */
  guint candidate;             /* `<postmaster>`: which address is tried; 0: an ordinary recipient */
  guint rcpts;                 /* RCPT commands answered 250, repeated ones included */
  GHashTable *seen;            /* recipients, once there are two */
  const char *discarded_by;    /* a filter said so; the message goes nowhere */
  const char *discarded_why;   /* smtp_verdict_why() */
  const char *quarantined_by;  /* the same; the message is marked, and goes to another mailbox */
  const char *quarantined_why; /* what it said, or NULL */
  SmtpScan scan;
  SmtpRefusal refusal;
  PliBuffer message; /* room for edits, trace fields, then what the client sent */
  gsize begin;       /* of the trace fields in message */
  gsize body;        /* of what the client sent */
  gsize charged;     /* of the room's memory */
  const char *message_id;
} SmtpTxn;

typedef struct
{
  PliSession *session;
  const SmtpSettings *set;
  SmtpRole role;
  SmtpState state;
  PliCall *call;    /* under way; the session is paused */
  gboolean stalled; /* the client does not take our replies; the session is paused */
  gboolean refused; /* a filter refused the connection: only QUIT is answered */
  const char *discarded_by, *quarantined_by,
      *quarantined_why; /* a filter said so at connect or hello, of all that comes */
  const char *discarded_why;
  gboolean esmtp;
  gboolean signed_in; /* and may submit */
  guint errors, auth_failures;
  char helo[SMTP_HELO_MAX + 1]; /* "" before EHLO */
  SmtpTxn mail;
} Smtp;

/* session.c */
extern const PliProtocol smtp_protocol;
/* The command waits for @call. */
void smtp_wait (Smtp *smtp, PliCall *call);
/* First thing in each PliDone: the command can be answered. */
void smtp_go_on (Smtp *smtp);
/* Everything is said; core closes. */
void smtp_over (Smtp *smtp);

/* relay.c: is @peer in one of @networks? */
gboolean smtp_may_relay (const char *const *networks, const char *peer);

/* reply.c */
void smtp_reply (Smtp *smtp, guint code, const char *status, const char *text);
/* A reply that counts as an error of the client's; too many end the session. */
void smtp_error (Smtp *smtp, guint code, const char *status, const char *text);
/* One more error of the client's; too many end the session. */
void smtp_count_error (Smtp *smtp);
/* A reply with a text that is not ours. Does not count. */
void smtp_reply_verdict (Smtp *smtp, const PliVerdict *verdict);
/* The same when a filter refused at stage connect to rcpt: tells it, and counts a REJECT. @rcpt may be NULL. */
void smtp_refuse_verdict (Smtp *smtp, const char *rcpt, const PliVerdict *verdict);
/* 421 with our name, and over. */
void smtp_goodbye (Smtp *smtp, const char *status, const char *text);

/* tell.c: ledger and log */
void smtp_tell (Smtp *smtp, const char *what, const char *by, const char *rcpt, const char *detail);
void smtp_tell_reply (Smtp *smtp, const char *rcpt, const SmtpRefusal *refusal);
void smtp_tell_accepted (Smtp *smtp, const char *detail);
/* A filter refused or deferred: its reply, the script's line or the part of the filter that decided, the facts. */
void smtp_tell_verdict (Smtp *smtp, const char *rcpt, const PliVerdict *verdict);
/* "text (policy.lua:12)" in @arena, for what is told later; NULL when the filter gave neither. */
const char *smtp_verdict_why (PliArena *arena, const PliVerdict *verdict);

/* command.c */
gsize smtp_command_input (Smtp *smtp, PliSpan data);
gsize smtp_auth_input (Smtp *smtp, PliSpan data);

/* The verbs. */
void smtp_ehlo (Smtp *smtp, PliSpan args);
void smtp_helo (Smtp *smtp, PliSpan args);
void smtp_lhlo (Smtp *smtp, PliSpan args);
void smtp_starttls (Smtp *smtp, PliSpan args);
void smtp_auth (Smtp *smtp, PliSpan args);
void smtp_auth_line (Smtp *smtp, PliSpan line);
void smtp_mail (Smtp *smtp, PliSpan args);
void smtp_rcpt (Smtp *smtp, PliSpan args);
void smtp_data (Smtp *smtp, PliSpan args);

/* data.c */
gsize smtp_data_input (Smtp *smtp, PliSpan data);
/* end.c: the message is there, or what must be refused instead has been read to its end. */
void smtp_data_end (Smtp *smtp);
/* header.c: what must be known of the header, and put right in it. FALSE with mail.refusal set. */
gboolean smtp_header_check (Smtp *smtp);
/* Carries out the edits of filters and our own. FALSE with mail.refusal set. */
gboolean smtp_header_edit (Smtp *smtp);
/* Notes the Message-ID of what has come of a message that is refused, so that `pli explain` finds it by that. */
void smtp_header_note_id (Smtp *smtp);
/* trace.c: Return-Path and Received. */
void smtp_trace_write (Smtp *smtp, PliBuffer *out);

/* txn.c */
void smtp_txn_end (Smtp *smtp);
/* A filter's DISCARD or QUARANTINE of the whole message, or of all that the session sends when there is no transaction
 * yet. FALSE when @verdict refuses instead. */
gboolean smtp_take_verdict (Smtp *smtp, const PliVerdict *verdict);
/* Before @buffer grows by @more: FALSE when the room has no memory for it. */
gboolean smtp_memory_take (Smtp *smtp, PliBuffer *buffer, gsize more);
gboolean smtp_memory_has (Smtp *smtp, guint64 bytes);
/* The message is refused: its bytes are not needed any more. */
void smtp_memory_drop (Smtp *smtp);
/* The same when a filter that is late may read them still. */
void smtp_memory_leave (Smtp *smtp);

/* In which way is the client talking to us? */
static inline gboolean
smtp_is_lmtp (const Smtp *smtp)
{
  return smtp->role == SMTP_ROLE_LMTP;
}

/* Largest input that waits for the end of a line. */
static inline gsize
smtp_line_room (const Smtp *smtp)
{
  return MAX (smtp->set->command_max, smtp->set->auth_line_max);
}

#endif
