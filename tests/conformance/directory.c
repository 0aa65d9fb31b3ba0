/* The conformance suite of directories (<pli/directory.h>), run on each plugin that offers one: what administration
 * changes, resolving and signing in see at once, and still see after the plugin was opened again. */
#include "directory-fixture.h"

static const Backend backends[] = {
  { "auth-local", "[auth-local]\nhash-cost = 1\nalias-depth = 5\ntargets-max = 20\n[auth-front]\nfailure-delay = 0\n" },
};

static const Step first_domain = { PLI_DOMAIN_ADD, "one.example", NULL, NULL, 0 };

static const Step refused[] = {
  { PLI_DOMAIN_ADD, "one.example", NULL, NULL, PLI_ERROR_EXISTS },
  { PLI_DOMAIN_ADD, "not a domain", NULL, NULL, PLI_ERROR_PERMANENT },
  { PLI_DOMAIN_ADD, "", NULL, NULL, PLI_ERROR_PERMANENT },
  { PLI_DOMAIN_ADD, NULL, NULL, NULL, PLI_ERROR_PERMANENT },
  { PLI_DOMAIN_REMOVE, "nine.example", NULL, NULL, PLI_ERROR_NOT_FOUND },
  { PLI_DOMAIN_REMOVE, "one.example", NULL, NULL, PLI_ERROR_PERMANENT }, /* has users */
  { PLI_ACCOUNT_ADD, "bob@one.example", NULL, "secret1", PLI_ERROR_EXISTS },
  { PLI_ACCOUNT_ADD, "BOB@ONE.EXAMPLE", NULL, "secret1", PLI_ERROR_EXISTS },
  { PLI_ACCOUNT_ADD, "sales@one.example", NULL, "secret1", PLI_ERROR_EXISTS },
  { PLI_ACCOUNT_ADD, "bob@nine.example", NULL, "secret1", PLI_ERROR_NOT_FOUND },
  { PLI_ACCOUNT_ADD, "bob", NULL, "secret1", PLI_ERROR_PERMANENT },
  { PLI_ACCOUNT_ADD, "bo b@one.example", NULL, "secret1", PLI_ERROR_PERMANENT },
  { PLI_ACCOUNT_ADD, "bob@[192.0.2.1]", NULL, "secret1", PLI_ERROR_PERMANENT },
  { PLI_ACCOUNT_ADD, "new@one.example", NULL, "", PLI_ERROR_PERMANENT },
  { PLI_ACCOUNT_PASSWORD, "bob@one.example", NULL, NULL, PLI_ERROR_PERMANENT },
  { PLI_ACCOUNT_PASSWORD, "ghost@one.example", NULL, "secret1", PLI_ERROR_NOT_FOUND },
  { PLI_ACCOUNT_DISABLE, "ghost@one.example", NULL, NULL, PLI_ERROR_NOT_FOUND },
  { PLI_ACCOUNT_ENABLE, "ghost@one.example", NULL, NULL, PLI_ERROR_NOT_FOUND },
  { PLI_ACCOUNT_REMOVE, "ghost@one.example", NULL, NULL, PLI_ERROR_NOT_FOUND },
  { PLI_ALIAS_ADD, "sales@one.example", "bob@one.example", NULL, PLI_ERROR_EXISTS },
  { PLI_ALIAS_ADD, "bob@one.example", "eve@one.example", NULL, PLI_ERROR_EXISTS },
  { PLI_ALIAS_ADD, "x@nine.example", "eve@one.example", NULL, PLI_ERROR_NOT_FOUND },
  { PLI_ALIAS_ADD, "x@one.example", NULL, NULL, PLI_ERROR_PERMANENT },
  { PLI_ALIAS_ADD, "x@one.example", "eve", NULL, PLI_ERROR_PERMANENT },
  { PLI_ALIAS_ADD, "@one.example", "eve@one.example", NULL, PLI_ERROR_PERMANENT },
  { PLI_ALIAS_REMOVE, "x@one.example", NULL, NULL, PLI_ERROR_NOT_FOUND },
  { PLI_ALIAS_REMOVE, "sales@one.example", "eve@one.example", NULL, PLI_ERROR_NOT_FOUND },
};

static void
test_refused (gconstpointer data)
{
  PliTest *test = open_test (data, NULL);

  found (test);
  run_steps (test, refused, G_N_ELEMENTS (refused));
  pli_test_free (test, FALSE);
}

