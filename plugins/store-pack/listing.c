/* listing.c: all mailboxes, with those names that are only parents of others or only subscribed to. */
#include "call.h"

static gboolean
fill_counts (PackAccount *account, PackMailbox *mailbox, PliMailboxRow *row, GError **error)
{
  guint shown;

  if (!pack_view_load (account, mailbox, error))
    return FALSE;
  shown = pack_view_shown (account, mailbox);
  row->messages = shown;
  for (guint i = 0; i < shown; i++)
    {
      const PackRow *message = &g_array_index (mailbox->rows, PackRow, i);

      row->unseen += !(message->flags & PLI_FLAG_SEEN);
      row->deleted += !!(message->flags & PLI_FLAG_DELETED);
      row->recent += message->uid >= mailbox->recent;
      row->bytes += message->bytes;
    }
  return TRUE;
}

static gboolean
fill (PackAccount *account, GHashTable *subscribed, gboolean counts, PliMailboxRow *row, GError **error)
{
  PackMailbox *mailbox = pack_mailbox_by_name (account, row->name);

  row->subscribed = g_hash_table_contains (subscribed, row->name);
  if (!mailbox)
    return TRUE;
  row->mailbox = mailbox->number;
  row->role = mailbox->role;
  row->uidvalidity = mailbox->uidvalidity;
  if (counts && !fill_counts (account, mailbox, row, error))
    return FALSE;
  row->uidnext = pack_view_uidnext (account, mailbox);
  row->modseq = pack_view_modseq (account, mailbox);
  return TRUE;
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

/* (transfer full); NULL: *error */
static GHashTable *
load_subscribed (PackAccount *account, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3_stmt *statement = pack_statement (account, PACK_SUBSCRIBED, error);
  gboolean row = TRUE;

  if (!statement)
    return NULL;
  while (row)
    {
      if (!pack_step (account, statement, &row, error))
        return NULL;
      if (row)
        g_hash_table_add (names, g_strdup ((const char *) sqlite3_column_text (statement, 0)));
    }
  return g_steal_pointer (&names);
}

static PackStep
list_all (PackCall *call, GHashTable *subscribed)
{
  const PliMailboxesArgs *args = call->args;
  PliMailboxesResult *result = call->result;
  PackAccount *account = call->account;
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  PliMailboxRow *rows;
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < account->mailboxes->len; i++)
    add_with_parents (names, ((PackMailbox *) account->mailboxes->pdata[i])->name);
  g_hash_table_iter_init (&iter, subscribed);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (names, g_strdup (name));
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (sorted, name);
  g_ptr_array_sort (sorted, compare);
  rows = pli_arena_array (call->arena, PliMailboxRow, sorted->len);
  for (guint i = 0; i < sorted->len; i++)
    {
      rows[i].name = pli_arena_strdup (call->arena, sorted->pdata[i]);
      if (!fill (account, subscribed, args->counts, &rows[i], &call->error))
        return pack_fail (call);
    }
  result->rows = rows;
  result->n_rows = sorted->len;
  return PACK_DONE;
}

static PackStep
mailboxes (PackCall *call)
{
  const PliMailboxesArgs *args = call->args;
  PliMailboxesResult *result = call->result;
  PackAccount *account = call->account;
  g_autoptr (GHashTable) subscribed = load_subscribed (account, &call->error);
  g_autofree char *name = NULL;
  PliMailboxRow *row;

  if (!subscribed)
    return pack_fail (call);
  if (!args->name)
    return list_all (call, subscribed);
  name = pack_name (&call->pack->names, args->name, &call->error);
  if (!name)
    return PACK_FAIL;
  if (!pack_mailbox_by_name (account, name) && !pack_has_children (account, name))
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  row = pli_arena_new0 (call->arena, PliMailboxRow);
  row->name = pli_arena_strdup (call->arena, name);
  if (!fill (account, subscribed, args->counts, row, &call->error))
    return pack_fail (call);
  result->rows = row;
  result->n_rows = 1;
  return PACK_DONE;
}

PliStep
pack_slot_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result)
{
  return pack_call (op, self, mailboxes, args, result);
}
