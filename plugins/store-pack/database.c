/* database.c: the SQLite side of an account: opened with its own rules, statements, errors.
 *
 * locking_mode=EXCLUSIVE keeps the index of the WAL in memory: there is no -shm file. synchronous=OFF: SQLite never
 * syncs; rounds sync the WAL by a descriptor of their own, which is safe since a WAL file carries no POSIX locks. Nobody
 * else may open index.db in this process: closing any descriptor of it would drop SQLite's locks. */
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sql[PACK_N_STATEMENTS] = {
  [PACK_BEGIN] = "BEGIN",
  [PACK_COMMIT] = "COMMIT",
  [PACK_ROLLBACK] = "ROLLBACK",
  [PACK_META_SET] = "UPDATE meta SET modseq_mark = ?1, uidvalidity = ?2, pack = ?3",
  [PACK_MAILBOX_ADD] =
      "INSERT INTO mailbox (number, role, uidvalidity, uidnext, uid_mark, recent, modseq, name, keywords)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  [PACK_MAILBOX_SET] = "UPDATE mailbox SET role = ?2, uidvalidity = ?3, uidnext = ?4, uid_mark = ?5, recent = ?6,"
                       " modseq = ?7, name = ?8, keywords = ?9 WHERE number = ?1",
  [PACK_MAILBOX_REMOVE] = "DELETE FROM mailbox WHERE number = ?1",
  [PACK_MESSAGE_ADD] = "INSERT INTO message (email, segment, offset, envelope, body, bodystructure, parts, preview)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
  [PACK_MESSAGE_GET] = "SELECT envelope, body, bodystructure, parts, preview FROM message WHERE email = ?1",
  [PACK_MESSAGE_PLACE] = "SELECT segment, offset FROM message WHERE email = ?1",
  [PACK_MESSAGE_MOVE] = "UPDATE message SET segment = ?2, offset = ?3 WHERE email = ?1",
  [PACK_MESSAGE_OLD] =
      "SELECT m.email, m.segment, m.offset, max (r.bytes) FROM row r JOIN message m ON m.email = r.email"
      " WHERE m.segment > 0 AND m.segment <= ?1 GROUP BY m.email ORDER BY 2, 3 LIMIT ?2",
  [PACK_MESSAGE_REMOVE] = "DELETE FROM message WHERE email = ?1",
  [PACK_MESSAGE_LOWEST] = "SELECT min (segment) FROM message WHERE segment > 0",
  [PACK_ROW_ADD] = "INSERT INTO row (mailbox, uid, flags, keywords, modseq, email, received, bytes, header_bytes)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  [PACK_ROW_FLAGS] = "UPDATE row SET flags = ?3, keywords = ?4, modseq = ?5 WHERE mailbox = ?1 AND uid = ?2",
  [PACK_ROW_REMOVE] = "DELETE FROM row WHERE mailbox = ?1 AND uid = ?2",
  [PACK_ROW_LIST] = "SELECT uid, flags, keywords, modseq, email, received, bytes, header_bytes FROM row"
                    " WHERE mailbox = ?1 ORDER BY uid",
  [PACK_COPIES_ADD] = "INSERT INTO copies (email, n) VALUES (?1, 2) ON CONFLICT (email) DO UPDATE SET n = n + 1",
  [PACK_COPIES_DROP] = "UPDATE copies SET n = n - 1 WHERE email = ?1",
  [PACK_COPIES_REMOVE] = "DELETE FROM copies WHERE email = ?1",
  [PACK_COPIES_GET] = "SELECT n FROM copies WHERE email = ?1",
  [PACK_COPIES_ANY] = "SELECT 1 FROM copies LIMIT 1",
  [PACK_TOMBSTONE_ADD] = "INSERT INTO tombstone (mailbox, modseq, first, last) VALUES (?1, ?2, ?3, ?4)",
  [PACK_TOMBSTONE_LIST] = "SELECT first, last, modseq FROM tombstone WHERE mailbox = ?1 AND modseq > ?2",
  [PACK_TOMBSTONE_REMOVE] = "DELETE FROM tombstone WHERE mailbox = ?1",
  [PACK_SUBSCRIBE] = "INSERT OR IGNORE INTO subscription (name) VALUES (?1)",
  [PACK_UNSUBSCRIBE] = "DELETE FROM subscription WHERE name = ?1",
  [PACK_SUBSCRIBED] = "SELECT name FROM subscription",
  [PACK_SUBSCRIBED_GET] = "SELECT 1 FROM subscription WHERE name = ?1",
  [PACK_TAKEN_ADD] = "INSERT OR IGNORE INTO taken (segment, offset, child, at) VALUES (?1, ?2, ?3, ?4)",
  [PACK_TAKEN_REMOVE] = "DELETE FROM taken WHERE segment = ?1 AND offset = ?2 AND child = ?3",
  [PACK_TAKEN_LIST] = "SELECT segment, offset, child FROM taken",
  [PACK_TAKEN_EXPIRE] = "DELETE FROM taken WHERE at < ?1",
};

const char *
pack_sql (PackStatement which)
{
  return sql[which];
}

