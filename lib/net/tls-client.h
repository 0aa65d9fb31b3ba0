/* tls-client.h: TLS towards others: whom to trust, client sessions, and what their certificates are worth. No I/O: the
 * session still needs its transport functions. One thread at a time. */
#ifndef PLI_NET_TLS_CLIENT_H
#define PLI_NET_TLS_CLIENT_H

#include <gnutls/gnutls.h>
#include <pli/base.h>

/* Authorities; counted, for GnuTLS's sessions refer to them and do not count. */
typedef struct PliTrust PliTrust;

/* (transfer full): those of the system, which takes some milliseconds; @out_n: how many, negative: GnuTLS's code. */
PliTrust *pli_trust_system (int *out_n);
/* Errors: %PLI_ERROR_CONFIG. */
PliTrust *pli_trust_pem (const char *pem, GError **error);
PliTrust *pli_trust_ref (PliTrust *trust);
/* NULL is fine. */
void pli_trust_unref (PliTrust *trust);

/* One client's. Zero-initialise; nothing in it when TLS was not begun. */
typedef struct
{
  PliTrust *trust;
  char *host; /* NULL: any */
  gboolean judged, verified;
  char *why;
} PliTlsClient;

/* @trust: (transfer full); @host: (nullable): for SNI, and what the certificate must name; @priority: NULL: NORMAL.
 * Errors: %PLI_ERROR_CONFIG. */
gnutls_session_t
pli_tls_client_new (PliTlsClient *client, PliTrust *trust, const char *host, const char *priority, GError **error);
/* Whether the other side is who it should be; judged once, when first asked. @session may be NULL later. */
gboolean pli_tls_client_verified (PliTlsClient *client, gnutls_session_t session);
void pli_tls_client_clear (PliTlsClient *client);

#endif
