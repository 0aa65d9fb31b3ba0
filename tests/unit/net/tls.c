/* tls.c: real sockets and real TLS: a GnuTLS client on the other end of a connection to a listener of this process.
 *
 * Client and server run on one thread: the client's socket does not block, and each time it would, the loop takes a
 * step. Keys and certificates are made here; the server knows the keys only through its signer. */
#include "stub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <pli/log.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  const char *name; /* of the key */
  gnutls_pk_algorithm_t algorithm;
  guint bits;
  const char *dns[3];
} Make;

static const Make makes[] = {
  { "default-ecdsa", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), { "mail.example.org" } },
  { "default-rsa", GNUTLS_PK_RSA, 2048, { "mail.example.org" } },
  { "rsa", GNUTLS_PK_RSA, 2048, { "rsa.example.org", "*.wild.example.org" } },
  { "ed25519", GNUTLS_PK_EDDSA_ED25519, 0, { "ed.example.org" } },
  { "p384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP384R1), { "p384.example.org" } },
  { "pss", GNUTLS_PK_RSA_PSS, 2048, { "pss.example.org" } },
};

static gnutls_datum_t key_pem[G_N_ELEMENTS (makes)], cert_pem[G_N_ELEMENTS (makes)];

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
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, key,
                                          make->algorithm == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256, 0),
                   >=, 0);
  g_assert_cmpint (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key_out), >=, 0);
  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, cert_out), >=, 0);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
}

typedef struct
{
  PliInstance *instance;
  StubLog log;
  PliTls *tls;
  PliListener *listener;
  guint16 port;
  guint signatures;
  PliSigner counting, *local;
} Server;

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

static void
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

static void
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

typedef struct
{
  Server *server;
  int fd;
  gnutls_session_t tls;
  gnutls_certificate_credentials_t credentials;
} Client;

static void
step (Client *c)
{
  pli_loop_step (c->server->instance->loop, 1000);
}

static void
client_connect (Client *c, Server *s)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons (s->port) };

  c->server = s;
  c->tls = NULL;
  c->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (c->fd, (struct sockaddr *) &to, sizeof to), ==, 0);
  g_assert_cmpint (fcntl (c->fd, F_SETFL, O_NONBLOCK), ==, 0);
}

/* GnuTLS's code, 0 when the handshake is complete. */
static int
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
      step (c);
    }
  return rc;
}

static gssize
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
static char *
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
        step (c);
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

static void
client_expect (Client *c, const char *text)
{
  g_autofree char *got = client_read (c, text);

  g_assert_cmpstr (got, ==, text);
}

static void
client_send (Client *c, const char *text)
{
  gssize len = (gssize) strlen (text);

  if (c->tls)
    g_assert_cmpint (gnutls_record_send (c->tls, text, (gsize) len), ==, len);
  else
    g_assert_cmpint (send (c->fd, text, (gsize) len, MSG_NOSIGNAL), ==, len);
}

static void
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
static char *
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

/* Tests */

#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

static const struct
{
  const char *priority, *name, *key;
} choices[] = {
  { TLS13, NULL, "default-ecdsa" },
  { TLS12, NULL, "default-ecdsa" },
  { TLS13, "mail.example.org", "default-ecdsa" },
  { TLS13, "MAIL.Example.ORG", "default-ecdsa" },
  { TLS13, "unknown.example.net", "default-ecdsa" },
  { TLS13 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256", "mail.example.org", "default-rsa" },
  { TLS12 ":-ECDHE-ECDSA", "mail.example.org", "default-rsa" },
  { TLS12 ":-SIGN-ALL:+SIGN-RSA-SHA256:+SIGN-RSA-SHA512", "rsa.example.org", "rsa" },
  { TLS12 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA384", "rsa.example.org", "rsa" },
  { TLS13, "rsa.example.org", "rsa" },
  { TLS12, "a.wild.example.org", "rsa" },
  { TLS13, "a.b.wild.example.org", "default-ecdsa" },
  { TLS13, "ed.example.org", "ed25519" },
  { TLS12, "ed.example.org", "ed25519" },
  { TLS13, "p384.example.org", "p384" },
  { TLS12, "p384.example.org", "p384" },
  { TLS13, "pss.example.org", "pss" },
  { TLS12, "pss.example.org", "pss" },
};

static void
test_choices (void)
{
  Server s = { 0 };

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_IMPLICIT });
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    {
      Client c;
      g_autofree char *key = NULL;
      guint before = s.signatures;

      g_test_message ("%s %s", choices[i].priority, choices[i].name);
      client_connect (&c, &s);
      g_assert_cmpint (client_handshake (&c, choices[i].priority, choices[i].name, NULL), ==, 0);
      key = shown_key (&c);
      g_assert_cmpstr (key, ==, choices[i].key);
      g_assert_cmpuint (s.signatures, ==, before + 1);
      client_expect (&c, "hello\r\n");
      g_assert_true (g_str_has_prefix (pli_session_tls_text (s.log.session), "TLS1."));
      client_send (&c, "ECHO over TLS\r\n");
      client_expect (&c, "over TLS\r\n");
      client_close (&c);
    }
  g_assert_cmpuint (pli_net_counts (s.instance->net).handshakes, ==, G_N_ELEMENTS (choices));
  server_stop (&s);
}

