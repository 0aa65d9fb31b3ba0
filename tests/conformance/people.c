/* The part of the suite of directories that needs no administration, so that it runs on directories that are kept elsewhere:
 * who is found, who may sign in, that ids stay, that what clients say stays a value. By itself on auth-local; on a server of
 * another kind when $PLI_TEST_DIRECTORY names the plugin and $PLI_TEST_DIRECTORY_CONF a file with its settings: tests/e2e/
 * fills an slapd and a Samba with the same people.
 *
 * People of one.example: bob (also sales@), eve, off (disabled), out (may not have mail, or is not there). */
#include "directory-fixture.h"

#define SET "[auth-front]\nfailure-delay = 0\nlogin-failures-max = 0\nclient-failures-max = 0\n"

static const Step founding[] = {
  { PLI_DOMAIN_ADD, "one.example", NULL, NULL, 0 },
  { PLI_ACCOUNT_ADD, "bob@one.example", NULL, "Secret.Bob1", 0 },
  { PLI_ACCOUNT_ADD, "eve@one.example", NULL, "Secret.Eve1", 0 },
  { PLI_ACCOUNT_ADD, "off@one.example", NULL, "Secret.Off1", 0 },
  { PLI_ACCOUNT_DISABLE, "off@one.example", NULL, NULL, 0 },
  { PLI_ALIAS_ADD, "sales@one.example", "bob@one.example", NULL, 0 },
};

static const char *
elsewhere (void)
{
  return g_getenv ("PLI_TEST_DIRECTORY");
}

static PliTest *
open_people (const char *root)
{
  const char *const plugins[] = { elsewhere () ? elsewhere () : "auth-local", "auth-front", NULL };
  g_autofree char *text = NULL;
  g_autofree char *conf = NULL;
  PliTest *test;

  if (elsewhere ())
    g_assert_true (g_file_get_contents (g_getenv ("PLI_TEST_DIRECTORY_CONF"), &text, NULL, NULL));
  conf = g_strconcat (SET, text ? text : "[auth-local]\nhash-cost = 1\n", NULL);
  test = pli_test_new (root, plugins, conf);
  if (!elsewhere () && !root)
    run_steps (test, founding, G_N_ELEMENTS (founding));
  return test;
}

typedef struct
{
  const char *address;
  guint32 kind;
  const char *target, *detail;
} Case;

static const Case cases[] = {
  { "bob@one.example", PLI_RCPT_LOCAL, "bob@one.example", NULL },
  { "BOB@One.Example", PLI_RCPT_LOCAL, "bob@one.example", NULL },
  { "bob@one.example", PLI_RCPT_LOCAL, "bob@one.example", NULL }, /* from memory */
  { "sales@one.example", PLI_RCPT_LOCAL, "bob@one.example", NULL },
  { "bob+x@one.example", PLI_RCPT_LOCAL, "bob@one.example", "x" },
  { "bob+x@one.example", PLI_RCPT_LOCAL, "bob@one.example", "x" },
  { "sales+a+b@one.example", PLI_RCPT_LOCAL, "bob@one.example", "a+b" },
  { "eve@one.example", PLI_RCPT_LOCAL, "eve@one.example", NULL },
  { "off@one.example", PLI_RCPT_DISABLED, NULL, NULL },
  { "out@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "ghost@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "ghost+bob@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "b*b@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "*@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "x)(mail=bob@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "bob\\2a@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "m\xc3\xbcller@one.example", PLI_RCPT_UNKNOWN, NULL, NULL },
  { "bob@nine.example", PLI_RCPT_FOREIGN, NULL, NULL },
};

static PliTestAnswer *
resolve (PliTest *test, const char *address)
{
  PliResolveArgs args = { address };

  return pli_test_call (test, PLI_METHOD_RESOLVE, 0, NULL, &args);
}

static void
test_resolve (void)
{
  PliTest *test = open_people (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PliTestAnswer) answer = resolve (test, cases[i].address);
      const PliResolveResult *result = answer->result;

      g_test_message ("%s: %s", cases[i].address, answer->error ? answer->error->message : "answered");
      g_assert_no_error (answer->error);
      g_assert_cmpuint (result->kind, ==, cases[i].kind);
      g_assert_cmpuint (result->n_targets, ==, cases[i].target ? 1 : 0);
      if (!cases[i].target)
        continue;
      g_assert_cmpstr (result->targets[0].address, ==, cases[i].target);
      g_assert_cmpstr (result->targets[0].detail, ==, cases[i].detail);
      g_assert_cmpuint (strlen (result->targets[0].account), >, 0);
    }
  pli_test_free (test, FALSE);
}

typedef struct
{
  const char *login, *password, *authzid, *service, *as;
} Login;

