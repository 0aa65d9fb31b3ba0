/* tls.h: certificates and credentials of our listeners. Internal to core.
 *
 * A PliTls is made at start and at each reload from PEM chains (an edge room opens no file, so they come as bytes) and
 * is immutable; listeners and sessions hold references. SNI chooses by DNS name, wildcards included; the first
 * certificate serves clients that name none or an unknown one. TLS 1.2 and 1.3 only. Thread: loop. */
#ifndef PLI_NET_TLS_H
#define PLI_NET_TLS_H

#include "net/sign.h"
#include <gnutls/gnutls.h>

typedef struct PliTls PliTls;

typedef struct
{
  const char *key_name; /* what the signer knows the private key by */
  PliSpan chain_pem;    /* leaf first */
} PliCertificate;

typedef struct
{
  const PliCertificate *certificates; /* the first is the default */
  guint n_certificates;
  const char *priority; /* GnuTLS priority string; NULL: the setting's default */
  gboolean tickets;     /* offer session tickets */
  gboolean check_keys;  /* have the signer prove now that it has the keys: one signature a certificate */
  PliSpan ticket_key;   /* PLI_TICKET_KEY_LEN bytes shared by all rooms, or {NULL, 0}: one of this process's own */
} PliTlsSpec;

#define PLI_TICKET_KEY_LEN 64
/* The setting's default. */
#define PLI_TLS_PRIORITY "NORMAL:-DHE-RSA:%SERVER_PRECEDENCE"
/* Put behind whatever the setting says. Key exchange by RSA needs a decryption, which no signer does. */
#define PLI_TLS_PRIORITY_ALWAYS                                                                                        \
  ":-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:-RSA:-ANON-ECDH:-ANON-DH"                                    \
  ":-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1"

/**
 * pli_tls_new:
 * @instance: its signer is asked at each full handshake
 * @spec: copied
 * @error: PLI_ERROR_CONFIG: a chain or the priority string does not parse, there is no certificate, a key does not match
 *
 * Returns: (transfer full): one reference
 */
PliTls *pli_tls_new (PliInstance *instance, const PliTlsSpec *spec, GError **error);
PliTls *pli_tls_ref (PliTls *tls);
/* NULL is fine. */
void pli_tls_unref (PliTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliTls, pli_tls_unref)

/* (transfer full): a server session that still needs its transport functions. */
gnutls_session_t pli_tls_session_new (PliTls *tls);
/* "TLS1.3 ECDHE-X25519 AES-256-GCM" of a completed handshake; written to @out. */
void pli_tls_describe (gnutls_session_t session, char *out, gsize size);

#endif