static void
test_refused (void)
{
  static const char *const priorities[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.1:+SIGN-ALL:%VERIFY_ALLOW_BROKEN",
                                            "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA" };
  Server s = { 0 };

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_IMPLICIT });
  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      Client c;

      client_connect (&c, &s);
      g_assert_cmpint (client_handshake (&c, priorities[i], NULL, NULL), <, 0);
      client_close (&c);
    }
  g_assert_cmpuint (pli_net_counts (s.instance->net).handshakes_failed, ==, G_N_ELEMENTS (priorities));
  g_assert_cmpuint (pli_net_counts (s.instance->net).sessions, ==, 0);
  g_assert_cmpstr (s.log.journal->str, ==, ""); /* the engine never heard of them */
  server_stop (&s);
}

static void
test_plain_bytes_instead_of_a_handshake (void)
{
  Server s = { 0 };
  Client c;
  g_autofree char *got = NULL;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_IMPLICIT });
  client_connect (&c, &s);
  client_send (&c, "ECHO in the clear, to a port that wants TLS\r\n");
  got = client_read (&c, NULL);
  g_assert_null (strstr (got, "clear"));
  g_assert_cmpstr (s.log.journal->str, ==, "");
  client_close (&c);
  server_stop (&s);
}

static void
test_resumption (void)
{
  Server s = { 0 };
  Client c;
  gnutls_datum_t data;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_IMPLICIT });
  client_connect (&c, &s);
  g_assert_cmpint (client_handshake (&c, TLS13, "mail.example.org", NULL), ==, 0);
  client_expect (&c, "hello\r\n");
  g_assert_cmpint (gnutls_session_get_data2 (c.tls, &data), ==, 0);
  client_close (&c);
  g_assert_cmpuint (s.signatures, ==, 1);
  client_connect (&c, &s);
  g_assert_cmpint (client_handshake (&c, TLS13, "mail.example.org", &data), ==, 0);
  g_assert_true (gnutls_session_is_resumed (c.tls));
  client_expect (&c, "hello\r\n");
  g_assert_cmpuint (s.signatures, ==, 1); /* nothing was signed */
  client_close (&c);
  gnutls_free (data.data);
  server_stop (&s);
}

static void
test_starttls (void)
{
  Server s = { 0 };
  Client c;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_OFFERED });
  client_connect (&c, &s);
  client_expect (&c, "hello\r\n");
  client_send (&c, "ECHO clear\r\nSTARTTLS\r\n");
  client_expect (&c, "clear\r\ngo\r\n");
  g_assert_cmpint (client_handshake (&c, TLS13, "rsa.example.org", NULL), ==, 0);
  client_send (&c, "ECHO hidden\r\n");
  client_expect (&c, "hidden\r\n");
  g_assert_cmpstr (s.log.journal->str, ==, "OISI");
  client_close (&c);
  server_stop (&s);
}

static void
test_starttls_injection (void)
{
  Server s = { 0 };
  Client c;
  g_autofree char *got = NULL;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_OFFERED });
  client_connect (&c, &s);
  client_expect (&c, "hello\r\n");
  client_send (&c, "STARTTLS\r\nECHO injected\r\n");
  got = client_read (&c, NULL);
  g_assert_cmpstr (got, ==, "go\r\n");
  g_assert_cmpuint (pli_net_counts (s.instance->net).handshakes, ==, 0);
  client_close (&c);
  server_stop (&s);
}

