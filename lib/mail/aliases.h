/* aliases.h: the syntax of /etc/aliases, for `pli alias import`. Any thread. */
#ifndef PLI_MAIL_ALIASES_H
#define PLI_MAIL_ALIASES_H

#include <pli/mail.h>

typedef struct
{
  guint line;    /* where the entry begins, from 1 */
  PliSpan name;  /* unquoted */
  PliSpan right; /* what follows the colon, continuation lines joined by blanks; for pli_aliases_target() */
  gboolean bad;  /* no name or no colon: `right` is the whole line */
} PliAliasEntry;

/* Steps to the next entry; @line: (inout): lines read so far, 0 at first. FALSE at the end. */
gboolean pli_aliases_next (PliSpan *rest, guint *line, PliArena *arena, PliAliasEntry *out);
/* Cuts the next target off @right: an address or local name, unquoted; or as it is "|command", "/file",
 * ":include:/file". FALSE when none is left. */
gboolean pli_aliases_target (PliSpan *right, PliArena *arena, PliSpan *out);

#endif
