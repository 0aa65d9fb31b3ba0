/* tls.c: real sockets and real TLS: certificates by name and algorithm, resumption, STARTTLS, bulk, limits. */
#include "tls-scene.h"

#include <errno.h>
#include <unistd.h>

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
        client_step (&c);
    }
  g_assert_cmpuint (got, ==, 9000005);
  g_assert_nonnull (strchr (s.log.journal->str, 'D'));
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *line = g_strdup_printf ("ECHO %0900u\r\n", i);
      g_autofree char *answer = NULL;

      client_send (&c, line);
      client_step (&c);
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
connect_from (Client *c, Server *s, const char *address)
{
  g_autofree char *header = g_strdup_printf ("PROXY TCP4 %s 127.0.0.1 4000 25\r\n", address);

  client_connect (c, s);
  client_send (c, header);
}

/* Behind a proxy, since connections from this machine itself are not counted. */
static void
test_limits (void)
{
  Server s = { 0 };
  Client c[4], own[5];
  g_autofree char *got = NULL;

  server_start (&s, (PliListenerSpec){ .tls = PLI_TLS_NONE, .connections_per_address = 3, .proxy = TRUE });
  for (guint i = 0; i < 3; i++)
    {
      connect_from (&c[i], &s, "192.0.2.7");
      client_expect (&c[i], "hello\r\n");
    }
  connect_from (&c[3], &s, "192.0.2.7");
  got = client_read (&c[3], NULL);
  g_assert_cmpstr (got, ==, "");
  client_close (&c[3]);
  g_assert_cmpuint (pli_net_counts (s.instance->net).refused, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    {
      connect_from (&own[i], &s, "127.0.0.1");
      client_expect (&own[i], "hello\r\n");
    }
  client_close (&c[0]);
  connect_from (&c[3], &s, "192.0.2.7");
  client_expect (&c[3], "hello\r\n");
  /* Sessions outlive their listener. */
  pli_net_stop_listening (s.instance->net);
  client_send (&c[3], "ECHO still\r\n");
  client_expect (&c[3], "still\r\n");
  for (guint i = 1; i < 4; i++)
    client_close (&c[i]);
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    client_close (&own[i]);
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
    client_step (&c);
  g_assert_cmpuint (pli_net_counts (s.instance->net).accepted, ==, 0);
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  for (guint i = 0; i < 5; i++)
    client_step (&c);
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
  keys_make ();
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
  keys_free ();
  return rc;
}
