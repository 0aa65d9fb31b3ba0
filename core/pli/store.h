/* store.h: mailboxes. One contract for IMAP4rev1/2, POP3 and JMAP; no pointers into a backend, no local file assumed.
 *
 * The account is not an argument: it is the one granted to the calling session (pli_op_account()). Mailboxes have
 * numbers that survive a rename; UIDs are 32-bit, rise and are never reused; modseq is one counter an account. Names are
 * UTF-8 with '/' between levels; INBOX is spelt so whatever the client wrote. What a change did is visible to all
 * readers at once. Batched answers come with a cursor: call again with it until it is 0. */
#ifndef PLI_STORE_H
#define PLI_STORE_H

#include <pli/mail.h>
#include <pli/plugin.h>
#include <pli/protocol.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_FLAG_SEEN = 1,
  PLI_FLAG_ANSWERED = 2,
  PLI_FLAG_FLAGGED = 4,
  PLI_FLAG_DELETED = 8,
  PLI_FLAG_DRAFT = 16,
} PliFlags;

/* SPECIAL-USE, RFC 6154 2 */
typedef enum
{
  PLI_ROLE_NONE,
  PLI_ROLE_INBOX,
  PLI_ROLE_ARCHIVE,
  PLI_ROLE_DRAFTS,
  PLI_ROLE_JUNK,
  PLI_ROLE_SENT,
  PLI_ROLE_TRASH,
} PliRole;

/* "\\Junk" and the like of RFC 6154, in that case; PLI_ROLE_NONE for other texts and NULL. */
PLI_API PliRole pli_role_of_special_use (const char *text);

typedef struct
{
  guint32 first, last; /* both in it; ranges rise and do not touch */
} PliUidRange;

typedef struct
{
  guint64 mailbox; /* 0: only a parent of others, \NonExistent \Noselect */
  const char *name;
  guint32 role; /* PliRole */
  gboolean subscribed;
  guint32 uidvalidity;
  guint32 uidnext;
  guint64 modseq; /* highest */
  guint32 messages, unseen, recent, deleted;
  guint64 bytes;
} PliMailboxRow;

typedef struct
{
  const char *name; /* only this mailbox, or NULL for all; PLI_ERROR_NOT_FOUND */
  gboolean counts;  /* fill messages, unseen, recent, deleted, bytes */
} PliMailboxesArgs;

typedef struct
{
  const PliMailboxRow *rows; /* subscribed names without a mailbox are listed, with mailbox = 0 */
  guint32 n_rows;
} PliMailboxesResult;

typedef enum
{
  PLI_MAILBOX_CREATE, /* makes parents; role in `role` */
  PLI_MAILBOX_RENAME, /* with its children; INBOX: RFC 3501 6.3.5 moves the messages */
  PLI_MAILBOX_DELETE, /* keeps children; PLI_ERROR_DENIED for INBOX */
  PLI_MAILBOX_SUBSCRIBE,
  PLI_MAILBOX_UNSUBSCRIBE,
  PLI_MAILBOX_IMPOSE, /* for moves between stores: see PliMailboxArgs */
} PliMailboxVerb;

typedef struct
{
  guint32 verb; /* PliMailboxVerb */
  const char *name;
  const char *to; /* RENAME */
  guint32 role;
  /* IMPOSE; never from another room. An empty mailbox gets this UIDVALIDITY and UIDNEXT; in one with messages, which
   * must have this UIDVALIDITY, UIDNEXT rises. What has vanished is forgotten. The account counts on from @modseq. */
  guint32 uidvalidity, uidnext;
  guint64 modseq;
} PliMailboxArgs;

typedef struct
{
  guint64 mailbox;
} PliMailboxResult;

typedef struct
{
  const char *name;
  gboolean read_only; /* does not take \Recent */
} PliOpenArgs;