/* Megabytes both ways, through records, partial writes and a full socket. */
static void
test_bulk (gconstpointer with_tls)
{
  Server s = { 0 };
  Client c;
  gsize got = 0;
  char some[50000];

  server_start (&s, (PliListenerSpec){ .tls = with_tls ? PLI_TLS_IMPLICIT : PLI_TLS_NONE });
  client_connect (&c, &s);
  if (with_tls)
    g_assert_cmpint (client_handshake (&c, TLS13, NULL, NULL), ==, 0);
  client_expect (&c, "hello\r\n");
  client_send (&c, "BIG 9000000\r\nECHO end\r\n");
  for (guint i = 0; i < 1000000 && got < 9000005; i++)
    {
      gssize n = client_recv (&c, some, sizeof some);

      g_assert_true (n > 0 || n == -EAGAIN);
      if (n > 0)
        got += (gsize) n;
      else
        step (&c);
    }
  g_assert_cmpuint (got, ==, 9000005);
  g_assert_nonnull (strchr (s.log.journal->str, 'D'));
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *line = g_strdup_printf ("ECHO %0900u\r\n", i);
      g_autofree char *answer = NULL;

      client_send (&c, line);
      step (&c);
      answer = client_read (&c, "\r\n");
      g_assert_cmpstr (answer, ==, line + 5);
    }
  client_send (&c, "BYE\r\n");
  client_expect (&c, "bye\r\n");
  g_assert_cmpint (client_recv (&c, some, sizeof some), ==, 0); /* under TLS: close_notify was there */
  client_close (&c);
  g_assert_cmpuint (pli_net_counts (s.instance->net).sessions, ==, 0);
  server_stop (&s);
}

static void
test_limits (void)
{
  Server s = { 0 };
  Client c[4];
  g_autofree char *got = NULL;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_NONE, .connections_per_address = 3 });
  for (guint i = 0; i < 3; i++)
    {
      client_connect (&c[i], &s);
      client_expect (&c[i], "hello\r\n");
    }
  client_connect (&c[3], &s);
  got = client_read (&c[3], NULL);
  g_assert_cmpstr (got, ==, "");
  client_close (&c[3]);
  g_assert_cmpuint (pli_net_counts (s.instance->net).refused, ==, 1);
  client_close (&c[0]);
  client_connect (&c[3], &s);
  client_expect (&c[3], "hello\r\n");
  /* Sessions outlive their listener. */
  pli_net_stop_listening (s.instance->net);
  client_send (&c[3], "ECHO still\r\n");
  client_expect (&c[3], "still\r\n");
  for (guint i = 1; i < 4; i++)
    client_close (&c[i]);
  server_stop (&s);
}

/* Out of descriptors: the listener rests, does not spin, and takes the connection later. */
static void
test_no_descriptors (void)
{
  Server s = { 0 };
  Client c;
  GArray *taken = g_array_new (FALSE, FALSE, sizeof (int));
  int fd;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_NONE });
  pli_loop_fake_clock (s.instance->loop, G_USEC_PER_SEC);
  client_connect (&c, &s);
  while ((fd = dup (0)) >= 0)
    g_array_append_val (taken, fd);
  g_assert_cmpint (errno, ==, EMFILE);
  for (guint i = 0; i < 5; i++)
    step (&c);
  g_assert_cmpuint (pli_net_counts (s.instance->net).accepted, ==, 0);
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  for (guint i = 0; i < 5; i++)
    step (&c);
  g_assert_cmpuint (pli_net_counts (s.instance->net).accepted, ==, 0);
  pli_loop_move_clock (s.instance->loop, G_USEC_PER_SEC);
  client_expect (&c, "hello\r\n");
  client_close (&c);
  g_array_unref (taken);
  server_stop (&s);
}

static void
test_proxy_then_tls (void)
{
  Server s = { 0 };
  Client c;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_IMPLICIT, .proxy = TRUE });
  client_connect (&c, &s);
  client_send (&c, "PROXY TCP4 192.0.2.77 192.0.2.1 5 993\r\n");
  g_assert_cmpint (client_handshake (&c, TLS13, NULL, NULL), ==, 0);
  client_expect (&c, "hello\r\n");
  g_assert_cmpstr (pli_session_peer (s.log.session), ==, "192.0.2.77");
  client_close (&c);
  server_stop (&s);
}

