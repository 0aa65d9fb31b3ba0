/* network.h: IP addresses and networks as filters and rules compare them. "192.0.2.0/24", "2001:db8::/32", or one address;
 * never a name. An IPv4 address is kept as IPv6 (::ffff:192.0.2.1), so that a client is the same whichever way it came.
 * No I/O. Any thread. */
#ifndef PLI_NETWORK_H
#define PLI_NETWORK_H

#include <pli/base.h>

G_BEGIN_DECLS

typedef struct
{
  guint8 bytes[16]; /* those behind the first `bits` bits are 0 */
  guint8 bits;      /* 0 to 128 */
} PliNetwork;

/* "2001:db8:…/128" and the NUL. */
#define PLI_NETWORK_SIZE 52

/* FALSE when @text is neither an address nor a network. What stands behind the prefix is cut off: 192.0.2.1/24 is
 * 192.0.2.0/24. */
PLI_API gboolean pli_network_parse (const char *text, PliNetwork *out);
PLI_API gboolean pli_network_is_v4 (const PliNetwork *network);
/* All of @inner is in @outer. */
PLI_API gboolean pli_network_contains (const PliNetwork *outer, const PliNetwork *inner);
/* Widens it to @bits4 bits (0 to 32) when it is IPv4, else to @bits6 (0 to 128). */
PLI_API void pli_network_widen (PliNetwork *network, guint bits4, guint bits6);
/* As it is written: an address without a prefix. */
PLI_API void pli_network_text (const PliNetwork *network, char out[PLI_NETWORK_SIZE]);
/* Is @address in one of @list (NULL-terminated)? Words that are no network contain nothing. */
PLI_API gboolean pli_networks_contain (const char *const *list, const char *address);
/* The first word that is no network, NULL when there is none. */
PLI_API const char *pli_networks_fault (const char *const *list);

G_END_DECLS

#endif