/* The world's fault, but what only our own mistakes can cause. */
void
pack_database_error (PackAccount *account, GError **error)
{
  int code = account->db ? sqlite3_errcode (account->db) & 0xff : SQLITE_NOMEM;
  const char *text = account->db ? sqlite3_errmsg (account->db) : "out of memory";
  PliErrorCode mapped = PLI_ERROR_TRY_AGAIN;

  g_assert (code != SQLITE_MISUSE && code != SQLITE_RANGE);
  if (code == SQLITE_FULL)
    mapped = PLI_ERROR_QUOTA;
  else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_CONSTRAINT || code == SQLITE_ERROR)
    mapped = PLI_ERROR_CORRUPT;
  g_set_error (error, PLI_ERROR, (gint) mapped, "mailbox database: %s", text);
}

sqlite3_stmt *
pack_statement (PackAccount *account, PackStatement which, GError **error)
{
  sqlite3_stmt **statement = &account->statements[which];

  if (!*statement
      && sqlite3_prepare_v3 (account->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
    pack_database_error (account, error);
  return *statement;
}

void
pack_bind (sqlite3_stmt *statement, guint n, ...)
{
  va_list numbers;

  va_start (numbers, n);
  for (guint i = 1; i <= n; i++)
    if (sqlite3_bind_int64 (statement, (int) i, va_arg (numbers, gint64)) != SQLITE_OK)
      g_error ("bind: %s", sqlite3_errmsg (sqlite3_db_handle (statement)));
  va_end (numbers);
}

gboolean
pack_step (PackAccount *account, sqlite3_stmt *statement, gboolean *out_row, GError **error)
{
  int code = sqlite3_step (statement);

  if (out_row)
    *out_row = code == SQLITE_ROW;
  if (code == SQLITE_ROW && out_row)
    return TRUE;
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    {
      pack_database_error (account, error);
      sqlite3_reset (statement);
      return FALSE;
    }
  sqlite3_reset (statement);
  return TRUE;
}

gboolean
pack_run (PackAccount *account, PackStatement which, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, which, error);

  return statement && pack_step (account, statement, NULL, error);
}

static int
on_commit (void *user, sqlite3 *db, const char *name, int frames)
{
  PackAccount *account = user;

  (void) db;
  (void) name;
  account->wal_frames = frames;
  return SQLITE_OK;
}

static gboolean
configure (PackAccount *account, GError **error)
{
  int on = 1;

  sqlite3_extended_result_codes (account->db, 1);
  if (sqlite3_db_config (account->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK
      || sqlite3_exec (account->db,
                       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024;"
                       "PRAGMA secure_delete = OFF",
                       NULL, NULL, NULL)
             != SQLITE_OK
      || sqlite3_file_control (account->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on) != SQLITE_OK)
    {
      pack_database_error (account, error);
      return FALSE;
    }
  sqlite3_wal_hook (account->db, on_commit, account);
  return TRUE;
}

#define BLOCK 512

/* Blocks of a new database, and others that are zero: a power cut came before anything of the account was durable, since
 * the file is synced with the account's first round, and changes only by checkpoints, which sync. */
static gboolean
is_patchy (const guchar *image, const guchar *file, gsize bytes)
{
  static const guchar zero[BLOCK];
  gboolean patchy = FALSE;

  for (gsize at = 0; at < bytes; at += BLOCK)
    {
      gsize n = MIN (BLOCK, bytes - at);

      if (memcmp (file + at, image + at, n) == 0)
        continue;
      if (memcmp (file + at, zero, n) != 0)
        return FALSE;
      patchy = TRUE;
    }
  return patchy;
}

/* What a power cut left of a file that nobody was told of: shorter than a new database, or with holes. */
static gboolean
is_torn (PackAccount *account, const char *path)
{
  gsize whole = account->pack->image_bytes, len = 0;
  g_autofree char *text = NULL;
  struct stat status;

  if (stat (path, &status) < 0 || (gsize) status.st_size > whole)
    return FALSE;
  if ((gsize) status.st_size < whole)
    return TRUE;
  return g_file_get_contents (path, &text, &len, NULL) && len == whole
         && is_patchy (account->pack->image, (const guchar *) text, len);
}

gboolean
pack_database_open (PackAccount *account, GError **error)
{
  g_autofree char *path = g_strconcat (account->path, "/index.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  struct stat status;

  if (access (path, F_OK) < 0 || is_torn (account, path))
    if (!pack_image_write (account, error))
      return FALSE;
  if (sqlite3_open_v2 (path, &account->db, flags, NULL) != SQLITE_OK)
    {
      pack_database_error (account, error);
      return FALSE;
    }
  if (!configure (account, error) || !pack_mailboxes_load (account, error))
    return FALSE;
  account->wal_fd = open (wal, O_RDONLY | O_CLOEXEC);
  if (account->wal_fd < 0 || fstat (account->wal_fd, &status) < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", wal, g_strerror (errno));
      return FALSE;
    }
  account->wal_frames = (int) (status.st_size / (4096 + 24));
  return TRUE;
}

void
pack_database_close (PackAccount *account)
{
  for (guint i = 0; i < PACK_N_STATEMENTS; i++)
    sqlite3_finalize (g_steal_pointer (&account->statements[i]));
  if (account->db && sqlite3_close (g_steal_pointer (&account->db)) != SQLITE_OK)
    g_error ("%s: a statement is open", account->name);
  if (account->wal_fd >= 0)
    close (account->wal_fd);
  account->wal_fd = -1;
}
