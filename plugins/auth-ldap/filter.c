/* filter.c: see filter.h. */
#include "filter.h"

static void
add_hex (GString *out, guchar c)
{
  g_string_append_printf (out, "\\%02x", c);
}

/* RFC 4515 3: NUL ( ) * \ must be escaped; bytes that are not ASCII may be, so that no server has to guess. */
static void
add_for_filter (GString *out, const char *value)
{
  for (; *value; value++)
    if (strchr ("()*\\", *value) || (guchar) *value < 0x20 || (guchar) *value >= 0x7f)
      add_hex (out, (guchar) *value);
    else
      g_string_append_c (out, *value);
}

/* RFC 4514 2.4; the hexadecimal form is allowed for each of them. */
static void
add_for_dn (GString *out, const char *value)
{
  gsize len = strlen (value);

  for (gsize i = 0; i < len; i++)
    if (strchr ("\"+,;<>\\=", value[i]) || (guchar) value[i] < 0x20 || (guchar) value[i] >= 0x7f
        || (value[i] == ' ' && (i == 0 || i == len - 1)) || (value[i] == '#' && i == 0))
      add_hex (out, (guchar) value[i]);
    else
      g_string_append_c (out, value[i]);
}

static const char *
find_word (const LdapWord *words, const char *name, gsize len)
{
  for (; words->name; words++)
    if (strlen (words->name) == len && memcmp (words->name, name, len) == 0)
      return words->value;
  return NULL;
}

char *
ldap_pattern_fill (const char *pattern, const LdapWord *words, LdapEscape escape)
{
  g_autoptr (GString) out = g_string_new (NULL);

  while (*pattern)
    {
      const char *end = *pattern == '{' ? strchr (pattern, '}') : NULL;
      const char *value = end ? find_word (words, pattern + 1, (gsize) (end - pattern - 1)) : NULL;

      if (*pattern != '{')
        g_string_append_c (out, *pattern++);
      else if (!value)
        return NULL;
      else
        {
          if (escape == LDAP_ESCAPE_FILTER)
            add_for_filter (out, value);
          else if (escape == LDAP_ESCAPE_DN)
            add_for_dn (out, value);
          else
            g_string_append (out, value);
          pattern = end + 1;
        }
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
