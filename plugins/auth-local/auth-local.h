/* auth-local.h: what the files of the plugin share.
 *
 * directory.db is the truth; everything that is asked often is answered from a tree of it in memory, which only the loop
 * thread touches. The database is used by one job at a time in the offload pool, never by the loop thread. */
#ifndef AUTH_LOCAL_H
#define AUTH_LOCAL_H

#include <pli/directory.h>
#include <pli/mail.h>
#include <pli/plugin.h>
#include <sqlite3.h>

typedef struct
{
  gint64 alias_depth, targets_max;
  const char *detail_separator, *default_domain, *postmaster;
  gint64 hash_cost, hash_parallel, logins_waiting_max, password_min;
  gint64 login_memory;
} LocalSettings;

#define LOCAL_PASSWORD_MAX 511 /* what libcrypt takes */

typedef struct
{
  char id[PLI_ID_LEN + 1];
  char *display; /* or NULL */
  char *hash;    /* NULL: nobody can log in */
  char *scram;   /* local_scram_new(); NULL: no SCRAM */
  gboolean disabled;
  guint32 rights; /* PliRights */
} LocalAccount;

/* An address that is an account's or an alias, or that an alias names. */
typedef struct LocalEntry LocalEntry;
struct LocalEntry
{
  char *address;
  LocalAccount *account; /* or NULL */
  GPtrArray *targets;    /* LocalEntry, of an alias; or NULL */
  guint uses;            /* aliases that name it */
  guint64 seen;          /* resolve.c: number of the walk */
  gboolean on_path;      /* resolve.c */
};

typedef struct
{
  GHashTable *entries; /* address → LocalEntry */
  GHashTable *domains; /* set of names */
  GPtrArray *by_age;   /* the same names, oldest first */
} LocalTree;

typedef struct LocalJobs LocalJobs;
typedef struct LocalMemo LocalMemo;
typedef struct LocalHashing LocalHashing;

typedef struct
{
  gint refs;         /* of the loop thread: the plugin and each job */
  PliPlugin *plugin; /* NULL after unload() */
  PliInstance *instance;
  sqlite3 *db;
  LocalTree *tree;
  LocalJobs *jobs;
  LocalHashing *hashing;
  LocalMemo *memo;
  guint64 walks;
} Local;

Local *local_new (PliPlugin *plugin, GError **error);
Local *local_ref (Local *local);
void local_unref (Local *local);
/* Only in slots: those in force now. */
const LocalSettings *local_settings (const Local *local);
/* `[auth-local] default-domain`, else the oldest domain, else NULL. */
const char *local_default_domain (const Local *local);
/* `[domain D] store` of an address. */
const char *local_store_of (const Local *local, const char *address);

/* tree.c */
LocalTree *local_tree_new (void);
void local_tree_free (LocalTree *tree);
void local_tree_add_domain (LocalTree *tree, const char *domain);
void local_tree_remove_domain (LocalTree *tree, const char *domain);
/* @account: (transfer full). */
void local_tree_add_account (LocalTree *tree, const char *address, LocalAccount *account);
void local_tree_remove_account (LocalTree *tree, const char *address);
void local_tree_add_alias (LocalTree *tree, const char *address, const char *target);
/* @target NULL: all. */
void local_tree_remove_alias (LocalTree *tree, const char *address, const char *target);
LocalEntry *local_tree_find (const LocalTree *tree, const char *address);
LocalAccount *local_tree_account (const LocalTree *tree, const char *address);
LocalAccount *local_account_new (const char *id, const char *display, const char *hash, const char *scram);

/* database.c */
sqlite3 *local_db_open (const char *folder, LocalTree *tree, GError **error);
GError *local_db_error (sqlite3 *db);
/* NULL and error. @texts: bound to ?1, ?2…, NULL stays NULL; NULL-terminated by @n. */
sqlite3_stmt *local_db_prepare (sqlite3 *db, const char *sql, const char *const *texts, guint n, GError **error);
/* Runs to the end; @out_changed (nullable): rows changed. */
gboolean
local_db_run (sqlite3 *db, const char *sql, const char *const *texts, guint n, guint *out_changed, GError **error);
/* First column of the first row as a number, 0 when there is no row; -1 and error. */
gint64 local_db_number (sqlite3 *db, const char *sql, const char *const *texts, guint n, GError **error);

/* jobs.c: database work in the offload pool, one after the other. @work: on a thread of the pool, alone with the
 * database; @then: on the loop thread. */
typedef void (*LocalWork) (Local *local, gpointer user);
LocalJobs *local_jobs_new (void);
void local_jobs_free (LocalJobs *jobs);
void local_jobs_add (Local *local, LocalWork work, LocalWork then, gpointer user);

/* write.c: one change in one transaction; in the pool. */
typedef struct
{
  guint32 verb;
  PliTicket ticket;
  const char *name, *target, *display; /* canonical, in the op's arena */
  const char *domain;                  /* of name */
  PliSpan password;
  PliChangeResult *result;
  char id[PLI_ID_LEN + 1];
  char *hash, *scram;
  gint64 hash_cost, iterations;
  gint64 now_us;
  GError *error;
} LocalChange;

gboolean local_write (sqlite3 *db, const LocalChange *change, GError **error);

/* password.c */
/* (transfer full): NULL and error. Slow; any thread. */
char *local_hash_new (PliSpan password, gint64 cost, GError **error);
/* Slow, and as slow when @hash is NULL. Any thread. */
gboolean local_hash_check (PliSpan password, const char *hash, gint64 cost);
/* Does not let more hashes run at once than the setting says. FALSE when too many wait. */
LocalHashing *local_hashing_new (void);
void local_hashing_free (LocalHashing *hashing);
gboolean local_hashing_add (Local *local, LocalWork work, LocalWork then, gpointer user);

/* memo.c: logins that were right a while ago, without their passwords. */
LocalMemo *local_memo_new (void);
void local_memo_free (LocalMemo *memo);
gboolean local_memo_has (LocalMemo *memo, const char *login, PliSpan password, const char *hash, gint64 now_us);
void
local_memo_add (LocalMemo *memo, const char *login, PliSpan password, const char *hash, gint64 now_us, gint64 until_us);

/* keys.c: what SCRAM-SHA-256 needs, kept as text: iterations and salt, StoredKey, ServerKey in base 64, with '$' between. */
/* (transfer full): NULL when the password has no prepared form (RFC 4013). Slow; any thread. */
char *local_scram_new (PliSpan password, gint64 iterations);
/* `[directory] scram-iterations` */
gint64 local_iterations (const Local *local);
gboolean local_scram_parse (const char *text, PliArena *arena, PliKeysResult *out);

/* verify.c: what signing in has in common */
/* (transfer none): in @arena, lower case, with a domain. */
char *local_canonical_login (Local *local, PliArena *arena, const char *login);
/* NULL when this account may come in for @service; else why not, for the log. */
const char *local_why_not (const LocalAccount *account, const char *service);
void
local_fill_who (Local *local, PliArena *arena, const LocalAccount *account, const char *login, PliVerifyResult *who);

/* Slots */
PliStep local_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result);
PliStep local_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result);
PliStep local_keys (PliOp *op, gpointer self, const PliKeysArgs *args, PliKeysResult *result);
PliStep local_change (PliOp *op, gpointer self, const PliChangeArgs *args, PliChangeResult *result);
PliStep local_list (PliOp *op, gpointer self, const PliDirectoryListArgs *args, PliDirectoryListResult *result);

#endif
