/* connect-tls.c: connections outward against a server of ours: in the clear and under TLS, what its certificate is
 * worth, and a connection that is freed in each of its callbacks and at any other moment. */
#include "connect-scene.h"
#include "tls-scene.h"

#define HERE "127.0.0.1"

static const PliConnectionTls lax = { .host = "mail.example.org" };

static void
begin (Server *server, Caller *caller, guint32 tls)
{
  memset (server, 0, sizeof *server);
  server_start (server, (PliListenerSpec){ .tls = tls });
  server->instance->rooms |= PLI_ROOM_BIT (PLI_ROOM_OUT);
  caller_init (caller, server->instance, "deliver-test");
}

static void
finish (Server *server, Caller *caller)
{
  caller_clear (caller);
  server_stop (server);
}

static void
test_plain (void)
{
  Server server;
  Caller caller;

  begin (&server, &caller, PLI_TLS_NONE);
  caller_connect (&caller, HERE, server.port);
  caller_send (&caller, "ECHO before it was open\r\n");
  caller_expect (&caller, "before it was open\r\n");
  g_assert_cmpstr (caller.journal->str, ==, "OD");
  g_assert_null (pli_connection_tls_text (caller.c));
  g_assert_false (pli_connection_verified (caller.c, NULL));
  caller_send (&caller, "ECHO one\r\nECHO two\r\nBYE\r\n");
  g_assert_cmpuint (pli_connection_unsent (caller.c), ==, 25);
  caller_until_closed (&caller);
  g_assert_no_error (caller.error);
  g_assert_cmpstr (caller.got->str, ==, "one\r\ntwo\r\nbye\r\n");
  g_assert_cmpstr (caller.journal->str, ==, "ODDC");
  pli_connection_write (caller.c, PLI_SPAN ("nobody hears this"));
  finish (&server, &caller);
}

static void
start_tls (Caller *caller, Server *server, const PliConnectionTls *tls)
{
  caller->tls = tls;
  caller->tls_at = "go\r\n";
  caller_connect (caller, HERE, server->port);
  caller_expect (caller, "hello\r\n");
  caller_send (caller, "STARTTLS\r\n");
}

static void
test_starttls (void)
{
  Server server;
  Caller caller;
  const char *why = NULL;

  begin (&server, &caller, PLI_TLS_OFFERED);
  start_tls (&caller, &server, &lax);
  while (!strchr (caller.journal->str, 'S'))
    caller_step (&caller);
  caller_expect (&caller, "go\r\n");
  caller_send (&caller, "ECHO secret\r\n");
  caller_expect (&caller, "secret\r\n");
  g_assert_true (g_str_has_prefix (pli_connection_tls_text (caller.c), "TLS1.3 "));
  /* Signed by itself: good enough to encrypt, and the truth about it is kept. */
  g_assert_false (pli_connection_verified (caller.c, &why));
  g_assert_nonnull (strstr (why, "issuer is unknown"));
  caller_send (&caller, "BYE\r\n");
  caller_until_closed (&caller);
  g_assert_no_error (caller.error);
  g_assert_false (pli_connection_verified (caller.c, &why));
  g_assert_nonnull (why);
  finish (&server, &caller);
}

