/* mailbox.c: makes and deletes mailboxes, and keeps the names subscribed to. RFC 9051 6.3.4 to 6.3.8. */
#include "mailbox.h"

static PackStep
create (PackCall *call, const char *name)
{
  const PliMailboxArgs *args = call->args;
  PliMailboxResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox;

  if (args->role == PLI_ROLE_INBOX || args->role > PLI_ROLE_TRASH)
    return pack_refuse (call, PLI_ERROR_DENIED, "no mailbox can be given this role");
  if (pack_mailbox_by_name (account, name))
    return pack_refuse (call, PLI_ERROR_EXISTS, "the mailbox is there already");
  for (guint i = 0; args->role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((PackMailbox *) account->mailboxes->pdata[i])->role == args->role)
      return pack_refuse (call, PLI_ERROR_EXISTS, "another mailbox has this role");
  mailbox = pack_mailbox_make (account, name, args->role, &call->error);
  if (!mailbox)
    return pack_fail (call);
  result->mailbox = mailbox->number;
  return PACK_DURABLE;
}

static gboolean
remove_all (PackCall *call, PackMailbox *mailbox)
{
  PackAccount *account = call->account;
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));
  sqlite3_stmt *tombstones, *row;

  for (guint i = 0; i < mailbox->rows->len; i++)
    g_array_append_val (indices, i);
  if (!pack_batch_begin (account, &call->error)
      || !pack_rows_remove (account, mailbox, indices, ++account->modseq, FALSE, gone, &call->error))
    return FALSE;
  tombstones = pack_statement (account, PACK_TOMBSTONE_REMOVE, &call->error);
  row = tombstones ? pack_statement (account, PACK_MAILBOX_REMOVE, &call->error) : NULL;
  if (!row)
    return FALSE;
  pack_bind (tombstones, 1, mailbox->number);
  pack_bind (row, 1, mailbox->number);
  return pack_step (account, tombstones, NULL, &call->error) && pack_step (account, row, NULL, &call->error);
}

static PackStep delete (PackCall *call, const char *name)
{
  PliMailboxResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_name (account, name);

  if (!mailbox)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (mailbox->role == PLI_ROLE_INBOX)
    return pack_refuse (call, PLI_ERROR_DENIED, "INBOX stays");
  if (!pack_view_load (account, mailbox, &call->error))
    return pack_fail (call);
  if (mailbox->rows->len > PACK_HEAVY && !call->in_pool)
    return PACK_POOL;
  if (!remove_all (call, mailbox))
    return pack_fail (call);
  /* No mailbox remembers this modseq. */
  account->modseq_mark = MAX (account->modseq_mark, account->modseq + 1);
  account->meta_changed = TRUE;
  result->mailbox = mailbox->number;
  pack_account_notice (account, mailbox);
  g_ptr_array_remove (account->mailboxes, mailbox);
  return PACK_DURABLE;
}

/* RFC 9051 6.3.7: the name need not exist. */
gboolean
pack_subscribe (PackAccount *account, const char *name, gboolean on, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, on ? PACK_SUBSCRIBE : PACK_UNSUBSCRIBE, error);

  if (!statement || !pack_batch_begin (account, error))
    return FALSE;
  sqlite3_bind_text (statement, 1, name, -1, SQLITE_TRANSIENT);
  return pack_step (account, statement, NULL, error);
}

static PackStep
subscribe (PackCall *call, const char *name, gboolean on)
{
  PackMailbox *mailbox = pack_mailbox_by_name (call->account, name);
  PliMailboxResult *result = call->result;

  if (!pack_subscribe (call->account, name, on, &call->error))
    return pack_fail (call);
  result->mailbox = mailbox ? mailbox->number : 0;
  return PACK_DURABLE;
}

/* The numbers of a mailbox of another store. What has vanished here before is forgotten. */
static PackStep
impose (PackCall *call, const char *name)
{
  const PliMailboxArgs *args = call->args;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_name (account, name);
  sqlite3_stmt *tombstones;

  /* Nobody in another room can say it. */
  if (args->uidvalidity == 0)
    return pack_refuse (call, PLI_ERROR_DENIED, "only a move gives numbers");
  if (!mailbox)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!pack_view_load (account, mailbox, &call->error) || !pack_batch_begin (account, &call->error))
    return pack_fail (call);
  if (mailbox->rows->len > 0 && mailbox->uidvalidity != args->uidvalidity)
    return pack_refuse (call, PLI_ERROR_EXISTS, "the mailbox has messages under another UIDVALIDITY");
  tombstones = pack_statement (account, PACK_TOMBSTONE_REMOVE, &call->error);
  if (!tombstones)
    return pack_fail (call);
  pack_bind (tombstones, 1, mailbox->number);
  if (!pack_step (account, tombstones, NULL, &call->error))
    return pack_fail (call);
  if (mailbox->rows->len == 0)
    mailbox->uidnext = mailbox->recent = mailbox->uid_mark = mailbox->uid_syncing = mailbox->uid_durable = 1;
  mailbox->uidvalidity = args->uidvalidity;
  mailbox->uidnext = MAX (mailbox->uidnext, args->uidnext);
  account->uidvalidity = MAX (account->uidvalidity, args->uidvalidity);
  account->modseq = MAX (account->modseq, args->modseq);
  account->modseq_mark = MAX (account->modseq_mark, account->modseq + 1);
  account->meta_changed = TRUE;
  pack_change (account, mailbox);
  return PACK_DURABLE;
}

static PackStep
change (PackCall *call)
{
  const PliMailboxArgs *args = call->args;
  const PackSettings *settings = &call->pack->names;
  g_autofree char *name = pack_name (settings, args->name, &call->error);
  g_autofree char *to = NULL;

  if (!name)
    return PACK_FAIL;
  switch (args->verb)
    {
    case PLI_MAILBOX_CREATE:
      return create (call, name);
    case PLI_MAILBOX_DELETE:
      return delete (call, name);
    case PLI_MAILBOX_SUBSCRIBE:
    case PLI_MAILBOX_UNSUBSCRIBE:
      return subscribe (call, name, args->verb == PLI_MAILBOX_SUBSCRIBE);
    case PLI_MAILBOX_IMPOSE:
      return impose (call, name);
    case PLI_MAILBOX_RENAME:
      to = pack_name (settings, args->to, &call->error);
      return to ? pack_rename (call, name, to) : PACK_FAIL;
    default:
      return pack_refuse (call, PLI_ERROR_PERMANENT, "unknown mailbox verb");
    }
}

PliStep
pack_slot_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result)
{
  return pack_call (op, self, change, args, result);
}
