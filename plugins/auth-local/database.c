/* database.c: directory.db: schema, opening, and statements as plain calls. Addresses are stored in their one written
 * form (lower case), so that uniqueness is the database's affair. Opened by load(), used by jobs after that. */
#include "auth-local.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SCHEMA_VERSION "2"

static const char schema[] =
    "CREATE TABLE domain (name TEXT PRIMARY KEY, created_us INTEGER NOT NULL);"
    "CREATE TABLE account (id TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE,"
    " domain TEXT NOT NULL REFERENCES domain (name), display TEXT, hash TEXT, scram TEXT, disabled INTEGER NOT NULL "
    "DEFAULT 0,"
    " rights INTEGER NOT NULL DEFAULT 7, created_us INTEGER NOT NULL);"
    "CREATE INDEX account_domain ON account (domain);"
    "CREATE TABLE alias (address TEXT NOT NULL, target TEXT NOT NULL, domain TEXT NOT NULL REFERENCES domain (name),"
    " created_us INTEGER NOT NULL, PRIMARY KEY (address, target));"
    "CREATE INDEX alias_domain ON alias (domain);"
    "PRAGMA user_version = " SCHEMA_VERSION ";";

/* From schema 1: the first had no SCRAM keys. */
static const char upgrade[] = "ALTER TABLE account ADD COLUMN scram TEXT; PRAGMA user_version = " SCHEMA_VERSION ";";

GError *
local_db_error (sqlite3 *db)
{
  int code = sqlite3_errcode (db) & 0xff;
  PliErrorCode kind = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN;

  return g_error_new (PLI_ERROR, (gint) kind, "directory.db: %s%s", sqlite3_errmsg (db),
                      code == SQLITE_BUSY ? "; a running server has it open, so ask that" : "");
}

static gboolean
fail (sqlite3 *db, GError **error)
{
  g_propagate_error (error, local_db_error (db));
  return FALSE;
}

sqlite3_stmt *
local_db_prepare (sqlite3 *db, const char *sql, const char *const *texts, guint n, GError **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    {
      fail (db, error);
      return NULL;
    }
  for (guint i = 0; i < n; i++)
    sqlite3_bind_text (statement, (int) i + 1, texts[i], -1, SQLITE_STATIC);
  return statement;
}

gboolean
local_db_run (sqlite3 *db, const char *sql, const char *const *texts, guint n, guint *out_changed, GError **error)
{
  sqlite3_stmt *statement = local_db_prepare (db, sql, texts, n, error);
  int step = SQLITE_ROW;

  if (!statement)
    return FALSE;
  while (step == SQLITE_ROW)
    step = sqlite3_step (statement);
  if (step != SQLITE_DONE)
    fail (db, error);
  else if (out_changed)
    *out_changed = (guint) sqlite3_changes (db);
  sqlite3_finalize (statement);
  return step == SQLITE_DONE;
}

gint64
local_db_number (sqlite3 *db, const char *sql, const char *const *texts, guint n, GError **error)
{
  sqlite3_stmt *statement = local_db_prepare (db, sql, texts, n, error);
  gint64 number = 0;
  int step;

  if (!statement)
    return -1;
  step = sqlite3_step (statement);
  if (step == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  else if (step != SQLITE_DONE)
    {
      fail (db, error);
      number = -1;
    }
  sqlite3_finalize (statement);
  return number;
}

static const char *
column (sqlite3_stmt *statement, int at)
{
  return (const char *) sqlite3_column_text (statement, at);
}

static void
take_domain (LocalTree *tree, sqlite3_stmt *row)
{
  local_tree_add_domain (tree, column (row, 0));
}

static void
take_account (LocalTree *tree, sqlite3_stmt *row)
{
  LocalAccount *account = local_account_new (column (row, 1), column (row, 2), column (row, 3), column (row, 6));

  account->disabled = sqlite3_column_int (row, 4) != 0;
  account->rights = (guint32) sqlite3_column_int (row, 5);
  local_tree_add_account (tree, column (row, 0), account);
}

static void
take_alias (LocalTree *tree, sqlite3_stmt *row)
{
  local_tree_add_alias (tree, column (row, 0), column (row, 1));
}

typedef struct
{
  const char *sql;
  void (*take) (LocalTree *tree, sqlite3_stmt *row);
} Part;

static const Part parts[] = { { "SELECT name FROM domain ORDER BY rowid", take_domain },
                              { "SELECT address, id, display, hash, disabled, rights, scram FROM account",
                                take_account },
                              { "SELECT address, target FROM alias ORDER BY rowid", take_alias } };

static gboolean
load_part (sqlite3 *db, const Part *part, LocalTree *tree, GError **error)
{
  sqlite3_stmt *statement = local_db_prepare (db, part->sql, NULL, 0, error);
  int step;

  if (!statement)
    return FALSE;
  while ((step = sqlite3_step (statement)) == SQLITE_ROW)
    part->take (tree, statement);
  if (step != SQLITE_DONE)
    fail (db, error);
  sqlite3_finalize (statement);
  return step == SQLITE_DONE;
}

static gboolean
prepare_schema (sqlite3 *db, GError **error)
{
  gint64 version = local_db_number (db, "PRAGMA user_version", NULL, 0, error);

  if (version < 0)
    return FALSE;
  if (version > g_ascii_strtoll (SCHEMA_VERSION, NULL, 10))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "directory.db: written by a newer version (schema %d)",
                   (int) version);
      return FALSE;
    }
  if (version == g_ascii_strtoll (SCHEMA_VERSION, NULL, 10))
    return TRUE;
  if (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
      && sqlite3_exec (db, version == 0 ? schema : upgrade, NULL, NULL, NULL) == SQLITE_OK
      && sqlite3_exec (db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  return fail (db, error);
}

/* It holds password hashes, so it is made before SQLite would make it, for its owner only. */
static gboolean
create (const char *folder, const char *path, GError **error)
{
  int fd = g_mkdir_with_parents (folder, 0700) < 0 ? -1 : open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd >= 0)
    {
      close (fd);
      return TRUE;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

sqlite3 *
local_db_open (const char *folder, LocalTree *tree, GError **error)
{
  /* One process has the directory; its exclusive lock saves the calls that ask for one each time. */
  static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF";
  g_autofree char *path = g_build_filename (folder, "directory.db", NULL);
  sqlite3 *db = NULL;
  gboolean well;

  if (!create (folder, path, error))
    return NULL;
  well = sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK
         && sqlite3_busy_timeout (db, 2000) == SQLITE_OK && sqlite3_exec (db, pragmas, NULL, NULL, NULL) == SQLITE_OK;
  if (!well)
    g_propagate_error (error,
                       db ? local_db_error (db) : g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "no memory"));
  well = well && prepare_schema (db, error);
  for (guint i = 0; well && i < G_N_ELEMENTS (parts); i++)
    well = load_part (db, &parts[i], tree, error);
  if (!well)
    sqlite3_close (g_steal_pointer (&db));
  return db;
}