static void
test_verified (void)
{
  static const struct
  {
    const char *host;
    gboolean trusted, good;
    const char *why;
  } cases[] = {
    { "mail.example.org", TRUE, TRUE, NULL },
    { "mail.example.org", FALSE, FALSE, "issuer is unknown" },
    { "rsa.example.org", TRUE, FALSE, "issuer is unknown" },
    { "other.example.net", TRUE, FALSE, "does not match" },
    { "127.0.0.1", TRUE, FALSE, "does not match" },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      gboolean verify = i >= G_N_ELEMENTS (cases);
      guint n = i % G_N_ELEMENTS (cases);
      /* Both certificates for mail.example.org. */
      g_autofree char *ca = g_strdup_printf ("%.*s%.*s", (int) cert_pem[0].size, (char *) cert_pem[0].data,
                                             (int) cert_pem[1].size, (char *) cert_pem[1].data);
      PliConnectionTls tls = { .host = cases[n].host, .verify = verify, .ca_pem = cases[n].trusted ? ca : NULL };
      const char *why = NULL;
      Server server;
      Caller caller;

      begin (&server, &caller, PLI_TLS_IMPLICIT);
      caller.at_once = &tls;
      caller_connect (&caller, HERE, server.port);
      if (verify && !cases[n].good)
        {
          caller_until_closed (&caller);
          g_assert_error (caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
          g_assert_nonnull (strstr (caller.error->message, cases[n].why));
          g_assert_cmpstr (caller.journal->str, ==, "OC");
          g_assert_cmpstr (caller.got->str, ==, "");
        }
      else
        caller_expect (&caller, "hello\r\n");
      g_assert_cmpint (pli_connection_verified (caller.c, &why), ==, cases[n].good);
      g_assert_true (cases[n].good ? !why : strstr (why, cases[n].why) != NULL);
      finish (&server, &caller);
    }
}

static void
test_tls_settings (void)
{
  static const PliConnectionTls bad_priority = { .priority = "NONSENSE" }, bad_ca = { .ca_pem = "-----BEGIN" },
                                tls12 = { .host = "mail.example.org", .priority = "NORMAL:-VERS-TLS1.3" };
  const PliConnectionTls *all[] = { &bad_priority, &bad_ca, &tls12 };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      Server server;
      Caller caller;

      begin (&server, &caller, PLI_TLS_IMPLICIT);
      caller.at_once = all[i];
      caller_connect (&caller, HERE, server.port);
      if (all[i] == &tls12)
        {
          caller_expect (&caller, "hello\r\n");
          g_assert_true (g_str_has_prefix (pli_connection_tls_text (caller.c), "TLS1.2 "));
        }
      else
        {
          caller_until_closed (&caller);
          g_assert_error (caller.error, PLI_ERROR, PLI_ERROR_CONFIG);
        }
      finish (&server, &caller);
    }
}

static void
test_free_inside (void)
{
  for (const char *at = "OISDC"; *at; at++)
    {
      Server server;
      Caller caller;

      begin (&server, &caller, *at == 'S' ? PLI_TLS_IMPLICIT : PLI_TLS_NONE);
      caller.free_at = *at;
      caller.at_once = *at == 'S' ? &lax : NULL;
      caller_connect (&caller, HERE, server.port);
      if (*at != 'S')
        caller_send (&caller, *at == 'C' ? "BYE\r\n" : "ECHO it\r\n");
      for (guint i = 0; i < 1000 && caller.c; i++)
        caller_step (&caller);
      g_assert_null (caller.c);
      if (*at != 'I')
        g_assert_cmpint (caller.journal->str[caller.journal->len - 1], ==, *at);
      finish (&server, &caller);
    }
}

/* Freed at any moment of its life, from outside. */
static void
test_free_any_time (void)
{
  for (guint steps = 0; steps < 12; steps++)
    {
      Server server;
      Caller caller;

      begin (&server, &caller, PLI_TLS_IMPLICIT);
      caller.at_once = &lax;
      caller_connect (&caller, HERE, server.port);
      for (guint i = 0; i < steps; i++)
        caller_step (&caller);
      caller_send (&caller, "ECHO it\r\n");
      finish (&server, &caller);
    }
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  keys_make ();
  g_test_add_func ("/connect-tls/plain", test_plain);
  g_test_add_func ("/connect-tls/starttls", test_starttls);
  g_test_add_func ("/connect-tls/verified", test_verified);
  g_test_add_func ("/connect-tls/tls-settings", test_tls_settings);
  g_test_add_func ("/connect-tls/free-inside", test_free_inside);
  g_test_add_func ("/connect-tls/free-any-time", test_free_any_time);
  code = g_test_run ();
  keys_free ();
  return code;
}
