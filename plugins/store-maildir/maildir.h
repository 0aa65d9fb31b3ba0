/* maildir.h: store-maildir: mailboxes as Maildir++ folders that Dovecot and Courier can open too.
 *
 * Truth lies in the tree: files, flags in their names, `dovecot-uidlist`, `dovecot-keywords`, `subscriptions`. What these
 * have no room for (modseqs, tombstones, what FETCH wants rendered, roles, deliveries taken) is in one SQLite database an
 * account, in the plugin's folder, and is made anew from the tree when it is lost.
 *
 * Thread: the loop owns Maildir, queues and the list of idle accounts. All file work runs in the offload pool, in *turns*:
 * one turn an account at a time, which runs the calls that have gathered, syncs, commits, and is answered on the loop. What
 * is in MaildirAccount below `queue` belongs to the turn while it runs. */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include <pli/store.h>
#include <sqlite3.h>

#define MAILDIR_KEYWORDS_MAX 64
#define MAILDIR_LETTERS 26

typedef enum
{
  MAILDIR_SYNC_OPTIMIZED, /* all but renames that change flags */
  MAILDIR_SYNC_ALWAYS,
  MAILDIR_SYNC_NEVER,
} MaildirSync;

typedef enum
{
  MAILDIR_LF,
  MAILDIR_CRLF,
} MaildirLineEnds;

typedef struct
{
  const char *path;
  const char *const *folders;
  gint64 name_max, depth_max;
  guint64 cache, message_max;
  gint64 open_max;
  gint fsync;     /* MaildirSync */
  gint line_ends; /* MaildirLineEnds */
  gint64 poll, lock_timeout;
} MaildirSettings;

typedef struct MaildirAccount MaildirAccount;
typedef struct MaildirCall MaildirCall;
typedef struct MaildirWatches MaildirWatches;
typedef struct MaildirAddresses MaildirAddresses;

typedef struct
{
  PliPlugin *plugin;
  PliInstance *instance;
  MaildirSettings set;  /* copy, for any thread; cache and open_max are read anew */
  char *folder;         /* the plugin's */
  GHashTable *accounts; /* MaildirAccount by name */
  GQueue idle;          /* MaildirAccount, open and without work, least recently used first */
  gsize bytes;          /* of the views of idle accounts */
  guint open;           /* accounts with a database */
  MaildirWatches *watches;
  MaildirAddresses *addresses; /* NULL: `path` needs none */
  PliTimer *poll;
  guint64 life;  /* random number of this life of the room, for lock files */
  guint running; /* turns, and questions to the directory */
  gboolean closed;
} Maildir;

typedef struct
{
  guint32 uid, flags;
  guint64 keywords, modseq, email;
  gint64 received_us;
  guint32 bytes, header_bytes; /* as good as known, until it is learnt */
  gboolean learnt;             /* the file was read: sizes are right, renderings are kept */
  gboolean direct;             /* each line ends in CRLF: bytes are served as they lie */
  gboolean in_new;
  char *file; /* name with flags */
} MaildirRow;

typedef struct
{
  gint64 mtime_ns;
  guint64 inode, size;
} MaildirStamp;

typedef struct
{
  char *path;
  int fd;
} MaildirLock;

typedef struct
{
  guint64 number;
  char *name;   /* as sessions know it */
  char *dir;    /* below the tree: "" for INBOX, else ".Name" */
  guint32 role; /* PliRole */
  guint32 uidvalidity, uidnext, recent;
  guint64 modseq;
  GPtrArray *keywords;            /* char *: bit n */
  gint8 letters[MAILDIR_LETTERS]; /* bit of the letter, -1: none */
  GArray *rows;                   /* MaildirRow by UID; NULL: not loaded */
  MaildirStamp new, cur, uidlist; /* as of the last look */
  MaildirStamp letters_file;
  guint lines;                            /* of dovecot-uidlist */
  gboolean unsure;                        /* changed so lately that a stamp would not show another change */
  gboolean held;                          /* the list of UIDs is locked by a caller of maildir_look() */
  gboolean changed;                       /* its row in `mailbox` must be written */
  gboolean sync_new, sync_cur, sync_tree; /* folders to be synced at the end of the turn */
} MaildirMailbox;

