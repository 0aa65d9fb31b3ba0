/* compact.c: empties old segments: what mailboxes still hold of them moves into the accounts' own packs, so that the
 * queue can remove the files (DESIGN section 5: segments are the young generation).
 *
 * One account at a time, one step of `compact-step` bytes at a time. The copy is synced before the row says so, the old
 * place counts as needed until that row is durable (live.c looks only at accounts that are idle), so that after a power
 * cut each message is where its row says. While a step runs the account is busy: its verbs wait. */
#include "body.h"
#include "round.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ITEMS_MOST 1000
#define PAUSE_US (20 * 1000) /* between two steps */

typedef struct
{
  guint64 email, from_offset, offset;
  gint64 from, segment; /* segment: of the pack, negative */
  guint32 bytes;
  gboolean copied;
} Item;

struct PackCompact
{
  Pack *pack;
  PliTimer *timer;
  GHashTable *seen; /* names of accounts that this look is through with */
  guint64 horizon;  /* segments up to this one are old */
  gint64 before_s;  /* modified before this time: old */
  PackAccount *account;
  GArray *items;
  GError *error;
};

static void look (gpointer user);
static void next_account (gpointer user);

static void
arm (PackCompact *compact, gint64 delay_us, PliTimerFunc func)
{
  if (!compact->pack->closed)
    compact->timer = pli_timer_after (compact->pack->instance, delay_us, func, compact);
}

static void
pause_long (PackCompact *compact)
{
  g_hash_table_remove_all (compact->seen);
  arm (compact, pack_settings (compact->pack)->compact_every, look);
}

PackCompact *
pack_compact_new (Pack *pack)
{
  PackCompact *compact = g_new0 (PackCompact, 1);

  compact->pack = pack;
  compact->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  compact->items = g_array_new (FALSE, FALSE, sizeof (Item));
  arm (compact, pack_settings (pack)->compact_every, look);
  return compact;
}

void
pack_compact_stop (PackCompact *compact)
{
  pli_timer_cancel (g_steal_pointer (&compact->timer));
}

void
pack_compact_free (PackCompact *compact)
{
  if (!compact)
    return;
  g_hash_table_unref (compact->seen);
  g_array_unref (compact->items);
  g_free (compact);
}

/* Offload pool. */
static void
find_horizon (gpointer user)
{
  PackCompact *compact = user;
  const char *folder = pli_store_segments (compact->pack->instance);
  g_autoptr (GArray) numbers = pli_segment_list (folder, &compact->error);

  compact->horizon = 0;
  for (guint i = 0; numbers && i < numbers->len; i++)
    {
      g_autofree char *path = pli_segment_path (folder, g_array_index (numbers, guint64, i));
      struct stat status;

      if (stat (path, &status) < 0 || status.st_mtime >= compact->before_s)
        return;
      compact->horizon = g_array_index (numbers, guint64, i);
    }
}

static void
horizon_found (gpointer user)
{
  PackCompact *compact = user;

  if (compact->error)
    pli_log (PLI_LOG_WARNING, "store.compact", "error", compact->error->message, NULL);
  g_clear_error (&compact->error);
  next_account (compact);
}

static void
look (gpointer user)
{
  PackCompact *compact = user;
  Pack *pack = compact->pack;

  compact->timer = NULL;
  compact->before_s = (pli_now_us (pack->instance) - pack_settings (pack)->young) / G_USEC_PER_SEC;
  pack_offload (pack, find_horizon, horizon_found, compact);
}

/* Offload pool. */
static void
list (gpointer user)
{
  PackCompact *compact = user;
  PackAccount *account = compact->account;
  sqlite3_stmt *statement = pack_statement (account, PACK_MESSAGE_OLD, &compact->error);
  guint64 bytes = 0, most = pack_settings (account->pack)->compact_step;
  gboolean row = statement != NULL;

  if (statement)
    pack_bind (statement, 2, compact->horizon, (gint64) ITEMS_MOST);
  while (row && bytes < most && pack_step (account, statement, &row, &compact->error) && row)
    {
      Item item = { .email = (guint64) sqlite3_column_int64 (statement, 0),
                    .from = sqlite3_column_int64 (statement, 1),
                    .from_offset = (guint64) sqlite3_column_int64 (statement, 2),
                    .bytes = (guint32) sqlite3_column_int64 (statement, 3) };

      g_array_append_val (compact->items, item);
      bytes += item.bytes;
    }
  if (row)
    sqlite3_reset (statement);
}

