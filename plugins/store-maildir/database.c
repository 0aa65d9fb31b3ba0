/* database.c: the account's own database: what a Maildir has no room for. WAL, opened by this process alone. A commit is
 * synced by SQLite itself (synchronous = FULL), in the offload pool. */
#include "maildir.h"

#include <stdarg.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS format (version INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY, modseq INTEGER NOT NULL, uidvalidity INTEGER NOT NULL);"
    /* stamps are TEXT: numbers, by spaces */
    "CREATE TABLE IF NOT EXISTS mailbox (number INTEGER PRIMARY KEY, dir TEXT NOT NULL, role INTEGER NOT NULL,"
    " uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL, recent INTEGER NOT NULL, modseq INTEGER NOT NULL,"
    " keywords TEXT NOT NULL, stamps TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS row (mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, flags INTEGER NOT NULL,"
    " keywords INTEGER NOT NULL, modseq INTEGER NOT NULL, email INTEGER NOT NULL, received INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, header_bytes INTEGER NOT NULL, kind INTEGER NOT NULL, file TEXT NOT NULL,"
    " PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS row_email ON row (email);"
    "CREATE TABLE IF NOT EXISTS guid (guid TEXT PRIMARY KEY, email INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS guid_email ON guid (email);"
    "CREATE TABLE IF NOT EXISTS text (email INTEGER PRIMARY KEY, envelope BLOB, body BLOB, bodystructure BLOB,"
    " parts BLOB, preview BLOB);"
    "CREATE TABLE IF NOT EXISTS tombstone (mailbox INTEGER NOT NULL, modseq INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (mailbox, modseq, first)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS taken (segment INTEGER NOT NULL, offset INTEGER NOT NULL, child INTEGER NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (segment, offset, child)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO format VALUES (1);";

static const char *const sql[MAILDIR_N_STATEMENTS] = {
  [MAILDIR_BEGIN] = "BEGIN",
  [MAILDIR_COMMIT] = "COMMIT",
  [MAILDIR_META_SET] = "INSERT OR REPLACE INTO meta VALUES (1, ?1, ?2)",
  [MAILDIR_BOX_SET] = "INSERT OR REPLACE INTO mailbox VALUES (?1, ?7, ?2, ?3, ?4, ?5, ?6, ?8, ?9)",
  [MAILDIR_BOX_REMOVE] = "DELETE FROM mailbox WHERE number = ?1",
  [MAILDIR_BOX_LIST] = "SELECT number, role, uidvalidity, uidnext, recent, modseq, dir, keywords, stamps FROM mailbox",
  [MAILDIR_ROW_SET] = "INSERT OR REPLACE INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
  [MAILDIR_ROW_REMOVE] = "DELETE FROM row WHERE mailbox = ?1 AND uid = ?2",
  [MAILDIR_ROW_LIST] = "SELECT uid, flags, keywords, modseq, email, received, bytes, header_bytes, kind, file FROM row"
                       " WHERE mailbox = ?1 ORDER BY uid",
  [MAILDIR_ROWS_OF_EMAIL] = "SELECT 1 FROM row WHERE email = ?1 LIMIT 1",
  [MAILDIR_GUID_SET] = "INSERT OR IGNORE INTO guid VALUES (?2, ?1)",
  [MAILDIR_GUID_GET] = "SELECT email FROM guid WHERE guid = ?1",
  [MAILDIR_GUID_REMOVE] = "DELETE FROM guid WHERE email = ?1",
  [MAILDIR_TEXT_SET] = "INSERT OR REPLACE INTO text VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
  [MAILDIR_TEXT_GET] = "SELECT envelope, body, bodystructure, parts, preview FROM text WHERE email = ?1",
  [MAILDIR_TEXT_REMOVE] = "DELETE FROM text WHERE email = ?1",
  [MAILDIR_TOMB_ADD] = "INSERT OR REPLACE INTO tombstone VALUES (?1, ?2, ?3, ?4)",
  [MAILDIR_TOMB_LIST] = "SELECT first, last FROM tombstone WHERE mailbox = ?1 AND modseq > ?2",
  [MAILDIR_TOMB_REMOVE] = "DELETE FROM tombstone WHERE mailbox = ?1",
  [MAILDIR_TAKEN_ADD] = "INSERT OR IGNORE INTO taken VALUES (?1, ?2, ?3, ?4)",
  [MAILDIR_TAKEN_GET] = "SELECT 1 FROM taken WHERE segment = ?1 AND offset = ?2 AND child = ?3",
  [MAILDIR_TAKEN_REMOVE] = "DELETE FROM taken WHERE segment = ?1 AND offset = ?2 AND child = ?3",
  [MAILDIR_TAKEN_LIST] = "SELECT segment, offset, child FROM taken",
  [MAILDIR_TAKEN_EXPIRE] = "DELETE FROM taken WHERE at < ?1",
};