typedef enum
{
  MAILDIR_BEGIN,
  MAILDIR_COMMIT,
  MAILDIR_META_SET,
  MAILDIR_BOX_SET,
  MAILDIR_BOX_REMOVE,
  MAILDIR_BOX_LIST,
  MAILDIR_ROW_SET,
  MAILDIR_ROW_REMOVE,
  MAILDIR_ROW_LIST,
  MAILDIR_ROWS_OF_EMAIL,
  MAILDIR_GUID_SET,
  MAILDIR_GUID_GET,
  MAILDIR_GUID_REMOVE,
  MAILDIR_TEXT_SET,
  MAILDIR_TEXT_GET,
  MAILDIR_TEXT_REMOVE,
  MAILDIR_TOMB_ADD,
  MAILDIR_TOMB_LIST,
  MAILDIR_TOMB_REMOVE,
  MAILDIR_TAKEN_ADD,
  MAILDIR_TAKEN_GET,
  MAILDIR_TAKEN_REMOVE,
  MAILDIR_TAKEN_EXPIRE,
  MAILDIR_TAKEN_LIST,
  MAILDIR_N_STATEMENTS,
} MaildirStatement;

struct MaildirAccount
{
  Maildir *maildir;
  char *name;
  char *address; /* NULL: not known, or not needed */
  GList link;    /* in maildir->idle */
  gboolean is_idle, busy, is_open;
  gsize bytes;
  GQueue queue;    /* MaildirCall: for the next turn */
  GArray *settled; /* MaildirKey: to be forgotten with a later turn */

  GArray *forget;  /* MaildirKey: with this turn */
  GPtrArray *turn; /* MaildirCall: of the turn under way */
  gboolean closing;
  gboolean broken; /* to be closed: the next turn reads all anew */
  char *tree;      /* absolute path */
  sqlite3 *db;
  sqlite3_stmt *statements[MAILDIR_N_STATEMENTS];
  gboolean in_batch, meta_changed, sync_tree;
  gboolean sync_volume; /* before the commit */
  gboolean bulk;        /* many files are written: whoever does so syncs the volume, once */
  GPtrArray *mailboxes; /* MaildirMailbox */
  MaildirStamp stamp;   /* of the tree's own folder */
  guint64 modseq;
  guint32 uidvalidity;    /* the last one given */
  GHashTable *subscribed; /* NULL: not read */
  MaildirStamp subscriptions;
  GArray *notices;   /* guint64 mailboxes that changed in this turn */
  GPtrArray *placed; /* char *: files put in place in this turn, taken back when it fails */
  char *body;        /* the message read last, converted */
  gsize body_bytes;
  guint64 body_email;
};

typedef struct
{
  guint64 segment, offset;
  gint64 at_us;
  guint32 child;
} MaildirKey;

typedef gboolean (*MaildirVerb) (MaildirCall *call);

struct MaildirCall
{
  Maildir *maildir;
  MaildirAccount *account;
  MaildirVerb verb;                 /* in the pool; FALSE: error is set */
  void (*over) (MaildirCall *call); /* on the loop; NULL: the ticket is completed */
  PliTicket ticket;
  PliArena *arena;
  guint64 session;
  gint64 now_us;
  const void *args;
  void *result;
  gpointer data;
  GError *error;
};

/* call.c */
PliStep maildir_call (PliOp *op, gpointer self, MaildirVerb verb, const void *args, void *result);
/* @over: in place of completing the ticket, on the loop thread. */
PliStep maildir_call_with (PliOp *op, gpointer self, MaildirVerb verb, void (*over) (MaildirCall *call),
                           const void *args, void *result);
