/* Tests of auth-front: SCRAM with libgsasl's own client, with and without channel binding; keys of older accounts; logins that
 * do not exist; limits of a conversation; blocking; aliases over sources. RFC 5802, RFC 7677. */
#include "lib/harness.h"
#include "service/method.h"

#include <gsasl.h>

#define SECONDS ((gint64) G_USEC_PER_SEC)
#define BOB "bob@one.example"

static const char base_conf[] = "[auth-local]\nhash-cost = 1\n[auth-front]\nfailure-delay = 0\nsteps-max = 4\n"
                                "response-max = 1KiB\n";

static void
change (PliTest *test, guint32 verb, const char *name, const char *password, int code)
{
  PliChangeArgs args = { .verb = verb, .name = name, .password = pli_span_from (password) };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &args);

  g_assert_cmpint (answer->error ? answer->error->code : 0, ==, code);
}

static PliTest *
open_test (const char *more)
{
  const char *const plugins[] = { "auth-local", "auth-front", NULL };
  g_autofree char *conf = g_strconcat (base_conf, more, NULL);
  PliTest *test = pli_test_new (NULL, plugins, conf);

  change (test, PLI_DOMAIN_ADD, "one.example", NULL, 0);
  change (test, PLI_ACCOUNT_ADD, BOB, "secret1", 0);
  change (test, PLI_ACCOUNT_ADD, "off@one.example", "secret1", 0);
  change (test, PLI_ACCOUNT_DISABLE, "off@one.example", NULL, 0);
  return test;
}

static PliTestAnswer *
step (PliTest *test, guint64 session, const char *mechanism, PliSpan response, const char *binding)
{
  PliSaslArgs args = { .mechanism = mechanism,
                       .response = response,
                       .service = "imap",
                       .peer = "192.0.2.1",
                       .exporter = pli_span_from (binding) };

  return pli_test_call (test, PLI_METHOD_SASL, session, NULL, &args);
}

typedef struct
{
  const char *mechanism, *login, *password;
  const char *here, *there; /* channel binding as the server and as the client see it */
} Way;

static Gsasl_session *
client_new (Gsasl *gsasl, const Way *way)
{
  Gsasl_session *client = NULL;

  g_assert_cmpint (gsasl_client_start (gsasl, way->mechanism, &client), ==, GSASL_OK);
  gsasl_property_set (client, GSASL_AUTHID, way->login);
  gsasl_property_set (client, GSASL_PASSWORD, way->password);
  if (way->there)
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) way->there, strlen (way->there));

      gsasl_property_set (client, GSASL_CB_TLS_EXPORTER, base64);
    }
  return client;
}

/* Error code, 0: signed in. */
static int
converse (PliTest *test, const Way *way)
{
  static guint64 sessions = 1000;
  guint64 session = ++sessions;
  Gsasl *gsasl = NULL;
  Gsasl_session *client;
  const char *mechanism = way->mechanism;
  g_autofree char *said = NULL;
  gsize said_len = 0;
  int code = -1;

  g_assert_cmpint (gsasl_init (&gsasl), ==, GSASL_OK);
  client = client_new (gsasl, way);
  while (code < 0)
    {
      char *response = NULL;
      gsize len = 0;
      int client_code = gsasl_step (client, said, said_len, &response, &len);
      g_autoptr (PliTestAnswer) answer = NULL;
      const PliSaslResult *result;

      if (client_code != GSASL_OK && client_code != GSASL_NEEDS_MORE)
        g_error ("the client gives up: %s", gsasl_strerror (client_code));
      answer = step (test, session, mechanism, pli_span (response ? response : "", len), way->here);
      gsasl_free (response);
      mechanism = NULL;
      result = answer->result;
      if (answer->error)
        code = answer->error->code;
      else if (result->done)
        {
          g_assert_cmpstr (result->who.login, ==, BOB);
          g_assert_cmpuint (strlen (result->who.account), >, 0);
          code = 0;
        }
      else
        {
          g_free (said);
          said = pli_span_dup (result->challenge);
          said_len = result->challenge.len;
        }
    }
  gsasl_finish (client);
  gsasl_done (gsasl);
  return code;
}

