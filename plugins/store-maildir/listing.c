/* listing.c: all mailboxes, with those names that are only parents of others or only subscribed to. */
#include "maildir.h"

static gboolean
fill_counts (MaildirAccount *account, MaildirMailbox *mailbox, PliMailboxRow *row, GError **error)
{
  if (!maildir_look (account, mailbox, error))
    return FALSE;
  row->messages = mailbox->rows->len;
  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MaildirRow *message = &g_array_index (mailbox->rows, MaildirRow, i);

      row->unseen += !(message->flags & PLI_FLAG_SEEN);
      row->deleted += !!(message->flags & PLI_FLAG_DELETED);
      row->recent += message->uid >= mailbox->recent;
      row->bytes += message->bytes;
    }
  return TRUE;
}

static gboolean
fill (MaildirAccount *account, gboolean counts, PliMailboxRow *row, GError **error)
{
  MaildirMailbox *mailbox = maildir_by_name (account, row->name);

  row->subscribed = g_hash_table_contains (account->subscribed, row->name);
  if (!mailbox)
    return TRUE;
  /* A folder that nobody has looked into has no UIDVALIDITY yet. */
  if ((counts || mailbox->uidvalidity == 0) && !fill_counts (account, mailbox, row, error))
    return FALSE;
  row->mailbox = mailbox->number;
  row->role = mailbox->role;
  row->uidvalidity = mailbox->uidvalidity;
  row->uidnext = mailbox->uidnext;
  row->modseq = mailbox->modseq;
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

static gboolean
list_all (MaildirCall *call)
{
  const PliMailboxesArgs *args = call->args;
  PliMailboxesResult *result = call->result;
  MaildirAccount *account = call->account;
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  PliMailboxRow *rows;
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < account->mailboxes->len; i++)
    add_with_parents (names, ((MaildirMailbox *) account->mailboxes->pdata[i])->name);
  g_hash_table_iter_init (&iter, account->subscribed);
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
      if (!fill (account, args->counts, &rows[i], &call->error))
        return FALSE;
    }
  result->rows = rows;
  result->n_rows = sorted->len;
  return TRUE;
}

static gboolean
mailboxes (MaildirCall *call)
{
  const PliMailboxesArgs *args = call->args;
  PliMailboxesResult *result = call->result;
  MaildirAccount *account = call->account;
  g_autofree char *name = NULL;
  PliMailboxRow *row;

  if (!maildir_tree_look (account, &call->error) || !maildir_subscriptions_look (account, &call->error))
    return FALSE;
  if (!args->name)
    return list_all (call);
  name = maildir_name (&call->maildir->set, args->name, &call->error);
  if (!name)
    return FALSE;
  if (!maildir_by_name (account, name) && !maildir_has_children (account, name))
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  row = pli_arena_new0 (call->arena, PliMailboxRow);
  row->name = pli_arena_strdup (call->arena, name);
  if (!fill (account, args->counts, row, &call->error))
    return FALSE;
  result->rows = row;
  result->n_rows = 1;
  return TRUE;
}

PliStep
maildir_slot_mailboxes (PliOp *op, gpointer self, const PliMailboxesArgs *args, PliMailboxesResult *result)
{
  return maildir_call (op, self, mailboxes, args, result);
}