/* The world's fault, but for what only our own mistakes can cause. */
static gboolean
fail (MaildirAccount *account, GError **error)
{
  int code = account->db ? sqlite3_errcode (account->db) & 0xff : SQLITE_NOMEM;
  PliErrorCode mapped = PLI_ERROR_TRY_AGAIN;

  g_assert (code != SQLITE_MISUSE && code != SQLITE_RANGE);
  if (code == SQLITE_FULL)
    mapped = PLI_ERROR_QUOTA;
  else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_CONSTRAINT || code == SQLITE_ERROR)
    mapped = PLI_ERROR_CORRUPT;
  g_set_error (error, PLI_ERROR, (gint) mapped, "mailbox database: %s",
               account->db ? sqlite3_errmsg (account->db) : "out of memory");
  account->broken = TRUE;
  return FALSE;
}

gboolean
maildir_database_open (MaildirAccount *account, const char *path, GError **error)
{
  const char *mode =
      account->maildir->set.fsync == MAILDIR_SYNC_NEVER ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL";

  if (sqlite3_open_v2 (path, &account->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)
      != SQLITE_OK)
    return fail (account, error);
  sqlite3_extended_result_codes (account->db, 1);
  if (sqlite3_exec (account->db,
                    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA cache_size = -1024;"
                    "PRAGMA wal_autocheckpoint = 1000",
                    NULL, NULL, NULL)
          != SQLITE_OK
      || sqlite3_exec (account->db, mode, NULL, NULL, NULL) != SQLITE_OK
      || sqlite3_exec (account->db, schema, NULL, NULL, NULL) != SQLITE_OK)
    return fail (account, error);
  return TRUE;
}

void
maildir_database_close (MaildirAccount *account)
{
  for (guint i = 0; i < MAILDIR_N_STATEMENTS; i++)
    sqlite3_finalize (g_steal_pointer (&account->statements[i]));
  if (account->db && sqlite3_close (g_steal_pointer (&account->db)) != SQLITE_OK)
    g_error ("%s: a statement is open", account->name);
}

sqlite3_stmt *
maildir_sql (MaildirAccount *account, MaildirStatement which, GError **error)
{
  sqlite3_stmt **statement = &account->statements[which];

  if (!*statement
      && sqlite3_prepare_v3 (account->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
    fail (account, error);
  else
    sqlite3_reset (*statement);
  return *statement;
}

static void
bind_list (sqlite3_stmt *statement, guint n, va_list numbers)
{
  for (guint i = 1; i <= n; i++)
    if (sqlite3_bind_int64 (statement, (int) i, va_arg (numbers, gint64)) != SQLITE_OK)
      g_error ("bind: %s", sqlite3_errmsg (sqlite3_db_handle (statement)));
}

void
maildir_bind (sqlite3_stmt *statement, guint n, ...)
{
  va_list numbers;

  va_start (numbers, n);
  bind_list (statement, n, numbers);
  va_end (numbers);
}

gboolean
maildir_step (MaildirAccount *account, sqlite3_stmt *statement, gboolean *out_row, GError **error)
{
  int code = sqlite3_step (statement);

  if (out_row)
    *out_row = code == SQLITE_ROW;
  if (code == SQLITE_ROW && out_row)
    return TRUE;
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    {
      fail (account, error);
      sqlite3_reset (statement);
      return FALSE;
    }
  sqlite3_reset (statement);
  return TRUE;
}

gboolean
maildir_batch (MaildirAccount *account, GError **error)
{
  sqlite3_stmt *begin;

  if (account->in_batch)
    return TRUE;
  begin = maildir_sql (account, MAILDIR_BEGIN, error);
  account->in_batch = begin && maildir_step (account, begin, NULL, error);
  return account->in_batch;
}

gboolean
maildir_run (MaildirAccount *account, GError **error, MaildirStatement which, guint n, ...)
{
  sqlite3_stmt *statement = maildir_batch (account, error) ? maildir_sql (account, which, error) : NULL;
  va_list numbers;

  if (!statement)
    return FALSE;
  va_start (numbers, n);
  bind_list (statement, n, numbers);
  va_end (numbers);
  return maildir_step (account, statement, NULL, error);
}
