/* address.h: network addresses: as text, and as what clients are counted by. No I/O; any thread. */
#ifndef PLI_NET_ADDRESS_H
#define PLI_NET_ADDRESS_H

#include <arpa/inet.h>
#include <pli/base.h>

/* IPv4 is kept as ::ffff:a.b.c.d and written as a.b.c.d. All zeroes: unknown. */
typedef struct
{
  struct in6_addr ip;
  guint16 port; /* host order */
} PliAddress;

/* FALSE for families other than IPv4 and IPv6 (a socketpair in a test): *out is unknown then. */
gboolean pli_address_from_sockaddr (const struct sockaddr *from, PliAddress *out);
gboolean pli_address_from_text (const char *text, PliAddress *out);
void pli_address_from_ip4 (const void *four_bytes, guint16 port, PliAddress *out);
void pli_address_from_ip6 (const void *sixteen_bytes, guint16 port, PliAddress *out);
/* "192.0.2.1", "2001:db8::1", "unknown". */
void pli_address_to_text (const PliAddress *address, char out[INET6_ADDRSTRLEN]);
gboolean pli_address_is_loopback (const PliAddress *address);
/* The same for all clients that are counted together: an IPv4 address, an IPv6 /64. */
guint64 pli_address_count_key (const PliAddress *address);

#endif
