/* The conformance suite of name look-ups (<pli/dns.h>), run on each plugin that offers them, against a real NSD: each
 * type, chains, what is not there, servers that are dead, many questions at once, new settings in between. */
#include "lib/harness.h"
#include "lib/nsd.h"
#include "service/method.h"

#include <arpa/inet.h>
#include <pli/dns.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const backends[] = { "dns-unbound" };

#define B50 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define A250                                                                                                           \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
  "aaaaaaa"                                                                                                            \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
  "aaaaaaaaaaaaaaaaaaa"

static const char zone[] =
    "$ORIGIN pli.test.\n$TTL 300\n"
    "@ SOA ns hostmaster 1 3600 600 86400 77\n"
    "@ NS ns\nns A 127.0.0.1\n"
    "@ MX 20 MX2\n@ MX 10 mx1.Pli.TEST.\n"
    "mx1 A 192.0.2.1\nmx1 A 192.0.2.2\nmx1 AAAA 2001:db8::1\n"
    "mx2 A 192.0.2.3\n"
    "null MX 0 .\n"
    "long TXT \"" A250 "\" \"" B50 "\"\n"
    "short 60 TXT \"v=spf1 -all\"\nbytes TXT \"a\\000\\200z\"\nempty TXT \"\"\n"
    "alias 120 CNAME alias2\nalias2 30 CNAME mx1\ndangling CNAME nothing\nloop1 CNAME loop2\nloop2 CNAME loop1\n"
    "_25._tcp.mx1 TLSA 3 1 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\n"
    "*.wild A 192.0.2.77\n";
static const char reverse4[] =
    "$ORIGIN 2.0.192.in-addr.arpa.\n$TTL 300\n@ SOA ns.pli.test. h.pli.test. 1 3600 600 86400 "
    "77\n@ NS ns.pli.test.\n1 PTR mx1.pli.test.\n";
static const char reverse6[] =
    "$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.\n$TTL 300\n@ SOA ns.pli.test. h.pli.test. 1 3600 600 86400 77\n@ NS "
    "ns.pli.test.\n1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR mx1.pli.test.\n";

static PliTestNsd *nsd;

static PliTest *
open_test (const char *backend, const char *more)
{
  const char *const plugins[] = { backend, NULL };
  g_autofree char *conf = g_strdup_printf ("[%s]\nservers = 127.0.0.1@%u\n%s", backend, nsd->port, more);

  return pli_test_new (NULL, plugins, conf);
}

static PliTestAnswer *
lookup (PliTest *test, const char *name, guint32 type)
{
  PliDnsArgs args = { name, type };

  return pli_test_call (test, PLI_METHOD_DNS_LOOKUP, 0, NULL, &args);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *) a, *(char *const *) b);
}

/* "status: preference text, …" of the answer, sorted. */
static char *
describe (const PliDnsResult *result)
{
  static const char *const status[] = { "found", "no data", "no name" };
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_free);
  GString *text = g_string_new (status[result->status]);

  for (guint i = 0; i < result->n_rows; i++)
    g_ptr_array_add (rows, result->rows[i].preference
                               ? g_strdup_printf ("%u %s", result->rows[i].preference, result->rows[i].text)
                               : g_strdup (result->rows[i].text ? result->rows[i].text : "(data)"));
  g_ptr_array_sort (rows, compare);
  for (guint i = 0; i < rows->len; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? ": " : ", ", (char *) rows->pdata[i]);
  g_ptr_array_unref (rows);
  return g_string_free (text, FALSE);
}

static void
expect (PliTest *test, const char *name, guint32 type, const char *text)
{
  g_autoptr (PliTestAnswer) answer = lookup (test, name, type);
  g_autofree char *got = NULL;

  g_test_message ("%s %u", name, type);
  g_assert_no_error (answer->error);
  got = describe (answer->result);
  g_assert_cmpstr (got, ==, text);
  g_assert_false (((PliDnsResult *) answer->result)->secure);
}

