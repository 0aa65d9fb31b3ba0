/* taken.c: which deliveries an account has taken: told to the store that the account moves to, which must not take them again. */
#include "call.h"

static gboolean
list (PackCall *call, GArray *items)
{
  sqlite3_stmt *statement = pack_statement (call->account, PACK_TAKEN_LIST, &call->error);
  gboolean row = TRUE;

  while (statement && row)
    {
      if (!pack_step (call->account, statement, &row, &call->error))
        return FALSE;
      if (row)
        {
          PliDelivery item = { .segment = (guint64) sqlite3_column_int64 (statement, 0),
                               .offset = (guint64) sqlite3_column_int64 (statement, 1),
                               .child = (guint32) sqlite3_column_int64 (statement, 2) };

          g_array_append_val (items, item);
        }
    }
  return statement != NULL;
}

static gboolean
add (PackCall *call, const PliDelivery *item)
{
  sqlite3_stmt *statement = pack_statement (call->account, PACK_TAKEN_ADD, &call->error);

  if (!statement || !pack_batch_begin (call->account, &call->error))
    return FALSE;
  pack_bind (statement, 4, item->segment, item->offset, (gint64) item->child,
             pli_now_us (call->pack->instance) / G_USEC_PER_SEC);
  return pack_step (call->account, statement, NULL, &call->error);
}

static PackStep
taken (PackCall *call)
{
  const PliTakenArgs *args = call->args;
  PliTakenResult *result = call->result;
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (PliDelivery));

  for (guint32 i = 0; i < args->n_items; i++)
    if (!add (call, &args->items[i]))
      return pack_fail (call);
  if (!list (call, items))
    return pack_fail (call);
  result->n_items = items->len;
  result->items =
      (PliDelivery *) pli_arena_span (call->arena, pli_span (items->data, items->len * sizeof (PliDelivery))).data;
  return args->n_items > 0 ? PACK_DURABLE : PACK_DONE;
}

PliStep
pack_slot_taken (PliOp *op, gpointer self, const PliTakenArgs *args, PliTakenResult *result)
{
  return pack_call (op, self, taken, args, result);
}
