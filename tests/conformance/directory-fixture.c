/* directory-fixture.c: see directory-fixture.h. */
#include "directory-fixture.h"

/* Settings that all backends must obey. */
static const char domains[] = "[domain caught.example]\ncatch-all = Bob@One.example\nstore = memory\n"
                              "[domain void.example]\ncatch-all = nobody@void.example\n";

PliTest *
open_test (const Backend *backend, const char *root)
{
  g_autofree char *conf = g_strconcat (backend->conf, domains, NULL);
  const char *const plugins[] = { backend->plugin, "auth-front", NULL };

  return pli_test_new (root, plugins, conf);
}

void
run_step (PliTest *test, const Step *step)
{
  PliChangeArgs args = {
    .verb = step->verb, .name = step->name, .target = step->target, .password = pli_span_from (step->password)
  };
  g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_CHANGE, 0, NULL, &args);
  const PliChangeResult *result = answer->result;

  g_test_message ("verb %u %s %s: %s", step->verb, step->name, step->target ? step->target : "",
                  answer->error ? answer->error->message : "done");
  g_assert_cmpint (answer->error ? answer->error->code : 0, ==, step->error);
  if (answer->error)
    g_assert_true (answer->error->domain == PLI_ERROR);
  else if (step->verb == PLI_ACCOUNT_ADD)
    {
      g_assert_cmpuint (strlen (result->account), <=, 32);
      g_assert_cmpuint (strspn (result->account, "abcdefghijklmnopqrstuvwxyz0123456789"), ==, strlen (result->account));
    }
}

void
run_steps (PliTest *test, const Step *steps, gsize n)
{
  for (gsize i = 0; i < n; i++)
    run_step (test, &steps[i]);
}

static const Step founding[] = {
  { PLI_DOMAIN_ADD, "One.Example", NULL, NULL, 0 },
  { PLI_DOMAIN_ADD, "two.example", NULL, NULL, 0 },
  { PLI_DOMAIN_ADD, "caught.example", NULL, NULL, 0 },
  { PLI_DOMAIN_ADD, "void.example", NULL, NULL, 0 },
  { PLI_ACCOUNT_ADD, "Bob@one.example", NULL, "secret1", 0 },
  { PLI_ACCOUNT_ADD, "eve@one.example", NULL, "secret2", 0 },
  { PLI_ACCOUNT_ADD, "postmaster@one.example", NULL, "secret3", 0 },
  { PLI_ACCOUNT_ADD, "bob@two.example", NULL, "secret4", 0 },
  { PLI_ACCOUNT_ADD, "amy@caught.example", NULL, "secret5", 0 },
  { PLI_ACCOUNT_ADD, "off@one.example", NULL, "secret6", 0 },
  { PLI_ACCOUNT_DISABLE, "off@one.example", NULL, NULL, 0 },
  { PLI_ACCOUNT_ADD, "a+b@one.example", NULL, "secret7", 0 },
  { PLI_ACCOUNT_ADD, "\"odd one\"@one.example", NULL, "secret8", 0 },
  { PLI_ACCOUNT_ADD, "nologin@one.example", NULL, NULL, 0 },
  { PLI_ALIAS_ADD, "Sales@one.example", "BOB@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "all@one.example", "sales@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "all@one.example", "eve@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "all@one.example", "far@away.example", NULL, 0 },
  { PLI_ALIAS_ADD, "all@one.example", "bob@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "tagged@one.example", "bob+tag@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "dead@one.example", "ghost@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "half@one.example", "ghost@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "half@one.example", "eve@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "closed@one.example", "off@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "self@one.example", "self@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "ring1@one.example", "ring2@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "ring2@one.example", "eve@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "ring2@one.example", "ring1@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep0@one.example", "deep1@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep1@one.example", "deep2@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep2@one.example", "deep3@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep3@one.example", "deep4@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep4@one.example", "deep5@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "deep5@one.example", "bob@one.example", NULL, 0 },
  { PLI_ALIAS_ADD, "postmaster@two.example", "eve@one.example", NULL, 0 },
};

void
found (PliTest *test)
{
  run_steps (test, founding, G_N_ELEMENTS (founding));
}
