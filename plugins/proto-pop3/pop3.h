/* pop3.h: what the files of proto-pop3 share: settings, the session's state, one function a verb.
 *
 * A verb's function answers, or asks a façade and answers when it is done; in between the session is paused, so that
 * commands are served one by one, in order, also when the client sends many at once. RFC 1939, 2449, 2595, 5034. */
#ifndef POP3_H
#define POP3_H

#include "stuff.h"
#include <pli/directory.h>
#include <pli/protocol.h>
#include <pli/store.h>

typedef struct
{
  gint64 idle;
  gint64 login_idle;
  guint64 line_max;
  guint64 auth_line_max;
  gint64 auth_failures_max;
  gint64 errors_max;
  gint64 messages_max;
  guint64 chunk;
  gboolean mark_seen;
} Pop3Settings;

typedef enum
{
  POP3_AUTHORIZATION,
  POP3_AUTH_LINE, /* the next line belongs to AUTH */
  POP3_TRANSACTION,
  POP3_UPDATE, /* QUIT was said */
} Pop3State;

typedef struct
{
  guint64 bytes;
  guint32 uid;
  guint32 deleted : 1;
  guint32 retrieved : 1; /* whole; to be marked as seen */
} Pop3Message;

/* What is being sent: RETR or TOP. */
typedef struct
{
  guint n; /* index of the message */
  guint64 offset;
  gboolean top;
  Pop3Stuff stuff;
} Pop3Sending;

typedef struct
{
  PliSession *session;
  const Pop3Settings *set;
  Pop3State state;
  gboolean overlong; /* in a line that was refused */
  gboolean sending_now;
  guint auth_failures, errors;
  const char *user; /* USER's argument */
  guint64 mailbox;
  guint32 uidvalidity;
  guint32 uidnext;
  GArray *messages; /* Pop3Message, the snapshot; NULL before the login */
  Pop3Sending sending;
} Pop3;

extern const PliProtocol pop3_protocol;

/* reply.c. @text: with its response code, without CRLF. */
void pop3_ok (Pop3 *pop3, const char *text);
void pop3_error (Pop3 *pop3, const char *text);
/* The client's mistake: counts, and ends the session when there are too many. */
void pop3_refuse (Pop3 *pop3, const char *text);
/* The world's fault: [SYS/TEMP] or [SYS/PERM], as @error says; @what goes to the log. */
void pop3_fail (Pop3 *pop3, const char *what, const GError *error);

/* command.c: one line without its CRLF. */
void pop3_command (Pop3 *pop3, PliSpan line);
/* The number of a message that is there and not deleted, alone or with more behind it (@out_rest, nullable when not
 * allowed). Refuses and returns FALSE otherwise. */
gboolean pop3_message (Pop3 *pop3, PliSpan args, guint *out_n, PliSpan *out_rest);
Pop3Message *pop3_nth (Pop3 *pop3, guint n);

/* Verbs. @args: behind the verb and one blank. */
void pop3_user (Pop3 *pop3, PliSpan args);
void pop3_pass (Pop3 *pop3, PliSpan args);
void pop3_auth (Pop3 *pop3, PliSpan args);
void pop3_auth_line (Pop3 *pop3, PliSpan line);
void pop3_stls (Pop3 *pop3, PliSpan args);
void pop3_capa (Pop3 *pop3, PliSpan args);
void pop3_stat (Pop3 *pop3, PliSpan args);
void pop3_list (Pop3 *pop3, PliSpan args);
void pop3_uidl (Pop3 *pop3, PliSpan args);
void pop3_retr (Pop3 *pop3, PliSpan args);
void pop3_top (Pop3 *pop3, PliSpan args);
void pop3_dele (Pop3 *pop3, PliSpan args);
void pop3_rset (Pop3 *pop3, PliSpan args);
void pop3_noop (Pop3 *pop3, PliSpan args);
void pop3_quit (Pop3 *pop3, PliSpan args);

/* login.c: what all ways to sign in end with. The session is paused before the first, and not before the second. */
void pop3_signed_in (Pop3 *pop3, const PliVerifyResult *who);
void pop3_login_failed (Pop3 *pop3, const GError *error);
gboolean pop3_may_login (Pop3 *pop3);
/* maildrop.c: after a login: takes the snapshot, then greets. */
void pop3_open_maildrop (Pop3 *pop3);
/* retrieve.c: the output has left. */
void pop3_go_on_sending (Pop3 *pop3);

#endif
