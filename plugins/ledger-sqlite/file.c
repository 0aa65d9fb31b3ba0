/* file.c: the files of the ledger, one a day. WAL without a sync for each commit: a crash of the process loses nothing,
 * a power cut may lose the last seconds, neither damages the file. Mail itself does not depend on it. */
#include "ledger-sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;"
                              "PRAGMA wal_autocheckpoint = 4000; PRAGMA trusted_schema = OFF";
/* Addresses are found in any case. Indexes leave out what is not there. Their random keys come behind the number of a
 * bucket of LEDGER_BUCKET events, so that writing touches the few pages of the present bucket instead of a page of the
 * whole day for each key; a question asks each bucket. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS event (at_us INTEGER NOT NULL, id TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL,"
    " sender TEXT COLLATE NOCASE, rcpt TEXT COLLATE NOCASE, peer TEXT, session TEXT, message_id TEXT, detail TEXT,"
    " bucket INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_id ON event (id) WHERE id <> '';"
    "CREATE INDEX IF NOT EXISTS event_sender ON event (bucket, sender) WHERE sender IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS event_rcpt ON event (bucket, rcpt) WHERE rcpt IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS event_message_id ON event (bucket, message_id) WHERE message_id IS NOT NULL;"
    "PRAGMA user_version = 1;"
    "COMMIT";

char *
ledger_file_path (const char *folder, LedgerDay day)
{
  time_t seconds = (time_t) day * 86400;
  struct tm tm;
  char name[40];

  gmtime_r (&seconds, &tm);
  strftime (name, sizeof name, "ledger-%Y%m%d.db", &tm);
  return g_build_filename (folder, name, NULL);
}

static gboolean
day_of_name (const char *name, LedgerDay *out)
{
  guint64 number;
  PliSpan span = pli_span_from (name);
  g_autoptr (GDateTime) date = NULL;

  if (span.len != strlen ("ledger-YYYYMMDD.db") || !pli_span_starts (span, "ledger-") || !g_str_has_suffix (name, ".db")
      || !pli_span_to_u64 (pli_span (name + 7, 8), G_MAXINT32, &number))
    return FALSE;
  date = g_date_time_new_utc ((int) (number / 10000), (int) (number / 100 % 100), (int) (number % 100), 0, 0, 0);
  if (date)
    *out = g_date_time_to_unix (date) / 86400;
  return date != NULL;
}

static int
newest_first (gconstpointer a, gconstpointer b)
{
  LedgerDay left = *(const LedgerDay *) a, right = *(const LedgerDay *) b;

  return (left < right) - (left > right);
}

GArray *
ledger_file_days (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GArray *days;
  const char *name;
  LedgerDay day;

  if (!dir)
    return NULL;
  days = g_array_new (FALSE, FALSE, sizeof (LedgerDay));
  while ((name = g_dir_read_name (dir)))
    if (day_of_name (name, &day))
      g_array_append_val (days, day);
  g_array_sort (days, newest_first);
  return days;
}

static gboolean
is_damage (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

GError *
ledger_file_error (sqlite3 *db, LedgerDay day)
{
  g_autofree char *path = ledger_file_path ("", day);
  int code = sqlite3_errcode (db);

  return g_error_new (PLI_ERROR, is_damage (code) ? PLI_ERROR_CORRUPT : PLI_ERROR_TRY_AGAIN, "%s: %s", path,
                      sqlite3_errmsg (db));
}

static sqlite3 *
open_once (const char *path, LedgerDay day, gboolean create, GError **error)
{
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
      && sqlite3_busy_timeout (db, 5000) == SQLITE_OK && sqlite3_exec (db, pragmas, NULL, NULL, NULL) == SQLITE_OK
      && (!create || sqlite3_exec (db, schema, NULL, NULL, NULL) == SQLITE_OK))
    return db;
  g_propagate_error (error, ledger_file_error (db, day));
  sqlite3_close (db);
  return NULL;
}

gboolean
ledger_file_is_new (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  gboolean new = FALSE;

  if (sqlite3_prepare_v2 (db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    new = sqlite3_column_int (statement, 0) == 0;
  sqlite3_finalize (statement);
  return new;
}

void
ledger_file_set_aside (const char *folder, LedgerDay day)
{
  static const char *const tails[] = { "", "-wal", "-shm" };
  g_autofree char *path = ledger_file_path (folder, day);

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      g_autofree char *from = g_strconcat (path, tails[i], NULL);
      g_autofree char *to = g_strdup_printf ("%s.damaged-%" G_GINT64_FORMAT "%s", path, g_get_real_time (), tails[i]);

      if (g_rename (from, to) < 0 && errno != ENOENT)
        pli_log (PLI_LOG_ERROR, "ledger.set-aside", "file", from, "error", g_strerror (errno), NULL);
    }
  pli_log (PLI_LOG_ERROR, "ledger.damaged", "file", path, NULL);
}

sqlite3 *
ledger_file_open (const char *folder, LedgerDay day, gboolean create, GError **error)
{
  g_autofree char *path = ledger_file_path (folder, day);
  g_autoptr (GError) why = NULL;
  sqlite3 *db;

  for (guint attempt = 0; attempt < 2; attempt++)
    {
      /* Made before SQLite would make it, for its owner only. One that exists is not opened: closing it would drop the
       * locks that SQLite has on it. */
      int fd = create ? open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

      if (fd >= 0)
        close (fd);
      g_clear_error (&why);
      db = open_once (path, day, create, &why);
      if (db)
        return db;
      if (!create || why->code != PLI_ERROR_CORRUPT)
        break;
      ledger_file_set_aside (folder, day);
    }
  g_propagate_error (error, g_steal_pointer (&why));
  return NULL;
}

void
ledger_file_clean (const char *folder, gint64 now_us, gint64 retention)
{
  static const char *const tails[] = { "", "-wal", "-shm" };
  LedgerDay oldest = (now_us - retention) / LEDGER_DAY_US;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) days = ledger_file_days (folder, &error);

  if (!days)
    pli_log (PLI_LOG_ERROR, "ledger.clean", "error", error->message, NULL);
  for (guint i = 0; days && i < days->len; i++)
    for (guint tail = 0; g_array_index (days, LedgerDay, i) < oldest && tail < G_N_ELEMENTS (tails); tail++)
      {
        g_autofree char *path = ledger_file_path (folder, g_array_index (days, LedgerDay, i));
        g_autofree char *file = g_strconcat (path, tails[tail], NULL);

        if (g_unlink (file) < 0 && errno != ENOENT)
          pli_log (PLI_LOG_ERROR, "ledger.clean", "file", file, "error", g_strerror (errno), NULL);
      }
}
