/* dial.h: one connect(2) under way, without waiting for it. For the room `out`, which alone may. Internal to core. */
#ifndef PLI_NET_DIAL_H
#define PLI_NET_DIAL_H

#include "loop/instance.h"

typedef struct PliDial PliDial;

/* Called once from the loop, never from pli_dial(). @fd: (transfer full): connected, not blocking; -1 with @error. The dial is
 * gone when it is called. */
typedef void (*PliDialed) (gpointer user, int fd, const GError *error);

/* @address, @port: as pli_connection_new() takes them. Waits as long as the kernel does. */
PliDial *pli_dial (PliInstance *instance, const char *address, guint port, PliDialed done, gpointer user);
/* Nothing is called any more. NULL is fine. */
void pli_dial_cancel (PliDial *dial);

#endif
