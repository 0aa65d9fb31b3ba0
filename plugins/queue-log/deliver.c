/* deliver.c: hands local children to the stores, many in one call: one *lane* a store and shard, from which full batches
 * go at once, and the rest when the loop comes round. The store answers when all of a batch is durable.
 *
 * A lane has a window of batches under way, so that a store that is slow (few open mailboxes, a slow disk) is left time
 * for who reads mail: it begins wide enough for a store to sync a thousand messages at once, grows while answers come
 * soon and halves when they do not. */
#include "queue-log.h"

#define BATCH_ITEMS 64
#define WINDOW_LEAST 4
#define WINDOW_FIRST 32
#define SOON_ENOUGH_US (3 * G_USEC_PER_SEC) /* stores sync within seconds */

typedef struct
{
  Message *m;
  guint32 number;
  const char *mailbox; /* in the message's arena, or NULL */
  guint32 flags;
} Item;

typedef struct
{
  Queue *queue;
  char *store; /* NULL: the default */
  guint shard;
  GArray *items; /* Item: those that wait */
  guint under_way, window;
} Lane;

typedef struct
{
  Lane *lane;
  gint64 since_us;
  guint n;
  Item items[];
} Batch;

static void pump (Lane *lane, gboolean all);

static void
take_answer (Message *m, Child *child, const PliDelivered *answer)
{
  switch (answer->code)
    {
    case 0:
      settle (m, child, "delivered", &(Told){ 0 });
      break;
    case PLI_ERROR_NOT_FOUND:
      fail_child (m, child, "5.1.1", answer->text, NULL);
      break;
    case PLI_ERROR_PERMANENT:
      fail_child (m, child, "5.3.0", answer->text, NULL);
      break;
    default:
      postpone (m, child, answer->text ? answer->text : "the store cannot take it now", TRUE);
    }
}

static void
note_answer (Lane *lane, gint64 took_us)
{
  gint64 most = queue_settings (lane->queue)->batches_max;

  lane->under_way--;
  if (took_us > SOON_ENOUGH_US)
    lane->window = MAX (lane->window / 2, WINDOW_LEAST);
  else if (lane->window < most)
    lane->window++;
  lane->window = (guint) MIN (lane->window, most);
}

static void
delivered (gpointer user, const void *result, const GError *error)
{
  Batch *batch = user;
  Lane *lane = batch->lane;
  const PliDeliverResult *answers = result;
  PliDelivered none = { PLI_ERROR_TRY_AGAIN, error ? error->message : "the store answered too little" };

  note_answer (lane, pli_clock_us (lane->queue->instance) - batch->since_us);
  for (guint i = 0; i < batch->n; i++)
    {
      Item *item = &batch->items[i];
      Child *child = message_child (item->m, item->number);

      take_answer (item->m, child, answers && i < answers->n_items ? &answers->items[i] : &none);
      message_unbusy (item->m);
    }
  g_free (batch);
  pump (lane, TRUE);
}

static void
send (Lane *lane, guint n)
{
  g_autofree PliDelivery *items = g_new0 (PliDelivery, n);
  PliDeliverArgs args = { items, n };
  Batch *batch = g_malloc (sizeof *batch + n * sizeof (Item));

  *batch = (Batch){ lane, pli_clock_us (lane->queue->instance), n };
  memcpy (batch->items, lane->items->data, n * sizeof (Item));
  g_array_remove_range (lane->items, 0, n);
  for (guint i = 0; i < n; i++)
    {
      const Item *item = &batch->items[i];
      const Child *child = message_child (item->m, item->number);

      items[i] = (PliDelivery){ .account = child->account,
                                .mailbox = item->m->hot->mailbox ? item->m->hot->mailbox : item->mailbox,
                                .segment = item->m->key[0],
                                .offset = item->m->key[1],
                                .child = child->number,
                                .body_offset = item->m->body_offset,
                                .bytes = item->m->bytes,
                                .received_us = item->m->received_us,
                                .flags = item->flags,
                                .renderings = item->m->hot->renderings };
    }
  lane->under_way++;
  pli_store_deliver (lane->queue->instance, lane->store, &args, delivered, batch);
}

/* @all: what does not fill a batch goes too. */
static void
pump (Lane *lane, gboolean all)
{
  while (lane->under_way < lane->window && lane->items->len >= (all ? 1 : BATCH_ITEMS))
    send (lane, MIN (lane->items->len, BATCH_ITEMS));
}

static void
flush (gpointer user)
{
  pump (user, TRUE);
}

static Lane *
find_lane (Queue *q, const char *store, guint shard)
{
  Lane *lane;

  for (guint i = 0; i < q->lanes->len; i++)
    {
      lane = q->lanes->pdata[i];
      if (lane->shard == shard && g_strcmp0 (lane->store, store) == 0)
        return lane;
    }
  lane = g_new (Lane, 1);
  *lane = (Lane){ q,     g_strdup (store),
                  shard, g_array_new (FALSE, FALSE, sizeof (Item)),
                  0,     (guint) MIN (queue_settings (q)->batches_max, WINDOW_FIRST) };
  g_ptr_array_add (q->lanes, lane);
  return lane;
}

void
deliver_child (Message *m, Child *child, const char *mailbox, guint32 flags)
{
  Lane *lane = find_lane (m->queue, child->store, pli_store_shard (m->queue->instance, child->account));
  Item item = { m, child->number, pli_arena_strdup (m->hot->arena, mailbox), flags };

  child_take (child, CHILD_LOCAL);
  message_busy (m);
  if (lane->items->len == 0)
    pli_soon (m->queue->instance, flush, lane);
  g_array_append_val (lane->items, item);
  pump (lane, FALSE);
}

/* What still waits is open on disk. */
void
lanes_free (Queue *q)
{
  for (guint i = 0; i < q->lanes->len; i++)
    {
      Lane *lane = q->lanes->pdata[i];

      g_free (lane->store);
      g_array_unref (lane->items);
      g_free (lane);
    }
  g_ptr_array_unref (q->lanes);
}
