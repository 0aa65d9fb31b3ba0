/* tls-client.c: see tls-client.h. */
#include "net/tls-client.h"

#include "net/address.h"

struct PliTrust
{
  guint refs;
  gnutls_certificate_credentials_t credentials;
};

static PliTrust *
trust_new (void)
{
  PliTrust *trust = g_new0 (PliTrust, 1);

  trust->refs = 1;
  if (gnutls_certificate_allocate_credentials (&trust->credentials) < 0)
    g_error ("out of memory");
  return trust;
}

PliTrust *
pli_trust_ref (PliTrust *trust)
{
  trust->refs++;
  return trust;
}

void
pli_trust_unref (PliTrust *trust)
{
  if (!trust || --trust->refs > 0)
    return;
  gnutls_certificate_free_credentials (trust->credentials);
  g_free (trust);
}

PliTrust *
pli_trust_system (int *out_n)
{
  PliTrust *trust = trust_new ();

  *out_n = gnutls_certificate_set_x509_system_trust (trust->credentials);
  return trust;
}

static void
refused (GError **error, const char *what, int rc)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", what, gnutls_strerror (rc));
}

PliTrust *
pli_trust_pem (const char *pem, GError **error)
{
  gnutls_datum_t datum = { (unsigned char *) pem, (unsigned int) strlen (pem) };
  PliTrust *trust = trust_new ();
  int rc = gnutls_certificate_set_x509_trust_mem (trust->credentials, &datum, GNUTLS_X509_FMT_PEM);

  if (rc > 0)
    return trust;
  refused (error, "certificate authority", rc < 0 ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND);
  pli_trust_unref (trust);
  return NULL;
}

gnutls_session_t
pli_tls_client_new (PliTlsClient *client, PliTrust *trust, const char *host, const char *priority, GError **error)
{
  gnutls_session_t session;
  PliAddress address;
  int rc;

  client->trust = trust;
  client->host = g_strdup (host);
  if (gnutls_init (&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
    g_error ("out of memory");
  rc = gnutls_priority_set_direct (session, priority ? priority : "NORMAL", NULL);
  /* RFC 6066 3: no addresses. */
  if (rc >= 0 && host && !pli_address_from_text (host, &address))
    rc = gnutls_server_name_set (session, GNUTLS_NAME_DNS, host, strlen (host));
  if (rc >= 0)
    rc = gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, trust->credentials);
  if (rc >= 0)
    return session;
  refused (error, "TLS", rc);
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
  pli_trust_unref (client->trust);
  g_free (client->host);
  g_free (client->why);
  memset (client, 0, sizeof *client);
}