typedef struct
{
  guint64 mailbox;
  guint32 uidvalidity, uidnext;
  guint64 modseq;
  guint32 recent_from; /* messages with a UID >= this are \Recent for this session */
  const PliUidRange *uids;
  guint32 n_uids;
  guint32 first_unseen;        /* UID, 0 if none */
  const char *const *keywords; /* bit n of a keyword mask is keywords[n]; only grows, at most 64 */
} PliOpenResult;

typedef enum
{
  PLI_WANT_FLAGS = 1, /* flags, keywords, modseq */
  PLI_WANT_META = 2,  /* received_us, bytes, header_bytes, email */
  PLI_WANT_ENVELOPE = 4,
  PLI_WANT_BODY = 8,
  PLI_WANT_BODYSTRUCTURE = 16,
  PLI_WANT_PARTS = 32,
  PLI_WANT_PREVIEW = 64,
} PliWant;

typedef struct
{
  guint64 mailbox;
  const PliUidRange *uids;
  guint32 n_uids;
  guint32 want;      /* PliWant */
  guint64 since;     /* only rows with a greater modseq */
  guint32 cursor;    /* UID to go on from, 0 at first */
  guint32 max_bytes; /* of the answer, about; 0: 48 KiB */
} PliFetchArgs;

typedef struct
{
  guint32 uid;
  guint32 flags; /* PliFlags */
  guint64 keywords;
  guint64 modseq;
  gint64 received_us; /* INTERNALDATE */
  guint64 bytes;
  guint32 header_bytes; /* with the empty line */
  guint64 email;        /* the same for all copies in an account */
  PliSpan envelope, body, bodystructure, parts, preview;
} PliMessageRow;

typedef struct
{
  const PliMessageRow *rows; /* by UID; UIDs that are gone are left out */
  guint32 n_rows;
  guint32 cursor; /* 0: that was all */
} PliFetchResult;

typedef struct
{
  guint64 mailbox;
  guint32 uid;
  guint64 offset;
  guint32 length; /* at most 1 MiB */
} PliReadArgs;

typedef struct
{
  PliSpan bytes; /* shorter only at the end of the message */
} PliReadResult;

typedef enum
{
  PLI_FLAGS_ADD,
  PLI_FLAGS_REMOVE,
  PLI_FLAGS_REPLACE,
} PliFlagsVerb;

typedef struct
{
  guint64 mailbox;
  const PliUidRange *uids;
  guint32 n_uids;
  guint32 verb; /* PliFlagsVerb */
  guint32 flags;
  const char *const *keywords; /* names, NULL-terminated or NULL; new ones are made; PLI_ERROR_LIMIT over 64 */
  guint64 unchanged_since;     /* RFC 7162 3.1.3; 0: always */
} PliFlagsArgs;

typedef struct
{
  const PliMessageRow *rows; /* uid, flags, keywords, modseq of each message in the set as it is now */
  guint32 n_rows;
  const PliUidRange *modified; /* refused by unchanged_since */
  guint32 n_modified;
  const char *const *keywords; /* the mailbox's table as it is now */
  guint64 modseq;
} PliFlagsResult;

typedef struct
{
  const char *name; /* PLI_ERROR_NOT_FOUND: [TRYCREATE] */
  PliSpan message;  /* CRLF line ends */
  PliRenderings renderings;
  guint32 flags;
  const char *const *keywords;
  gint64 received_us; /* 0: now */
  /* For moves between stores, never from another room: this UID, above all that are there; 0: the next one. Whoever gives it
   * compares at the end: a power cut before the answer may leave the message damaged. */
  guint32 uid;
} PliAppendArgs;

typedef struct
{
  guint64 mailbox;
  guint32 uidvalidity;
  guint32 uid;
} PliAppendResult;

typedef struct
{
  guint64 mailbox;
  const PliUidRange *uids;
  guint32 n_uids;
  const char *to;
  gboolean move; /* RFC 6851: all or nothing */
} PliCopyArgs;

