/* pool.c: a stack of buffers, the one used last on top (its pages are in the cache). See pool.h. */
#include "net/pool.h"

#define KEPT_BYTES (2 * 1024 * 1024)
#define KEPT_MOST 64

struct PliPool
{
  gsize bytes;
  guint n;
  PliBuffer kept[KEPT_MOST];
};

PliPool *
pli_pool_new (void)
{
  return g_new0 (PliPool, 1);
}

void
pli_pool_free (PliPool *pool)
{
  if (!pool)
    return;
  while (pool->n > 0)
    pli_buffer_clear (&pool->kept[--pool->n]);
  g_free (pool);
}

void
pli_pool_lend (PliPool *pool, PliBuffer *buffer)
{
  if (buffer->data)
    return;
  if (pool->n == 0)
    {
      pli_buffer_reserve (buffer, PLI_POOL_BUFFER);
      return;
    }
  *buffer = pool->kept[--pool->n];
  pool->bytes -= buffer->size;
}

void
pli_pool_take_back (PliPool *pool, PliBuffer *buffer)
{
  if (!buffer->data || buffer->len > 0)
    return;
  if (pool->n == KEPT_MOST || pool->bytes + buffer->size > KEPT_BYTES)
    {
      pli_buffer_clear (buffer);
      return;
    }
  pool->kept[pool->n++] = *buffer;
  pool->bytes += buffer->size;
  *buffer = (PliBuffer){ 0 };
}
