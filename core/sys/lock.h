/* lock.h: one server a root. Internal to core. */
#ifndef PLI_SYS_LOCK_H
#define PLI_SYS_LOCK_H

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
