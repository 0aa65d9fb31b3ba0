/* idle-memory.c: what an idle TLS 1.3 session costs: the growth of this process's PSS over 1,000 of them.
 *
 * A child process is the client: it opens all sessions, sends a line on each, reads the answer and then sits. What is
 * measured holds PliSession, GnuTLS's state, the watch and the timer: everything but the kernel's socket. */
#include "stub.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED TRUE
#else
#define SANITIZED FALSE
#endif
#define SESSIONS 1000
#define WARM_UP 100
#define MOST_BYTES (20 * 1024)

static gsize
pss_bytes (void)
{
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL));
  line = strstr (text, "\nPss:");
  g_assert_nonnull (line);
  return (gsize) g_ascii_strtoull (line + 5 + strspn (line + 5, " "), NULL, 10) * 1024;
}

static void
make_certificate (gnutls_datum_t *key_out, gnutls_datum_t *cert_out)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (
      gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), >=, 0);
  gnutls_x509_crt_init (&crt);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, "\1", 1);
  gnutls_x509_crt_set_activation_time (crt, time (NULL) - 100);
  gnutls_x509_crt_set_expiration_time (crt, time (NULL) + 86400);
  gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, "mail.example.org", 16);
  gnutls_x509_crt_set_key (crt, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0), >=, 0);
  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key_out);
  gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, cert_out);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
}

/* A session ticket makes GnuTLS return once without data. */
static gssize
client_recv (gnutls_session_t tls)
{
  char some[256];
  gssize n;

  while ((n = gnutls_record_recv (tls, some, sizeof some)) == GNUTLS_E_AGAIN)
    ;
  return n;
}

/* In the child: sessions are opened, used and left open. */
static void
client_open (guint16 port, gnutls_certificate_credentials_t credentials)
{
  struct sockaddr_in to = { .sin_family = AF_INET,
                            .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                            .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_STREAM, 0), on = 1, rc;
  gnutls_session_t tls;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect (fd, (struct sockaddr *) &to, sizeof to) < 0 || gnutls_init (&tls, GNUTLS_CLIENT) < 0)
    _exit (10);
  gnutls_set_default_priority (tls);
  gnutls_credentials_set (tls, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_transport_set_int (tls, fd);
  while ((rc = gnutls_handshake (tls)) < 0 && gnutls_error_is_fatal (rc) == 0)
    ;
  if (rc < 0 || gnutls_protocol_get_version (tls) != GNUTLS_TLS1_3 || client_recv (tls) != 7
      || gnutls_record_send (tls, "ECHO some line of a client\r\n", 28) != 28 || client_recv (tls) < 1)
    _exit (11);
}

static void
client (guint16 port, int orders, int reports)
{
  gnutls_certificate_credentials_t credentials;
  guint n;

  gnutls_certificate_allocate_credentials (&credentials);
  while (read (orders, &n, sizeof n) == sizeof n)
    {
      for (guint i = 0; i < n; i++)
        client_open (port, credentials);
      if (write (reports, &n, sizeof n) != sizeof n)
        _exit (12);
    }
  _exit (0);
}

static int
listening_socket (guint16 *out_port)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof at;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &at, sizeof at), ==, 0);
  g_assert_cmpint (listen (fd, 128), ==, 0);
  getsockname (fd, (struct sockaddr *) &at, &len);
  *out_port = ntohs (at.sin_port);
  return fd;
}

static void
reported (gpointer user, guint32 events)
{
  (void) events;
  *(gboolean *) user = TRUE;
}

static void
open_sessions (PliInstance *instance, int orders, int reports, guint n)
{
  gboolean done = FALSE;
  PliWatch *watch = pli_watch_new (instance->loop, reports, EPOLLIN, reported, &done);
  guint echo;

  g_assert_cmpint (write (orders, &n, sizeof n), ==, sizeof n);
  while (!done)
    pli_loop_step (instance->loop, G_USEC_PER_SEC);
  g_assert_cmpint (read (reports, &echo, sizeof echo), ==, sizeof echo);
  pli_watch_remove (watch);
  stub_settle (instance);
}

static int
measure (void)
{
  PliInstance *instance = pli_instance_new ();
  StubLog log = { .journal = g_string_new (NULL) };
  gnutls_datum_t key, cert;
  int orders[2], reports[2], fd, status;
  guint16 port;
  gsize before, each;
  pid_t child;
  PliListenerSpec spec = { .name = "test", .protocol = &stub_protocol, .settings = &log, .tls = PLI_TLS_IMPLICIT };

  make_certificate (&key, &cert);
  fd = listening_socket (&port);
  g_assert_cmpint (pipe (orders) | pipe (reports), ==, 0);
  child = fork ();
  if (child == 0)
    {
      close (fd);
      close (orders[1]);
      client (port, orders[0], reports[1]);
    }
  close (orders[0]);
  close (reports[1]);
  instance->rooms = PLI_ROOM_BIT (PLI_ROOM_ACCESS);
  instance->net = pli_net_new (instance);
  instance->signer = pli_signer_local_new (&(PliKey){ "k", pli_span ((char *) key.data, key.size) }, 1, NULL);
  {
    PliCertificate certificate = { "k", pli_span ((char *) cert.data, cert.size) };

    spec.certificates = pli_tls_new (
        instance, &(PliTlsSpec){ .certificates = &certificate, .n_certificates = 1, .tickets = TRUE }, NULL);
  }
  g_assert_nonnull (spec.certificates);
  pli_net_listen (instance->net, fd, &spec);
  open_sessions (instance, orders[1], reports[0], WARM_UP);
  before = pss_bytes ();
  open_sessions (instance, orders[1], reports[0], SESSIONS);
  each = (pss_bytes () - before) / SESSIONS;
  g_assert_cmpuint (pli_net_counts (instance->net).sessions, ==, WARM_UP + SESSIONS);
  printf ("# %u bytes of PSS an idle TLS 1.3 session\n%s 1 an idle session costs at most %u bytes\n", (guint) each,
          each <= MOST_BYTES ? "ok" : "not ok", MOST_BYTES);
  close (orders[1]);
  waitpid (child, &status, 0);
  g_assert_cmpint (status, ==, 0);
  pli_net_free (instance->net);
  stub_settle (instance);
  pli_tls_unref (spec.certificates);
  pli_signer_free (instance->signer);
  pli_instance_free (instance);
  stub_log_clear (&log);
  gnutls_free (key.data);
  gnutls_free (cert.data);
  return each <= MOST_BYTES ? 0 : 1;
}

int
main (void)
{
  struct rlimit files = { 4096, 4096 };

  puts ("1..1");
  if (!SANITIZED && setrlimit (RLIMIT_NOFILE, &files) == 0 && access ("/proc/self/smaps_rollup", R_OK) == 0)
    return measure ();
  puts ("ok 1 # SKIP no room for the descriptors, no smaps, or sanitizers");
  return 0;
}
