/* directory-login.c: the directory suite, signing in. */
#include "directory-fixture.h"

typedef struct
{
  const char *login, *password, *authzid, *service;
  const char *as; /* NULL: refused */
} Verify;

static const Verify verifies[] = {
  { "bob@one.example", "secret1", NULL, "imap", "bob@one.example" },
  { "bob@one.example", "secret1", NULL, "imap", "bob@one.example" }, /* from memory */
  { "Bob@One.Example", "secret1", NULL, "pop3", "bob@one.example" },
  { "bob", "secret1", NULL, "submission", "bob@one.example" },
  { "bob@one.example", "secret1", "bob@one.example", "imap", "bob@one.example" },
  { "bob@one.example", "secret1", "", "imap", "bob@one.example" },
  { "bob@one.example", "secret1", "eve@one.example", "imap", NULL },
  { "bob@one.example", "secret2", NULL, "imap", NULL },
  { "bob@one.example", "secret", NULL, "imap", NULL },
  { "bob@one.example", "secret1x", NULL, "imap", NULL },
  { "bob@one.example", "Secret1", NULL, "imap", NULL },
  { "bob@one.example", "", NULL, "imap", NULL },
  { "bob@two.example", "secret1", NULL, "imap", NULL },
  { "bob@two.example", "secret4", NULL, "imap", "bob@two.example" },
  { "bob+x@one.example", "secret1", NULL, "imap", NULL },
  { "sales@one.example", "secret1", NULL, "imap", NULL },
  { "ghost@one.example", "secret1", NULL, "imap", NULL },
  { "off@one.example", "secret6", NULL, "imap", NULL },
  { "nologin@one.example", "secret1", NULL, "imap", NULL },
  { "nologin@one.example", "", NULL, "imap", NULL },
  { "bob@one.example", "secret1", NULL, "teapot", NULL },
  { "", "secret1", NULL, "imap", NULL },
};

static void
expect_login (PliTest *test, const Verify *verify, PliSpan password)
{
  PliVerifyArgs args = { .login = verify->login,
                         .password = password,
                         .authzid = verify->authzid,
                         .service = verify->service,
                         .peer = "192.0.2.7" };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_VERIFY, 0, NULL, &args);
  const PliVerifyResult *result = answer->result;

  g_test_message ("%s %s", verify->login, verify->password);
  if (!verify->as)
    {
      g_assert_error (answer->error, PLI_ERROR, PLI_ERROR_DENIED);
      return;
    }
  g_assert_no_error (answer->error);
  g_assert_cmpstr (result->login, ==, verify->as);
  g_assert_cmpuint (strlen (result->account), >, 0);
  g_assert_cmpuint (result->rights, ==, PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT);
}

static void
expect_password (PliTest *test, const char *login, const char *password, gboolean right)
{
  Verify verify = { login, password, NULL, "imap", right ? login : NULL };

  expect_login (test, &verify, pli_span_from (password));
}

void
test_verify (gconstpointer data)
{
  static const Verify odd = { "bob@one.example", "(odd)", NULL, "imap", NULL };
  g_autofree char *longest = g_strnfill (511, 'x'), *longer = g_strnfill (512, 'x');
  PliTest *test = open_test (data, NULL);
  g_autofree char *root = g_strdup (test->root);

  found (test);
  for (guint round = 0; round < 2; round++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (verifies); i++)
        expect_login (test, &verifies[i], pli_span_from (verifies[i].password));
      expect_login (test, &odd, PLI_SPAN ("secret1\0"));
      expect_login (test, &odd, pli_span (longer, 512));
      pli_test_free (test, TRUE);
      test = open_test (data, root);
    }
  run_step (test, &(Step){ PLI_ACCOUNT_PASSWORD, "eve@one.example", NULL, longest, 0 });
  run_step (test, &(Step){ PLI_ACCOUNT_PASSWORD, "eve@one.example", NULL, longer, PLI_ERROR_PERMANENT });
  expect_password (test, "eve@one.example", longest, TRUE);
  pli_test_free (test, FALSE);
}

/* What was remembered of a login ends with the password, and with the account. */
void
test_changed_login (gconstpointer data)
{
  static const char *const login = "eve@one.example";
  PliTest *test = open_test (data, NULL);

  found (test);
  expect_password (test, login, "secret2", TRUE);
  run_step (test, &(Step){ PLI_ACCOUNT_PASSWORD, login, NULL, "another", 0 });
  expect_password (test, login, "secret2", FALSE);
  expect_password (test, login, "another", TRUE);
  run_step (test, &(Step){ PLI_ACCOUNT_DISABLE, login, NULL, NULL, 0 });
  expect_password (test, login, "another", FALSE);
  run_step (test, &(Step){ PLI_ACCOUNT_ENABLE, login, NULL, NULL, 0 });
  expect_password (test, login, "another", TRUE);
  run_step (test, &(Step){ PLI_ACCOUNT_REMOVE, login, NULL, NULL, 0 });
  expect_password (test, login, "another", FALSE);
  run_step (test, &(Step){ PLI_ACCOUNT_ADD, login, NULL, "another", 0 });
  expect_password (test, login, "another", TRUE);
  pli_test_free (test, FALSE);
}
