/* listing.c: all mailboxes, with those names that are only parents of others or only subscribed to. */
#include "memory.h"

static void
fill_counts (const MemoryMailbox *mailbox, PliMailboxRow *row)
{
  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MemoryRow *message = &g_array_index (mailbox->rows, MemoryRow, i);

      row->messages++;
      row->unseen += !(message->flags & PLI_FLAG_SEEN);
      row->deleted += !!(message->flags & PLI_FLAG_DELETED);
      row->recent += message->uid >= mailbox->recent;
      row->bytes += g_bytes_get_size (message->message->bytes);
    }
}

static void
fill (MemoryAccount *account, const char *name, gboolean counts, PliMailboxRow *row)
{
  const MemoryMailbox *mailbox = memory_mailbox_by_name (account, name);

  row->subscribed = g_hash_table_contains (account->subscribed, name);
  if (!mailbox)
    return;
  row->mailbox = mailbox->number;
  row->role = mailbox->role;
  row->uidvalidity = mailbox->uidvalidity;
  row->uidnext = mailbox->uidnext;
  row->modseq = mailbox->modseq;
  if (counts)
    fill_counts (mailbox, row);
}

/* INBOX first, then by bytes. */
static gint
compare (gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a, *y = *(const char *const *) b;
  gint first = g_str_equal (y, "INBOX") - g_str_equal (x, "INBOX");

  return first ? first : strcmp (x, y);
}

static void
add_with_parents (GHashTable *names, const char *name)
{
  g_hash_table_add (names, g_strdup (name));
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    g_hash_table_add (names, g_strndup (name, (gsize) (slash - name)));
}

static PliStep
list_all (PliOp *op, MemoryAccount *account, gboolean counts, PliMailboxesResult *result)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  PliMailboxRow *rows;
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < account->mailboxes->len; i++)
    add_with_parents (names, ((MemoryMailbox *) account->mailboxes->pdata[i])->name);
  g_hash_table_iter_init (&iter, account->subscribed);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (names, g_strdup (name));
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (sorted, name);
  g_ptr_array_sort (sorted, compare);
  rows = pli_arena_array (pli_op_arena (op), PliMailboxRow, sorted->len);
  for (guint i = 0; i < sorted->len; i++)
    {
      rows[i].name = pli_arena_strdup (pli_op_arena (op), sorted->pdata[i]);
      fill (account, rows[i].name, counts, &rows[i]);
    }
  result->rows = rows;
  result->n_rows = sorted->len;
  return PLI_DONE;
}

PliStep
memory_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result)
{
  Memory *memory = self;
  GError *error = NULL;
  MemoryAccount *account = memory_account (memory, pli_op_account (op), &error);
  g_autofree char *name = NULL;
  PliMailboxRow *row;

  if (!account)
    return pli_op_take_error (op, error);
  if (!args->name)
    return list_all (op, account, args->counts, result);
  name = memory_name (pli_plugin_settings (memory->plugin), args->name, &error);
  if (!name)
    return pli_op_take_error (op, error);
  if (!memory_mailbox_by_name (account, name) && !memory_has_children (account, name))
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  row = pli_arena_new0 (pli_op_arena (op), PliMailboxRow);
  row->name = pli_arena_strdup (pli_op_arena (op), name);
  fill (account, name, args->counts, row);
  result->rows = row;
  result->n_rows = 1;
  return PLI_DONE;
}
