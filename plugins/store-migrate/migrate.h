/* migrate.h: store-migrate: moves an account from one store of this room to another.
 *
 * While it is moved the account is *held*: its calls and deliveries are told to try again. Where moved accounts are is kept in
 * a file each, read at start; a move that was cut short is gone on with by asking for it again, from what the
 * target already has. Nothing is removed from the old store.
 *
 * Thread: a step runs in the offload pool, where its code may wait; what it asks of stores goes through the loop. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <pli/store.h>

typedef struct
{
  gint64 step_time;
} MigrateSettings;

typedef enum
{
  MIGRATE_PROBE,  /* nothing is held yet */
  MIGRATE_CANCEL, /* the account stays where it was */
  MIGRATE_PREPARE,
  MIGRATE_COPY,
  MIGRATE_VERIFY,
  MIGRATE_DONE,
} MigratePhase;

typedef struct
{
  char *account, *from, *to, *left; /* left: stores that have an old copy, by commas */
  gboolean held;                    /* a move is under way */
  gboolean begun;                   /* the target was cleared for it */
} Place;

typedef struct
{
  PliPlugin *plugin;
  PliInstance *instance;
  char *folder;
  GHashTable *places; /* Place by account */
  GHashTable *moves;  /* Move by account */
  gboolean busy;      /* one step at a time */
  guint running;
  gboolean closed;
} Migrate;

typedef struct
{
  char *name;
  guint32 role, uidvalidity, uidnext, messages;
  guint64 number, modseq;
  gboolean subscribed;
} Box;

typedef struct
{
  Migrate *migrate;
  Place *place;
  MigratePhase phase;
  GPtrArray *boxes; /* Box of the source */
  guint at;         /* which */
  guint32 cursor;   /* UID, when verifying */
  guint64 copied, verified, total;
  PliTicket ticket;
  PliMigrateResult *result;
  gint64 until_us;
  GError *error;
} Move;

/* places.c: loop thread, but for place_write() */
gboolean places_load (Migrate *migrate, GError **error);
Place *places_get (Migrate *migrate, const char *account);
gboolean place_write (Migrate *migrate, const Place *place, GError **error);
void place_free (gpointer place);

/* ask.c: in the pool: waits for the answer. @take copies what is wanted of the result, on the loop thread. */
typedef void (*MigrateTake) (gpointer user, const void *result);
gboolean migrate_ask (Move *move, const char *store, gsize slot, gsize result_size, const void *args, MigrateTake take,
                      gpointer user, GError **error);
#define MIGRATE_ASK(move, store, slot, Result, args, take, user, error)                                                \
  migrate_ask (move, store, offsetof (PliStore, slot), sizeof (Result), args, take, user, error)

/* steps.c: in the pool */
/* Can both stores do it? */
gboolean migrate_probe (Move *move, GError **error);
gboolean migrate_prepare (Move *move, GError **error);
gboolean migrate_copy (Move *move, GError **error);
gboolean migrate_verify (Move *move, GError **error);
GPtrArray *migrate_list (Move *move, const char *store, GError **error);

/* deliver.c */
PliStep migrate_deliver (PliOp *op, gpointer wanted, const PliDeliverArgs *args, PliDeliverResult *result);

/* message.c: in the pool */
typedef struct
{
  PliMessageRow row; /* spans in @arena */
  char **keywords;   /* names, sorted */
  PliArena *arena;
} Copy;

void copy_free (gpointer copy);
/* (transfer full) (element-type Copy): some rows from UID @cursor on; *out_cursor: 0 at the end. */
GPtrArray *migrate_rows (Move *move, const char *store, guint64 mailbox, guint32 cursor, guint32 want,
                         guint32 *out_cursor, GError **error);
/* The whole message, into @out. */
gboolean
migrate_read (Move *move, const char *store, guint64 mailbox, const PliMessageRow *row, PliBuffer *out, GError **error);

#endif
