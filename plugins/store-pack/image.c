/* image.c: a new account's database, made once as bytes in memory and written as a file for each account: no SQL is
 * parsed or run to make an account. Its numbers of mailboxes are the modseqs of their making. */
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_VERSION_AT 18 /* two bytes of the file header: 2 means WAL */

static const char schema[] =
    "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA user_version = 1;"
    "CREATE TABLE meta (modseq_mark INTEGER NOT NULL, uidvalidity INTEGER NOT NULL, pack INTEGER NOT NULL);"
    "CREATE TABLE mailbox (number INTEGER PRIMARY KEY, role INTEGER NOT NULL, uidvalidity INTEGER NOT NULL,"
    " uidnext INTEGER NOT NULL, uid_mark INTEGER NOT NULL, recent INTEGER NOT NULL, modseq INTEGER NOT NULL,"
    " name TEXT NOT NULL, keywords TEXT NOT NULL);"
    /* segment < 0: pack number -segment */
    "CREATE TABLE message (email INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, envelope BLOB,"
    " body BLOB, bodystructure BLOB, parts BLOB, preview BLOB);"
    "CREATE INDEX message_segment ON message (segment) WHERE segment > 0;"
    "CREATE TABLE row (mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, flags INTEGER NOT NULL, keywords INTEGER NOT "
    "NULL,"
    " modseq INTEGER NOT NULL, email INTEGER NOT NULL, received INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " header_bytes INTEGER NOT NULL, PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;"
    /* messages that more than one row has */
    "CREATE TABLE copies (email INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
    "CREATE TABLE tombstone (mailbox INTEGER NOT NULL, modseq INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (mailbox, modseq, first)) WITHOUT ROWID;"
    "CREATE TABLE subscription (name TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE taken (segment INTEGER NOT NULL, offset INTEGER NOT NULL, child INTEGER NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (segment, offset, child)) WITHOUT ROWID;"
    "INSERT INTO meta VALUES (0, 0, 1);";

static gboolean
fail (sqlite3 *db, GError **error)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "a new mailbox database: %s",
               db ? sqlite3_errmsg (db) : "out of memory");
  return FALSE;
}

static gboolean
add_mailbox (sqlite3 *db, const char *name, guint32 role, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean added;

  if (sqlite3_prepare_v2 (db,
                          "INSERT INTO mailbox SELECT count (*) + 1, ?1, 0, 1, 1, 1, count (*) + 1, ?2, '' FROM mailbox"
                          " WHERE ?2 NOT IN (SELECT name FROM mailbox)",
                          -1, &statement, NULL)
      != SQLITE_OK)
    return fail (db, error);
  added = sqlite3_bind_int64 (statement, 1, role) == SQLITE_OK
          && sqlite3_bind_text (statement, 2, name, -1, SQLITE_TRANSIENT) == SQLITE_OK
          && sqlite3_step (statement) == SQLITE_DONE;
  if (!added)
    fail (db, error);
  sqlite3_finalize (statement);
  return added;
}

static gboolean
add_folder (sqlite3 *db, const PackSettings *settings, const char *word, GError **error)
{
  g_autofree char *given = NULL, *name = NULL;
  guint32 role;

  if (!pack_folder_parse (word, &given, &role))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[store-pack] folders: %s has no role that exists", word);
      return FALSE;
    }
  name = pack_name (settings, given, error);
  if (!name)
    return FALSE;
  for (char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *parent = g_strndup (name, (gsize) (slash - name));

      if (!add_mailbox (db, parent, PLI_ROLE_NONE, error))
        return FALSE;
    }
  return add_mailbox (db, name, role, error);
}

static gboolean
fill (sqlite3 *db, const PackSettings *settings, GError **error)
{
  if (sqlite3_exec (db, schema, NULL, NULL, NULL) != SQLITE_OK)
    return fail (db, error);
  if (!add_mailbox (db, "INBOX", PLI_ROLE_INBOX, error))
    return FALSE;
  for (const char *const *word = settings->folders; word && *word; word++)
    if (!add_folder (db, settings, *word, error))
      return FALSE;
  if (sqlite3_exec (db, "INSERT INTO subscription SELECT name FROM mailbox", NULL, NULL, NULL) != SQLITE_OK)
    return fail (db, error);
  return TRUE;
}

gboolean
pack_image_make (Pack *pack, GError **error)
{
  sqlite3 *db = NULL;
  gboolean made = sqlite3_open (":memory:", &db) == SQLITE_OK || fail (db, error);
  sqlite3_int64 bytes = 0;

  made = made && fill (db, pack_settings (pack), error);
  if (made)
    {
      unsigned char *image = sqlite3_serialize (db, "main", &bytes, 0);

      made = image || fail (db, error);
      if (image)
        {
          pack->image = g_memdup2 (image, (gsize) bytes);
          pack->image_bytes = (gsize) bytes;
          pack->image[WRITE_VERSION_AT] = pack->image[WRITE_VERSION_AT + 1] = 2;
        }
      sqlite3_free (image);
    }
  sqlite3_close (db);
  return made;
}

static gboolean
write_all (int fd, const guchar *data, gsize bytes)
{
  while (bytes > 0)
    {
      gssize wrote = write (fd, data, bytes);

      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return FALSE;
      data += wrote;
      bytes -= (gsize) wrote;
    }
  return TRUE;
}

static gboolean
failed (const char *path, GError **error)
{
  int code = errno;

  pli_log (PLI_LOG_ERROR, "store.create", "path", path, "error", g_strerror (code), NULL);
  g_set_error (error, PLI_ERROR, code == ENOSPC || code == EDQUOT ? PLI_ERROR_QUOTA : PLI_ERROR_TRY_AGAIN,
               "a new mailbox database: %s", g_strerror (code));
  return FALSE;
}

/* Only before SQLite opens it. What a power cut leaves of it is shorter, and is written again. */
gboolean
pack_image_write (PackAccount *account, GError **error)
{
  g_autofree char *path = g_strconcat (account->path, "/index.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *parent = g_path_get_dirname (account->path);
  gboolean written;
  int fd;

  if ((mkdir (parent, 0700) < 0 && errno != EEXIST) || (mkdir (account->path, 0700) < 0 && errno != EEXIST)
      || (unlink (wal) < 0 && errno != ENOENT))
    return failed (account->path, error);
  fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed (path, error);
  written = write_all (fd, account->pack->image, account->pack->image_bytes) || failed (path, error);
  close (fd);
  if (!written)
    unlink (path);
  account->created = written;
  return written;
}
