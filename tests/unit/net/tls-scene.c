/* tls-scene.c: see tls-scene.h. */
#include "tls-scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  const char *name; /* of the key */
  gnutls_pk_algorithm_t algorithm;
  guint bits;
  const char *dns[3];
} Make;

static const Make makes[N_KEYS] = {
  { "default-ecdsa", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), { "mail.example.org" } },
  { "default-rsa", GNUTLS_PK_RSA, 2048, { "mail.example.org" } },
  { "rsa", GNUTLS_PK_RSA, 2048, { "rsa.example.org", "*.wild.example.org" } },
  { "ed25519", GNUTLS_PK_EDDSA_ED25519, 0, { "ed.example.org" } },
  { "p384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP384R1), { "p384.example.org" } },
  { "pss", GNUTLS_PK_RSA_PSS, 2048, { "pss.example.org" } },
};

gnutls_datum_t key_pem[N_KEYS], cert_pem[N_KEYS];

static void
make_one (const Make *make, gnutls_datum_t *key_out, gnutls_datum_t *cert_out)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), >=, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (key, make->algorithm, make->bits, 0), >=, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&crt), >=, 0);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, "\1", 1);
  gnutls_x509_crt_set_activation_time (crt, time (NULL) - 100);
  gnutls_x509_crt_set_expiration_time (crt, time (NULL) + 86400);
  gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, make->name, (guint) strlen (make->name));
  for (guint i = 0; i < 3 && make->dns[i]; i++)
    gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, make->dns[i], (guint) strlen (make->dns[i]),
                                          GNUTLS_FSAN_APPEND);
  gnutls_x509_crt_set_key (crt, key);
  gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
  g_assert_cmpint (
      gnutls_x509_crt_sign2 (crt, crt, key,
                             make->algorithm == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256, 0),
      >=, 0);
  g_assert_cmpint (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key_out), >=,
                   0);
  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, cert_out), >=, 0);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
}

static Server *the_server;

static gboolean
count_and_sign (PliSigner *signer, const char *key_name, guint algorithm, const void *data, gsize len,
                PliBuffer *out_signature, GError **error)
{
  (void) signer;
  the_server->signatures++;
  return the_server->local->sign (the_server->local, key_name, algorithm, data, len, out_signature, error);
}

static int
listening_socket (guint16 *out_port)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof at;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &at, sizeof at), ==, 0);
  g_assert_cmpint (listen (fd, 64), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &at, &len), ==, 0);
  *out_port = ntohs (at.sin_port);
  return fd;
}

void
server_start (Server *s, PliListenerSpec spec)
{
  PliCertificate certificates[G_N_ELEMENTS (makes)];
  PliKey keys[G_N_ELEMENTS (makes)];
  PliTlsSpec tls = { .certificates = certificates, .n_certificates = G_N_ELEMENTS (makes), .tickets = TRUE };
  g_autoptr (GError) error = NULL;
  int fd;

  the_server = s;
  for (guint i = 0; i < G_N_ELEMENTS (makes); i++)
    {
      certificates[i].key_name = keys[i].name = makes[i].name;
      certificates[i].chain_pem = pli_span ((char *) cert_pem[i].data, cert_pem[i].size);
      keys[i].pem = pli_span ((char *) key_pem[i].data, key_pem[i].size);
    }
  s->instance = pli_instance_new ();
  s->instance->rooms = PLI_ROOM_BIT (PLI_ROOM_ACCESS);
  s->instance->net = pli_net_new (s->instance);
  s->log.journal = g_string_new (NULL);
  s->local = pli_signer_local_new (keys, G_N_ELEMENTS (makes), &error);
  g_assert_no_error (error);
  s->counting.sign = count_and_sign;
  s->instance->signer = &s->counting;
  s->tls = pli_tls_new (s->instance, &tls, &error);
  g_assert_no_error (error);
  spec.name = "test";
  spec.protocol = &stub_protocol;
  spec.settings = &s->log;
  spec.certificates = s->tls;
  fd = listening_socket (&s->port);
  s->listener = pli_net_listen (s->instance->net, fd, &spec);
}

void
server_stop (Server *s)
{
  pli_net_free (s->instance->net);
  stub_settle (s->instance);
  pli_tls_unref (s->tls);
  pli_signer_free (s->local);
  pli_instance_free (s->instance);
  stub_log_clear (&s->log);
}

