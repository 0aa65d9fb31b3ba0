/* listener.h: accepting connections. Internal to core/net; session.h has what the rest of core calls. */
#ifndef PLI_NET_LISTENER_H
#define PLI_NET_LISTENER_H

#include "net/session.h"

void pli_listener_free (PliListener *listener);
guint64 pli_listener_number (PliListener *listener);
/* A session of the listener has gone. */
void pli_listener_uncount (PliListener *listener);

#endif
