/* delay.c: the skeleton in whatever language: `delay PLUGIN` runs it between a client and the SMTP engine, with the clock
 * held, and wants each recipient to be answered after the seconds that its setting says, and not before. */
#include <pli/test.h>

int
main (int argc, char **argv)
{
  const char *const plugins[] = { "proto-smtp", argv[1], NULL };
  g_autofree char *conf = g_strdup_printf ("[%s]\nwait = 3s\n", argv[1]);
  PliTest *test;
  PliTestClient *client;

  g_assert_cmpint (argc, ==, 2);
  test = pli_test_new (NULL, plugins, conf);
  pli_test_world (test);
  pli_test_hold_clock (test, 1171501323 * (gint64) G_USEC_PER_SEC);
  client = pli_test_client_new (test, "smtp", "mx", "192.0.2.1");
  pli_test_client_expect (client, "EHLO client.example.org\r\nMAIL FROM:<s@example.org>\r\n", "250 ");
  g_assert_cmpstr (pli_test_client_say (client, "RCPT TO:<ann@example.test>\r\n"), ==, "");
  pli_test_move_clock (test, 2 * G_USEC_PER_SEC);
  g_assert_cmpstr (pli_test_client_say (client, ""), ==, "");
  pli_test_move_clock (test, 2 * G_USEC_PER_SEC);
  pli_test_client_expect (client, "", "250 ");
  pli_test_client_free (client);
  pli_test_free (test, FALSE);
  return 0;
}
