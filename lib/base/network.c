/* network.c: see <pli/network.h>. */
#include <pli/network.h>

#include <arpa/inet.h>

#define V4_BITS 96 /* of ::ffff:0:0/96 */

static const guint8 v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

gboolean
pli_network_is_v4 (const PliNetwork *network)
{
  return network->bits >= V4_BITS && memcmp (network->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

/* Zeroes what is behind the prefix. */
static void
cut (PliNetwork *network, guint bits)
{
  network->bits = (guint8) bits;
  for (guint at = 0; at < sizeof network->bytes; at++)
    if (at * 8 + 8 > bits)
      network->bytes[at] &= at * 8 >= bits ? 0 : (guint8) (0xff << (at * 8 + 8 - bits));
}

gboolean
pli_network_parse (const char *text, PliNetwork *out)
{
  const char *slash = strchr (text, '/');
  gsize len = slash ? (gsize) (slash - text) : strlen (text);
  char address[INET6_ADDRSTRLEN];
  guint64 bits;
  gboolean v4;

  if (len >= sizeof address)
    return FALSE;
  memcpy (address, text, len);
  address[len] = 0;
  memcpy (out->bytes, v4_prefix, sizeof v4_prefix);
  v4 = inet_pton (AF_INET, address, out->bytes + sizeof v4_prefix) == 1;
  if (!v4 && inet_pton (AF_INET6, address, out->bytes) != 1)
    return FALSE;
  bits = v4 ? 32 : 128;
  if (slash && !pli_span_to_u64 (pli_span_from (slash + 1), bits, &bits))
    return FALSE;
  cut (out, (guint) bits + (v4 ? V4_BITS : 0));
  return TRUE;
}

gboolean
pli_network_contains (const PliNetwork *outer, const PliNetwork *inner)
{
  PliNetwork cover = *inner;

  if (inner->bits < outer->bits)
    return FALSE;
  cut (&cover, outer->bits);
  return memcmp (cover.bytes, outer->bytes, sizeof cover.bytes) == 0;
}

void
pli_network_widen (PliNetwork *network, guint bits4, guint bits6)
{
  guint bits = pli_network_is_v4 (network) ? V4_BITS + MIN (bits4, 32) : MIN (bits6, 128);

  if (bits < network->bits)
    cut (network, bits);
}

void
pli_network_text (const PliNetwork *network, char out[PLI_NETWORK_SIZE])
{
  gboolean v4 = pli_network_is_v4 (network);
  guint bits = network->bits - (v4 ? V4_BITS : 0);

  inet_ntop (v4 ? AF_INET : AF_INET6, network->bytes + (v4 ? sizeof v4_prefix : 0), out, PLI_NETWORK_SIZE);
  if (bits < (v4 ? 32u : 128u))
    g_snprintf (out + strlen (out), PLI_NETWORK_SIZE - strlen (out), "/%u", bits);
}

gboolean
pli_networks_contain (const char *const *list, const char *address)
{
  PliNetwork client, network;

  if (!pli_network_parse (address, &client))
    return FALSE;
  for (; list && *list; list++)
    if (pli_network_parse (*list, &network) && pli_network_contains (&network, &client))
      return TRUE;
  return FALSE;
}

const char *
pli_networks_fault (const char *const *list)
{
  PliNetwork network;

  for (; list && *list; list++)
    if (!pli_network_parse (*list, &network))
      return *list;
  return NULL;
}
