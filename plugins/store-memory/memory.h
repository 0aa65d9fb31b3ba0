/* memory.h: the store that forgets: everything in RAM, simple before fast.
 *
 * It is the model that other stores are tested against, and enough for demonstrations. An account has mailboxes, a set
 * of subscribed names and what was taken from the queue; a mailbox has rows by UID and tombstones. Copies share one
 * MemoryMessage. Every answer is at once but deliver(), which reads the message from its segment in the offload pool.
 * Thread: the loop. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include <pli/store.h>

#define MEMORY_KEYWORDS_MAX 64

typedef struct
{
  const char *const *folders;
  gint64 name_max;
  gint64 depth_max;
} MemorySettings;

typedef struct
{
  guint references; /* rows */
  guint64 email;
  gint64 received_us;
  GBytes *bytes;
  PliRenderings renderings; /* spans into text */
  char *text;
} MemoryMessage;

typedef struct
{
  guint32 uid, flags;
  guint64 keywords, modseq;
  MemoryMessage *message;
} MemoryRow;

typedef struct
{
  guint32 uid;
  guint64 modseq;
} MemoryTombstone;

typedef struct
{
  guint64 number;
  char *name;
  guint32 role, uidvalidity, uidnext, recent;
  guint64 modseq;
  GPtrArray *keywords; /* char * */
  GArray *rows;        /* MemoryRow by UID */
  GArray *tombstones;  /* MemoryTombstone by modseq */
} MemoryMailbox;

typedef struct
{
  guint64 session, mailbox;
  gboolean told; /* until the session asks for changes() */
} MemoryWatch;

typedef struct
{
  char *name;
  guint64 modseq;
  guint32 uidvalidity; /* last one given */
  GPtrArray *mailboxes;
  GHashTable *subscribed; /* char * */
  GHashTable *taken;      /* MemoryTaken * */
  GArray *watches;        /* MemoryWatch */
} MemoryAccount;

typedef struct
{
  guint64 segment, offset;
  guint32 child;
} MemoryTaken;

typedef struct
{
  PliPlugin *plugin;
  PliInstance *instance;
  GHashTable *accounts; /* MemoryAccount by name */
  guint reading;        /* deliveries in the offload pool */
  gboolean closed;      /* unloaded; freed with the last delivery */
} Memory;

/* account.c */
Memory *memory_new (PliPlugin *plugin);
/* Now, or when the last delivery has come back from the offload pool. */
void memory_close (Memory *memory);
void memory_delivery_over (Memory *memory);
/* The role of a folder's setting word, "Drafts:drafts"; FALSE when it is none. @out_name: (transfer full). */
gboolean memory_folder_parse (const char *word, char **out_name, guint32 *out_role);
/* Makes the account when it is not there. NULL and *error when @name cannot be one. */
MemoryAccount *memory_account (Memory *memory, const char *name, GError **error);
MemoryMailbox *memory_mailbox_new (Memory *memory, MemoryAccount *account, const char *name, guint32 role);
MemoryMailbox *memory_mailbox_by_name (MemoryAccount *account, const char *name);
MemoryMailbox *memory_mailbox_by_number (MemoryAccount *account, guint64 number, GError **error);
/* With its parents. @name is normal already. */
MemoryMailbox *memory_mailbox_make (Memory *memory, MemoryAccount *account, const char *name, guint32 role);
void memory_mailbox_remove (MemoryAccount *account, MemoryMailbox *mailbox);
gboolean memory_has_children (MemoryAccount *account, const char *name);
void memory_message_unref (MemoryMessage *message);
/* A modseq for a change in @mailbox. */
guint64 memory_change (MemoryAccount *account, MemoryMailbox *mailbox);
/* Adds a row; takes a reference. */
guint32
memory_mailbox_add (MemoryMailbox *mailbox, MemoryMessage *message, guint32 flags, guint64 keywords, guint64 modseq);

/* name.c: (transfer full); NULL and *error when it cannot be the name of a mailbox. */
char *memory_name (const MemorySettings *settings, const char *name, GError **error);
gboolean memory_name_is_below (const char *name, const char *parent);

/* set.c */
typedef struct
{
  GArray *rows;
  const PliUidRange *uids;
  guint32 n, range;
  guint row;
} MemoryWalk;

void memory_walk_start (MemoryWalk *walk, MemoryMailbox *mailbox, const PliUidRange *uids, guint32 n);
MemoryRow *memory_walk_next (MemoryWalk *walk);
/* Index of the first row with at least @uid. */
guint memory_find (GArray *rows, guint32 uid);
/* @uid is greater than all in @ranges. */
void memory_ranges_add (GArray *ranges, guint32 uid);
const PliUidRange *memory_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n);
void memory_row_fill (const MemoryRow *row, PliMessageRow *out);
const char *const *memory_keywords (MemoryMailbox *mailbox, PliArena *arena);
/* Bits of @names in the mailbox's table; with @make, new ones are added, all or none. */
gboolean memory_keyword_bits (MemoryMailbox *mailbox, const char *const *names, gboolean make, guint64 *out_bits,
                              GError **error);

/* watch.c */
void memory_notify (Memory *memory, MemoryAccount *account, guint64 mailbox);
void memory_gone (gpointer self, guint64 session);

/* append.c: (transfer full), with one reference. */
MemoryMessage *
memory_message_new (MemoryAccount *account, GBytes *bytes, const PliRenderings *renderings, gint64 received_us);

/* The slots. */
PliStep memory_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result);
PliStep memory_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result);
PliStep memory_rename (PliOp *op, Memory *memory, MemoryAccount *account, const char *from, const char *to,
                       PliMailboxResult *result);
PliStep memory_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result);
PliStep memory_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result);
PliStep memory_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result);
PliStep memory_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result);
PliStep memory_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result);
PliStep memory_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result);
PliStep memory_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result);
PliStep memory_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result);
PliStep memory_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result);
PliStep memory_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result);
PliStep memory_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result);
guint64 memory_live (gpointer self);

/* Removes the rows of @uids with \Deleted, or all of them with @any; adds those gone to @gone. */
void memory_remove_rows (MemoryMailbox *mailbox, const PliUidRange *uids, guint32 n, gboolean any, guint64 modseq,
                         GArray *gone);

#endif
