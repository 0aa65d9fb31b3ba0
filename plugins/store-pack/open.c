/* open.c: what a session sees when it selects a mailbox. RFC 9051 6.3.2. */
#include "call.h"

/* Numbers are reserved ahead, so that new messages show at once; lazily, with the next round. */
static gboolean
take (PackAccount *account, PackMailbox *mailbox, GError **error)
{
  guint32 uidnext = pack_view_uidnext (account, mailbox);

  if (mailbox->recent != uidnext)
    {
      mailbox->recent = uidnext;
      mailbox->changed = TRUE;
    }
  pack_reserve (account, mailbox);
  return !mailbox->changed || pack_batch_begin (account, error);
}

static PackStep
open_mailbox (PackCall *call)
{
  const PliOpenArgs *args = call->args;
  PliOpenResult *result = call->result;
  PackAccount *account = call->account;
  g_autofree char *name = pack_name (&call->pack->names, args->name, &call->error);
  g_autoptr (GArray) uids = NULL;
  PackMailbox *mailbox;
  guint shown;

  if (!name)
    return PACK_FAIL;
  mailbox = pack_mailbox_by_name (account, name);
  if (!mailbox)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!pack_view_load (account, mailbox, &call->error))
    return pack_fail (call);
  uids = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  shown = pack_view_shown (account, mailbox);
  for (guint i = 0; i < shown; i++)
    {
      const PackRow *row = &g_array_index (mailbox->rows, PackRow, i);

      pack_ranges_add (uids, row->uid);
      if (result->first_unseen == 0 && !(row->flags & PLI_FLAG_SEEN))
        result->first_unseen = row->uid;
    }
  result->uids = pack_ranges_copy (uids, call->arena, &result->n_uids);
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uidnext = pack_view_uidnext (account, mailbox);
  result->modseq = pack_view_modseq (account, mailbox);
  result->recent_from = mailbox->recent;
  result->keywords = pack_keywords (mailbox, call->arena);
  if (!args->read_only && !take (account, mailbox, &call->error))
    return pack_fail (call);
  return PACK_DONE;
}

PliStep
pack_slot_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result)
{
  return pack_call (op, self, open_mailbox, args, result);
}
