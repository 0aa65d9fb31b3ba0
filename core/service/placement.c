/* placement.c: accounts that are in another store than the directory says, since they were moved. Room store; who moves
 * them (`store-migrate`) keeps the table on disk, and divides batches of deliveries. */
#include "loop/op.h"
#include "plugin/registry.h"
#include "service/method.h"

const char *
pli_store_placement (PliInstance *instance, const char *account)
{
  return instance->placements && account ? g_hash_table_lookup (instance->placements, account) : NULL;
}

void
pli_store_place (PliInstance *instance, const char *account, const char *store)
{
  if (!instance->placements)
    instance->placements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (instance->placements, g_strdup (account), g_strdup (store));
}

PliCall *
pli_store_ask (PliInstance *instance, const char *store, const char *account, gsize slot, gsize result_size,
               const void *args, PliDone done, gpointer user)
{
  PliPlugin *plugin = NULL;
  const PliStore *vtable = pli_registry_service (instance->registry, PLI_SERVICE_STORE, store, &plugin);
  PliOpSpec spec = { .label = "store.ask",
                     .account = account,
                     .self = plugin ? plugin->data : NULL,
                     .result_size = result_size,
                     .done = done,
                     .user = user };
  PliOp *op = pli_op_new (instance, &spec);
  PliSlot function = NULL;

  if (vtable && slot + sizeof function <= vtable->size)
    memcpy (&function, (const char *) vtable + slot, sizeof function);
  pli_op_start (op, function, args);
  return (PliCall *) op;
}
