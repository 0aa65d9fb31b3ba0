/* imap.h: what the files of the engine share: the session, the command that runs, the mailbox that is selected.
 *
 * One command runs at a time; while it waits for a call the session is paused. What a command needs lives in its arena
 * and dies with it. A session that idles holds an ImapSession and, when a mailbox is selected, an ImapBox: the runs of
 * its UIDs and the names of its keywords, no flags, no messages. Everything runs on the loop thread. RFC 3501. */
#ifndef IMAP_IMAP_H
#define IMAP_IMAP_H

#include "reader.h"
#include "view.h"
#include <pli/directory.h>

typedef struct
{
  guint64 line_max, literal_max, append_max, header_max, search_part_max;
  gint64 nesting_max, bad_commands_max, login_failures_max;
  gint64 login_timeout, idle_timeout;
} ImapSettings;

/* RFC 3501 3 */
typedef enum
{
  IMAP_NOT_AUTHENTICATED = 1,
  IMAP_AUTHENTICATED = 2,
  IMAP_SELECTED = 4,
} ImapState;

#define IMAP_TOLD_MAX 8

/* A change of the session's own, the outcome of which the client knows. */
typedef struct
{
  guint64 modseq;
  ImapRanges uids;
} ImapTold;

typedef struct
{
  guint64 mailbox;
  char *name; /* as it was selected */
  guint64 modseq;
  guint32 uidvalidity, uidnext;
  gboolean read_only;
  gboolean dirty; /* the store says that something changed since modseq */
  ImapView view;
  ImapRanges recent; /* UIDs */
  char **keywords;   /* bit n of a mask is keywords[n] */
  guint n_keywords;
  ImapTold told[IMAP_TOLD_MAX];
  guint n_told;
  guint64 own_modseq; /* up to here all changes since modseq are the session's own */
  PliCall *watch;
} ImapBox;

typedef struct ImapSession ImapSession;
typedef struct ImapCmd ImapCmd;

/* How a command ends as far as news of the mailbox go. */
typedef enum
{
  IMAP_SYNC_NEVER,  /* RFC 3501 7.4.1: EXPUNGE may not be sent now */
  IMAP_SYNC_DIRTY,  /* when the store has hinted at a change */
  IMAP_SYNC_ALWAYS, /* the client asks for news, or has just made some */
} ImapSync;

typedef enum
{
  IMAP_OK,
  IMAP_NO,
  IMAP_BAD,
} ImapReplyKind;

typedef void (*ImapStep) (ImapCmd *cmd);

struct ImapCmd
{
  ImapSession *imap;
  PliSession *session;
  PliArena *arena;
  PliBuffer text; /* memory of a command that had literals */
  const char *tag;
  const char *name; /* of the verb, for texts: "FETCH" */
  ImapLex lex;      /* at the first argument */
  gboolean by_uid;
  ImapSync sync;
  ImapStep drained;             /* goes on when the output has left; NULL when nothing waits for that */
  void (*clear) (ImapCmd *cmd); /* frees what is not in the arena; may be NULL */
  gpointer data;                /* the verb's own */
  ImapReplyKind reply_kind;
  const char *reply; /* text behind OK, NO or BAD, in the arena or static */
};

typedef void (*ImapLine) (ImapSession *imap, PliSpan line);

struct ImapSession
{
  PliSession *session;
  const ImapSettings *set;
  ImapReader reader;
  ImapState state;
  ImapCmd *cmd;
  ImapBox *box;
  ImapLine line;          /* gets the next line in place of the commands: AUTHENTICATE, IDLE */
  char *idle_tag;         /* IDLE runs */
  const char *idle_reply; /* how it ends */
  PliCall *sync;          /* news are being asked for */
  void (*synced) (ImapSession *imap, const GError *error);
  guint16 bad, failures;
  guint condstore : 1; /* RFC 7162 3.1: the client has shown that it knows of modseqs */
  guint paused : 1;
  guint ended : 1;
};

/* command.c */

/* Takes one command, as reader.h hands it on. @owned: (transfer full): its memory, or empty. */
void imap_command (ImapSession *imap, PliSpan text, PliBuffer owned);
/* A command that was refused before it was complete. */
void imap_command_refused (ImapSession *imap, PliSpan beginning, const char *reply);
/* Ends the command: its news first, then the tagged reply. @text: `[CODE] words`, in the arena or static. @cmd is gone
 * after that, at once or later. */
void imap_reply (ImapCmd *cmd, ImapReplyKind kind, const char *text);
void imap_ok (ImapCmd *cmd, const char *text);
/* OK with `NAME completed`. */
void imap_done (ImapCmd *cmd);
void imap_no (ImapCmd *cmd, const char *text);
void imap_bad (ImapCmd *cmd, const char *text);
/* NO with the response code of RFC 5530 that fits. */
void imap_fail (ImapCmd *cmd, const GError *error);
/* Frees it without an answer: the session is over. */
void imap_cmd_free (ImapCmd *cmd);

/* session.c */

/* BYE, then closes. @text as in imap_reply(). */
void imap_bye (ImapSession *imap, const char *text);
/* From now on commands of @state are taken. */
void imap_set_state (ImapSession *imap, ImapState state);
void imap_pause (ImapSession *imap);
void imap_resume (ImapSession *imap);
/* Goes on with @step when the output has room, at once or later. */
void imap_when_drained (ImapCmd *cmd, ImapStep step);
extern const PliProtocol imap_protocol;

/* box.c */

