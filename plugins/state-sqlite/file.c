/* file.c: the copy on disk, one SQLite file. WAL without a sync for each commit: a crash of the process loses a second, a
 * power cut the last seconds, and neither damages the file. */
#include "state-sqlite.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <pli/log.h>

static const char opening[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;"
    "CREATE TABLE IF NOT EXISTS entry (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB, count INTEGER NOT NULL,"
    " made_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID";

static void
set_error (sqlite3 *db, GError **error)
{
  int code = sqlite3_errcode (db) & 0xff;

  g_set_error (error, PLI_ERROR,
               code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN,
               "state.db: %s", sqlite3_errmsg (db));
}

sqlite3 *
state_file_open (const char *path, GError **error)
{
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK
      && sqlite3_busy_timeout (db, 5000) == SQLITE_OK && sqlite3_exec (db, opening, NULL, NULL, NULL) == SQLITE_OK)
    return db;
  set_error (db, error);
  sqlite3_close (db);
  return NULL;
}

void
state_file_set_aside (const char *path)
{
  static const char *const suffixes[] = { "", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (path, ".damaged", suffixes[i], NULL);

      if (g_rename (from, to) < 0 && errno != ENOENT)
        pli_log (PLI_LOG_ERROR, "state.damaged", "file", from, "error", g_strerror (errno), NULL);
    }
}

static GBytes *
column_bytes (sqlite3_stmt *statement, int at)
{
  int len = sqlite3_column_bytes (statement, at);

  return len > 0 ? g_bytes_new (sqlite3_column_blob (statement, at), (gsize) len) : NULL;
}

static gboolean
is_possible (const char *space, const char *key, gsize value_len)
{
  return space && *space && strlen (space) <= STATE_SPACE_MAX && key && *key && strlen (key) <= STATE_KEY_MAX
         && value_len <= STATE_VALUE_MAX;
}

static gboolean
drop_expired (sqlite3 *db, gint64 now_us)
{
  g_autofree char *sql = g_strdup_printf ("DELETE FROM entry WHERE expires_us <= %" G_GINT64_FORMAT, now_us);

  return sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

gboolean
state_file_read (sqlite3 *db, gint64 now_us, StateRowFunc func, gpointer user, GError **error)
{
  static const char sql[] = "SELECT space, key, value, count, made_us, expires_us FROM entry";
  sqlite3_stmt *statement = NULL;
  int step = SQLITE_ERROR;

  if (drop_expired (db, now_us) && sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK)
    {
      while ((step = sqlite3_step (statement)) == SQLITE_ROW)
        {
          StateRow row = { .space = (const char *) sqlite3_column_text (statement, 0),
                           .key = (char *) sqlite3_column_text (statement, 1),
                           .value = column_bytes (statement, 2),
                           .count = sqlite3_column_int64 (statement, 3),
                           .made_us = sqlite3_column_int64 (statement, 4),
                           .expires_us = sqlite3_column_int64 (statement, 5) };

          if (is_possible (row.space, row.key, row.value ? g_bytes_get_size (row.value) : 0))
            func (&row, user);
          g_clear_pointer (&row.value, g_bytes_unref);
        }
    }
  if (step != SQLITE_DONE)
    set_error (db, error);
  sqlite3_finalize (statement);
  return step == SQLITE_DONE;
}

static gboolean
write_row (sqlite3_stmt *put, sqlite3_stmt *drop, const StateRow *row)
{
  sqlite3_stmt *statement = row->gone ? drop : put;
  gboolean well;

  sqlite3_bind_text (statement, 1, row->space, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 2, row->key, -1, SQLITE_STATIC);
  if (!row->gone)
    {
      gsize len = 0;
      const void *data = row->value ? g_bytes_get_data (row->value, &len) : NULL;

      sqlite3_bind_blob (statement, 3, data, (int) len, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 4, row->count);
      sqlite3_bind_int64 (statement, 5, row->made_us);
      sqlite3_bind_int64 (statement, 6, row->expires_us);
    }
  well = sqlite3_step (statement) == SQLITE_DONE;
  sqlite3_reset (statement);
  return well;
}

static gboolean
write_rows (sqlite3 *db, const GPtrArray *rows)
{
  sqlite3_stmt *put = NULL, *drop = NULL;
  gboolean well =
      sqlite3_prepare_v2 (db, "INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)", -1, &put, NULL)
          == SQLITE_OK
      && sqlite3_prepare_v2 (db, "DELETE FROM entry WHERE space = ?1 AND key = ?2", -1, &drop, NULL) == SQLITE_OK;

  for (guint i = 0; well && i < rows->len; i++)
    well = write_row (put, drop, rows->pdata[i]);
  sqlite3_finalize (put);
  sqlite3_finalize (drop);
  return well;
}

gboolean
state_file_write (sqlite3 *db, const GPtrArray *rows, gboolean all, GError **error)
{
  if (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
      && (!all || sqlite3_exec (db, "DELETE FROM entry", NULL, NULL, NULL) == SQLITE_OK) && write_rows (db, rows)
      && sqlite3_exec (db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  set_error (db, error); /* closing rolls back */
  return FALSE;
}