typedef struct
{
  guint32 uidvalidity;
  const PliUidRange *from, *to; /* the n-th message of one is the n-th of the other; UIDs gone are left out */
  guint32 n_from, n_to;
  guint64 modseq;
} PliCopyResult;

typedef struct
{
  guint64 mailbox;
  const PliUidRange *uids; /* those of them with \Deleted go */
  guint32 n_uids;
  gboolean any; /* also those without \Deleted (POP3, MOVE) */
} PliExpungeArgs;

typedef struct
{
  const PliUidRange *uids; /* gone now */
  guint32 n_uids;
  guint64 modseq;
} PliExpungeResult;

typedef struct
{
  guint64 mailbox;
  guint64 since;   /* modseq known to the session */
  guint32 uidnext; /* UIDs below are known to the session */
  gboolean take_recent;
} PliChangesArgs;

typedef struct
{
  guint64 modseq;
  guint32 uidnext;
  guint32 recent_from;         /* of the new ones; 0 when none is */
  const PliUidRange *vanished; /* known to the session, gone now */
  guint32 n_vanished;
  const PliUidRange *added;
  guint32 n_added;
  const PliMessageRow *rows; /* known to the session, flags changed: uid, flags, keywords, modseq */
  guint32 n_rows;
  const char *const *keywords;
  gboolean deleted; /* the mailbox itself is gone */
} PliChangesResult;

typedef struct
{
  guint64 mailbox;
  gboolean on;
} PliWatchArgs;

typedef struct
{
  guint64 modseq;
} PliWatchResult;

/* One local recipient of one message. (segment, offset) is the intake id, the same at each try. */
typedef struct
{
  const char *account;
  /* NULL: INBOX; "\\Junk": the mailbox of that role, pli_role_of_special_use(). Made when it does not exist. */
  const char *mailbox;
  guint64 segment, offset;
  guint32 child;       /* number of this recipient in the expansion of the record */
  guint64 body_offset; /* of the message in the segment file */
  guint64 bytes;
  gint64 received_us;
  guint32 flags;
  PliRenderings renderings;
} PliDelivery;

typedef struct
{
  const PliDelivery *items;
  guint32 n_items;
} PliDeliverArgs;

typedef struct
{
  guint32 code; /* 0: durable; else PliErrorCode */
  const char *text;
} PliDelivered;

typedef struct
{
  const PliDelivered *items; /* one for each item, in order */
  guint32 n_items;
} PliDeliverResult;

/* The queue has logged these deliveries as settled: the store may forget that it has taken them. */
typedef struct
{
  const PliDelivery *items; /* account, segment, offset, child */
  guint32 n_items;
} PliSettledArgs;

typedef struct
{
  guint32 n; /* items forgotten */
} PliSettledResult;

typedef struct
{
  guint32 unused;
} PliLiveArgs;

typedef struct
{
  guint64 lowest; /* segment that a mailbox of this shard refers to; 0: not known yet, G_MAXUINT64: none */
} PliLiveResult;

/* For moves between stores: deliveries that the account has taken and the queue may not have settled. @items are added. */
typedef PliDeliverArgs PliTakenArgs;   /* segment, offset, child */
typedef PliDeliverArgs PliTakenResult; /* all of them */

/* deliver() answers when all is durable, within seconds; readers see the messages before that. A delivery already
 * taken is answered 0 again and not stored twice. append, copy, flags on request, expunge and mailbox changes are
 * durable when done. pli_op_account() is NULL for deliver() and settled(). */
typedef struct
{
  gsize size;
  PliStep (*mailboxes) (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result);
  PliStep (*mailbox) (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result);
  PliStep (*open) (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result);
  PliStep (*fetch) (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result);
  PliStep (*read) (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result);
  PliStep (*flags) (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result);
  PliStep (*append) (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result);
  PliStep (*copy) (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result);
  PliStep (*expunge) (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result);
  PliStep (*changes) (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result);
  PliStep (*watch) (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result);
  PliStep (*deliver) (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result);
  PliStep (*settled) (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result);
  /* The lowest segment that a mailbox refers to, as PliLiveResult says; a change that is not durable yet does not raise
   * it. NULL: not known, and no segment is ever removed. */
  guint64 (*live) (gpointer self);
  /* NULL: accounts cannot be moved here or away. Never called from another room. */
  PliStep (*taken) (PliOp *op, gpointer self, const PliTakenArgs *args, PliTakenResult *result);
} PliStore;