static const struct
{
  Way way;
  int code;
} ways[] = {
  { { "SCRAM-SHA-256", BOB, "secret1", NULL, NULL }, 0 },
  { { "SCRAM-SHA-256", "BOB@One.example", "secret1", NULL, NULL }, 0 },
  { { "SCRAM-SHA-256", "bob", "secret1", NULL, NULL }, 0 },
  { { "SCRAM-SHA-256-PLUS", BOB, "secret1", "thirty-two bytes of a connection", "thirty-two bytes of a connection" },
    0 },
  { { "SCRAM-SHA-256-PLUS", BOB, "secret1", "thirty-two bytes of a connection", "thirty-two bytes of one between" },
    PLI_ERROR_DENIED },
  { { "SCRAM-SHA-256-PLUS", BOB, "secret1", NULL, "thirty-two bytes of a connection" }, PLI_ERROR_PERMANENT },
  { { "SCRAM-SHA-256", BOB, "secret2", NULL, NULL }, PLI_ERROR_DENIED },
  { { "SCRAM-SHA-256", "ghost@one.example", "secret1", NULL, NULL }, PLI_ERROR_DENIED },
  { { "SCRAM-SHA-256", "off@one.example", "secret1", NULL, NULL }, PLI_ERROR_DENIED },
  { { "PLAIN", BOB, "secret1", NULL, NULL }, 0 },
  { { "PLAIN", BOB, "secret2", NULL, NULL }, PLI_ERROR_DENIED },
  { { "LOGIN", BOB, "secret1", NULL, NULL }, 0 },
  { { "CRAM-MD5", BOB, "secret1", NULL, NULL }, PLI_ERROR_PERMANENT },
};

static void
test_ways (void)
{
  PliTest *test = open_test ("login-failures-max = 0\nclient-failures-max = 0\n");

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_test_message ("%s %s", ways[i].way.mechanism, ways[i].way.login);
      /* The client of CRAM-MD5 and LOGIN speaks second. */
      if (g_str_equal (ways[i].way.mechanism, "CRAM-MD5"))
        {
          g_autoptr (PliTestAnswer) answer = step (test, 7, "CRAM-MD5", pli_span (NULL, 0), NULL);

          g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_PERMANENT);
        }
      else if (!g_str_equal (ways[i].way.mechanism, "LOGIN"))
        g_assert_cmpint (converse (test, &ways[i].way), ==, ways[i].code);
    }
  pli_test_free (test, FALSE);
}

/* "r=…,s=SALT,i=N" */
static char *
salt_of (PliTest *test, const char *login)
{
  g_autofree char *first = g_strdup_printf ("n,,n=%s,r=abc", login);
  g_autoptr (PliTestAnswer) answer = step (test, 8, "SCRAM-SHA-256", pli_span_from (first), NULL);
  g_autofree char *said = NULL;

  g_assert_no_error (answer->error);
  said = pli_span_dup (((const PliSaslResult *) answer->result)->challenge);
  g_assert_true (g_str_has_prefix (said, "r=abc"));
  g_assert_nonnull (strstr (said, ",s="));
  return g_strdup (strstr (said, ",s="));
}

/* The same salt each time, also after a restart, and another one for another login; it looks like those that are real. */
static void
test_unknown (void)
{
  static const char *const logins[] = { BOB, "ghost@one.example", "ghost@nine.example", "off@one.example", "ghost" };
  PliTest *test = open_test (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (logins); i++)
    {
      g_autofree char *first = salt_of (test, logins[i]);
      char *again = salt_of (test, logins[i]);

      g_assert_cmpstr (first, ==, again);
      g_assert_cmpuint (strlen (first), ==, strlen (",s=0123456789abcdef01234w==,i=10000"));
      g_assert_true (g_str_has_suffix (first, "==,i=10000"));
      g_assert_true (g_hash_table_add (seen, again));
    }
  {
    const char *const plugins[] = { "auth-local", "auth-front", NULL };
    g_autofree char *root = g_strdup (test->root);
    g_autofree char *before = salt_of (test, "ghost@one.example");
    g_autofree char *after = NULL;

    pli_test_free (test, TRUE);
    test = pli_test_new (root, plugins, base_conf);
    after = salt_of (test, "ghost@one.example");
    g_assert_cmpstr (before, ==, after);
  }
  pli_test_free (test, FALSE);
}

static int
code_of (PliTestAnswer *answer)
{
  int code = answer->error ? answer->error->code : 0;

  pli_test_answer_free (answer);
  return code;
}

static void
test_limits (void)
{
  PliTest *test = open_test ("conversations-max = 2\nconversation-time = 10s\n");
  g_autofree char *long_one = g_strnfill (1025, 'x');
  PliSpan first = PLI_SPAN ("n,,n=bob,r=abc"), none = { NULL, 0 };

  pli_loop_fake_clock (test->instance->loop, 1000 * SECONDS);
  g_assert_cmpint (code_of (step (test, 1, NULL, first, NULL)), ==, PLI_ERROR_SYNTAX);
  g_assert_cmpint (code_of (step (test, 1, "PLAIN", pli_span_from (long_one), NULL)), ==, PLI_ERROR_SYNTAX);
  g_assert_cmpint (code_of (step (test, 1, "SCRAM-SHA-256", PLI_SPAN ("nonsense"), NULL)), ==, PLI_ERROR_SYNTAX);
  /* one of a session's; then those of three sessions */
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (code_of (step (test, 1, "SCRAM-SHA-256", none, NULL)), ==, 0);
  g_assert_cmpint (code_of (step (test, 2, "SCRAM-SHA-256", none, NULL)), ==, 0);
  g_assert_cmpint (code_of (step (test, 3, "SCRAM-SHA-256", none, NULL)), ==, PLI_ERROR_TRY_AGAIN);
  pli_loop_move_clock (test->instance->loop, 10 * SECONDS);
  g_assert_cmpint (code_of (step (test, 2, NULL, first, NULL)), ==, PLI_ERROR_SYNTAX);
  g_assert_cmpint (code_of (step (test, 3, "SCRAM-SHA-256", none, NULL)), ==, 0);
  pli_test_free (test, FALSE);
}

