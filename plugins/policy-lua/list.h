/* list.h: long lists that rules ask: address ranges and domains, read once, asked fast. Knows no Lua. Any thread. */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include <pli/mail.h>

#define POLICY_LIST_ENTRY_MAX (PLI_PATH_MAX + 2)

typedef struct PolicyList PolicyList;

/**
 * policy_list_new:
 * @name: "lists/bad.cidr"; what is behind its dot says what is in it
 * @text: an entry a line; `#` begins a comment
 *
 * `cidr`: addresses and address/length, IPv4 and IPv6. `domains`: `example.org` is that domain, `.example.org` all below
 * it, `user@example.org` one address.
 *
 * Errors: %PLI_ERROR_CONFIG, with file and line.
 */
PolicyList *policy_list_new (const char *name, PliSpan text, GError **error);
void policy_list_free (PolicyList *list);
/* An address, or a domain or a mail address. Ranges cost a binary search, domains a look at each parent. */
gboolean policy_list_has (const PolicyList *list, PliSpan value);

#endif