/* Queues @call, whose account is set, for the next turn. */
void maildir_call_push (MaildirCall *call);
/* For `return`: nothing was changed. */
gboolean maildir_refuse (MaildirCall *call, PliErrorCode code, const char *text);
/* For `return`, error being set: what was changed in memory and database in this turn is dropped. */
gboolean maildir_fail (MaildirCall *call);
/* The account with this name, made when it is not known; NULL and *error when there can be none. */
MaildirAccount *maildir_account (Maildir *maildir, const char *name, GError **error);
void maildir_notice (MaildirAccount *account, MaildirMailbox *mailbox);
void maildir_free_when_over (Maildir *maildir);

/* address.c */
MaildirAddresses *maildir_addresses_new (const char *path);
void maildir_addresses_free (MaildirAddresses *addresses);
/* Whoever waits goes on without. */
void maildir_addresses_stop (Maildir *maildir);
/* TRUE: account->address is as good as it gets. FALSE: maildir_account_addressed() will be called. */
gboolean maildir_address_find (MaildirAccount *account);
void maildir_account_addressed (MaildirAccount *account);

/* account.c: in a turn */
gboolean maildir_account_open (MaildirAccount *account, GError **error);
void maildir_account_close (MaildirAccount *account);
void maildir_account_free (gpointer account);
/* Syncs folders, commits. */
gboolean maildir_account_commit (MaildirAccount *account, GError **error);
gsize maildir_account_bytes (MaildirAccount *account);
guint32 maildir_next_uidvalidity (MaildirAccount *account);
/* Whether single files and folders are synced now. */
gboolean maildir_syncs (const MaildirAccount *account);
/* A modseq for a change in @mailbox. */
guint64 maildir_change (MaildirAccount *account, MaildirMailbox *mailbox);

/* path.c */
/* @address: (nullable): "local@domain". */
char *maildir_tree_path (const MaildirSettings *set, const char *folder, const char *account, const char *address,
                         GError **error);
char *maildir_path (MaildirAccount *account, MaildirMailbox *mailbox, const char *below);
char *maildir_file_path (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *row);
gboolean maildir_make_dirs (const char *path, GError **error);
gboolean maildir_sync_dir (const char *path, GError **error);
/* All that was written to the volume. */
gboolean maildir_sync_volume (const char *path, GError **error);
/* Of a file that is not there: all 0. */
gboolean maildir_stamp (const char *path, MaildirStamp *out, GError **error);
gboolean maildir_stamp_same (const MaildirStamp *a, const MaildirStamp *b);
gboolean maildir_errno (GError **error, const char *path);
gboolean maildir_read_file (const char *path, guint64 most, PliBuffer *out, GError **error);

/* name.c */
gboolean maildir_folder_parse (const char *word, char **out_name, guint32 *out_role);
char *maildir_name (const MaildirSettings *settings, const char *name, GError **error);
gboolean maildir_name_is_below (const char *name, const char *parent);
/* ".A.B" of "A/B"; NULL and *error when the file system has no room for it. (transfer full) */
char *maildir_dir_of (const char *name, GError **error);
/* The reverse; NULL when @dir is not a folder of mail. (transfer full) */
char *maildir_name_of (const char *dir);

/* filename.c */
typedef struct
{
  PliSpan base;    /* with ,S= and ,W= */
  guint32 flags;   /* PliFlags */
  guint32 letters; /* bit n: 'a' + n */
  char other[32];  /* flags that mean nothing to us, kept */
} MaildirFileName;

