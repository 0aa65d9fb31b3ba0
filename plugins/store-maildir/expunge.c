/* expunge.c: EXPUNGE and UID EXPUNGE; ranges of UIDs that go leave tombstones. RFC 9051 6.4.3, RFC 4315 2.1. */
#include "maildir.h"

#include <errno.h>
#include <unistd.h>

static gboolean
remove_files (MaildirCall *call, MaildirMailbox *mailbox, GArray *indices)
{
  for (guint i = 0; i < indices->len; i++)
    {
      const MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, g_array_index (indices, guint, i));
      g_autofree char *path = maildir_file_path (call->account, mailbox, row);

      if (unlink (path) < 0 && errno != ENOENT)
        return maildir_errno (&call->error, path);
      /* Another program has renamed it. */
      mailbox->unsure = TRUE;
      mailbox->sync_new |= row->in_new;
      mailbox->sync_cur |= !row->in_new;
    }
  return TRUE;
}

static gboolean
expunge (MaildirCall *call)
{
  const PliExpungeArgs *args = call->args;
  PliExpungeResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox = maildir_by_number (account, args->mailbox, &call->error);
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  MaildirWalk walk;
  MaildirRow *row;

  if (!mailbox || !maildir_look (account, mailbox, &call->error))
    return FALSE;
  maildir_walk_start (&walk, mailbox, args->uids, args->n_uids);
  while ((row = maildir_walk_next (&walk)))
    {
      guint index = walk.row - 1;

      if (args->any || row->flags & PLI_FLAG_DELETED)
        g_array_append_val (indices, index);
    }
  result->modseq = mailbox->modseq;
  if (indices->len == 0)
    return TRUE;
  result->modseq = maildir_change (account, mailbox);
  if (!remove_files (call, mailbox, indices)
      || !maildir_rows_remove (account, mailbox, indices, result->modseq, gone, &call->error)
      || !maildir_own_change (account, mailbox, &call->error))
    return maildir_fail (call);
  result->uids = maildir_ranges_copy (gone, call->arena, &result->n_uids);
  maildir_notice (account, mailbox);
  return TRUE;
}

PliStep
maildir_slot_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result)
{
  return maildir_call (op, self, expunge, args, result);
}
