/* tls-key.h: private keys as GnuTLS sees them in rooms that have none. Used by tls.c alone. */
#ifndef PLI_NET_TLS_KEY_H
#define PLI_NET_TLS_KEY_H

#include "net/sign.h"
#include <gnutls/abstract.h>

/* @name: what the signer knows it by; @public_key: of the certificate. @out: (transfer full), also on error, unless
 * NULL. Returns GnuTLS's code. */
int pli_tls_key_new (PliInstance *instance, const char *name, gnutls_pubkey_t public_key, gnutls_privkey_t *out);

#endif
