/* append.c: APPEND: the bytes go to the end of the account's pack, the row into the batch, one round syncs both.
 * RFC 9051 6.3.12. */
#include "body.h"

#include <errno.h>

#define INLINE_MOST (256 * 1024) /* bytes that the loop thread copies into the page cache itself */

typedef struct
{
  PackCall *call;
  int fd;
  gint64 segment;
  guint64 offset;
  int error; /* errno */
} Append;

/* Of a move: after a crash UIDNEXT may have been raised over what is still to come. */
static gboolean
take_uid (PackCall *call, PackMailbox *mailbox, guint32 uid)
{
  if (!pack_view_load (call->account, mailbox, &call->error))
    {
      pack_fail (call);
      return FALSE;
    }
  if (mailbox->rows->len > 0 && uid <= g_array_index (mailbox->rows, PackRow, mailbox->rows->len - 1).uid)
    {
      pack_refuse (call, PLI_ERROR_EXISTS, "the UID was given already");
      return FALSE;
    }
  mailbox->uidnext = uid;
  return TRUE;
}

static PackStep
insert (PackCall *call)
{
  const PliAppendArgs *args = call->args;
  PliAppendResult *result = call->result;
  const Append *append = call->data;
  PackAccount *account = call->account;
  g_autofree char *name = pack_name (&call->pack->names, args->name, &call->error);
  PackRow row = { .flags = args->flags & 31,
                  .received_us = args->received_us,
                  .bytes = (guint32) args->message.len,
                  .header_bytes = args->renderings.header_bytes };
  PackMailbox *mailbox = name ? pack_mailbox_by_name (account, name) : NULL;

  if (!name)
    return PACK_FAIL;
  if (!mailbox)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!pack_keyword_bits (mailbox, args->keywords, TRUE, &row.keywords, &call->error))
    return PACK_FAIL;
  if (row.received_us == 0)
    row.received_us = pli_now_us (call->pack->instance);
  if (!pack_body_open (account, &call->error))
    return PACK_FAIL;
  if (args->uid && !take_uid (call, mailbox, args->uid))
    return PACK_FAIL;
  row.modseq = row.email = pack_change (account, mailbox);
  if (!pack_batch_begin (account, &call->error)
      || !pack_message_add (account, row.email, append->segment, append->offset, &args->renderings, &call->error)
      || !pack_row_add (account, mailbox, &row, &call->error))
    return pack_fail (call);
  result->mailbox = mailbox->number;
  result->uidvalidity = mailbox->uidvalidity;
  result->uid = row.uid;
  pack_account_notice (account, mailbox);
  return PACK_DURABLE;
}

static gboolean
write_failed (PackCall *call, int code)
{
  if (code == 0)
    return FALSE;
  pli_log (PLI_LOG_ERROR, "store.append", "error", g_strerror (code), NULL);
  pack_refuse (call, code == ENOSPC || code == EDQUOT ? PLI_ERROR_QUOTA : PLI_ERROR_TRY_AGAIN, g_strerror (code));
  return TRUE;
}

/* Offload pool. */
static void
write_bytes (gpointer user)
{
  Append *append = user;
  const PliAppendArgs *args = append->call->args;

  append->error = pack_body_write (append->fd, args->message, append->offset) ? 0 : errno;
}

static void
written (gpointer user)
{
  Append *append = user;
  PackCall *call = append->call;
  PackAccount *account = call->account;

  account->pins--;
  if (write_failed (call, append->error))
    pack_call_finish (call, g_steal_pointer (&call->error));
  else
    {
      call->verb = insert;
      pack_call_run (call);
      return;
    }
  pack_account_settle (account);
}

static PackStep
append_message (PackCall *call)
{
  const PliAppendArgs *args = call->args;
  PackAccount *account = call->account;
  Append *append = pli_arena_new0 (call->arena, Append);
  g_autofree char *name = pack_name (&call->pack->names, args->name, &call->error);

  if (!name)
    return PACK_FAIL;
  if (!pack_mailbox_by_name (account, name))
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!pack_body_place (account, args->message.len, &append->segment, &append->offset, &call->error))
    return PACK_FAIL;
  append->fd = account->pack_fd;
  call->data = append;
  if (args->message.len <= INLINE_MOST)
    {
      append->call = call;
      write_bytes (append);
      return write_failed (call, append->error) ? PACK_FAIL : insert (call);
    }
  account->pins++;
  append->call = pack_call_keep (call);
  pack_offload (call->pack, write_bytes, written, append);
  return PACK_AWAY;
}

PliStep
pack_slot_append (PliOp *op, gpointer self, const PliAppendArgs *args, PliAppendResult *result)
{
  return pack_call (op, self, append_message, args, result);
}
