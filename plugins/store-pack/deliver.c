/* deliver.c: local deliveries: a row, a message that refers to the segment, and the note that this one was taken, in the
 * account's batch; answered when the batch is durable. What fails, fails for one account or one item. */
#include "call.h"

#define BUSY_ARRIVALS 4 /* from then on numbers are reserved ahead, so that what comes is shown at once */

typedef struct PackDelivery
{
  Pack *pack;
  PliTicket ticket;
  PliArena *arena;
  const PliDeliverArgs *args;
  PliDelivered *items;
  gint64 since_us; /* pli_clock_us() */
  guint32 open;    /* items without an answer, and one for the slot */
} PackDelivery;

static void
item_over (PackDelivery *delivery)
{
  if (--delivery->open == 0)
    pli_op_done (delivery->ticket);
}

void
pack_delivery_answer (PackDelivery *delivery, guint32 item, const GError *error)
{
  if (error)
    {
      delivery->items[item].code = (guint32) error->code;
      delivery->items[item].text = pli_arena_strdup (delivery->arena, error->message);
    }
  item_over (delivery);
}

/* FALSE in @out_new: it was taken already. */
static gboolean
take (PackAccount *account, const PliDelivery *item, gboolean *out_new, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_TAKEN_ADD, error);

  if (!statement)
    return FALSE;
  pack_bind (statement, 4, item->segment, item->offset, (gint64) item->child,
             pli_now_us (account->pack->instance) / G_USEC_PER_SEC);
  if (!pack_step (account, statement, NULL, error))
    return FALSE;
  *out_new = sqlite3_changes (account->db) > 0;
  return TRUE;
}

/* The mailbox that has the role, else the one of that name; PLI_ROLE_NONE: the one of that name. */
static PackMailbox *
find_mailbox (PackAccount *account, const char *normal, PliRole role, GError **error)
{
  PackMailbox *mailbox;

  for (guint i = 0; role != PLI_ROLE_NONE && i < account->mailboxes->len; i++)
    if (((PackMailbox *) account->mailboxes->pdata[i])->role == role)
      return account->mailboxes->pdata[i];
  mailbox = pack_mailbox_by_name (account, normal);
  return mailbox ? mailbox : pack_mailbox_make (account, normal, role, error);
}

static gboolean
store_item (PackAccount *account, const char *normal, const PliDelivery *item, GError **error)
{
  PackRow row = { .flags = item->flags & 31,
                  .received_us = item->received_us,
                  .bytes = (guint32) item->bytes,
                  .header_bytes = item->renderings.header_bytes };
  PackMailbox *mailbox;
  gboolean new;

  if (!pack_batch_begin (account, error) || !take (account, item, &new, error))
    return FALSE;
  if (!new)
    return TRUE;
  mailbox = find_mailbox (account, normal, pli_role_of_special_use (item->mailbox), error);
  if (!mailbox)
    return FALSE;
  if (++mailbox->arrivals >= BUSY_ARRIVALS)
    pack_reserve (account, mailbox);
  row.modseq = row.email = pack_change (account, mailbox);
  if (!pack_message_add (account, row.email, (gint64) item->segment, item->body_offset, &item->renderings, error)
      || !pack_row_add (account, mailbox, &row, error))
    return FALSE;
  pack_low_add (account, item->segment);
  if (row.uid < mailbox->uid_durable && row.modseq < account->modseq_durable)
    pack_account_notice (account, mailbox);
  return TRUE;
}

static void
store_here (PackDelivery *delivery, guint32 n, PackAccount *account, const char *normal)
{
  PackWaiter waiter = { .delivery = delivery, .item = n };
  g_autoptr (GError) error = NULL;

  if (store_item (account, normal, &delivery->args->items[n], &error))
    {
      pack_wait_batch (account, waiter);
      return;
    }
  pack_account_break (account, error);
  pack_delivery_answer (delivery, n, error);
}

void
pack_delivery_run (PackDelivery *delivery, guint32 n)
{
  const PliDelivery *item = &delivery->args->items[n];
  PackWaiter waiter = { .delivery = delivery, .item = n };
  g_autoptr (GError) error = NULL;
  const char *wanted = pli_role_of_special_use (item->mailbox) ? item->mailbox + 1 : item->mailbox;
  g_autofree char *name = wanted ? pack_name (&delivery->pack->names, wanted, &error) : NULL;
  PackAccount *account;

  if (delivery->pack->closed)
    g_set_error_literal (&error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the store is closed");
  else if (pli_clock_us (delivery->pack->instance) - delivery->since_us > PACK_DELIVERY_MOST_US)
    g_set_error_literal (&error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the store is too busy");
  else if (item->segment == 0 || item->segment > G_MAXINT64 || item->offset > G_MAXINT64 || item->bytes > G_MAXUINT32)
    g_set_error_literal (&error, PLI_ERROR, PLI_ERROR_PERMANENT, "no such place in a segment");
  account = error ? NULL : pack_account_get (delivery->pack, item->account, &error);
  if (error)
    pack_delivery_answer (delivery, n, error);
  else if (!account)
    pack_wait_room (delivery->pack, waiter);
  else if (!pack_account_ready (account))
    pack_wait_account (account, waiter);
  else
    store_here (delivery, n, account, name ? name : "INBOX");
  if (account)
    pack_account_settle (account);
}

PliStep
pack_slot_deliver (PliOp *op, gpointer self, const PliDeliverArgs *args, PliDeliverResult *result)
{
  PackDelivery *delivery = pli_arena_new0 (pli_op_arena (op), PackDelivery);

  delivery->pack = self;
  delivery->arena = pli_op_arena (op);
  delivery->args = args;
  delivery->since_us = pli_clock_us (delivery->pack->instance);
  delivery->items = pli_arena_array (delivery->arena, PliDelivered, args->n_items);
  delivery->open = args->n_items + 1;
  delivery->ticket = pli_op_wait (op);
  result->items = delivery->items;
  result->n_items = args->n_items;
  for (guint32 n = 0; n < args->n_items; n++)
    pack_delivery_run (delivery, n);
  item_over (delivery);
  return PLI_WAIT;
}