static const Login logins[] = {
  { "bob@one.example", "Secret.Bob1", NULL, "imap", "bob@one.example" },
  { "BOB@ONE.EXAMPLE", "Secret.Bob1", NULL, "pop3", "bob@one.example" },
  { "bob", "Secret.Bob1", NULL, "submission", "bob@one.example" },
  { "bob@one.example", "Secret.Bob1", "", "imap", "bob@one.example" },
  { "bob@one.example", "Secret.Bob1", "bob@one.example", "imap", "bob@one.example" },
  { "bob@one.example", "Secret.Bob1", "eve@one.example", "imap", NULL },
  { "bob@one.example", "secret.bob1", NULL, "imap", NULL },
  { "bob@one.example", "", NULL, "imap", NULL },
  { "bob@one.example", "Secret.Eve1", NULL, "imap", NULL },
  { "bob@one.example", "Secret.Bob1", NULL, "teapot", NULL },
  { "eve@one.example", "Secret.Eve1", NULL, "imap", "eve@one.example" },
  { "off@one.example", "Secret.Off1", NULL, "imap", NULL },
  { "out@one.example", "Secret.Out1", NULL, "imap", NULL },
  { "ghost@one.example", "Secret.Bob1", NULL, "imap", NULL },
  { "bob@nine.example", "Secret.Bob1", NULL, "imap", NULL },
  { "*", "Secret.Bob1", NULL, "imap", NULL },
  { "b*", "Secret.Bob1", NULL, "imap", NULL },
  { "bob)(uid=*", "Secret.Bob1", NULL, "imap", NULL },
  { "x)(|(uid=bob", "Secret.Bob1", NULL, "imap", NULL },
  { "x,dc=one\\", "Secret.Bob1", NULL, "imap", NULL },
  { "", "Secret.Bob1", NULL, "imap", NULL },
};

static PliTestAnswer *
sign_in (PliTest *test, const Login *login)
{
  PliVerifyArgs args = { .login = login->login,
                         .password = pli_span_from (login->password),
                         .authzid = login->authzid,
                         .service = login->service,
                         .peer = "192.0.2.7" };

  return pli_test_call (test, PLI_METHOD_VERIFY, 0, NULL, &args);
}

static void
test_sign_in (void)
{
  PliTest *test = open_people (NULL);

  for (guint round = 0; round < 2; round++)
    for (gsize i = 0; i < G_N_ELEMENTS (logins); i++)
      {
        g_autoptr (PliTestAnswer) answer = sign_in (test, &logins[i]);
        const PliVerifyResult *result = answer->result;

        g_test_message ("%s %s: %s", logins[i].login, logins[i].password,
                        answer->error ? answer->error->message : result->login);
        if (!logins[i].as)
          g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_DENIED);
        else
          {
            g_assert_no_error (answer->error);
            g_assert_cmpstr (result->login, ==, logins[i].as);
            g_assert_cmpuint (result->rights, ==, PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT);
          }
      }
  pli_test_free (test, FALSE);
}

/* Mail and logins of one person meet in one mailbox, the next time too. */
static void
test_ids (void)
{
  PliTest *test = open_people (NULL);
  g_autofree char *root = g_strdup (test->root);
  g_autofree char *first = NULL;

  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (PliTestAnswer) found = resolve (test, "sales@one.example"), other = resolve (test, "eve@one.example");
      g_autoptr (PliTestAnswer) signed_in = sign_in (test, &logins[0]);
      const char *id = ((PliResolveResult *) found->result)->targets[0].account;

      g_assert_no_error (signed_in->error);
      g_assert_cmpstr (id, ==, ((PliVerifyResult *) signed_in->result)->account);
      g_assert_cmpstr (id, !=, ((PliResolveResult *) other->result)->targets[0].account);
      g_assert_cmpuint (strlen (id), <=, 32);
      g_assert_cmpuint (strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789"), ==, strlen (id));
      if (elsewhere ())
        g_assert_true (g_str_has_prefix (id, elsewhere () + strlen ("auth-"))); /* no other source's */
      if (first)
        g_assert_cmpstr (id, ==, first);
      else
        first = g_strdup (id);
      pli_test_free (test, round == 0);
      test = round == 0 ? open_people (root) : NULL;
    }
}

/* More at once than the directory is asked at once. */
static void
test_at_once (void)
{
  PliTest *test = open_people (NULL);
  PliTestAnswer *answers[40];

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      const Login *login = &logins[i % 2 ? 0 : 10];
      PliVerifyArgs args = {
        .login = login->login, .password = pli_span_from (login->password), .service = "imap", .peer = "192.0.2.7"
      };

      answers[i] = pli_test_start (test, PLI_METHOD_VERIFY, 0, NULL, &args);
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      pli_test_until (test, &answers[i]->done);
      g_assert_no_error (answers[i]->error);
      g_assert_cmpstr (((PliVerifyResult *) answers[i]->result)->login, ==,
                       i % 2 ? "bob@one.example" : "eve@one.example");
      pli_test_answer_free (answers[i]);
    }
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/people/resolve", test_resolve);
  g_test_add_func ("/people/sign-in", test_sign_in);
  g_test_add_func ("/people/ids", test_ids);
  g_test_add_func ("/people/at-once", test_at_once);
  return g_test_run ();
}
