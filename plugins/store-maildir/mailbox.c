/* mailbox.c: makes and deletes mailboxes, and keeps the names subscribed to. RFC 9051 6.3.4 to 6.3.8. */
#include "maildir.h"

#include <errno.h>
#include <stdio.h>

static gboolean
create (MaildirCall *call, const char *name)
{
  const PliMailboxArgs *args = call->args;
  PliMailboxResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox;
  g_autofree char *dir = NULL;

  if (args->role == PLI_ROLE_INBOX || args->role > PLI_ROLE_TRASH)
    return maildir_refuse (call, PLI_ERROR_DENIED, "no mailbox can be given this role");
  if (maildir_by_name (account, name))
    return maildir_refuse (call, PLI_ERROR_EXISTS, "the mailbox is there already");
  for (guint i = 0; args->role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((MaildirMailbox *) account->mailboxes->pdata[i])->role == args->role)
      return maildir_refuse (call, PLI_ERROR_EXISTS, "another mailbox has this role");
  dir = maildir_dir_of (name, &call->error);
  if (!dir)
    return FALSE;
  mailbox = maildir_make (account, name, args->role, &call->error);
  if (!mailbox)
    return maildir_fail (call);
  result->mailbox = mailbox->number;
  return TRUE;
}

/* The folder gets a name that nobody lists, and is emptied then. */
static gboolean
remove_folder (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  g_autofree char *path = g_build_filename (account->tree, mailbox->dir, NULL);
  g_autofree char *gone = g_strdup_printf ("%s/..DOVECOT-TRASHED.%" G_GUINT64_FORMAT, account->tree, mailbox->number);

  if (rename (path, gone) < 0 && errno != ENOENT)
    return maildir_errno (error, path);
  account->sync_tree = TRUE;
  return maildir_remove_dir (gone, error);
}

static gboolean delete (MaildirCall *call, const char *name)
{
  PliMailboxResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox = maildir_by_name (account, name);

  if (!mailbox)
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (mailbox->role == PLI_ROLE_INBOX)
    return maildir_refuse (call, PLI_ERROR_DENIED, "INBOX stays");
  result->mailbox = mailbox->number;
  /* The look that comes now finds that the folder is not there, and forgets what was in it. */
  account->stamp.inode = 0;
  if (!remove_folder (account, mailbox, &call->error) || !maildir_tree_look (account, &call->error))
    return maildir_fail (call);
  return TRUE;
}

static gboolean
subscribe (MaildirCall *call, const char *name, gboolean on)
{
  MaildirMailbox *mailbox = maildir_by_name (call->account, name);
  PliMailboxResult *result = call->result;

  result->mailbox = mailbox ? mailbox->number : 0;
  return maildir_subscribe (call->account, name, on, &call->error);
}

/* The numbers of a mailbox of another store. What has vanished here before is forgotten. */
static gboolean
impose (MaildirCall *call, const char *name)
{
  const PliMailboxArgs *args = call->args;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox = maildir_by_name (account, name);
  g_autofree char *path = NULL;
  MaildirLock lock;
  gboolean ok;

  /* Nobody in another room can say it. */
  if (args->uidvalidity == 0)
    return maildir_refuse (call, PLI_ERROR_DENIED, "only a move gives numbers");
  if (!mailbox)
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!maildir_look (account, mailbox, &call->error))
    return FALSE;
  if (mailbox->rows->len > 0 && mailbox->uidvalidity != args->uidvalidity)
    return maildir_refuse (call, PLI_ERROR_EXISTS, "the mailbox has messages under another UIDVALIDITY");
  path = maildir_path (account, mailbox, "dovecot-uidlist");
  if (!maildir_lock (account, path, &lock, &call->error))
    return FALSE;
  if (mailbox->rows->len == 0)
    mailbox->uidnext = mailbox->recent = 1;
  mailbox->uidvalidity = args->uidvalidity;
  mailbox->uidnext = MAX (mailbox->uidnext, args->uidnext);
  account->uidvalidity = MAX (account->uidvalidity, args->uidvalidity);
  account->modseq = MAX (account->modseq, args->modseq);
  maildir_change (account, mailbox);
  ok = maildir_uidlist_write (account, mailbox, &call->error)
       && maildir_run (account, &call->error, MAILDIR_TOMB_REMOVE, 1, mailbox->number);
  maildir_unlock (&lock);
  return ok || maildir_fail (call);
}

static gboolean
change (MaildirCall *call)
{
  const PliMailboxArgs *args = call->args;
  const MaildirSettings *settings = &call->maildir->set;
  g_autofree char *name = maildir_name (settings, args->name, &call->error);
  g_autofree char *to = NULL;

  if (!name || !maildir_tree_look (call->account, &call->error))
    return FALSE;
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
      to = maildir_name (settings, args->to, &call->error);
      return to && maildir_rename (call, name, to);
    default:
      return maildir_refuse (call, PLI_ERROR_PERMANENT, "unknown mailbox verb");
    }
}

PliStep
maildir_slot_mailbox (PliOp *op, gpointer self, const PliMailboxArgs *args, PliMailboxResult *result)
{
  return maildir_call (op, self, change, args, result);
}