/* Resolving: "address [+detail] [store]" for accounts, ">address" for remote targets, blank-separated. */

typedef struct
{
  const char *address;
  guint32 kind;
  const char *targets;
} Resolve;

static const Resolve resolves[] = {
  { "bob@one.example", PLI_RCPT_LOCAL, "bob@one.example" },
  { "BOB@one.example", PLI_RCPT_LOCAL, "bob@one.example" },
  { "bob+x@one.example", PLI_RCPT_LOCAL, "bob@one.example(x)" },
  { "bob+x+y@one.example", PLI_RCPT_LOCAL, "bob@one.example(x+y)" },
  { "bob+@one.example", PLI_RCPT_LOCAL, "bob@one.example()" },
  { "a+b@one.example", PLI_RCPT_LOCAL, "a+b@one.example" },
  { "+x@one.example", PLI_RCPT_UNKNOWN, "" },
  { "\"odd one\"@one.example", PLI_RCPT_LOCAL, "\"odd one\"@one.example" },
  { "ghost@one.example", PLI_RCPT_UNKNOWN, "" },
  { "one.example", PLI_RCPT_UNKNOWN, "" },
  { "", PLI_RCPT_UNKNOWN, "" },
  { "bob@nine.example", PLI_RCPT_FOREIGN, "" },
  { "bob@[192.0.2.1]", PLI_RCPT_FOREIGN, "" },
  { "off@one.example", PLI_RCPT_DISABLED, "" },
  { "nologin@one.example", PLI_RCPT_LOCAL, "nologin@one.example" },
  /* aliases */
  { "sales@one.example", PLI_RCPT_LOCAL, "bob@one.example" },
  { "sales+x@one.example", PLI_RCPT_LOCAL, "bob@one.example(x)" },
  { "all@one.example", PLI_RCPT_LOCAL, "bob@one.example eve@one.example >far@away.example" },
  { "tagged@one.example", PLI_RCPT_LOCAL, "bob@one.example(tag)" },
  { "tagged+x@one.example", PLI_RCPT_LOCAL, "bob@one.example(tag)" },
  { "dead@one.example", PLI_RCPT_UNKNOWN, "" },
  { "half@one.example", PLI_RCPT_LOCAL, "eve@one.example" },
  { "closed@one.example", PLI_RCPT_DISABLED, "" },
  { "self@one.example", PLI_RCPT_LOOP, "" },
  { "ring1@one.example", PLI_RCPT_LOOP, "" },
  { "ring2@one.example", PLI_RCPT_LOOP, "" },
  { "deep1@one.example", PLI_RCPT_LOCAL, "bob@one.example" },
  { "deep0@one.example", PLI_RCPT_LOOP, "" },
  /* RFC 5321 4.5.1 */
  { "postmaster", PLI_RCPT_LOCAL, "postmaster@one.example" },
  { "Postmaster@one.example", PLI_RCPT_LOCAL, "postmaster@one.example" },
  { "postmaster@two.example", PLI_RCPT_LOCAL, "eve@one.example" },
  { "postmaster@caught.example", PLI_RCPT_LOCAL, "postmaster@one.example" },
  { "postmaster+x@void.example", PLI_RCPT_LOCAL, "postmaster@one.example" },
  { "postmaster@nine.example", PLI_RCPT_FOREIGN, "" },
  /* [domain D] */
  { "amy@caught.example", PLI_RCPT_LOCAL, "amy@caught.example/memory" },
  { "anybody@caught.example", PLI_RCPT_LOCAL, "bob@one.example" },
  { "anybody@void.example", PLI_RCPT_UNKNOWN, "" },
};

static char *
targets_text (const PliResolveResult *result)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < result->n_targets; i++)
    {
      const PliTarget *target = &result->targets[i];

      g_string_append_printf (text, "%s%s%s", i > 0 ? " " : "", target->account ? "" : ">", target->address);
      if (target->detail)
        g_string_append_printf (text, "(%s)", target->detail);
      if (target->store)
        g_string_append_printf (text, "/%s", target->store);
    }
  return g_string_free (text, FALSE);
}

