/* open.c: what a session sees when it selects a mailbox. RFC 9051 6.3.2. */
#include "maildir.h"

static void
fill (MaildirCall *call, MaildirMailbox *mailbox)
{
  PliOpenResult *result = call->result;
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, i);

      maildir_ranges_add (uids, row->uid);
      if (result->first_unseen == 0 && !(row->flags & PLI_FLAG_SEEN))
        result->first_unseen = row->uid;
    }
  result->uids = maildir_ranges_copy (uids, call->arena, &result->n_uids);
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uidnext = mailbox->uidnext;
  result->modseq = mailbox->modseq;
  result->recent_from = mailbox->recent;
  result->keywords = maildir_keywords (mailbox, call->arena);
}

static gboolean
open_mailbox (MaildirCall *call)
{
  const PliOpenArgs *args = call->args;
  MaildirAccount *account = call->account;
  g_autofree char *name = maildir_name (&call->maildir->set, args->name, &call->error);
  MaildirMailbox *mailbox;

  if (!name || !maildir_tree_look (account, &call->error))
    return FALSE;
  mailbox = maildir_by_name (account, name);
  if (!mailbox)
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!maildir_look (account, mailbox, &call->error))
    return FALSE;
  fill (call, mailbox);
  if (args->read_only || mailbox->recent == mailbox->uidnext)
    return TRUE;
  mailbox->recent = mailbox->uidnext;
  mailbox->changed = TRUE;
  return TRUE;
}

PliStep
maildir_slot_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result)
{
  return maildir_call (op, self, open_mailbox, args, result);
}
