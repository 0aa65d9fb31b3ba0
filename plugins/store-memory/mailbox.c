/* mailbox.c: makes and deletes mailboxes, and keeps the names subscribed to. RFC 9051 6.3.4 to 6.3.8. */
#include "memory.h"

static PliStep
create (PliOp *op, Memory *memory, MemoryAccount *account, const char *name, guint32 role, PliMailboxResult *result)
{
  if (role == PLI_ROLE_INBOX || role > PLI_ROLE_TRASH)
    return pli_op_error (op, PLI_ERROR_DENIED, "no mailbox can be given this role");
  if (memory_mailbox_by_name (account, name))
    return pli_op_error (op, PLI_ERROR_EXISTS, "the mailbox is there already");
  for (guint i = 0; role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((MemoryMailbox *) account->mailboxes->pdata[i])->role == role)
      return pli_op_error (op, PLI_ERROR_EXISTS, "another mailbox has this role");
  result->mailbox = memory_mailbox_make (memory, account, name, role)->number;
  return PLI_DONE;
}

static PliStep delete (PliOp *op, Memory *memory, MemoryAccount *account, const char *name, PliMailboxResult *result)
{
  MemoryMailbox *mailbox = memory_mailbox_by_name (account, name);

  if (!mailbox)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (mailbox->role == PLI_ROLE_INBOX)
    return pli_op_error (op, PLI_ERROR_DENIED, "INBOX stays");
  result->mailbox = mailbox->number;
  memory_mailbox_remove (account, mailbox);
  memory_notify (memory, account, result->mailbox);
  return PLI_DONE;
}

/* RFC 9051 6.3.7: the name need not exist. */
static PliStep
subscribe (MemoryAccount *account, const char *name, gboolean on, PliMailboxResult *result)
{
  MemoryMailbox *mailbox = memory_mailbox_by_name (account, name);

  if (on)
    g_hash_table_add (account->subscribed, g_strdup (name));
  else
    g_hash_table_remove (account->subscribed, name);
  result->mailbox = mailbox ? mailbox->number : 0;
  return PLI_DONE;
}

PliStep
memory_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result)
{
  Memory *memory = self;
  const MemorySettings *set = pli_plugin_settings (memory->plugin);
  GError *error = NULL;
  MemoryAccount *account = memory_account (memory, pli_op_account (op), &error);
  g_autofree char *name = account ? memory_name (set, args->name, &error) : NULL;
  g_autofree char *to = NULL;

  if (!name)
    return pli_op_take_error (op, error);
  switch (args->verb)
    {
    case PLI_MAILBOX_CREATE:
      return create (op, memory, account, name, args->role, result);
    case PLI_MAILBOX_DELETE:
      return delete (op, memory, account, name, result);
    case PLI_MAILBOX_SUBSCRIBE:
    case PLI_MAILBOX_UNSUBSCRIBE:
      return subscribe (account, name, args->verb == PLI_MAILBOX_SUBSCRIBE, result);
    case PLI_MAILBOX_RENAME:
      to = memory_name (set, args->to, &error);
      return to ? memory_rename (op, memory, account, name, to, result) : pli_op_take_error (op, error);
    default:
      return pli_op_error (op, PLI_ERROR_PERMANENT, "unknown mailbox verb %u", args->verb);
    }
}