static void
expect (PliTest *test, const char *address, guint32 kind, const char *targets)
{
  PliResolveArgs args = { address };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RESOLVE, 0, NULL, &args);
  const PliResolveResult *result = answer->result;
  g_autofree char *text = NULL;

  g_assert_no_error (answer->error);
  text = targets_text (result);
  g_test_message ("%s: %u %s", address, result->kind, text);
  g_assert_cmpuint (result->kind, ==, kind);
  g_assert_cmpstr (text, ==, targets);
}

static void
expect_all (PliTest *test)
{
  for (gsize i = 0; i < G_N_ELEMENTS (resolves); i++)
    expect (test, resolves[i].address, resolves[i].kind, resolves[i].targets);
}

/* Asked again after the plugin was closed and opened: a change that is done is durable. */
static void
test_resolve (gconstpointer data)
{
  PliTest *test = open_test (data, NULL);
  g_autofree char *root = g_strdup (test->root);

  expect (test, "postmaster", PLI_RCPT_UNKNOWN, "");
  found (test);
  expect_all (test);
  pli_test_free (test, TRUE);
  test = open_test (data, root);
  expect_all (test);
  pli_test_free (test, FALSE);
}

static void
test_removal (gconstpointer data)
{
  static const Step steps[] = {
    { PLI_ALIAS_REMOVE, "all@one.example", "sales@one.example", NULL, 0 },
    { PLI_ALIAS_REMOVE, "tagged@one.example", NULL, NULL, 0 },
    { PLI_ACCOUNT_REMOVE, "eve@one.example", NULL, NULL, 0 },
    { PLI_ACCOUNT_REMOVE, "amy@caught.example", NULL, NULL, 0 },
    { PLI_DOMAIN_REMOVE, "caught.example", NULL, NULL, 0 },
    { PLI_ACCOUNT_ENABLE, "off@one.example", NULL, NULL, 0 },
  };
  PliTest *test = open_test (data, NULL);
  g_autofree char *root = g_strdup (test->root);

  found (test);
  run_steps (test, steps, G_N_ELEMENTS (steps));
  for (guint round = 0; round < 2; round++)
    {
      expect (test, "all@one.example", PLI_RCPT_LOCAL, ">far@away.example bob@one.example");
      expect (test, "tagged@one.example", PLI_RCPT_UNKNOWN, "");
      expect (test, "eve@one.example", PLI_RCPT_UNKNOWN, "");
      expect (test, "half@one.example", PLI_RCPT_UNKNOWN, "");
      expect (test, "amy@caught.example", PLI_RCPT_FOREIGN, "");
      expect (test, "closed@one.example", PLI_RCPT_LOCAL, "off@one.example");
      pli_test_free (test, round == 0);
      test = round == 0 ? open_test (data, root) : NULL;
    }
}

/* One address that stands for too many. */
static void
test_too_many (gconstpointer data)
{
  PliTest *test = open_test (data, NULL);

  run_step (test, &first_domain);
  for (guint i = 0; i < 21; i++)
    {
      g_autofree char *target = g_strdup_printf ("u%u@away.example", i);
      Step step = { PLI_ALIAS_ADD, "many@one.example", target, NULL, 0 };

      run_step (test, &step);
    }
  expect (test, "many@one.example", PLI_RCPT_LOOP, "");
  run_step (test, &(Step){ PLI_ALIAS_REMOVE, "many@one.example", "u7@away.example", NULL, 0 });
  {
    PliResolveArgs args = { "many@one.example" };
    g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_RESOLVE, 0, NULL, &args);
    const PliResolveResult *result = answer->result;

    g_assert_cmpuint (result->kind, ==, PLI_RCPT_LOCAL);
    g_assert_cmpuint (result->n_targets, ==, 20);
  }
  pli_test_free (test, FALSE);
}

/* An id names a mailbox, so that it never comes again. */
static void
test_ids (gconstpointer data)
{
  PliChangeArgs add = { .verb = PLI_ACCOUNT_ADD, .name = "x@one.example", .password = PLI_SPAN ("secret1") };
  PliTest *test = open_test (data, NULL);
  g_autoptr (PliTestAnswer) first = NULL;
  g_autoptr (PliTestAnswer) second = NULL;

  run_step (test, &first_domain);
  first = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &add);
  run_step (test, &(Step){ PLI_ACCOUNT_REMOVE, "x@one.example", NULL, NULL, 0 });
  second = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &add);
  g_assert_cmpstr (((PliChangeResult *) first->result)->account, !=, ((PliChangeResult *) second->result)->account);
  pli_test_free (test, FALSE);
}