/* Called by a store plugin when a mailbox changed, for each session that watches it (pli_op_session() of watch()). */
PLI_API void pli_store_notify (PliInstance *instance, guint64 session, guint64 mailbox);
/* A session that watched or opened is gone: the plugin drops what it kept for it. */
typedef void (*PliStoreGone) (gpointer self, guint64 session);
PLI_API void pli_store_on_gone (PliPlugin *plugin, PliStoreGone gone);
/* Absolute path of the folder of segment files, which a store may read. */
PLI_API const char *pli_store_segments (PliInstance *instance);

/* For plugins of the room store that move accounts. Calls a slot of a store of this room for @account: @slot is
 * offsetof (PliStore, …), @args stay until @done. */
PLI_API PliCall *pli_store_ask (PliInstance *instance, const char *store, const char *account, gsize slot,
                                gsize result_size, const void *args, PliDone done, gpointer user);
/* From now on the account is in @store, whatever the directory says; "": it is being moved, its calls are told to try
 * again. Forgotten at the end of the process. */
PLI_API void pli_store_place (PliInstance *instance, const char *account, const char *store);
/* NULL: where the directory says. */
PLI_API const char *pli_store_placement (PliInstance *instance, const char *account);

/* Offered by the plugin that moves accounts. */
typedef struct
{
  const char *account, *from, *to; /* @from: what the directory says */
} PliMigrateArgs;

typedef struct
{
  guint64 copied, verified, total; /* messages */
  gboolean done;
} PliMigrateResult;

typedef struct
{
  gsize size;
  /* One bounded step; call again until done. PLI_ERROR_PERMANENT, PLI_ERROR_CORRUPT: text for people. */
  PliStep (*step) (PliOp *op, gpointer self, const PliMigrateArgs *args, PliMigrateResult *result);
  /* Divides a batch that was sent to store @wanted (a name or NULL), once some account was placed. */
  PliStep (*deliver) (PliOp *op, gpointer wanted, const PliDeliverArgs *args, PliDeliverResult *result);
} PliMigrator;

/* Façade, for sessions that are signed in. */
PLI_API PliCall *pli_store_mailboxes (PliSession *s, const PliMailboxesArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_mailbox (PliSession *s, const PliMailboxArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_open (PliSession *s, const PliOpenArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_fetch (PliSession *s, const PliFetchArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_read (PliSession *s, const PliReadArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_flags (PliSession *s, const PliFlagsArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_append (PliSession *s, const PliAppendArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_copy (PliSession *s, const PliCopyArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_expunge (PliSession *s, const PliExpungeArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_changes (PliSession *s, const PliChangesArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_store_watch (PliSession *s, const PliWatchArgs *args, PliDone done, gpointer user);
/* Number of the shard that keeps @account: all items of one pli_store_deliver() or pli_store_settled() share it. */
PLI_API guint pli_store_shard (PliInstance *instance, const char *account);
/* For the queue's room. @store names the backend (PliTarget.store), NULL for the default. */
PLI_API PliCall *
pli_store_deliver (PliInstance *i, const char *store, const PliDeliverArgs *args, PliDone done, gpointer user);
/* Over all stores of @shard; for queues, before they remove segments. */
PLI_API PliCall *pli_store_live (PliInstance *i, guint shard, PliDone done, gpointer user);
PLI_API guint pli_store_shards (PliInstance *instance);
PLI_API PliCall *
pli_store_settled (PliInstance *i, const char *store, const PliSettledArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
