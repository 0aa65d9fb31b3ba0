/* account.h: an open account: its database, the batch that is not committed yet, its mailboxes and their views.
 *
 * Marks: UIDs and modseqs are counted in memory; the database keeps a mark that no later life of the process will begin
 * below. What has a UID or modseq at or above the *durable* mark is hidden from sessions until a round has made a higher
 * mark durable. Mailboxes that sessions look at reserve 1,000 numbers ahead, so that new messages show at once; others
 * reserve nothing, and show new messages when these are durable. An orderly close gives back what is reserved. */
#ifndef STORE_PACK_ACCOUNT_H
#define STORE_PACK_ACCOUNT_H

#include "pack.h"

#include <sqlite3.h>

#define PACK_KEYWORDS_MAX 64
#define PACK_RESERVE 1000
#define PACK_HEAVY 2000 /* rows changed on the loop thread at most */

typedef enum
{
  PACK_BEGIN,
  PACK_COMMIT,
  PACK_ROLLBACK,
  PACK_META_SET,
  PACK_MAILBOX_ADD,
  PACK_MAILBOX_SET,
  PACK_MAILBOX_REMOVE,
  PACK_MESSAGE_ADD,
  PACK_MESSAGE_GET,
  PACK_MESSAGE_PLACE,
  PACK_MESSAGE_MOVE,
  PACK_MESSAGE_OLD,
  PACK_MESSAGE_REMOVE,
  PACK_MESSAGE_LOWEST,
  PACK_ROW_ADD,
  PACK_ROW_FLAGS,
  PACK_ROW_REMOVE,
  PACK_ROW_LIST,
  PACK_COPIES_ADD,
  PACK_COPIES_DROP,
  PACK_COPIES_REMOVE,
  PACK_COPIES_GET,
  PACK_COPIES_ANY,
  PACK_TOMBSTONE_ADD,
  PACK_TOMBSTONE_LIST,
  PACK_TOMBSTONE_REMOVE,
  PACK_SUBSCRIBE,
  PACK_UNSUBSCRIBE,
  PACK_SUBSCRIBED,
  PACK_SUBSCRIBED_GET,
  PACK_TAKEN_ADD,
  PACK_TAKEN_REMOVE,
  PACK_TAKEN_EXPIRE,
  PACK_TAKEN_LIST,
  PACK_N_STATEMENTS,
} PackStatement;

typedef struct
{
  guint32 uid, flags;
  guint64 keywords, modseq, email;
  gint64 received_us;
  guint32 bytes, header_bytes;
} PackRow;

struct PackMailbox
{
  guint64 number;
  char *name;
  guint32 role, uidvalidity, uidnext, recent;
  guint32 uid_mark;    /* in the database after the next commit */
  guint32 uid_syncing; /* in the batch that a round makes durable now */
  guint32 uid_durable; /* UIDs below may be shown */
  guint64 modseq;
  GPtrArray *keywords; /* char * */
  GArray *rows;        /* PackRow by UID; NULL: not loaded */
  gboolean changed;    /* the row in `mailbox` must be written */
  gboolean reserve;    /* sessions look at it, or much comes in */
  guint arrivals;      /* deliveries since the account was opened */
  gboolean hidden;     /* holds what is not shown yet */
};

/* What waits for an account, or for its batch to be durable: a call or one item of a delivery. */
typedef struct
{
  struct PackCall *call;
  struct PackDelivery *delivery;
  guint32 item;
  gboolean again; /* run (again), instead of being answered */
} PackWaiter;

