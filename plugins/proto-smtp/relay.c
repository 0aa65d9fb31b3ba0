/* relay.c: who may send to anywhere through listeners of the role relay: hosts in `relay-networks`, "192.0.2.0/24",
 * "2001:db8::/32" or single addresses. A word that is none of these covers nobody. Pure. */
#include "smtp.h"

#include <arpa/inet.h>

/* FALSE: @text is no address. */
static gboolean
read_address (const char *text, guint8 out[16], guint *out_bits)
{
  if (inet_pton (AF_INET, text, out) == 1)
    *out_bits = 32;
  else if (inet_pton (AF_INET6, text, out) == 1)
    *out_bits = 128;
  else
    return FALSE;
  return TRUE;
}

static gboolean
covers (const char *network, const guint8 address[16], guint address_bits)
{
  const char *slash = strchr (network, '/');
  g_autofree char *base = g_strndup (network, slash ? (gsize) (slash - network) : strlen (network));
  guint8 bytes[16];
  guint bits;
  guint64 prefix;

  if (!read_address (base, bytes, &bits) || bits != address_bits)
    return FALSE;
  prefix = bits;
  if (slash && !pli_span_to_u64 (pli_span_from (slash + 1), bits, &prefix))
    return FALSE;
  if (memcmp (bytes, address, prefix / 8) != 0)
    return FALSE;
  return prefix % 8 == 0 || ((bytes[prefix / 8] ^ address[prefix / 8]) >> (8 - prefix % 8)) == 0;
}

gboolean
smtp_may_relay (const char *const *networks, const char *peer)
{
  guint8 address[16];
  guint bits;

  if (!peer || !read_address (peer, address, &bits))
    return FALSE;
  for (; networks && *networks; networks++)
    if (covers (*networks, address, bits))
      return TRUE;
  return FALSE;
}