static gboolean
copy_bytes (int from, int to, const Item *item, char *buffer)
{
  for (gsize done = 0; done < item->bytes;)
    {
      gsize want = MIN (item->bytes - done, 64 * 1024);
      gssize got = pread (from, buffer, want, (off_t) (item->from_offset + done));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0 || !pack_body_write (to, pli_span (buffer, (gsize) got), item->offset + done))
        return FALSE;
      done += (gsize) got;
    }
  return TRUE;
}

/* Offload pool. What cannot be read stays where it is, and keeps its segment. */
static void
copy (gpointer user)
{
  PackCompact *compact = user;
  g_autofree char *buffer = g_malloc (64 * 1024);
  gint64 segment = 0;
  int from = -1;

  for (guint i = 0; i < compact->items->len; i++)
    {
      Item *item = &g_array_index (compact->items, Item, i);

      if (item->from != segment)
        {
          g_autofree char *path = pli_segment_path (pli_store_segments (compact->pack->instance), (guint64) item->from);

          if (from >= 0)
            close (from);
          from = open (path, O_RDONLY | O_CLOEXEC);
          segment = item->from;
        }
      item->copied = from >= 0 && copy_bytes (from, compact->account->pack_fd, item, buffer);
      if (!item->copied)
        pli_log (PLI_LOG_ERROR, "store.compact", "account", compact->account->name, "error", g_strerror (errno), NULL);
    }
  if (from >= 0)
    close (from);
  if (fdatasync (compact->account->pack_fd) < 0)
    g_set_error (&compact->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "mailbox sync: %s", g_strerror (errno));
}

static void
step_over (PackCompact *compact, gboolean through)
{
  PackAccount *account = compact->account;

  if (compact->error)
    pli_log (PLI_LOG_WARNING, "store.compact", "account", account->name, "error", compact->error->message, NULL);
  if (through || compact->error)
    g_hash_table_add (compact->seen, g_strdup (account->name));
  g_clear_error (&compact->error);
  g_array_set_size (compact->items, 0);
  compact->account = NULL;
  pack_account_unbusy (account);
  arm (compact, PAUSE_US, next_account);
}

static guint
move_rows (PackCompact *compact)
{
  PackAccount *account = compact->account;
  guint moved = 0;

  for (guint i = 0; i < compact->items->len && !compact->error; i++)
    {
      const Item *item = &g_array_index (compact->items, Item, i);
      sqlite3_stmt *statement;

      if (!item->copied)
        continue;
      if (!pack_batch_begin (account, &compact->error)
          || !(statement = pack_statement (account, PACK_MESSAGE_MOVE, &compact->error)))
        break;
      pack_bind (statement, 3, item->email, item->segment, item->offset);
      moved += pack_step (account, statement, NULL, &compact->error);
    }
  return moved;
}

static void
copied (gpointer user)
{
  PackCompact *compact = user;
  PackAccount *account = compact->account;
  guint moved = 0;

  if (!compact->error)
    {
      moved = move_rows (compact);
      account->removed |= moved > 0;
      if (compact->error)
        pack_account_break (account, compact->error);
    }
  step_over (compact, moved == 0);
}

static void
listed (gpointer user)
{
  PackCompact *compact = user;
  PackAccount *account = compact->account;

  for (guint i = 0; i < compact->items->len && !compact->error; i++)
    {
      Item *item = &g_array_index (compact->items, Item, i);

      pack_body_place (account, item->bytes, &item->segment, &item->offset, &compact->error);
    }
  if (compact->error || compact->items->len == 0 || compact->pack->closed)
    {
      step_over (compact, TRUE);
      return;
    }
  pack_offload (compact->pack, copy, copied, compact);
}

static void
next_account (gpointer user)
{
  PackCompact *compact = user;
  Pack *pack = compact->pack;
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  PackAccount *account;

  compact->timer = NULL;
  name = compact->horizon > 0 && !pack->closed ? pack_live_find (pack, compact->horizon, compact->seen) : NULL;
  if (!name)
    {
      pause_long (compact);
      return;
    }
  account = pack_account_get (pack, name, &error);
  if (account && pack_account_ready (account))
    {
      compact->account = account;
      account->busy = TRUE;
      pack_offload (pack, list, listed, compact);
      return;
    }
  if (error)
    pli_log (PLI_LOG_WARNING, "store.compact", "account", name, "error", error->message, NULL);
  g_hash_table_add (compact->seen, g_steal_pointer (&name)); /* later */
  if (account)
    pack_account_settle (account);
  arm (compact, PAUSE_US, next_account);
}
