/* proxy.c: the PROXY protocol's grammar, cases as tables, each at every split of its bytes. */
#include "net/proxy.h"

#define S(text) text, sizeof text - 1
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static const struct
{
  const char *bytes;
  gsize len;
  PliProxyResult result;
  const char *client;
  guint client_port;
  const char *server;
  guint server_port;
} cases[] = {
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"), PLI_PROXY_DONE, "192.0.2.1", 56324, "198.51.100.2", 443 },
  { S ("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"), PLI_PROXY_DONE, "2001:db8::1", 1, "::1", 65535 },
  { S ("PROXY UNKNOWN\r\n"), PLI_PROXY_LOCAL, NULL, 0, NULL, 0 },
  { S ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), PLI_PROXY_LOCAL, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 056 443\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.256 198.51.100.2 1 443\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 2001:db8::1 ::1 1 2\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY \r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("PROXY\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("EHLO example.org\r\n"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S ("\r\n\r\n"), PLI_PROXY_MORE, NULL, 0, NULL, 0 },
  { S ("PROXY TCP4 192.0.2.1"), PLI_PROXY_MORE, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"), PLI_PROXY_DONE, "192.0.2.1", 56324,
    "198.51.100.2", 443 },
  { S (SIGNATURE "\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb\4\0\1x"), PLI_PROXY_DONE, "192.0.2.1", 56324,
    "198.51.100.2", 443 },
  { S (SIGNATURE "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\xff\xff"),
    PLI_PROXY_DONE, "2001:db8::1", 1, "::1", 65535 },
  { S (SIGNATURE "\x20\0\0\0"), PLI_PROXY_LOCAL, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x21\0\0\0"), PLI_PROXY_LOCAL, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x22\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x11\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x21\x11\0\x0b\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x21\x12\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
  { S (SIGNATURE "\x21\x11\xff\xff"), PLI_PROXY_BAD, NULL, 0, NULL, 0 },
};

static void
expect_address (const PliAddress *address, const char *text, guint port)
{
  char got[INET6_ADDRSTRLEN];

  pli_address_to_text (address, got);
  g_assert_cmpstr (got, ==, text);
  g_assert_cmpuint (address->port, ==, port);
}

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *more = g_malloc (cases[i].len + 3);
      PliProxyHeader header;

      memcpy (more, cases[i].bytes, cases[i].len);
      memcpy (more + cases[i].len, "ABC", 3);
      g_test_message ("case %u", i);
      g_assert_cmpint (pli_proxy_parse (pli_span (cases[i].bytes, cases[i].len), &header), ==, cases[i].result);
      if (cases[i].result == PLI_PROXY_DONE || cases[i].result == PLI_PROXY_LOCAL)
        {
          g_assert_cmpuint (header.len, ==, cases[i].len);
          g_assert_cmpint (pli_proxy_parse (pli_span (more, cases[i].len + 3), &header), ==, cases[i].result);
          g_assert_cmpuint (header.len, ==, cases[i].len);
        }
      if (cases[i].result == PLI_PROXY_DONE)
        {
          expect_address (&header.client, cases[i].client, cases[i].client_port);
          expect_address (&header.server, cases[i].server, cases[i].server_port);
        }
      /* A beginning of a good header is never refused and never complete. */
      for (gsize len = 0; cases[i].result != PLI_PROXY_BAD && len < cases[i].len; len++)
        {
          g_autofree char *head = g_memdup2 (cases[i].bytes, len);

          g_assert_cmpint (pli_proxy_parse (pli_span (head, len), &header), ==, PLI_PROXY_MORE);
        }
    }
}

static void
test_too_long (void)
{
  g_autofree char *line = g_strnfill (200, 'x');
  PliProxyHeader header;

  memcpy (line, "PROXY UNKNOWN ", 14);
  for (gsize len = 0; len < 107; len++)
    g_assert_cmpint (pli_proxy_parse (pli_span (line, len), &header), ==, PLI_PROXY_MORE);
  g_assert_cmpint (pli_proxy_parse (pli_span (line, 107), &header), ==, PLI_PROXY_BAD);
}

static void
test_addresses (void)
{
  PliAddress a, b;

  g_assert_true (pli_address_from_text ("127.3.2.1", &a));
  g_assert_true (pli_address_is_loopback (&a));
  g_assert_true (pli_address_from_text ("::ffff:192.0.2.1", &a));
  expect_address (&a, "192.0.2.1", 0);
  g_assert_false (pli_address_is_loopback (&a));
  g_assert_false (pli_address_from_text ("mail.example.org", &b));
  /* An IPv6 client is its /64. */
  g_assert_true (pli_address_from_text ("2001:db8:1:2::1", &a) && pli_address_from_text ("2001:db8:1:2:f::2", &b));
  g_assert_true (pli_address_count_key (&a) == pli_address_count_key (&b));
  g_assert_true (pli_address_from_text ("2001:db8:1:3::1", &b));
  g_assert_false (pli_address_count_key (&a) == pli_address_count_key (&b));
  g_assert_true (pli_address_from_text ("192.0.2.1", &a) && pli_address_from_text ("192.0.2.2", &b));
  g_assert_false (pli_address_count_key (&a) == pli_address_count_key (&b));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/proxy/cases", test_cases);
  g_test_add_func ("/net/proxy/too-long", test_too_long);
  g_test_add_func ("/net/proxy/addresses", test_addresses);
  return g_test_run ();
}
