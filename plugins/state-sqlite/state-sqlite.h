/* state-sqlite.h: what the files of the plugin share.
 *
 * Everything is in memory, and answered from there: spaces of entries, and a heap that says which entry expires next
 * (table.c). What has changed is written to one SQLite file within a second, by one writer at a time in the offload pool
 * (write.c, file.c), and read back at start. Loop thread, but for the writer, which has rows of its own. */
#ifndef STATE_SQLITE_H
#define STATE_SQLITE_H

#include <pli/plugin.h>
#include <pli/state.h>
#include <sqlite3.h>

#define STATE_KEY_MAX 512         /* <pli/state.h> */
#define STATE_VALUE_MAX 4096      /* the same */
#define STATE_SPACE_MAX 64        /* longest name of a plugin */
#define STATE_WRITE_US 1000000    /* from a change to its write */
#define STATE_RETRY_US 30000000   /* after a write that failed */
#define STATE_ENTRY_OVERHEAD 200u /* bytes of memory that an entry takes besides key and value */

typedef struct
{
  gint64 entries_max; /* a space */
  guint64 bytes_max;  /* a space */
  gint64 spaces_max;
} StateSettings;

typedef struct StateEntry StateEntry;

typedef struct
{
  char *name;
  GHashTable *entries; /* key of StateEntry -> StateEntry */
  guint64 bytes;
} StateSpace;

/* One change that waits to be written; the last one of an entry since the writer began. */
typedef struct
{
  StateEntry *entry; /* whose pending this is; NULL when that has gone */
  const char *space; /* a space stays as long as the plugin */
  char *key;
  GBytes *value;
  gint64 count, made_us, expires_us;
  gboolean gone;
} StateRow;

struct StateEntry
{
  StateSpace *space;
  char *key;
  GBytes *value; /* NULL: empty */
  gint64 count, made_us, expires_us;
  guint heap_at;
  StateRow *pending;
};

typedef struct
{
  gint refs;         /* of the loop thread: the plugin, and a job of the writer */
  PliPlugin *plugin; /* NULL after unload() */
  PliInstance *instance;
  char *path;
  GHashTable *spaces; /* name -> StateSpace */
  GPtrArray *heap;    /* StateEntry, the first to expire on top */
  PliTimer *expiry, *flush;
  gint64 expiry_at_us;
  GPtrArray *pending; /* StateRow */
  gboolean writing, stopping;
  gboolean rewrite; /* the file does not have what it should: all is written anew */
  sqlite3 *db;      /* the writer's while it runs */
} State;

State *state_new (PliPlugin *plugin, GError **error);
State *state_ref (State *state);
void state_unref (State *state);

/* step.c */
PliStep state_step (PliOp *op, gpointer self, const PliStateArgs *args, PliStateResult *result);

/* table.c */
/* NULL when there is none; @make: makes it, NULL when there are too many. */
StateSpace *state_space (State *state, const char *name, gboolean make);
/* NULL when there is none, or it has expired. */
StateEntry *state_find (State *state, StateSpace *space, const char *key);
/* @key is not there. */
StateEntry *state_add (State *state, StateSpace *space, const char *key, gint64 expires_us);
void state_set_value (StateEntry *entry, PliSpan value);
void state_set_expiry (State *state, StateEntry *entry, gint64 expires_us);
/* Frees @entry; what is pending of it stays. */
void state_remove (State *state, StateEntry *entry);
/* Wakes up when the next entry expires. */
void state_arm_expiry (State *state);
void state_init_table (State *state);
void state_free_table (State *state);
gsize state_entry_bytes (const char *key, gsize value_len);

/* write.c */
/* @entry has changed; @gone: it is about to be removed. */
void state_changed (State *state, StateEntry *entry, gboolean gone);
/* Writes what is pending now, or when the present writer is ready. */
void state_write (State *state);
void state_row_free (gpointer row);

/* file.c; blocking, any thread, one at a time */
sqlite3 *state_file_open (const char *path, GError **error);
void state_file_set_aside (const char *path);
/* Calls @func for each row that has not expired, and deletes the others. */
typedef void (*StateRowFunc) (const StateRow *row, gpointer user);
gboolean state_file_read (sqlite3 *db, gint64 now_us, StateRowFunc func, gpointer user, GError **error);
/* In one transaction; @all: instead of what is there. */
gboolean state_file_write (sqlite3 *db, const GPtrArray *rows, gboolean all, GError **error);

#endif