ImapBox *imap_box_new (const PliOpenResult *opened, const char *name, gboolean read_only);
void imap_box_free (ImapBox *box);
/* Adds what came since; writes FLAGS and PERMANENTFLAGS when a keyword is new to the client. */
void imap_box_learn_keywords (ImapSession *imap, const char *const *keywords);
/* Are all bits of @keywords known? */
gboolean imap_box_knows (const ImapBox *box, guint64 keywords);
/* Bit of @name in any case, or -1. */
int imap_box_keyword (const ImapBox *box, PliSpan name);
gboolean imap_box_is_recent (const ImapBox *box, guint32 uid);
guint32 imap_box_count_recent (const ImapBox *box);
/* Notes a change of the session's own, so that sync.c does not repeat it. @shown: the client has seen the flags of all
 * rows; else it has asked not to (.SILENT), and knows them only if nobody else came between. */
void imap_box_told (ImapBox *box, const PliFlagsResult *changed, gboolean shown);
/* Does the client know of the last change to the row? */
gboolean imap_box_was_told (const ImapBox *box, const PliMessageRow *row);
/* All is told up to @modseq. */
void imap_box_settle (ImapBox *box, guint64 modseq);
void imap_write_flag_lists (ImapSession *imap);
/* `FLAGS (\Seen)` */
void imap_write_flags (PliBuffer *out, const ImapBox *box, const PliMessageRow *row);
/* `* 5 FETCH (UID 7 FLAGS (…) MODSEQ (…))` */
void imap_write_flags_response (ImapSession *imap, const PliMessageRow *row, gboolean with_uid, gboolean with_flags);
/* Writes EXPUNGE for those that the client knows of, and forgets them. */
void imap_box_expunge (ImapSession *imap, const PliUidRange *uids, guint32 n);
/* Asks for the names of keywords that are not known, then goes on with @step. */
void imap_box_refresh (ImapCmd *cmd, ImapStep step);
/* Leaves the mailbox; nothing is written. */
void imap_deselect (ImapSession *imap);
/* Asks the store for hints about the selected mailbox. */
void imap_box_watch (ImapSession *imap);

/* sync.c */

/* Asks for what happened in the mailbox and writes it; then calls @synced. */
void imap_sync (ImapSession *imap, void (*synced) (ImapSession *imap, const GError *error));

/* flags.c */

typedef struct
{
  guint32 flags;
  const char **keywords; /* NULL-terminated, or NULL */
} ImapFlags;

/* `(\Seen Work)`, or without parentheses if @bare_too. */
gboolean imap_lex_flags (ImapLex *lex, gboolean bare_too, ImapFlags *out);

/* name.c */

/* An astring that names a mailbox, as the store writes it, in the arena. FALSE after an answer was sent. */
gboolean imap_mailbox_arg (ImapCmd *cmd, gboolean creates, const char **out);
/* The name as IMAP writes it: modified UTF-7. */
void imap_write_mailbox (PliBuffer *out, const char *name);
/* `\Sent`, or NULL. */
const char *imap_role_attribute (guint32 role);
/* %PLI_ROLE_NONE when it is none. */
PliRole imap_role_from_attribute (PliSpan attribute);

/* status_args.c, status.c */

#define IMAP_STATUS_ITEMS 7
#define IMAP_STATUS_MODSEQ (1u << 6)
extern const char *const imap_status_names[IMAP_STATUS_ITEMS];
/* `(MESSAGES UNSEEN)`: bit n stands for imap_status_names[n]. */
gboolean imap_lex_status_items (ImapLex *lex, guint32 *out_items);
void imap_write_status (ImapSession *imap, const PliMailboxRow *row, guint32 items);

/* basic.c */

void imap_add_capabilities (ImapSession *imap, PliBuffer *out);
/* `[CAPABILITY …] words` in the arena. */
const char *imap_with_capabilities (ImapCmd *cmd, const char *words);

/* expunge.c, idle.c, list.c … : the verbs */

void imap_append (ImapCmd *cmd);
void imap_authenticate (ImapCmd *cmd);
void imap_capability (ImapCmd *cmd);
void imap_check (ImapCmd *cmd);
void imap_close (ImapCmd *cmd);
void imap_copy (ImapCmd *cmd);
void imap_create (ImapCmd *cmd);
void imap_delete (ImapCmd *cmd);
void imap_enable (ImapCmd *cmd);
void imap_examine (ImapCmd *cmd);
void imap_expunge (ImapCmd *cmd);
void imap_fetch (ImapCmd *cmd);
void imap_id (ImapCmd *cmd);
void imap_idle (ImapCmd *cmd);
void imap_list (ImapCmd *cmd);
void imap_login (ImapCmd *cmd);
void imap_logout (ImapCmd *cmd);
void imap_lsub (ImapCmd *cmd);
void imap_move (ImapCmd *cmd);
void imap_namespace (ImapCmd *cmd);
void imap_noop (ImapCmd *cmd);
void imap_rename (ImapCmd *cmd);
void imap_search (ImapCmd *cmd);
void imap_select (ImapCmd *cmd);
void imap_starttls (ImapCmd *cmd);
void imap_status (ImapCmd *cmd);
void imap_store (ImapCmd *cmd);
void imap_subscribe (ImapCmd *cmd);
void imap_unselect (ImapCmd *cmd);
void imap_unsubscribe (ImapCmd *cmd);

/* Something changed in the selected mailbox while IDLE runs. */
void imap_idle_notice (ImapSession *imap);

#endif
