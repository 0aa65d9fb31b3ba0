/* filter.h: search filters and names made from patterns: `{address}` and the like are replaced by what a client said, escaped
 * so that it stays a value. Pure; any thread. RFC 4515 3, RFC 4514 2.4. */
#ifndef AUTH_LDAP_FILTER_H
#define AUTH_LDAP_FILTER_H

#include <pli/base.h>

typedef struct
{
  const char *name; /* without braces */
  const char *value;
} LdapWord;

typedef enum
{
  LDAP_ESCAPE_FILTER,
  LDAP_ESCAPE_DN,
  LDAP_ESCAPE_NONE, /* user@domain */
} LdapEscape;

/* (transfer full): NULL when @pattern names something that is not in @words (ends with a NULL name), or a brace is not
 * closed. */
char *ldap_pattern_fill (const char *pattern, const LdapWord *words, LdapEscape escape);

#endif