/* Client */

void
client_step (Client *c)
{
  pli_loop_step (c->server->instance->loop, 1000);
}

void
client_connect (Client *c, Server *s)
{
  struct sockaddr_in to = { .sin_family = AF_INET,
                            .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                            .sin_port = htons (s->port) };

  c->server = s;
  c->tls = NULL;
  c->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (c->fd, (struct sockaddr *) &to, sizeof to), ==, 0);
  g_assert_cmpint (fcntl (c->fd, F_SETFL, O_NONBLOCK), ==, 0);
}

/* GnuTLS's code, 0 when the handshake is complete. */
int
client_handshake (Client *c, const char *priority, const char *name, const gnutls_datum_t *resume)
{
  int rc;

  g_assert_cmpint (gnutls_certificate_allocate_credentials (&c->credentials), >=, 0);
  g_assert_cmpint (gnutls_init (&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), >=, 0);
  g_assert_cmpint (gnutls_priority_set_direct (c->tls, priority, NULL), >=, 0);
  gnutls_credentials_set (c->tls, GNUTLS_CRD_CERTIFICATE, c->credentials);
  if (name)
    gnutls_server_name_set (c->tls, GNUTLS_NAME_DNS, name, strlen (name));
  if (resume)
    g_assert_cmpint (gnutls_session_set_data (c->tls, resume->data, resume->size), >=, 0);
  gnutls_transport_set_int (c->tls, c->fd);
  for (guint i = 0; i < 10000; i++)
    {
      rc = gnutls_handshake (c->tls);
      if (rc != GNUTLS_E_AGAIN && rc != GNUTLS_E_INTERRUPTED)
        break;
      client_step (c);
    }
  return rc;
}

gssize
client_recv (Client *c, char *data, gsize len)
{
  gssize n;

  if (c->tls)
    {
      n = gnutls_record_recv (c->tls, data, len);
      return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? -EAGAIN : n;
    }
  n = recv (c->fd, data, len, 0);
  return n < 0 ? -errno : n;
}

/* Reads until the answer ends with @end, or to the end of the connection when that is NULL. */
char *
client_read (Client *c, const char *end)
{
  GString *got = g_string_new (NULL);
  char some[4096];

  for (guint i = 0; i < 100000; i++)
    {
      gssize n = client_recv (c, some, sizeof some);

      if (n > 0)
        g_string_append_len (got, some, n);
      else if (n == -EAGAIN)
        client_step (c);
      else
        {
          g_assert_null (end);
          break;
        }
      if (end && g_str_has_suffix (got->str, end))
        break;
    }
  return g_string_free (got, FALSE);
}

void
client_expect (Client *c, const char *text)
{
  g_autofree char *got = client_read (c, text);

  g_assert_cmpstr (got, ==, text);
}

void
client_send (Client *c, const char *text)
{
  gssize len = (gssize) strlen (text);

  if (c->tls)
    g_assert_cmpint (gnutls_record_send (c->tls, text, (gsize) len), ==, len);
  else
    g_assert_cmpint (send (c->fd, text, (gsize) len, MSG_NOSIGNAL), ==, len);
}

void
client_close (Client *c)
{
  if (c->tls)
    {
      gnutls_deinit (c->tls);
      gnutls_certificate_free_credentials (c->credentials);
      c->tls = NULL;
    }
  close (c->fd);
  stub_settle (c->server->instance);
}

/* Common name of what the server showed. */
char *
shown_key (Client *c)
{
  unsigned int n;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (c->tls, &n);
  gnutls_x509_crt_t crt;
  char name[64];
  size_t size = sizeof name;

  g_assert_nonnull (chain);
  gnutls_x509_crt_init (&crt);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &chain[0], GNUTLS_X509_FMT_DER), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), ==, 0);
  gnutls_x509_crt_deinit (crt);
  return g_strdup (name);
}

void
keys_make (void)
{
  for (guint i = 0; i < N_KEYS; i++)
    make_one (&makes[i], &key_pem[i], &cert_pem[i]);
}

void
keys_free (void)
{
  for (guint i = 0; i < N_KEYS; i++)
    {
      gnutls_free (key_pem[i].data);
      gnutls_free (cert_pem[i].data);
    }
}