static void
test_bad_certificates (void)
{
  g_autoptr (GError) error = NULL;
  PliInstance *instance = pli_instance_new ();
  PliCertificate bad = { .key_name = "x", .chain_pem = PLI_SPAN ("not a certificate") };

  g_assert_null (pli_tls_new (instance, &(PliTlsSpec){ .certificates = &bad, .n_certificates = 1 }, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (pli_tls_new (instance, &(PliTlsSpec){ .priority = "NONSENSE" }, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (pli_signer_local_new (&(PliKey){ .name = "x", .pem = PLI_SPAN ("no key") }, 1, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
  pli_instance_free (instance);
}

static void
test_key_that_does_not_match (void)
{
  g_autoptr (GError) error = NULL;
  PliInstance *instance = pli_instance_new ();
  PliCertificate certificate = { "default-rsa", pli_span ((char *) cert_pem[1].data, cert_pem[1].size) };
  PliKey key = { "default-rsa", pli_span ((char *) key_pem[2].data, key_pem[2].size) };
  PliTlsSpec spec = { .certificates = &certificate, .n_certificates = 1, .check_keys = TRUE };

  instance->signer = pli_signer_local_new (&key, 1, &error);
  g_assert_no_error (error);
  g_assert_null (pli_tls_new (instance, &spec, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
  pli_signer_free (instance->signer);
  key.pem = pli_span ((char *) key_pem[1].data, key_pem[1].size);
  g_clear_error (&error);
  instance->signer = pli_signer_local_new (&key, 1, &error);
  pli_tls_unref (pli_tls_new (instance, &spec, &error));
  g_assert_no_error (error);
  pli_signer_free (instance->signer);
  pli_instance_free (instance);
}

static void
test_signer_bounds (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *much = g_malloc0 (PLI_SIGN_DATA_MOST + 1);
  g_auto (PliBuffer) out = { 0 };
  PliKey key = { "k", pli_span ((char *) key_pem[0].data, key_pem[0].size) };
  g_autoptr (PliSigner) signer = pli_signer_local_new (&key, 1, &error);

  g_assert_false (signer->sign (signer, "other", GNUTLS_SIGN_ECDSA_SHA256, "x", 1, &out, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (signer->sign (signer, "k", GNUTLS_SIGN_ECDSA_SHA256, much, PLI_SIGN_DATA_MOST + 1, &out, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_false (signer->sign (signer, "k", GNUTLS_SIGN_RSA_SHA256, "x", 1, &out, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_false (signer->sign (signer, "k", GNUTLS_SIGN_ECDSA_SHA1, "x", 1, &out, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_true (signer->sign (signer, "k", GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, "x", 1, &out, &error));
  g_assert_cmpuint (out.len, >, 60);
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (makes); i++)
    make_one (&makes[i], &key_pem[i], &cert_pem[i]);
  g_test_add_func ("/net/tls/choices", test_choices);
  g_test_add_func ("/net/tls/refused", test_refused);
  g_test_add_func ("/net/tls/plain-bytes-instead-of-a-handshake", test_plain_bytes_instead_of_a_handshake);
  g_test_add_func ("/net/tls/resumption", test_resumption);
  g_test_add_func ("/net/tls/starttls", test_starttls);
  g_test_add_func ("/net/tls/starttls-injection", test_starttls_injection);
  g_test_add_data_func ("/net/tls/bulk", GINT_TO_POINTER (1), test_bulk);
  g_test_add_data_func ("/net/tls/bulk-in-the-clear", NULL, test_bulk);
  g_test_add_func ("/net/tls/limits", test_limits);
  g_test_add_func ("/net/tls/no-descriptors", test_no_descriptors);
  g_test_add_func ("/net/tls/proxy-then-tls", test_proxy_then_tls);
  g_test_add_func ("/net/tls/bad-certificates", test_bad_certificates);
  g_test_add_func ("/net/tls/key-that-does-not-match", test_key_that_does_not_match);
  g_test_add_func ("/net/tls/signer-bounds", test_signer_bounds);
  rc = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (makes); i++)
    {
      gnutls_free (key_pem[i].data);
      gnutls_free (cert_pem[i].data);
    }
  return rc;
}