void maildir_filename_parse (const char *file, MaildirFileName *out);
/* (transfer full) */
char *maildir_filename_make (const MaildirFileName *name);
gboolean maildir_filename_same (const char *a, const char *b);
/* The number behind ",S=" or ",W=". */
gboolean maildir_filename_size (PliSpan base, char key, guint64 *out);
char *maildir_filename_delivery (const PliDelivery *item, gsize physical, gsize virtual_bytes);
char *maildir_filename_unique (gint64 now_us, gsize physical, gsize virtual_bytes);
gboolean maildir_filename_is_delivery (PliSpan base, guint64 *out_segment, guint64 *out_offset, guint32 *out_child);

/* database.c */
gboolean maildir_database_open (MaildirAccount *account, const char *path, GError **error);
void maildir_database_close (MaildirAccount *account);
/* Reset and ready to be bound. NULL: *error. */
sqlite3_stmt *maildir_sql (MaildirAccount *account, MaildirStatement which, GError **error);
void maildir_bind (sqlite3_stmt *statement, guint n, ...);
gboolean maildir_step (MaildirAccount *account, sqlite3_stmt *statement, gboolean *out_row, GError **error);
/* One that takes only numbers and gives no rows, in the batch. */
gboolean maildir_run (MaildirAccount *account, GError **error, MaildirStatement which, guint n, ...);
gboolean maildir_batch (MaildirAccount *account, GError **error);

