/* live.c: the lowest segment that any account of this shard refers to, below which segments may be deleted.
 *
 * One number an account, in memory; written to the file `live` at an orderly close, and removed before anything changes.
 * Without the file (after a crash) the accounts are looked at one by one in the background, and until that is done the
 * answer is 0, not known. A number may be too low, never too high. */
#include "account.h"
#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LOOK_EVERY (20 * 1000) /* µs */
#define COUNT_EVERY G_USEC_PER_SEC

struct PackLive
{
  GHashTable *accounts; /* guint64 * by name */
  GPtrArray *unknown;   /* names to look at */
  PliTimer *timer;
  guint64 lowest;
  gint64 counted_us;
};

static void
set (PackLive *live, const char *account, guint64 segment)
{
  guint64 *number = g_hash_table_lookup (live->accounts, account);

  if (!number)
    {
      number = g_new (guint64, 1);
      g_hash_table_insert (live->accounts, g_strdup (account), number);
    }
  *number = segment;
  live->lowest = MIN (live->lowest, segment);
}

/* SQLite's min() is NULL, read as 0, when there is none. */
static gboolean
look_up (PackAccount *account, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_MESSAGE_LOWEST, error);
  gboolean row;

  if (!statement || !pack_step (account, statement, &row, error))
    return FALSE;
  account->low_segment = (guint64) sqlite3_column_int64 (statement, 0);
  if (account->low_segment == 0)
    account->low_segment = G_MAXUINT64;
  sqlite3_reset (statement);
  account->removed = FALSE;
  set (account->pack->live, account->name, account->low_segment);
  return TRUE;
}

gboolean
pack_low_load (PackAccount *account, GError **error)
{
  const guint64 *number = g_hash_table_lookup (account->pack->live->accounts, account->name);

  if (!number)
    return look_up (account, error);
  account->low_segment = *number;
  return TRUE;
}

void
pack_low_add (PackAccount *account, guint64 segment)
{
  if (segment >= account->low_segment)
    return;
  account->low_segment = segment;
  set (account->pack->live, account->name, segment);
}

void
pack_low_refresh (PackAccount *account)
{
  g_autoptr (GError) error = NULL;

  /* The old number stays when this fails: too low, at most. */
  if (account->removed && !account->broken && !look_up (account, &error))
    pli_log (PLI_LOG_WARNING, "store.live", "account", account->name, "error", error->message, NULL);
}

guint64
pack_live_lowest (Pack *pack)
{
  PackLive *live = pack->live;
  gint64 now = pli_clock_us (pack->instance);
  GHashTableIter iter;
  gpointer number;

  if (live->unknown->len > 0)
    return 0;
  if (now < live->counted_us + COUNT_EVERY)
    return live->lowest;
  live->counted_us = now;
  live->lowest = G_MAXUINT64;
  g_hash_table_iter_init (&iter, live->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &number))
    live->lowest = MIN (live->lowest, *(const guint64 *) number);
  return live->lowest;
}

/* Accounts that nothing is under way for are looked up again when messages went from them: what they say is durable. */
static void
refresh_idle (Pack *pack)
{
  for (GList *one = pack->idle.head; one; one = one->next)
    pack_low_refresh (one->data);
  pack->live->counted_us = 0;
}

guint64
pack_slot_live (gpointer self)
{
  guint64 lowest;

  refresh_idle (self);
  lowest = pack_live_lowest (self);
  pack_bodies_forget (((Pack *) self)->bodies, lowest);
  return lowest;
}

char *
pack_live_find (Pack *pack, guint64 segment, GHashTable *skip)
{
  GHashTableIter iter;
  gpointer name, number;

  refresh_idle (pack);
  g_hash_table_iter_init (&iter, pack->live->accounts);
  while (g_hash_table_iter_next (&iter, &name, &number))
    if (*(const guint64 *) number <= segment && !g_hash_table_contains (skip, name))
      return g_strdup (name);
  return NULL;
}