struct PackAccount
{
  Pack *pack;
  char *name, *path;
  GList link; /* in pack->idle */
  gboolean is_idle;
  gsize bytes; /* as counted in pack->bytes */
  sqlite3 *db;
  sqlite3_stmt *statements[PACK_N_STATEMENTS];
  int wal_fd;
  int wal_frames;
  gboolean log_stays; /* a checkpoint failed: not again before the next round */
  int pack_fd;        /* of pack-N that is appended to; -1: not open */
  guint64 pack_number, pack_end;
  gboolean pack_dirty;
  GPtrArray *mailboxes; /* PackMailbox */
  guint64 modseq, modseq_mark, modseq_syncing, modseq_durable;
  guint64 modseq_committed, modseq_in_round;
  guint64 modseq_synced; /* changes up to this one are durable */
  guint32 uidvalidity;
  guint64 low_segment; /* none lower is referred to */
  gboolean removed;    /* messages, since low_segment was looked up */
  gboolean meta_changed;
  gboolean has_copies, copies_known;
  gboolean created;                  /* files are new: their folders must be synced */
  gboolean in_batch;                 /* BEGIN was done */
  gboolean unsynced;                 /* something was committed that no round has made durable */
  gboolean is_dirty;                 /* in pack->dirty */
  gboolean syncing;                  /* in the round under way */
  gboolean busy;                     /* something runs in the pool */
  gboolean broken;                   /* to be closed as soon as nothing is under way */
  gboolean closing;                  /* evicted: to be closed when the checkpoint is over */
  gboolean round_over;               /* the round ended while the account was busy */
  int round_error;                   /* errno */
  guint pins;                        /* it must not be closed: writes under way, callbacks that run */
  GArray *waiters, *syncing_waiters; /* PackWaiter */
  GQueue queue;                      /* PackWaiter * for when it is not busy any more */
  GArray *notices;                   /* guint64 mailboxes that changed, told when the verb has returned */
};

/* account.c */
/* NULL without *error: all databases that may be open are in use; wait in pack->waiting. The account may be busy.
 * Ends with pack_account_settle(). */
PackAccount *pack_account_get (Pack *pack, const char *name, GError **error);
/* Whether verbs may use it now. */
gboolean pack_account_ready (const PackAccount *account);
/* At the end of each use on the loop thread: tells notices, puts the account on the list of dirty or of idle ones, or
 * closes it. It may be gone after this. */
void pack_account_settle (PackAccount *account);
/* The database failed: what was not committed is lost. Fails those who wait for it; pack_account_settle() closes it.
 * @error: (transfer none). */
void pack_account_break (PackAccount *account, const GError *error);
/* Its next opening begins with a checkpoint. */
typedef enum
{
  PACK_SUSPECT_SYNC = 1, /* which must succeed */
  PACK_SUSPECT_FULL,     /* which may make room */
} PackSuspect;

void pack_suspect (PackAccount *account, PackSuspect why);
/* What ran in the pool is over: runs what waits, settles. */
void pack_account_unbusy (PackAccount *account);
void pack_account_free (PackAccount *account);
gboolean pack_account_name_ok (const char *name);
void pack_account_notice (PackAccount *account, PackMailbox *mailbox);
void pack_drain_waiting (Pack *pack);

/* database.c */
gboolean pack_database_open (PackAccount *account, GError **error);
void pack_database_close (PackAccount *account);
/* Ready to be bound; never NULL unless *error. */
sqlite3_stmt *pack_statement (PackAccount *account, PackStatement which, GError **error);
/* Steps to the end, or to a row when @out_row; resets it unless there is a row. */
gboolean pack_step (PackAccount *account, sqlite3_stmt *statement, gboolean *out_row, GError **error);
/* Binds 64-bit numbers to the first parameters. */
void pack_bind (sqlite3_stmt *statement, guint n, ...);
gboolean pack_run (PackAccount *account, PackStatement which, GError **error);
void pack_database_error (PackAccount *account, GError **error);
const char *pack_sql (PackStatement which);

/* image.c */
gboolean pack_image_make (Pack *pack, GError **error);
gboolean pack_image_write (PackAccount *account, GError **error);

