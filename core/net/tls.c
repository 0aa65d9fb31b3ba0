/* tls.c: certificates by name, credentials, server sessions. See tls.h.
 *
 * Certificates for the same names (an ECDSA and an RSA one) share one credentials object, from which GnuTLS picks what
 * the client can verify. Which credentials serve is decided when the client's hello has come, by its SNI. */
#include "net/tls.h"

#include "net/tls-key.h"
#include <gnutls/x509.h>
#include <stdio.h>

#define CHAIN_MOST 16

struct PliTls
{
  guint refs;
  PliInstance *instance;
  gnutls_priority_t priority;
  gnutls_datum_t ticket_key; /* data NULL: no tickets */
  GPtrArray *credentials;    /* gnutls_certificate_credentials_t; the first is the default */
  gboolean check_keys;
  GHashTable *names; /* lower-case DNS name, wildcards as written → credentials */
};

static gboolean
fail (GError **error, const char *what, int rc)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", what, gnutls_strerror (rc));
  return FALSE;
}

/* (transfer container): lower-case DNS names of the leaf; the common name counts only where there is no other. */
static GPtrArray *
dns_names (const gnutls_datum_t *leaf)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  gnutls_x509_crt_t crt;
  char name[256];
  size_t size;

  if (gnutls_x509_crt_init (&crt) < 0)
    return names;
  if (gnutls_x509_crt_import (crt, leaf, GNUTLS_X509_FMT_DER) == 0)
    {
      int rc;

      for (unsigned int i = 0;; i++)
        {
          size = sizeof name;
          rc = gnutls_x509_crt_get_subject_alt_name (crt, i, name, &size, NULL);
          if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
          if (rc == GNUTLS_SAN_DNSNAME)
            g_ptr_array_add (names, g_ascii_strdown (name, (gssize) size));
        }
      size = sizeof name;
      if (names->len == 0 && gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
        g_ptr_array_add (names, g_ascii_strdown (name, (gssize) size));
    }
  gnutls_x509_crt_deinit (crt);
  return names;
}