static void
look_at_next (gpointer user)
{
  Pack *pack = user;
  PackLive *live = pack->live;
  const char *name = live->unknown->pdata[live->unknown->len - 1];
  g_autoptr (GError) error = NULL;
  PackAccount *account = NULL;

  live->timer = NULL;
  if (!g_hash_table_contains (live->accounts, name))
    account = pack_account_get (pack, name, &error);
  if (account)
    pack_account_settle (account);
  if (error)
    pli_log (PLI_LOG_WARNING, "store.live", "account", name, "error", error->message, NULL);
  /* One that cannot be opened keeps the answer at 0: it is tried again, after the others. */
  if (g_hash_table_contains (live->accounts, name))
    g_ptr_array_set_size (live->unknown, (gint) live->unknown->len - 1);
  else if (live->unknown->len > 1)
    g_ptr_array_insert (live->unknown, 0, g_ptr_array_steal_index (live->unknown, live->unknown->len - 1));
  if (live->unknown->len > 0)
    live->timer = pli_timer_after (pack->instance, LOOK_EVERY, look_at_next, pack);
}

static void
list_folder (PackLive *live, const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder && (name = g_dir_read_name (folder)))
    if (pack_account_name_ok (name))
      g_ptr_array_add (live->unknown, g_strdup (name));
}

static void
list_all (Pack *pack)
{
  for (guint i = 0; i < 256; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%02x", pack->folder, i);

      list_folder (pack->live, path);
    }
  if (pack->live->unknown->len > 0)
    pack->live->timer = pli_timer_after (pack->instance, LOOK_EVERY, look_at_next, pack);
}

/* Lines of name, blank, number. */
static gboolean
parse (PackLive *live, const char *text)
{
  const char *end;

  for (; (end = strchr (text, '\n')); text = end + 1)
    {
      const char *blank = memchr (text, ' ', (gsize) (end - text));
      g_autofree char *name = blank ? g_strndup (text, (gsize) (blank - text)) : NULL;
      guint64 number;

      if (!name || !pli_span_to_u64 (pli_span (blank + 1, (gsize) (end - blank - 1)), G_MAXUINT64, &number))
        return FALSE;
      set (live, name, number);
    }
  return *text == 0;
}

gboolean
pack_live_start (Pack *pack, GError **error)
{
  g_autofree char *path = g_build_filename (pack->folder, "live", NULL), *text = NULL;
  PackLive *live = pack->live = g_new0 (PackLive, 1);
  gboolean synced = TRUE;

  live->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  live->unknown = g_ptr_array_new_with_free_func (g_free);
  live->lowest = G_MAXUINT64;
  if (!g_file_get_contents (path, &text, NULL, NULL) || !parse (live, text))
    {
      list_all (pack);
      /* An earlier process died: what it wrote and did not sync is about to be shown, and referred to. */
      synced = syncfs (pack->folder_fd) == 0;
    }
  if (synced && (unlink (path) == 0 || errno == ENOENT) && fsync (pack->folder_fd) == 0)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", path, g_strerror (errno));
  pack_live_stop (pack);
  return FALSE;
}

void
pack_live_stop (Pack *pack)
{
  PackLive *live = g_steal_pointer (&pack->live);
  g_autofree char *path = g_build_filename (pack->folder, "live", NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer name, number;

  g_hash_table_iter_init (&iter, live->accounts);
  while (g_hash_table_iter_next (&iter, &name, &number))
    g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", (const char *) name, *(const guint64 *) number);
  if (pack->closed && live->unknown->len == 0
      && !g_file_set_contents_full (path, text->str, (gssize) text->len, G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
    pli_log (PLI_LOG_WARNING, "store.live", "error", error->message, NULL);
  pli_timer_cancel (live->timer);
  g_ptr_array_unref (live->unknown);
  g_hash_table_unref (live->accounts);
  g_free (live);
}