/* Changes under way at once do not contradict each other: of twenty adds of one name, one wins. */
static void
test_at_once (gconstpointer data)
{
  PliChangeArgs add = { .verb = PLI_ACCOUNT_ADD, .name = "x@one.example", .password = PLI_SPAN ("secret1") };
  PliTest *test = open_test (data, NULL);
  PliTestAnswer *answers[20];
  guint won = 0;

  run_step (test, &first_domain);
  for (guint i = 0; i < 20; i++)
    answers[i] = pli_test_start (test, PLI_METHOD_CHANGE, 0, NULL, &add);
  for (guint i = 0; i < 20; i++)
    {
      pli_test_until (test, &answers[i]->done);
      won += !answers[i]->error;
      if (answers[i]->error)
        g_assert_error (answers[i]->error, PLI_ERROR, PLI_ERROR_EXISTS);
      pli_test_answer_free (answers[i]);
    }
  g_assert_cmpuint (won, ==, 1);
  pli_test_free (test, FALSE);
}

/* Lists */

static char *
list_text (PliTest *test, guint32 what, const char *domain, const char *after, guint32 max)
{
  PliDirectoryListArgs args = { what, domain, after, max };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_DIRECTORY_LIST, 0, NULL, &args);
  const PliDirectoryListResult *result = answer->result;
  GString *text = g_string_new (NULL);

  g_assert_no_error (answer->error);
  for (guint i = 0; i < result->n_rows; i++)
    {
      const PliDirectoryRow *row = &result->rows[i];

      g_string_append_printf (text, "%s%s%s ", row->name, row->target ? ">" : "", row->target ? row->target : "");
      g_assert_cmpint (row->account != NULL, ==, what == PLI_LIST_ACCOUNTS);
      g_assert_cmpint (row->disabled, ==, g_str_equal (row->name, "off@one.example"));
    }
  g_string_append (text, result->more ? "…" : ".");
  return g_string_free (text, FALSE);
}

static void
test_lists (gconstpointer data)
{
  static const struct
  {
    guint32 what;
    const char *domain, *after;
    guint32 max;
    const char *text;
  } cases[] = {
    { PLI_LIST_DOMAINS, NULL, NULL, 0, "caught.example one.example two.example void.example ." },
    { PLI_LIST_DOMAINS, NULL, "caught.example", 2, "one.example two.example …" },
    { PLI_LIST_DOMAINS, NULL, "void.example", 0, "." },
    { PLI_LIST_ACCOUNTS, "Two.example", NULL, 0, "bob@two.example ." },
    { PLI_LIST_ACCOUNTS, "one.example", "bob@one.example", 3, "eve@one.example nologin@one.example off@one.example …" },
    { PLI_LIST_ACCOUNTS, "one.example", "off@one.example", 3, "postmaster@one.example ." },
    { PLI_LIST_ACCOUNTS, "nine.example", NULL, 0, "." },
    { PLI_LIST_ALIASES, "two.example", NULL, 0, "postmaster@two.example>eve@one.example ." },
    /* the targets of one alias stay together */
    { PLI_LIST_ALIASES, NULL, NULL, 1,
      "all@one.example>sales@one.example all@one.example>eve@one.example all@one.example>far@away.example "
      "all@one.example>bob@one.example …" },
    { PLI_LIST_ALIASES, NULL, "all@one.example", 1, "closed@one.example>off@one.example …" },
  };
  PliTest *test = open_test (data, NULL);

  found (test);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = list_text (test, cases[i].what, cases[i].domain, cases[i].after, cases[i].max);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
  pli_test_free (test, FALSE);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = { { "refused", test_refused },   { "resolve", test_resolve }, { "removal", test_removal },
                { "too-many", test_too_many }, { "verify", test_verify },   { "changed-login", test_changed_login },
                { "ids", test_ids },           { "at-once", test_at_once }, { "lists", test_lists } };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    for (gsize at = 0; at < G_N_ELEMENTS (tests); at++)
      {
        g_autofree char *path = g_strdup_printf ("/directory/%s/%s", backends[i].plugin, tests[at].name);

        g_test_add_data_func (path, &backends[i], tests[at].func);
      }
  return g_test_run ();
}
