/* deliver.c: a batch of deliveries that the queue sends to one store is divided among those in which its accounts are now.
 * Loop thread. */
#include "migrate.h"

/* The items of one store. */
typedef struct
{
  const char *store;
  PliDelivery *items;
  guint32 *numbers, n;
  struct Placed *placed;
} Part;

typedef struct Placed
{
  PliTicket ticket;
  PliArena *arena;
  PliDelivered *answers;
  guint open;
} Placed;

static void
part_over (gpointer user, const void *result, const GError *error)
{
  Part *part = user;
  const PliDeliverResult *answer = result;

  for (guint32 i = 0; i < part->n; i++)
    {
      PliDelivered *to = &part->placed->answers[part->numbers[i]];

      to->code = answer && i < answer->n_items ? answer->items[i].code : PLI_ERROR_TRY_AGAIN;
      to->text = pli_arena_strdup (part->placed->arena, answer ? answer->items[i].text : error->message);
    }
  if (--part->placed->open == 0)
    pli_op_done (part->placed->ticket);
}

static Part *
part_of (GPtrArray *parts, const char *store, Placed *placed, guint32 most)
{
  Part *part;

  for (guint i = 0; i < parts->len; i++)
    if (g_strcmp0 (((Part *) parts->pdata[i])->store, store) == 0)
      return parts->pdata[i];
  part = pli_arena_new0 (placed->arena, Part);
  part->store = pli_arena_strdup (placed->arena, store);
  part->items = pli_arena_array (placed->arena, PliDelivery, most);
  part->numbers = pli_arena_array (placed->arena, guint32, most);
  part->placed = placed;
  g_ptr_array_add (parts, part);
  return part;
}

PliStep
migrate_deliver (PliOp *op, gpointer wanted, const PliDeliverArgs *args, PliDeliverResult *result)
{
  PliInstance *instance = pli_op_instance (op);
  Placed *placed = pli_arena_new0 (pli_op_arena (op), Placed);
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();

  placed->arena = pli_op_arena (op);
  result->items = placed->answers = pli_arena_array (placed->arena, PliDelivered, args->n_items);
  result->n_items = args->n_items;
  for (guint32 i = 0; i < args->n_items; i++)
    {
      const char *place = pli_store_placement (instance, args->items[i].account);
      Part *part = !place || place[0] ? part_of (parts, place ? place : wanted, placed, args->n_items) : NULL;

      if (part)
        {
          part->numbers[part->n] = i;
          part->items[part->n++] = args->items[i];
          continue;
        }
      placed->answers[i] = (PliDelivered){ PLI_ERROR_TRY_AGAIN, "the account is being moved" };
    }
  if (parts->len == 0)
    return PLI_DONE;
  placed->open = parts->len;
  placed->ticket = pli_op_wait (op);
  for (guint i = 0; i < parts->len; i++)
    {
      Part *part = parts->pdata[i];
      PliDeliverArgs *of_part = pli_arena_new0 (placed->arena, PliDeliverArgs);

      *of_part = (PliDeliverArgs){ part->items, part->n };
      pli_store_ask (instance, part->store, NULL, offsetof (PliStore, deliver), sizeof (PliDeliverResult), of_part,
                     part_over, part);
    }
  return PLI_WAIT;
}
