/* lock.h: one server a root. Internal to `pli serve`. */
#ifndef PLI_SERVE_LOCK_H
#define PLI_SERVE_LOCK_H

#include "loop/loop.h"

typedef struct PliLock PliLock;

/**
 * pli_lock_take:
 * @gone: called once when somebody removes the root (its lock file): a server without files must not go on answering
 *
 * Errors: %PLI_ERROR_TRY_AGAIN: a server runs here already.
 */
PliLock *pli_lock_take (PliLoop *loop, const char *root, PliTimerFunc gone, gpointer user, GError **error);
/* NULL is fine. */
void pli_lock_free (PliLock *lock);

#endif