static void
test_types (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");

  for (guint twice = 0; twice < 2; twice++)
    {
      expect (test, "mx1.pli.test", PLI_DNS_A, "found: 192.0.2.1, 192.0.2.2");
      expect (test, "MX1.pli.TEST", PLI_DNS_A, "found: 192.0.2.1, 192.0.2.2");
      expect (test, "mx1.pli.test", PLI_DNS_AAAA, "found: 2001:db8::1");
      expect (test, "pli.test", PLI_DNS_MX, "found: 10 mx1.pli.test, 20 mx2.pli.test");
      expect (test, "null.pli.test", PLI_DNS_MX, "found: ");
      expect (test, "short.pli.test", PLI_DNS_TXT, "found: v=spf1 -all");
      expect (test, "long.pli.test", PLI_DNS_TXT, "found: " A250 B50);
      expect (test, "bytes.pli.test", PLI_DNS_TXT, "found: a?\310z");
      expect (test, "empty.pli.test", PLI_DNS_TXT, "found: ");
      expect (test, "alias.pli.test", PLI_DNS_CNAME, "found: alias2.pli.test");
      expect (test, "192.0.2.1", PLI_DNS_PTR, "found: mx1.pli.test");
      expect (test, "2001:db8::1", PLI_DNS_PTR, "found: mx1.pli.test");
      expect (test, "192.0.2.9", PLI_DNS_PTR, "no name");
    }
  pli_test_free (test, FALSE);
}

static void
test_data (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  g_autoptr (PliTestAnswer) tlsa = lookup (test, "_25._tcp.mx1.pli.test", PLI_DNS_TLSA);
  const PliDnsResult *result = tlsa->result;

  g_assert_no_error (tlsa->error);
  g_assert_cmpuint (result->n_rows, ==, 1);
  g_assert_null (result->rows[0].text);
  g_assert_cmpmem (result->rows[0].data.data, 4, "\3\1\1\0", 4);
  g_assert_cmpuint (result->rows[0].data.len, ==, 35);
  g_assert_cmpint ((guint8) result->rows[0].data.data[34], ==, 0xff);
  pli_test_free (test, FALSE);
}

static void
test_chains (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  g_autoptr (PliTestAnswer) alias = lookup (test, "alias.pli.test", PLI_DNS_A);
  g_autoptr (PliTestAnswer) loop = lookup (test, "loop1.pli.test", PLI_DNS_A);

  g_assert_no_error (alias->error);
  g_assert_cmpuint (((PliDnsResult *) alias->result)->n_rows, ==, 2);
  /* The shortest of the chain. */
  g_assert_cmpint (((PliDnsResult *) alias->result)->ttl_us, >, 25 * G_USEC_PER_SEC);
  g_assert_cmpint (((PliDnsResult *) alias->result)->ttl_us, <=, 30 * G_USEC_PER_SEC);
  g_assert_true (loop->error ? g_error_matches (loop->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN)
                             : ((PliDnsResult *) loop->result)->n_rows == 0);
  expect (test, "alias.pli.test", PLI_DNS_TXT, "no data");
  expect (test, "dangling.pli.test", PLI_DNS_A, "no name");
  pli_test_free (test, FALSE);
}

static void
test_not_there (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  g_autoptr (PliTestAnswer) no_data = lookup (test, "short.pli.test", PLI_DNS_A);

  g_assert_no_error (no_data->error);
  g_assert_cmpint (((PliDnsResult *) no_data->result)->ttl_us, >, 70 * G_USEC_PER_SEC);
  g_assert_cmpint (((PliDnsResult *) no_data->result)->ttl_us, <=, 77 * G_USEC_PER_SEC);
  expect (test, "short.pli.test", PLI_DNS_MX, "no data");
  expect (test, "nothing.pli.test", PLI_DNS_A, "no name");
  expect (test, "_25._tcp.mx2.pli.test", PLI_DNS_TLSA, "no name");
  pli_test_free (test, FALSE);
}

static void
fails (PliTest *test, const char *name, guint32 type, int code)
{
  g_autoptr (PliTestAnswer) answer = lookup (test, name, type);

  g_test_message ("%s %u", name, type);
  g_assert_error (answer->error, PLI_ERROR, code);
}

static void
test_cannot_be_asked (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  g_autofree char *label = g_strnfill (64, 'a'), *long_label = g_strconcat (label, ".test", NULL);
  g_autoptr (GString) long_name = g_string_new (NULL);

  while (long_name->len < 250)
    g_string_append (long_name, "abcd.");
  g_string_append (long_name, "test");
  fails (test, "", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, ".", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "a..test", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, ".test", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "pli.test.", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "a b.test", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "a\\046b.test", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "\303\244.test", PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, long_label, PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, long_name->str, PLI_DNS_A, PLI_ERROR_PERMANENT);
  fails (test, "pli.test", PLI_DNS_PTR, PLI_ERROR_PERMANENT);
  fails (test, "192.0.2.256", PLI_DNS_PTR, PLI_ERROR_PERMANENT);
  fails (test, "pli.test", 255, PLI_ERROR_PERMANENT);
  fails (test, "pli.test", 0, PLI_ERROR_PERMANENT);
  /* Not our server's: it refuses. */
  fails (test, "pli.example", PLI_DNS_A, PLI_ERROR_TRY_AGAIN);
  pli_test_free (test, FALSE);
}

