/* pool.h: memory for buffers, lent while bytes are in flight.
 *
 * A session that waits for its client holds no buffer at all. What comes back is kept up to a bound, so that busy
 * sessions do not ask the allocator for each command. One pool a net; thread: loop. */
#ifndef PLI_NET_POOL_H
#define PLI_NET_POOL_H

#include <pli/base.h>

#define PLI_POOL_BUFFER (16 * 1024)

typedef struct PliPool PliPool;

PliPool *pli_pool_new (void);
void pli_pool_free (PliPool *pool);
/* Gives @buffer memory when it has none. */
void pli_pool_lend (PliPool *pool, PliBuffer *buffer);
/* Takes the memory of @buffer back when it is empty. */
void pli_pool_take_back (PliPool *pool, PliBuffer *buffer);

#endif