/* An account from before there were keys gets them when it signs in with its password. */
static void
test_older_account (void)
{
  static const Way scram = { "SCRAM-SHA-256", BOB, "secret1", NULL, NULL };
  static const Way plain = { "PLAIN", BOB, "secret1", NULL, NULL };
  const char *const plugins[] = { "auth-local", "auth-front", NULL };
  PliTest *test = open_test (NULL);
  g_autofree char *root = g_strdup (test->root);
  g_autofree char *command = NULL;
  g_autofree char *sqlite3 = g_find_program_in_path ("sqlite3");
  guint tries = 0;

  if (!sqlite3)
    {
      pli_test_free (test, FALSE);
      g_test_skip ("sqlite3 is not installed");
      return;
    }
  pli_test_free (test, TRUE);
  command = g_strdup_printf ("sqlite3 %s/data/auth-local/directory.db "
                             "'ALTER TABLE account DROP COLUMN scram; PRAGMA user_version = 1'",
                             root);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  test = pli_test_new (root, plugins, base_conf);
  g_assert_cmpint (converse (test, &scram), ==, PLI_ERROR_DENIED);
  g_assert_cmpint (converse (test, &plain), ==, 0);
  while (converse (test, &scram) != 0)
    g_assert_cmpuint (tries++, <, 3);
  pli_test_free (test, FALSE);
}

static int
sign_in (PliTest *test, const char *login, const char *password, const char *peer)
{
  PliVerifyArgs args = { .login = login, .password = pli_span_from (password), .service = "pop3", .peer = peer };

  return code_of (pli_test_call (test, PLI_METHOD_VERIFY, 0, NULL, &args));
}

static void
test_blocks (void)
{
  static const Way scram = { "SCRAM-SHA-256", BOB, "secret1", NULL, NULL }; /* from 192.0.2.1 */
  PliTest *test =
      open_test ("failure-delay-max = 0\nlogin-failures-max = 3\nclient-failures-max = 5\nblock-time = 1h\n");

  pli_loop_fake_clock (test->instance->loop, 1000 * SECONDS);
  g_assert_cmpint (sign_in (test, BOB, "secret1", "198.51.100.1"), ==, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (sign_in (test, BOB, "wrong", "192.0.2.9"), ==, PLI_ERROR_DENIED);
  /* the login is blocked for whoever has not been here before, by any protocol and mechanism */
  g_assert_cmpint (sign_in (test, BOB, "secret1", "192.0.2.9"), ==, PLI_ERROR_DENIED);
  g_assert_cmpint (converse (test, &scram), ==, PLI_ERROR_DENIED);
  g_assert_cmpint (sign_in (test, BOB, "secret1", "198.51.100.1"), ==, 0);
  change (test, PLI_ACCOUNT_UNBLOCK, "Bob@one.example", NULL, 0);
  change (test, PLI_ACCOUNT_UNBLOCK, BOB, NULL, PLI_ERROR_NOT_FOUND);
  g_assert_cmpint (converse (test, &scram), ==, 0);
  g_assert_cmpint (sign_in (test, BOB, "secret1", "192.0.2.9"), ==, 0);
  /* a client is: those of one /64 are one */
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *login = g_strdup_printf ("u%u@one.example", i);
      g_autofree char *peer = g_strdup_printf ("2001:db8::%u", i + 1);

      g_assert_cmpint (sign_in (test, login, "wrong", peer), ==, PLI_ERROR_DENIED);
    }
  g_assert_cmpint (sign_in (test, BOB, "secret1", "2001:db8::77"), ==, PLI_ERROR_DENIED);
  g_assert_cmpint (sign_in (test, BOB, "secret1", "2001:db8:0:1::1"), ==, 0);
  pli_loop_move_clock (test->instance->loop, 3600 * SECONDS);
  g_assert_cmpint (sign_in (test, BOB, "secret1", "2001:db8::77"), ==, 0);
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth-front/ways", test_ways);
  g_test_add_func ("/auth-front/unknown", test_unknown);
  g_test_add_func ("/auth-front/limits", test_limits);
  g_test_add_func ("/auth-front/older-account", test_older_account);
  g_test_add_func ("/auth-front/blocks", test_blocks);
  return g_test_run ();
}
