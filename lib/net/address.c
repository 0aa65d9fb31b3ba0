/* address.c: see address.h. One form for both families keeps counting and comparing free of cases. */
#include "net/address.h"

gboolean
pli_address_from_sockaddr (const struct sockaddr *from, PliAddress *out)
{
  const struct sockaddr_in *four = (const struct sockaddr_in *) (const void *) from;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) (const void *) from;

  memset (out, 0, sizeof *out);
  if (from->sa_family == AF_INET)
    pli_address_from_ip4 (&four->sin_addr, ntohs (four->sin_port), out);
  else if (from->sa_family == AF_INET6)
    pli_address_from_ip6 (&six->sin6_addr, ntohs (six->sin6_port), out);
  else
    return FALSE;
  return TRUE;
}

gboolean
pli_address_from_text (const char *text, PliAddress *out)
{
  char bytes[16];

  memset (out, 0, sizeof *out);
  if (inet_pton (AF_INET, text, bytes) == 1)
    pli_address_from_ip4 (bytes, 0, out);
  else if (inet_pton (AF_INET6, text, bytes) == 1)
    pli_address_from_ip6 (bytes, 0, out);
  else
    return FALSE;
  return TRUE;
}

void
pli_address_from_ip4 (const void *four_bytes, guint16 port, PliAddress *out)
{
  memset (out, 0, sizeof *out);
  out->ip.s6_addr[10] = out->ip.s6_addr[11] = 0xff;
  memcpy (out->ip.s6_addr + 12, four_bytes, 4);
  out->port = port;
}

void
pli_address_from_ip6 (const void *sixteen_bytes, guint16 port, PliAddress *out)
{
  memcpy (&out->ip, sixteen_bytes, 16);
  out->port = port;
}

void
pli_address_to_text (const PliAddress *address, char out[INET6_ADDRSTRLEN])
{
  if (IN6_IS_ADDR_UNSPECIFIED (&address->ip))
    g_strlcpy (out, "unknown", INET6_ADDRSTRLEN);
  else if (IN6_IS_ADDR_V4MAPPED (&address->ip))
    inet_ntop (AF_INET, address->ip.s6_addr + 12, out, INET6_ADDRSTRLEN);
  else
    inet_ntop (AF_INET6, &address->ip, out, INET6_ADDRSTRLEN);
}

gboolean
pli_address_is_loopback (const PliAddress *address)
{
  if (IN6_IS_ADDR_V4MAPPED (&address->ip))
    return address->ip.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK (&address->ip);
}

guint64
pli_address_count_key (const PliAddress *address)
{
  guint64 key;

  /* The upper half of ::ffff:0:0/96 is zero, so the lower half of IPv4 cannot be mistaken for a /64 in use. */
  memcpy (&key, address->ip.s6_addr + (IN6_IS_ADDR_V4MAPPED (&address->ip) ? 8 : 0), sizeof key);
  return key;
}