/* rows.c */
gboolean maildir_mailboxes_load (MaildirAccount *account, GError **error);
gboolean maildir_mailbox_save (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
gboolean maildir_meta_save (MaildirAccount *account, GError **error);
gboolean maildir_rows_load (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
gboolean maildir_row_save (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *row, GError **error);
/* Adds a row whose UID is the highest, takes row->file. */
gboolean maildir_row_add (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, GError **error);
/* Forgets the rows at these indices (rising); their files are gone. @out_gone: ranges, or NULL. */
gboolean maildir_rows_remove (MaildirAccount *account, MaildirMailbox *mailbox, const GArray *indices, guint64 modseq,
                              GArray *out_gone, GError **error);
gboolean maildir_texts_save (MaildirAccount *account, guint64 email, const PliRenderings *renderings, GError **error);
/* The email id of a file, a new one when its base name is not known. */
gboolean maildir_email_of (MaildirAccount *account, PliSpan base, guint64 *out_email, GError **error);
void maildir_mailbox_free (gpointer mailbox);
void maildir_rows_drop (MaildirMailbox *mailbox);

/* set.c */
typedef struct
{
  MaildirMailbox *mailbox;
  const PliUidRange *uids;
  guint32 n, range;
  guint row;
} MaildirWalk;

guint maildir_find (const MaildirMailbox *mailbox, guint32 uid);
void maildir_walk_start (MaildirWalk *walk, MaildirMailbox *mailbox, const PliUidRange *uids, guint32 n);
MaildirRow *maildir_walk_next (MaildirWalk *walk);
void maildir_ranges_add (GArray *ranges, guint32 uid);
const PliUidRange *maildir_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n);
void maildir_row_fill (const MaildirRow *row, PliMessageRow *out);

/* tree.c */
/* Looks at the folders of the tree, if anything may have changed. */
gboolean maildir_tree_look (MaildirAccount *account, GError **error);
MaildirMailbox *maildir_by_name (MaildirAccount *account, const char *name);
MaildirMailbox *maildir_by_number (MaildirAccount *account, guint64 number, GError **error);
gboolean maildir_has_children (MaildirAccount *account, const char *name);
/* With its parents. @name is normal. */
MaildirMailbox *maildir_make (MaildirAccount *account, const char *name, guint32 role, GError **error);
gboolean maildir_remove_dir (const char *path, GError **error);

/* letters.c */
gboolean maildir_letters_look (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
const char *const *maildir_keywords (MaildirMailbox *mailbox, PliArena *arena);
/* Bits of @names; with @make new ones are added, all or none. */
gboolean maildir_keyword_bits (MaildirAccount *account, MaildirMailbox *mailbox, const char *const *names,
                               gboolean make, guint64 *out_bits, GError **error);
guint32 maildir_letters_of (MaildirMailbox *mailbox, guint64 keywords);
guint64 maildir_bits_of (MaildirMailbox *mailbox, guint32 letters);
/* Those that no letter stands for. */
guint64 maildir_bits_without_letter (MaildirMailbox *mailbox);

/* uidfile.c */
/* `PATH.lock`, made as Dovecot makes it; waits. */
gboolean maildir_lock (MaildirAccount *account, const char *path, MaildirLock *out, GError **error);
void maildir_unlock (MaildirLock *lock);
/* Adds @n files with UIDs from mailbox->uidnext on. Under the lock. */
gboolean
maildir_uidlist_add (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *rows, guint n, GError **error);
/* Writes the file anew from the mailbox's rows, keeping what others wrote about them. Under the lock. */
gboolean maildir_uidlist_write (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
/* A file whose lock is held gets other contents, all at once. */
gboolean maildir_replace (MaildirAccount *account, const char *path, PliSpan text, GError **error);

/* scan.c */
/* Rows are loaded, and as the tree has them. */
gboolean maildir_look (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
/* Whatever the stamps say. */
gboolean maildir_look_again (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);
/* After own changes: what we did ourselves is not news. */
gboolean maildir_own_change (MaildirAccount *account, MaildirMailbox *mailbox, GError **error);

/* body.c */
/* Bytes as they go into a file: with LF alone when that is wanted and nothing is lost; may be in @space. */
PliSpan maildir_body_pack (const MaildirSettings *set, PliSpan message, PliBuffer *space);
/* Writes tmp/NAME and syncs it, unless account->bulk. */
gboolean maildir_body_write (MaildirAccount *account, MaildirMailbox *mailbox, const char *name, PliSpan bytes,
                             gint64 received_us, GError **error);
/* Whole message with CRLF. Reads and renders it when that was not done yet; PLI_ERROR_NOT_FOUND: another program has
 * moved or removed it. */
gboolean maildir_learn (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, GError **error);
gboolean maildir_body_read (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, guint64 offset,
                            guint32 length, PliArena *arena, PliSpan *out, GError **error);
/* Files from tmp/ get their places, UIDs and rows; takes the names. */
gboolean maildir_place (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *rows, guint n, GError **error);

/* subscriptions.c */
gboolean maildir_subscriptions_look (MaildirAccount *account, GError **error);
gboolean maildir_subscribe (MaildirAccount *account, const char *name, gboolean on, GError **error);

/* rename.c */
gboolean maildir_rename (MaildirCall *call, const char *from, const char *to);
/* copy.c: makes copies of (or moves) rows at @indices of @from into @to. */
gboolean maildir_copy_rows (MaildirAccount *account, MaildirMailbox *from, MaildirMailbox *to, const GArray *indices,
                            gboolean move, GArray *out_from, GArray *out_to, GError **error);

/* watch.c */
MaildirWatches *maildir_watches_new (void);
void maildir_watches_free (MaildirWatches *watches);
void maildir_watches_tell (Maildir *maildir, const char *account, guint64 mailbox);
void maildir_watches_asked (Maildir *maildir, const char *account, guint64 session, guint64 mailbox);
void maildir_gone (gpointer self, guint64 session);
void maildir_poll_start (Maildir *maildir);

PliStep maildir_slot_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result);
PliStep maildir_slot_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result);
PliStep maildir_slot_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result);
PliStep maildir_slot_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result);
PliStep maildir_slot_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result);
PliStep maildir_slot_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result);
PliStep maildir_slot_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result);
PliStep maildir_slot_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result);
PliStep maildir_slot_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result);
PliStep maildir_slot_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result);
PliStep maildir_slot_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result);
PliStep maildir_slot_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result);
PliStep maildir_slot_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result);
guint64 maildir_live (gpointer self);
PliStep maildir_slot_taken (PliOp *op, gpointer self, const PliTakenArgs *args, PliTakenResult *result);

#endif
