/* expunge.c: EXPUNGE and UID EXPUNGE. RFC 3501 6.4.3; RFC 4315 2.1. */
#include "imap.h"

static void
expunged (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  const PliExpungeResult *gone = result;

  if (error)
    {
      imap_fail (cmd, error);
      return;
    }
  imap_box_expunge (cmd->imap, gone->uids, gone->n_uids);
  imap_done (cmd);
}

void
imap_expunge (ImapCmd *cmd)
{
  ImapBox *box = cmd->imap->box;
  PliUidRange all = { 1, imap_view_up_to (&box->view, G_MAXUINT32) };
  ImapSet set, uids = { &all, all.last > 0 };

  if (cmd->by_uid && !imap_lex_set (&cmd->lex, &set))
    {
      imap_bad (cmd, "UIDs expected");
      return;
    }
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Too many arguments");
      return;
    }
  if (box->read_only)
    {
      imap_no (cmd, "[READ-ONLY] Mailbox is selected read-only");
      return;
    }
  if (cmd->by_uid)
    imap_view_resolve (&box->view, &set, TRUE, cmd->arena, &uids);
  if (uids.n == 0)
    imap_done (cmd);
  else
    pli_store_expunge (cmd->session, &(PliExpungeArgs){ .mailbox = box->mailbox, .uids = uids.items, .n_uids = uids.n },
                       expunged, cmd);
}
