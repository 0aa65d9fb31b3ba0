/* rename.c: RENAME, with the mailboxes below; INBOX gives its messages away and stays. RFC 9051 6.3.6.
 *
 * Subscriptions are names of their own: the old ones stay, as the RFC asks, and the new ones are subscribed to when the
 * old ones were. */
#include "memory.h"

static char *
moved_name (const char *name, const char *from, const char *to)
{
  return g_strconcat (to, name + strlen (from), NULL);
}

static gboolean
is_moved (const char *name, const char *from)
{
  return g_str_equal (name, from) || memory_name_is_below (name, from);
}

static gboolean
check_targets (Memory *memory, MemoryAccount *account, const char *from, const char *to, GError **error)
{
  gboolean any = FALSE;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MemoryMailbox *mailbox = account->mailboxes->pdata[i];
      g_autofree char *name = NULL, *normal = NULL;

      if (!is_moved (mailbox->name, from))
        continue;
      any = TRUE;
      name = moved_name (mailbox->name, from, to);
      normal = memory_name (pli_plugin_settings (memory->plugin), name, error);
      if (!normal)
        return FALSE;
      if (memory_mailbox_by_name (account, name))
        {
          g_set_error_literal (error, PLI_ERROR, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
          return FALSE;
        }
    }
  if (!any)
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  return any;
}

static void
make_parents (Memory *memory, MemoryAccount *account, const char *name)
{
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash ? g_strndup (name, (gsize) (slash - name)) : NULL;

  if (parent && !memory_mailbox_by_name (account, parent))
    memory_mailbox_make (memory, account, parent, PLI_ROLE_NONE);
}

static PliStep
rename_inbox (PliOp *op, Memory *memory, MemoryAccount *account, const char *to, PliMailboxResult *result)
{
  MemoryMailbox *inbox = memory_mailbox_by_name (account, "INBOX");
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  PliUidRange all = { 1, G_MAXUINT32 };
  MemoryMailbox *target;
  guint64 modseq;

  if (memory_mailbox_by_name (account, to))
    return pli_op_error (op, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
  target = memory_mailbox_make (memory, account, to, PLI_ROLE_NONE);
  for (guint i = 0; i < inbox->keywords->len; i++)
    g_ptr_array_add (target->keywords, g_strdup (inbox->keywords->pdata[i]));
  modseq = memory_change (account, target);
  for (guint i = 0; i < inbox->rows->len; i++)
    {
      MemoryRow *row = &g_array_index (inbox->rows, MemoryRow, i);

      memory_mailbox_add (target, row->message, row->flags, row->keywords, modseq);
    }
  memory_remove_rows (inbox, &all, 1, TRUE, modseq, gone);
  inbox->modseq = modseq;
  result->mailbox = target->number;
  memory_notify (memory, account, inbox->number);
  return PLI_DONE;
}

PliStep
memory_rename (PliOp *op, Memory *memory, MemoryAccount *account, const char *from, const char *to,
               PliMailboxResult *result)
{
  MemoryMailbox *mailbox = memory_mailbox_by_name (account, from);
  GError *error = NULL;

  if (mailbox && mailbox->role == PLI_ROLE_INBOX)
    return rename_inbox (op, memory, account, to, result);
  if (memory_name_is_below (to, from))
    return pli_op_error (op, PLI_ERROR_DENIED, "a mailbox cannot move below itself");
  if (memory_mailbox_by_name (account, to))
    return pli_op_error (op, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
  if (!check_targets (memory, account, from, to, &error))
    return pli_op_take_error (op, error);
  make_parents (memory, account, to);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MemoryMailbox *one = account->mailboxes->pdata[i];
      g_autofree char *old = NULL;

      if (!is_moved (one->name, from))
        continue;
      old = g_steal_pointer (&one->name);
      one->name = moved_name (old, from, to);
      if (g_hash_table_contains (account->subscribed, old))
        g_hash_table_add (account->subscribed, g_strdup (one->name));
    }
  account->modseq++;
  result->mailbox = mailbox ? mailbox->number : 0;
  return PLI_DONE;
}
