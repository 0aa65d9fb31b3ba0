/* signing.h: signatures across rooms: an edge room asks, auth answers, over a socketpair of their own, one question at a
 * time. The edge waits for the answer (GnuTLS cannot be resumed in the middle of a signature), at most two seconds.
 * Internal to core. Loop thread. */
#ifndef PLI_NET_SIGNING_H
#define PLI_NET_SIGNING_H

#include "net/sign.h"

/* Edge: from now on instance->signer asks on @fd (owned). */
void pli_signing_use (PliInstance *instance, int fd);
/* Auth: answers what comes on @fd (owned) with instance->signer, until the other end closes. */
void pli_signing_serve (PliInstance *instance, int fd);

#endif
