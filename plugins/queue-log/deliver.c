/* deliver.c: hands local children to the stores, many in one call: one batch a store and shard, sent when the loop
 * comes round or the batch is full. The store answers when all of a batch is durable. */
#include "queue-log.h"

#define BATCH_ITEMS 64

typedef struct
{
  Message *m;
  guint32 number;
} Item;

typedef struct
{
  Queue *queue;
  char *store; /* NULL: the default */
  guint shard;
  GArray *items; /* Item */
} Batch;

static void
batch_free (Batch *batch)
{
  g_free (batch->store);
  g_array_unref (batch->items);
  g_free (batch);
}

static void
take_answer (Message *m, Child *child, const PliDelivered *answer)
{
  switch (answer->code)
    {
    case 0:
      settle (m, child, "delivered", NULL);
      break;
    case PLI_ERROR_NOT_FOUND:
      bounce_child (m, child, "5.1.1", answer->text);
      break;
    case PLI_ERROR_PERMANENT:
      bounce_child (m, child, "5.3.0", answer->text);
      break;
    default:
      postpone (m, child, answer->text ? answer->text : "the store cannot take it now", TRUE);
    }
}

static void
delivered (gpointer user, const void *result, const GError *error)
{
  Batch *batch = user;
  const PliDeliverResult *answers = result;
  PliDelivered none = { PLI_ERROR_TRY_AGAIN, error ? error->message : "the store answered too little" };

  for (guint i = 0; i < batch->items->len; i++)
    {
      Item *item = &g_array_index (batch->items, Item, i);
      Child *child = message_child (item->m, item->number);

      child->state = CHILD_LOCAL;
      take_answer (item->m, child, answers && i < answers->n_items ? &answers->items[i] : &none);
      message_unbusy (item->m);
    }
  batch_free (batch);
}

static void
send (Batch *batch)
{
  guint n = batch->items->len;
  g_autofree PliDelivery *items = g_new0 (PliDelivery, n);
  PliDeliverArgs args = { items, n };

  for (guint i = 0; i < n; i++)
    {
      Item *item = &g_array_index (batch->items, Item, i);
      Child *child = message_child (item->m, item->number);

      items[i] = (PliDelivery){ .account = child->account,
                                .segment = item->m->key[0],
                                .offset = item->m->key[1],
                                .child = child->number,
                                .body_offset = item->m->body_offset,
                                .bytes = item->m->bytes,
                                .received_us = item->m->received_us,
                                .renderings = item->m->hot->renderings };
    }
  pli_store_deliver (batch->queue->instance, batch->store, &args, delivered, batch);
}

static void
flush (gpointer user)
{
  deliver_flush (user);
}

void
deliver_flush (Queue *q)
{
  for (guint i = 0; i < q->batches->len; i++)
    send (q->batches->pdata[i]);
  g_ptr_array_set_size (q->batches, 0);
}

static Batch *
find_batch (Queue *q, const char *store, guint shard)
{
  Batch *batch;

  for (guint i = 0; i < q->batches->len; i++)
    {
      batch = q->batches->pdata[i];
      if (batch->shard == shard && g_strcmp0 (batch->store, store) == 0)
        return batch;
    }
  if (q->batches->len == 0)
    pli_soon (q->instance, flush, q);
  batch = g_new (Batch, 1);
  *batch = (Batch){ q, g_strdup (store), shard, g_array_new (FALSE, FALSE, sizeof (Item)) };
  g_ptr_array_add (q->batches, batch);
  return batch;
}

void
deliver_child (Message *m, Child *child)
{
  Batch *batch = find_batch (m->queue, child->store, pli_store_shard (m->queue->instance, child->account));
  Item item = { m, child->number };

  child->state = CHILD_BUSY;
  child->waiting = FALSE;
  message_busy (m);
  g_array_append_val (batch->items, item);
  if (batch->items->len < BATCH_ITEMS)
    return;
  g_ptr_array_remove (m->queue->batches, batch);
  send (batch);
}
