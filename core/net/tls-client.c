/* tls-client.c: see tls-client.h. The system's authorities are a hundred certificates: they are read once, when the first
 * TLS connection is made, and at each reload. A certificate is verified only when somebody wants to know. */
#include "net/tls-client.h"

#include "loop/instance.h"
#include "net/address.h"
#include "net/pool.h"
#include <pli/log.h>

/* GnuTLS's sessions refer to their credentials and do not count. */
struct PliTrust
{
  guint refs;
  gnutls_certificate_credentials_t credentials;
};

struct PliOutward
{
  PliPool *pool;
  PliTrust *system; /* NULL: not read yet */
};

PliOutward *
pli_outward (PliInstance *instance)
{
  if (!instance->outward)
    {
      instance->outward = g_new0 (PliOutward, 1);
      instance->outward->pool = pli_pool_new ();
    }
  return instance->outward;
}

void
pli_outward_free (PliOutward *outward)
{
  if (!outward)
    return;
  pli_outward_reload (outward);
  pli_pool_free (outward->pool);
  g_free (outward);
}

struct PliPool *
pli_outward_pool (PliOutward *outward)
{
  return outward->pool;
}

static PliTrust *
trust_new (void)
{
  PliTrust *trust = g_new0 (PliTrust, 1);

  trust->refs = 1;
  if (gnutls_certificate_allocate_credentials (&trust->credentials) < 0)
    g_error ("out of memory");
  return trust;
}

static void
trust_unref (PliTrust *trust)
{
  if (!trust || --trust->refs > 0)
    return;
  gnutls_certificate_free_credentials (trust->credentials);
  g_free (trust);
}

void
pli_outward_reload (PliOutward *outward)
{
  if (outward)
    trust_unref (g_steal_pointer (&outward->system));
}

/* (transfer full) */
static PliTrust *
system_trust (PliOutward *outward)
{
  if (!outward->system)
    {
      int n;

      outward->system = trust_new ();
      n = gnutls_certificate_set_x509_system_trust (outward->system->credentials);
      if (n <= 0)
        pli_log (PLI_LOG_WARNING, "tls.no-authorities", "why", n < 0 ? gnutls_strerror (n) : "none is installed", NULL);
    }
  outward->system->refs++;
  return outward->system;
}

static gboolean
refused (GError **error, const char *what, int rc)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", what, gnutls_strerror (rc));
  return FALSE;
}

static gboolean
prepare (PliTlsClient *client, gnutls_session_t session, PliOutward *outward, const PliConnectionTls *tls,
         GError **error)
{
  PliAddress address;
  int rc = gnutls_priority_set_direct (session, tls->priority ? tls->priority : "NORMAL", NULL);

  if (rc < 0)
    return refused (error, "TLS priority", rc);
  if (tls->ca_pem)
    {
      gnutls_datum_t pem = { (unsigned char *) tls->ca_pem, (unsigned int) strlen (tls->ca_pem) };

      client->trust = trust_new ();
      rc = gnutls_certificate_set_x509_trust_mem (client->trust->credentials, &pem, GNUTLS_X509_FMT_PEM);
      if (rc <= 0)
        return refused (error, "certificate authority", rc < 0 ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND);
    }
  else
    client->trust = system_trust (outward);
  client->host = g_strdup (tls->host);
  /* RFC 6066 3: no addresses. */
  if (tls->host && !pli_address_from_text (tls->host, &address))
    rc = gnutls_server_name_set (session, GNUTLS_NAME_DNS, tls->host, strlen (tls->host));
  if (rc >= 0)
    rc = gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, client->trust->credentials);
  return rc >= 0 || refused (error, "TLS", rc);
}

gnutls_session_t
pli_tls_client_new (PliTlsClient *client, PliOutward *outward, const PliConnectionTls *tls, GError **error)
{
  gnutls_session_t session;

  if (gnutls_init (&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
    g_error ("out of memory");
  if (prepare (client, session, outward, tls, error))
    return session;
  gnutls_deinit (session);
  return NULL;
}

gboolean
pli_tls_client_verified (PliTlsClient *client, gnutls_session_t session)
{
  unsigned int status = 0;
  gnutls_datum_t text = { NULL, 0 };
  int rc;

  if (client->judged || !session)
    return client->verified;
  client->judged = TRUE;
  rc = gnutls_certificate_verify_peers3 (session, client->host, &status);
  client->verified = rc >= 0 && status == 0;
  if (rc < 0)
    client->why = g_strdup (gnutls_strerror (rc));
  else if (!client->verified && gnutls_certificate_verification_status_print (status, GNUTLS_CRT_X509, &text, 0) >= 0)
    {
      client->why = g_strstrip (g_strndup ((const char *) text.data, text.size));
      gnutls_free (text.data);
    }
  return client->verified;
}

void
pli_tls_client_clear (PliTlsClient *client)
{
  trust_unref (client->trust);
  g_free (client->host);
  g_free (client->why);
  memset (client, 0, sizeof *client);
}
