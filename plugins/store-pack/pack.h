/* pack.h: store-pack, the default store: one SQLite database an account, opened by this process alone.
 *
 * Layers, each a header: account.h (open databases, batches, marks, views), round.h (what makes batches durable),
 * call.h (calls that wait), body.h (bytes of messages). This one has the plugin's settings and state. A local delivery
 * is a reference to the message in the queue's segment; nothing is copied.
 *
 * Thread: the loop, but what runs in the offload pool while an account is `busy` (checkpoints, large changes), and the
 * syncs of a round, which touch descriptors only. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include <pli/record.h>
#include <pli/store.h>

typedef struct
{
  const char *const *folders;
  gint64 name_max, depth_max;
  guint64 cache;
  gint64 open_max;
  gint64 sync_delay;
  guint64 checkpoint;
  guint64 pack_size;
  gint64 young, compact_every;
  guint64 compact_step;
} PackSettings;

/* A delivery that waited longer here is not made: the queue has given up, and `taken` may soon forget it (settled.c). */
#define PACK_DELIVERY_MOST_US (120 * G_USEC_PER_SEC)

typedef struct Pack Pack;
typedef struct PackAccount PackAccount;
typedef struct PackMailbox PackMailbox;
typedef struct PackRound PackRound;
typedef struct PackJob PackJob;
typedef struct PackBodies PackBodies;
typedef struct PackWatches PackWatches;
typedef struct PackSettled PackSettled;
typedef struct PackLive PackLive;
typedef struct PackCompact PackCompact;

struct Pack
{
  PliPlugin *plugin;
  PliInstance *instance;
  char *folder;
  int folder_fd;      /* for syncfs() */
  PackSettings names; /* copy of the bounds of names, for any thread; lists are not in it */
  guchar *image;      /* of a new database */
  gsize image_bytes;
  GHashTable *accounts; /* PackAccount by name: the open ones */
  GQueue idle;          /* PackAccount that may be closed, least recently used first */
  gsize bytes;          /* of all idle accounts' memory */
  GHashTable *suspect;  /* names of accounts to be checkpointed before use: a sync failed, or the disk was full */
  GQueue waiting;       /* PackWaiter * that found no room for one more database */
  GPtrArray *dirty;     /* PackAccount with a batch that is not durable */
  PackRound *round;     /* under way, or NULL */
  PliTimer *timer;      /* of the next round */
  gboolean urgent;      /* somebody waits for the next round */
  gboolean soon;        /* pli_soon() is set */
  guint gathered;       /* that wait for the next round */
  guint checkpoints;    /* under way */
  PackBodies *bodies;
  PackWatches *watches;
  PackSettled *settled;
  PackLive *live;
  PackCompact *compact;
  GMutex lock; /* guards PackJob.finished */
  GCond finished;
  GList *jobs;      /* in the offload pool */
  guint references; /* the plugin's, and one for each thing that will come back from the loop */
  gboolean closed;
};

/* pack.c */
Pack *pack_new (PliPlugin *plugin, GError **error);
/* Makes all durable, closes all; answers what waits. */
void pack_close (Pack *pack);
const PackSettings *pack_settings (Pack *pack);
void pack_unref (Pack *pack);
/* Runs @work in the offload pool, then @after on the loop thread; at the latest from pack_close(). */
void pack_offload (Pack *pack, PliWorkFunc work, PliWorkFunc after, gpointer user);
/* Waits for all of them, and runs what comes after. */
void pack_jobs_finish (Pack *pack);

/* name.c */
gboolean pack_folder_parse (const char *word, char **out_name, guint32 *out_role);
/* (transfer full); NULL and *error when it cannot be the name of a mailbox. */
char *pack_name (const PackSettings *settings, const char *name, GError **error);
gboolean pack_name_is_below (const char *name, const char *parent);

/* watch.c */
PackWatches *pack_watches_new (void);
void pack_watches_free (PackWatches *watches);
void pack_watches_tell (Pack *pack, const char *account, guint64 mailbox);
void pack_gone (gpointer self, guint64 session);
/* The session asks what changed: it may be told again. */
void pack_watches_asked (Pack *pack, const char *account, guint64 session, guint64 mailbox);

/* live.c */
gboolean pack_live_start (Pack *pack, GError **error);
/* All accounts are closed in good order. */
void pack_live_stop (Pack *pack);
/* The lowest segment that any account refers to; 0: not known yet, G_MAXUINT64: none. */
guint64 pack_live_lowest (Pack *pack);
guint64 pack_slot_live (gpointer self);
/* (transfer full): name of an account that refers to @segment or a lower one, other than those in @skip; NULL. */
char *pack_live_find (Pack *pack, guint64 segment, GHashTable *skip);

/* compact.c */
PackCompact *pack_compact_new (Pack *pack);
void pack_compact_stop (PackCompact *compact);
void pack_compact_free (PackCompact *compact);

/* The slots. */
PliStep pack_slot_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result);
PliStep pack_slot_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result);
PliStep pack_slot_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result);
PliStep pack_slot_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result);
PliStep pack_slot_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result);
PliStep pack_slot_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result);
PliStep pack_slot_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result);
PliStep pack_slot_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result);
PliStep pack_slot_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result);
PliStep pack_slot_changes (PliOp *op, gpointer self, const PliChangesArgs *args, PliChangesResult *result);
PliStep pack_slot_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result);
PliStep pack_slot_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result);
PliStep pack_slot_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result);
PliStep pack_slot_taken (PliOp *op, gpointer self, const PliTakenArgs *args, PliTakenResult *result);

#endif
