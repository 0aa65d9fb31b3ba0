/* append.c: APPEND: a file in cur/, with its flags in its name. RFC 9051 6.3.12. */
#include "maildir.h"

/* Of a move: after a crash the list may have lines of files that never came, which the UIDs to come must not follow. */
static gboolean
take_uid (MaildirCall *call, MaildirMailbox *mailbox, guint32 uid)
{
  MaildirAccount *account = call->account;
  g_autofree char *path = NULL;
  MaildirLock lock;
  gboolean ok;

  if (uid >= mailbox->uidnext)
    {
      mailbox->uidnext = uid;
      return TRUE;
    }
  if (mailbox->rows->len > 0 && uid <= g_array_index (mailbox->rows, MaildirRow, mailbox->rows->len - 1).uid)
    return maildir_refuse (call, PLI_ERROR_EXISTS, "the UID was given already");
  path = maildir_path (account, mailbox, "dovecot-uidlist");
  if (!maildir_lock (account, path, &lock, &call->error))
    return FALSE;
  mailbox->uidnext = uid;
  ok = maildir_uidlist_write (account, mailbox, &call->error);
  maildir_unlock (&lock);
  return ok || maildir_fail (call);
}

static gboolean
append_to (MaildirCall *call, MaildirMailbox *mailbox)
{
  const PliAppendArgs *args = call->args;
  PliAppendResult *result = call->result;
  MaildirAccount *account = call->account;
  g_auto (PliBuffer) space = { 0 };
  PliSpan bytes = maildir_body_pack (&call->maildir->set, args->message, &space);
  g_autofree char *base = maildir_filename_unique (call->now_us, bytes.len, args->message.len);
  MaildirFileName name = { .base = pli_span_from (base), .flags = args->flags & 31 };
  MaildirRow row = { .flags = args->flags & 31,
                     .received_us = args->received_us ? args->received_us : call->now_us,
                     .bytes = (guint32) args->message.len,
                     .header_bytes = args->renderings.header_bytes,
                     .direct = bytes.len == args->message.len,
                     .learnt = TRUE };

  if (args->uid && !take_uid (call, mailbox, args->uid))
    return FALSE;
  if (!maildir_keyword_bits (account, mailbox, args->keywords, TRUE, &row.keywords, &call->error)
      || !maildir_body_write (account, mailbox, base, bytes, row.received_us, &call->error))
    return FALSE;
  name.letters = maildir_letters_of (mailbox, row.keywords);
  row.file = maildir_filename_make (&name);
  row.modseq = row.email = maildir_change (account, mailbox);
  if (!maildir_place (account, mailbox, &row, 1, &call->error)
      || !maildir_texts_save (account, row.email, &args->renderings, &call->error))
    {
      g_free (row.file);
      return maildir_fail (call);
    }
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uid = row.uid;
  maildir_notice (account, mailbox);
  return TRUE;
}

static gboolean
append (MaildirCall *call)
{
  const PliAppendArgs *args = call->args;
  MaildirAccount *account = call->account;
  g_autofree char *name = maildir_name (&call->maildir->set, args->name, &call->error);
  MaildirMailbox *mailbox;
  gboolean appended;

  if (!name || !maildir_tree_look (account, &call->error))
    return FALSE;
  mailbox = maildir_by_name (account, name);
  if (!mailbox)
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!maildir_look (account, mailbox, &call->error))
    return FALSE;
  /* Messages of a move come by thousands, and are compared at the end. */
  account->bulk = args->uid != 0;
  account->sync_volume |= account->bulk;
  appended = append_to (call, mailbox);
  account->bulk = FALSE;
  return appended;
}

PliStep
maildir_slot_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result)
{
  return maildir_call (op, self, append, args, result);
}
