/* outward.h: what the connections outward of an instance share: buffers, and the system's authorities, a hundred
 * certificates that are read once, when the first TLS connection is made. Made when first asked for. Internal to core. */
#ifndef PLI_NET_OUTWARD_H
#define PLI_NET_OUTWARD_H

#include "loop/instance.h"
#include "net/pool.h"
#include "net/tls-client.h"

/* NULL is fine. */
void pli_outward_free (PliOutward *outward);
/* The authorities are read again for what comes from now on. NULL is fine. */
void pli_outward_reload (PliOutward *outward);
PliPool *pli_outward_pool (PliInstance *instance);
/* (transfer full) */
PliTrust *pli_outward_trust (PliInstance *instance);

#endif