/* The credentials that the leaf's first name has already, or new ones, which get its names. */
static gnutls_certificate_credentials_t
credentials_for (PliTls *tls, const gnutls_datum_t *leaf)
{
  g_autoptr (GPtrArray) names = dns_names (leaf);
  gnutls_certificate_credentials_t credentials = NULL;

  if (names->len > 0)
    credentials = g_hash_table_lookup (tls->names, names->pdata[0]);
  if (!credentials)
    {
      if (gnutls_certificate_allocate_credentials (&credentials) < 0)
        g_error ("out of memory");
      if (!tls->check_keys)
        gnutls_certificate_set_flags (credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
      g_ptr_array_add (tls->credentials, credentials);
    }
  for (guint i = 0; i < names->len; i++)
    if (!g_hash_table_contains (tls->names, names->pdata[i]))
      g_hash_table_insert (tls->names, g_strdup (names->pdata[i]), credentials);
  return credentials;
}

static gboolean
add_certificate (PliTls *tls, const PliCertificate *certificate, GError **error)
{
  gnutls_pcert_st chain[CHAIN_MOST];
  unsigned int n = CHAIN_MOST;
  gnutls_datum_t pem = { (unsigned char *) certificate->chain_pem.data, (unsigned int) certificate->chain_pem.len };
  gnutls_privkey_t key = NULL;
  gnutls_certificate_credentials_t credentials;
  int rc = gnutls_pcert_list_import_x509_raw (chain, &n, &pem, GNUTLS_X509_FMT_PEM, 0);

  if (rc < 0)
    return fail (error, certificate->key_name, rc);
  credentials = credentials_for (tls, &chain[0].cert);
  rc = pli_tls_key_new (tls->instance, certificate->key_name, chain[0].pubkey, &key);
  /* On success GnuTLS takes key and chain over (copied: both must not be freed here). */
  if (rc >= 0)
    rc = gnutls_certificate_set_key (credentials, NULL, 0, chain, (int) n, key);
  if (rc >= 0)
    return TRUE;
  if (key)
    gnutls_privkey_deinit (key);
  for (unsigned int i = 0; i < n; i++)
    gnutls_pcert_deinit (&chain[i]);
  return fail (error, certificate->key_name, rc);
}

static gboolean
set_up (PliTls *tls, const PliTlsSpec *spec, GError **error)
{
  g_autofree char *priority =
      g_strconcat (spec->priority ? spec->priority : PLI_TLS_PRIORITY, PLI_TLS_PRIORITY_ALWAYS, NULL);
  int rc = gnutls_priority_init (&tls->priority, priority, NULL);

  if (rc < 0)
    return fail (error, priority, rc);
  if (spec->n_certificates == 0)
    return fail (error, "no certificate", GNUTLS_E_NO_CERTIFICATE_FOUND);
  for (guint i = 0; i < spec->n_certificates; i++)
    if (!add_certificate (tls, &spec->certificates[i], error))
      return FALSE;
  if (!spec->tickets)
    return TRUE;
  if (!spec->ticket_key.data)
    {
      rc = gnutls_session_ticket_key_generate (&tls->ticket_key);
      return rc < 0 ? fail (error, "ticket key", rc) : TRUE;
    }
  g_assert (spec->ticket_key.len == PLI_TICKET_KEY_LEN);
  tls->ticket_key.data = gnutls_malloc (PLI_TICKET_KEY_LEN);
  tls->ticket_key.size = PLI_TICKET_KEY_LEN;
  if (!tls->ticket_key.data)
    g_error ("out of memory");
  memcpy (tls->ticket_key.data, spec->ticket_key.data, PLI_TICKET_KEY_LEN);
  return TRUE;
}

PliTls *
pli_tls_new (PliInstance *instance, const PliTlsSpec *spec, GError **error)
{
  g_autoptr (PliTls) tls = g_new0 (PliTls, 1);

  tls->refs = 1;
  tls->instance = instance;
  tls->check_keys = spec->check_keys;
  tls->credentials = g_ptr_array_new_with_free_func ((GDestroyNotify) gnutls_certificate_free_credentials);
  tls->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return set_up (tls, spec, error) ? g_steal_pointer (&tls) : NULL;
}

PliTls *
pli_tls_ref (PliTls *tls)
{
  tls->refs++;
  return tls;
}

void
pli_tls_unref (PliTls *tls)
{
  if (!tls || --tls->refs > 0)
    return;
  g_ptr_array_unref (tls->credentials);
  g_hash_table_unref (tls->names);
  if (tls->priority)
    gnutls_priority_deinit (tls->priority);
  if (tls->ticket_key.data)
    gnutls_memset (tls->ticket_key.data, 0, tls->ticket_key.size);
  gnutls_free (tls->ticket_key.data);
  g_free (tls);
}

/* RFC 6125 6.4.3: a wildcard stands for exactly one label, the leftmost. */
static gnutls_certificate_credentials_t
choose (PliTls *tls, char *name)
{
  gnutls_certificate_credentials_t found;
  char *dot;

  pli_ascii_lower (name);
  found = g_hash_table_lookup (tls->names, name);
  dot = strchr (name, '.');
  if (!found && dot && dot > name)
    {
      dot[-1] = '*';
      found = g_hash_table_lookup (tls->names, dot - 1);
    }
  return found ? found : tls->credentials->pdata[0];
}

static int
hello_has_come (gnutls_session_t session)
{
  PliTls *tls = gnutls_session_get_ptr (session);
  char name[256];
  size_t size = sizeof name;
  unsigned int type;

  if (gnutls_server_name_get (session, name, &size, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
    return 0;
  return gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, choose (tls, name));
}

gnutls_session_t
pli_tls_session_new (PliTls *tls)
{
  gnutls_session_t session;
  unsigned int flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;

  if (gnutls_init (&session, flags | (tls->ticket_key.data ? 0 : GNUTLS_NO_TICKETS)) < 0)
    g_error ("out of memory");
  gnutls_session_set_ptr (session, tls);
  if (gnutls_priority_set (session, tls->priority) < 0
      || gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, tls->credentials->pdata[0]) < 0
      || (tls->ticket_key.data && gnutls_session_ticket_enable_server (session, &tls->ticket_key) < 0))
    g_error ("out of memory");
  gnutls_handshake_set_post_client_hello_function (session, hello_has_come);
  return session;
}

void
pli_tls_describe (gnutls_session_t session, char *out, gsize size)
{
  const char *group = gnutls_group_get_name (gnutls_group_get (session));

  snprintf (out, size, "%s %s %s", gnutls_protocol_get_name (gnutls_protocol_get_version (session)),
            group ? group : "-", gnutls_cipher_get_name (gnutls_cipher_get (session)));
}