/* Takes packets and never answers. */
static int
deaf (guint *out_port)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof at;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &at, sizeof at), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &at, &len), ==, 0);
  *out_port = ntohs (at.sin_port);
  return fd;
}

static PliTest *
open_deaf (const char *backend, guint port, const char *more)
{
  const char *const plugins[] = { backend, NULL };
  g_autofree char *conf = g_strdup_printf ("[%s]\nservers = 127.0.0.1@%u%s", backend, port, more);

  return pli_test_new (NULL, plugins, conf);
}

static void
test_dead_server (gconstpointer backend)
{
  g_autofree char *also = g_strdup_printf (", 127.0.0.1@%u\n", nsd->port);
  guint port;
  int fd = deaf (&port);
  PliTest *test = open_deaf (backend, port, "\ntimeout = 1s\n");
  gint64 begun = g_get_monotonic_time (), took;

  fails (test, "mx1.pli.test", PLI_DNS_A, PLI_ERROR_TRY_AGAIN);
  took = g_get_monotonic_time () - begun;
  g_assert_cmpint (took, >, G_USEC_PER_SEC / 2);
  g_assert_cmpint (took, <, 4 * G_USEC_PER_SEC);
  pli_test_free (test, FALSE);
  /* One of two is dead. */
  test = open_deaf (backend, port, also);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.wild.pli.test", i);

      expect (test, name, PLI_DNS_A, "found: 192.0.2.77");
    }
  pli_test_free (test, FALSE);
  /* The port is closed. */
  close (fd);
  test = open_deaf (backend, port, "\n");
  fails (test, "mx1.pli.test", PLI_DNS_A, PLI_ERROR_TRY_AGAIN);
  pli_test_free (test, FALSE);
}

#define MANY 2000

static void
test_many (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  PliTestAnswer *answers[MANY];

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.wild.pli.test", i / 2); /* each twice */
      PliDnsArgs args = { name, PLI_DNS_A };

      answers[i] = pli_test_start (test, PLI_METHOD_DNS_LOOKUP, 0, NULL, &args);
    }
  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *got = NULL;

      pli_test_until (test, &answers[i]->done);
      g_assert_no_error (answers[i]->error);
      got = describe (answers[i]->result);
      g_assert_cmpstr (got, ==, "found: 192.0.2.77");
      pli_test_answer_free (answers[i]);
    }
  pli_test_free (test, FALSE);
}

static void
test_limits (gconstpointer backend)
{
  guint port;
  int fd = deaf (&port);
  PliTest *test = open_deaf (backend, port, "\nqueries-max = 3\ntimeout = 500ms\n");
  PliTestAnswer *answers[5];
  PliTest *few;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.pli.test", i);
      PliDnsArgs args = { name, PLI_DNS_A };

      answers[i] = pli_test_start (test, PLI_METHOD_DNS_LOOKUP, 0, NULL, &args);
    }
  for (guint i = 5; i > 0; i--)
    {
      pli_test_until (test, &answers[i - 1]->done);
      g_assert_error (answers[i - 1]->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      g_assert_cmpint (strstr (answers[i - 1]->error->message, "already") != NULL, ==, i > 3);
      pli_test_answer_free (answers[i - 1]);
    }
  pli_test_free (test, FALSE);
  close (fd);
  few = open_test (backend, "records-max = 1\n");
  expect (few, "mx2.pli.test", PLI_DNS_A, "found: 192.0.2.3");
  fails (few, "mx1.pli.test", PLI_DNS_A, PLI_ERROR_TRY_AGAIN);
  pli_test_free (few, FALSE);
}

static void
never (gpointer user, const void *result, const GError *error)
{
  (void) user;
  (void) result;
  (void) error;
  g_assert_not_reached ();
}

