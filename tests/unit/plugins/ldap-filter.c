/* Tests of plugins/auth-ldap/filter.c: patterns are filled in, and what a client says stays a value. RFC 4515 3, RFC 4514. */
#include "plugins/auth-ldap/filter.h"

static const struct
{
  const char *pattern, *value;
  LdapEscape escape;
  const char *made; /* NULL: refused */
} cases[] = {
  { "(mail={v})", "bob@one.example", LDAP_ESCAPE_FILTER, "(mail=bob@one.example)" },
  { "(|(a={v})(b={v}))", "x", LDAP_ESCAPE_FILTER, "(|(a=x)(b=x))" },
  { "(a={v})", "*", LDAP_ESCAPE_FILTER, "(a=\\2a)" },
  { "(a={v})", "x)(b=*", LDAP_ESCAPE_FILTER, "(a=x\\29\\28b=\\2a)" },
  { "(a={v})", "\\2a", LDAP_ESCAPE_FILTER, "(a=\\5c2a)" },
  { "(a={v})", "\x01\x7f\xc3\xbc", LDAP_ESCAPE_FILTER, "(a=\\01\\7f\\c3\\bc)" },
  { "(a={v})", "{v}", LDAP_ESCAPE_FILTER, "(a={v})" }, /* filled in once */
  { "(a={v})", "", LDAP_ESCAPE_FILTER, "(a=)" },
  { "(a=1)", "x", LDAP_ESCAPE_FILTER, "(a=1)" },
  { "(a={w})", "x", LDAP_ESCAPE_FILTER, NULL },
  { "(a={v)", "x", LDAP_ESCAPE_FILTER, NULL },
  { "(a={})", "x", LDAP_ESCAPE_FILTER, NULL },
  { "uid={v},dc=one", "bob", LDAP_ESCAPE_DN, "uid=bob,dc=one" },
  { "uid={v},dc=one", "x,dc=two", LDAP_ESCAPE_DN, "uid=x\\2cdc\\3dtwo,dc=one" },
  { "uid={v}", " #a\"+;<>\\ ", LDAP_ESCAPE_DN, "uid=\\20#a\\22\\2b\\3b\\3c\\3e\\5c\\20" },
  { "uid={v}", "#", LDAP_ESCAPE_DN, "uid=\\23" },
  { "{v}", "bob@one.example", LDAP_ESCAPE_NONE, "bob@one.example" },
};

static void
test_fill (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const LdapWord words[] = { { "v", cases[i].value }, { NULL, NULL } };
      g_autofree char *made = ldap_pattern_fill (cases[i].pattern, words, cases[i].escape);

      g_assert_cmpstr (made, ==, cases[i].made);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ldap-filter/fill", test_fill);
  return g_test_run ();
}
