/* Fuzz target of plugins/auth-ldap/filter.c: whatever a client says, it adds no bracket, no star and no comma. */
#include "plugins/auth-ldap/filter.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint
count (const char *text, const char *marks)
{
  guint n = 0;

  for (; *text; text++)
    n += strchr (marks, *text) != NULL;
  return n;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  const LdapWord words[] = { { "v", text }, { NULL, NULL } };
  g_autofree char *filter = ldap_pattern_fill ("(a={v})", words, LDAP_ESCAPE_FILTER);
  g_autofree char *name = ldap_pattern_fill ("uid={v},dc=x", words, LDAP_ESCAPE_DN);
  g_autofree char *other = ldap_pattern_fill (text, words, LDAP_ESCAPE_NONE);

  g_assert_cmpuint (count (filter, "()*"), ==, 2);
  g_assert_cmpuint (count (name, ",+;=\"<>"), ==, 3);
  return 0;
}
