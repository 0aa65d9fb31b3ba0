/* ask.c: a step runs in the pool and waits there for what it asks of stores, which are asked on the loop thread. */
#include "migrate.h"

typedef struct
{
  Move *move;
  const char *store;
  gsize slot, result_size;
  const void *args;
  MigrateTake take;
  gpointer user;
  GMutex lock;
  GCond over;
  gboolean done;
  GError *error;
} Ask;

static void
answered (gpointer user, const void *result, const GError *error)
{
  Ask *ask = user;

  if (result && ask->take)
    ask->take (ask->user, result);
  g_mutex_lock (&ask->lock);
  ask->error = error ? g_error_copy (error) : NULL;
  ask->done = TRUE;
  g_cond_signal (&ask->over);
  g_mutex_unlock (&ask->lock);
}

/* Loop thread. */
static void
ask_now (gpointer user)
{
  Ask *ask = user;

  pli_store_ask (ask->move->migrate->instance, ask->store, ask->move->place->account, ask->slot, ask->result_size,
                 ask->args, answered, ask);
}

gboolean
migrate_ask (Move *move, const char *store, gsize slot, gsize result_size, const void *args, MigrateTake take,
             gpointer user, GError **error)
{
  Ask ask = {
    .move = move, .store = store, .slot = slot, .result_size = result_size, .args = args, .take = take, .user = user
  };

  g_mutex_init (&ask.lock);
  g_cond_init (&ask.over);
  pli_soon (move->migrate->instance, ask_now, &ask);
  g_mutex_lock (&ask.lock);
  while (!ask.done)
    g_cond_wait (&ask.over, &ask.lock);
  g_mutex_unlock (&ask.lock);
  g_mutex_clear (&ask.lock);
  g_cond_clear (&ask.over);
  if (!ask.error)
    return TRUE;
  g_propagate_error (error, ask.error);
  return FALSE;
}
