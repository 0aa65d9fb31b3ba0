/* account.c: accounts and mailboxes: made, found, removed; messages counted by the rows that hold them. */
#include "memory.h"

static const char *const role_names[] = { "none", "inbox", "archive", "drafts", "junk", "sent", "trash" };

gboolean
memory_folder_parse (const char *word, char **out_name, guint32 *out_role)
{
  const char *colon = strrchr (word, ':');

  *out_role = PLI_ROLE_NONE;
  *out_name = colon ? g_strndup (word, (gsize) (colon - word)) : g_strdup (word);
  if (!colon)
    return TRUE;
  for (guint32 role = PLI_ROLE_ARCHIVE; role < G_N_ELEMENTS (role_names); role++)
    if (g_str_equal (colon + 1, role_names[role]))
      *out_role = role;
  return *out_role != PLI_ROLE_NONE;
}

void
memory_message_unref (MemoryMessage *message)
{
  if (--message->references > 0)
    return;
  g_bytes_unref (message->bytes);
  g_free (message->text);
  g_free (message);
}

static void
mailbox_free (gpointer data)
{
  MemoryMailbox *mailbox = data;

  for (guint i = 0; i < mailbox->rows->len; i++)
    memory_message_unref (g_array_index (mailbox->rows, MemoryRow, i).message);
  g_array_unref (mailbox->rows);
  g_array_unref (mailbox->tombstones);
  g_ptr_array_unref (mailbox->keywords);
  g_free (mailbox->name);
  g_free (mailbox);
}

static void
account_free (gpointer data)
{
  MemoryAccount *account = data;

  g_ptr_array_unref (account->mailboxes);
  g_hash_table_unref (account->subscribed);
  g_hash_table_unref (account->taken);
  g_array_unref (account->watches);
  g_free (account->name);
  g_free (account);
}

Memory *
memory_new (PliPlugin *plugin)
{
  Memory *memory = g_new0 (Memory, 1);

  memory->plugin = plugin;
  memory->instance = pli_plugin_instance (plugin);
  memory->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, account_free);
  return memory;
}

static void
free_when_over (Memory *memory)
{
  if (!memory->closed || memory->reading > 0)
    return;
  g_hash_table_unref (memory->accounts);
  g_free (memory);
}

void
memory_close (Memory *memory)
{
  memory->closed = TRUE;
  free_when_over (memory);
}

void
memory_delivery_over (Memory *memory)
{
  memory->reading--;
  free_when_over (memory);
}

static guint
taken_hash (gconstpointer key)
{
  const MemoryTaken *taken = key;

  return (guint) (taken->segment * 31 + taken->offset * 7 + taken->child);
}

static gboolean
taken_equal (gconstpointer a, gconstpointer b)
{
  const MemoryTaken *x = a, *y = b;

  return x->segment == y->segment && x->offset == y->offset && x->child == y->child;
}

static void
make_folders (Memory *memory, MemoryAccount *account)
{
  const MemorySettings *set = pli_plugin_settings (memory->plugin);

  memory_mailbox_new (memory, account, "INBOX", PLI_ROLE_INBOX);
  g_hash_table_add (account->subscribed, g_strdup ("INBOX"));
  for (const char *const *word = set->folders; word && *word; word++)
    {
      g_autofree char *name = NULL;
      guint32 role;

      memory_folder_parse (*word, &name, &role);
      if (memory_mailbox_by_name (account, name))
        continue;
      memory_mailbox_make (memory, account, name, role);
      g_hash_table_add (account->subscribed, g_steal_pointer (&name));
    }
}

MemoryAccount *
memory_account (Memory *memory, const char *name, GError **error)
{
  MemoryAccount *account = name ? g_hash_table_lookup (memory->accounts, name) : NULL;
  gsize len = name ? strlen (name) : 0;

  if (account)
    return account;
  if (len < 1 || len > 32 || strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789") != len)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT, "there can be no such account");
      return NULL;
    }
  account = g_new0 (MemoryAccount, 1);
  account->name = g_strdup (name);
  account->mailboxes = g_ptr_array_new_with_free_func (mailbox_free);
  account->subscribed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  account->taken = g_hash_table_new_full (taken_hash, taken_equal, g_free, NULL);
  account->watches = g_array_new (FALSE, FALSE, sizeof (MemoryWatch));
  g_hash_table_insert (memory->accounts, account->name, account);
  make_folders (memory, account);
  return account;
}

MemoryMailbox *
memory_mailbox_new (Memory *memory, MemoryAccount *account, const char *name, guint32 role)
{
  MemoryMailbox *mailbox = g_new0 (MemoryMailbox, 1);
  guint32 now = (guint32) (pli_now_us (memory->instance) / G_USEC_PER_SEC);

  account->uidvalidity = MAX (account->uidvalidity + 1, now);
  mailbox->number = ++account->modseq;
  mailbox->modseq = mailbox->number;
  mailbox->name = g_strdup (name);
  mailbox->role = role;
  mailbox->uidvalidity = account->uidvalidity;
  mailbox->uidnext = 1;
  mailbox->recent = 1;
  mailbox->keywords = g_ptr_array_new_with_free_func (g_free);
  mailbox->rows = g_array_new (FALSE, FALSE, sizeof (MemoryRow));
  mailbox->tombstones = g_array_new (FALSE, FALSE, sizeof (MemoryTombstone));
  g_ptr_array_add (account->mailboxes, mailbox);
  return mailbox;
}

MemoryMailbox *
memory_mailbox_make (Memory *memory, MemoryAccount *account, const char *name, guint32 role)
{
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *parent = g_strndup (name, (gsize) (slash - name));

      if (!memory_mailbox_by_name (account, parent))
        memory_mailbox_new (memory, account, parent, PLI_ROLE_NONE);
    }
  return memory_mailbox_new (memory, account, name, role);
}

void
memory_mailbox_remove (MemoryAccount *account, MemoryMailbox *mailbox)
{
  account->modseq++;
  g_ptr_array_remove (account->mailboxes, mailbox);
}

MemoryMailbox *
memory_mailbox_by_name (MemoryAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MemoryMailbox *mailbox = account->mailboxes->pdata[i];

      if (g_str_equal (mailbox->name, name))
        return mailbox;
    }
  return NULL;
}

MemoryMailbox *
memory_mailbox_by_number (MemoryAccount *account, guint64 number, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MemoryMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->number == number)
        return mailbox;
    }
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "the mailbox is gone");
  return NULL;
}

gboolean
memory_has_children (MemoryAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (memory_name_is_below (((MemoryMailbox *) account->mailboxes->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

guint64
memory_change (MemoryAccount *account, MemoryMailbox *mailbox)
{
  mailbox->modseq = ++account->modseq;
  return mailbox->modseq;
}

guint32
memory_mailbox_add (MemoryMailbox *mailbox, MemoryMessage *message, guint32 flags, guint64 keywords, guint64 modseq)
{
  MemoryRow row = { mailbox->uidnext++, flags, keywords, modseq, message };

  message->references++;
  g_array_append_val (mailbox->rows, row);
  return row.uid;
}
