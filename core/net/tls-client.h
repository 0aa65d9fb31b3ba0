/* tls-client.h: TLS towards others: trusted authorities, client sessions, and what their certificates are worth.
 * Internal to core. Loop thread. */
#ifndef PLI_NET_TLS_CLIENT_H
#define PLI_NET_TLS_CLIENT_H

#include <gnutls/gnutls.h>
#include <pli/connect.h>

/* What the connections of an instance share; made when the first one is. */
typedef struct PliOutward PliOutward;

typedef struct PliTrust PliTrust;

/* One client's. Zero-initialise; nothing in it when TLS was not begun. */
typedef struct
{
  PliTrust *trust;
  char *host; /* NULL: any */
  gboolean judged, verified;
  char *why;
} PliTlsClient;

PliOutward *pli_outward (PliInstance *instance);
/* NULL is fine. */
void pli_outward_free (PliOutward *outward);
/* The authorities of the system are read again for what comes from now on. NULL is fine. */
void pli_outward_reload (PliOutward *outward);
struct PliPool *pli_outward_pool (PliOutward *outward);

/* (transfer full): a client session that still needs its transport functions. Errors: %PLI_ERROR_CONFIG (priority,
 * authority). */
gnutls_session_t
pli_tls_client_new (PliTlsClient *client, PliOutward *outward, const PliConnectionTls *tls, GError **error);
/* Whether the other side is who it should be; judged once. @session may be NULL later. */
gboolean pli_tls_client_verified (PliTlsClient *client, gnutls_session_t session);
void pli_tls_client_clear (PliTlsClient *client);

#endif