/* batch.c */
gboolean pack_batch_begin (PackAccount *account, GError **error);
/* Into the WAL, not durable. Writes what changed of mailboxes and marks. */
gboolean pack_batch_commit (PackAccount *account, GError **error);
/* Gives back reserved numbers and commits; for closing. */
gboolean pack_batch_lower (PackAccount *account, GError **error);
/* A modseq for a change in @mailbox. */
guint64 pack_change (PackAccount *account, PackMailbox *mailbox);
/* Whether the next modseq may be shown at once. If not, the caller reserves and waits for a round. */
gboolean pack_may_show (PackAccount *account);
void pack_reserve (PackAccount *account, PackMailbox *mailbox);

/* mailbox-table.c */
gboolean pack_mailboxes_load (PackAccount *account, GError **error);
PackMailbox *pack_mailbox_by_name (PackAccount *account, const char *name);
PackMailbox *pack_mailbox_by_number (PackAccount *account, guint64 number, GError **error);
/* With its parents; in the batch. @name is normal. */
PackMailbox *pack_mailbox_make (PackAccount *account, const char *name, guint32 role, GError **error);
gboolean pack_has_children (PackAccount *account, const char *name);
void pack_mailbox_free (gpointer mailbox);
const char *const *pack_keywords (PackMailbox *mailbox, PliArena *arena);
/* Bits of @names; with @make new ones are added, all or none. */
gboolean
pack_keyword_bits (PackMailbox *mailbox, const char *const *names, gboolean make, guint64 *out_bits, GError **error);

/* view.c */
gboolean pack_view_load (PackAccount *account, PackMailbox *mailbox, GError **error);
/* Number of rows that may be shown. */
guint pack_view_shown (PackAccount *account, PackMailbox *mailbox);
guint32 pack_view_uidnext (PackAccount *account, PackMailbox *mailbox);
guint64 pack_view_modseq (PackAccount *account, PackMailbox *mailbox);
guint pack_view_find (PackMailbox *mailbox, guint32 uid);
gsize pack_view_bytes (PackAccount *account);

typedef struct
{
  PackMailbox *mailbox;
  const PliUidRange *uids;
  guint32 n, range;
  guint row, end;
} PackWalk;

void pack_walk_start (PackWalk *walk, PackAccount *account, PackMailbox *mailbox, const PliUidRange *uids, guint32 n);
PackRow *pack_walk_next (PackWalk *walk);
/* Rows that the walk will give. */
guint pack_walk_count (const PackWalk *walk);
void pack_ranges_add (GArray *ranges, guint32 uid);
const PliUidRange *pack_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n);
void pack_row_fill (const PackRow *row, PliMessageRow *out);

/* rows.c: rows and messages, in the batch and in the view */
gboolean pack_message_add (PackAccount *account, guint64 email, gint64 segment, guint64 offset,
                           const PliRenderings *renderings, GError **error);
/* Takes the mailbox's next UID. */
gboolean pack_row_add (PackAccount *account, PackMailbox *mailbox, PackRow *row, GError **error);
/* Rows at these indices (rising) of the view go, with their messages unless those live on elsewhere. @gone: ranges. */
gboolean pack_rows_remove (PackAccount *account, PackMailbox *mailbox, const GArray *indices, guint64 modseq,
                           gboolean moved, GArray *gone, GError **error);
/* One more row has this message. */
gboolean pack_copies_add (PackAccount *account, guint64 email, GError **error);

/* checkpoint.c */
gboolean pack_checkpoint_due (PackAccount *account);
/* The account must be clean; it is busy until the end. */
void pack_checkpoint_start (PackAccount *account);

/* settled.c: what the queue has settled and `taken` still holds */
PackSettled *pack_settled_new (void);
void pack_settled_free (PackSettled *settled);
/* In a batch that is open for other reasons. */
gboolean pack_settled_apply (PackAccount *account, GError **error);

/* low.c: lowest segment referred to */
gboolean pack_low_load (PackAccount *account, GError **error);
void pack_low_add (PackAccount *account, guint64 segment);
/* Looks again after messages were removed. */
void pack_low_refresh (PackAccount *account);

#endif