/* Callers that go, at any moment; and a plugin that goes while questions wait. */
static void
test_gone (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  PliTestAnswer *waits;
  PliDnsArgs args = { "mx1.pli.test", PLI_DNS_A };
  guint port;
  int fd;

  for (guint steps = 0; steps < 10; steps++)
    {
      PliCall *call = pli_dns_lookup (test->instance, &args, never, NULL);

      for (guint i = 0; i < steps; i++)
        if (pli_op_waiting (test->instance) > 0 && steps < 2)
          pli_loop_step (test->instance->loop, 0);
      pli_call_cancel (call);
    }
  expect (test, "mx1.pli.test", PLI_DNS_A, "found: 192.0.2.1, 192.0.2.2");
  pli_test_free (test, FALSE);
  fd = deaf (&port);
  test = open_deaf (backend, port, "\n");
  waits = pli_test_start (test, PLI_METHOD_DNS_LOOKUP, 0, NULL, &args);
  pli_loop_step (test->instance->loop, 0);
  pli_test_free (test, FALSE);
  g_assert_error (waits->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  pli_test_answer_free (waits);
  close (fd);
}

/* Settings change while a question waits: it is asked again as they say now. Wrong ones leave the old in force. */
static void
test_reload (gconstpointer backend)
{
  guint port;
  int fd = deaf (&port);
  PliTest *test = open_deaf (backend, port, "\n");
  g_autofree char *good = g_strdup_printf ("[%s]\nservers = 127.0.0.1@%u\n", (const char *) backend, nsd->port);
  g_autofree char *bad = g_strdup_printf ("[%s]\nservers = nonsense@here\n", (const char *) backend);
  const char *confs[] = { good, bad };
  PliDnsArgs args = { "mx1.pli.test", PLI_DNS_A };
  PliTestAnswer *waits = pli_test_start (test, PLI_METHOD_DNS_LOOKUP, 0, NULL, &args);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 5; i++)
    pli_loop_step (test->instance->loop, 1000);
  g_assert_false (waits->done);
  for (guint i = 0; i < G_N_ELEMENTS (confs); i++)
    {
      pli_config_unref (test->instance->config);
      test->instance->config = pli_config_new ();
      pli_config_add (test->instance->config, pli_span_from (confs[i]), "test.conf", &error);
      g_assert_no_error (error);
      g_assert_true (pli_registry_reload (test->instance->registry, &error));
      expect (test, "mx1.pli.test", PLI_DNS_A, "found: 192.0.2.1, 192.0.2.2");
      expect (test, i == 0 ? "mx2.pli.test" : "x.wild.pli.test", PLI_DNS_A,
              i == 0 ? "found: 192.0.2.3" : "found: 192.0.2.77");
    }
  pli_test_until (test, &waits->done);
  g_assert_no_error (waits->error);
  pli_test_answer_free (waits);
  pli_test_free (test, FALSE);
  close (fd);
}

static void
add (const char *backend, const char *name, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/dns/%s/%s", backend, name);

  g_test_add_data_func (path, backend, func);
}

/* More A records than a UDP packet holds. */
static char *
big_zone (void)
{
  GString *text = g_string_new ("$ORIGIN big.test.\n$TTL 300\n@ SOA ns.pli.test. h.pli.test. 1 3600 600 86400 77\n@ NS "
                                "ns.pli.test.\n");

  for (guint i = 0; i < 500; i++)
    g_string_append_printf (text, "@ A 10.0.%u.%u\n", i / 250, i % 250);
  return g_string_free (text, FALSE);
}

static void
test_big (gconstpointer backend)
{
  PliTest *test = open_test (backend, "");
  g_autoptr (PliTestAnswer) answer = lookup (test, "big.test", PLI_DNS_A);

  g_assert_no_error (answer->error);
  g_assert_cmpuint (((PliDnsResult *) answer->result)->n_rows, ==, 500);
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_autofree char *big = big_zone ();
  const PliTestZone zones[] = { { "pli.test", zone },
                                { "2.0.192.in-addr.arpa", reverse4 },
                                { "8.b.d.0.1.0.0.2.ip6.arpa", reverse6 },
                                { "big.test", big },
                                { NULL, NULL } };
  int code;

  g_test_init (&argc, &argv, NULL);
  nsd = pli_test_nsd_new ();
  if (!nsd)
    {
      printf ("1..0 # SKIP nsd is not installed\n");
      return 0;
    }
  pli_test_nsd_start (nsd, zones);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    {
      add (backends[i], "types", test_types);
      add (backends[i], "data", test_data);
      add (backends[i], "chains", test_chains);
      add (backends[i], "not-there", test_not_there);
      add (backends[i], "cannot-be-asked", test_cannot_be_asked);
      add (backends[i], "dead-server", test_dead_server);
      add (backends[i], "many", test_many);
      add (backends[i], "big", test_big);
      add (backends[i], "limits", test_limits);
      add (backends[i], "gone", test_gone);
      add (backends[i], "reload", test_reload);
    }
  code = g_test_run ();
  pli_test_nsd_free (nsd);
  return code;
}
