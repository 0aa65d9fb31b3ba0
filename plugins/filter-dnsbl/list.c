/* list.c: see list.h. */
#include "list.h"

#include <arpa/inet.h>
#include <pli/network.h>

#define WEIGHT_MAX 1000000
#define LOCAL_LOW 0x7f000000u  /* 127.0.0.0 */
#define LOCAL_HIGH 0x7fffffffu /* 127.255.255.255 */
#define NOT_LISTED 0x7f000001u /* 127.0.0.1: RFC 5782 5: must never be listed */
#define FAULT_LOW 0x7fffff00u  /* 127.255.255.0 */

static gboolean
parse_answer (PliSpan text, guint32 *out)
{
  char copy[INET_ADDRSTRLEN];
  struct in_addr address;

  if (text.len >= sizeof copy)
    return FALSE;
  memcpy (copy, text.data, text.len);
  copy[text.len] = 0;
  if (inet_pton (AF_INET, copy, &address) != 1)
    return FALSE;
  *out = ntohl (address.s_addr);
  return TRUE;
}

/* "127.0.0.4" or "127.0.0.2-127.0.0.5" */
static gboolean
parse_answers (PliSpan text, DnsblList *out)
{
  gssize dash = pli_span_find (text, '-');

  if (dash < 0)
    return parse_answer (text, &out->low) && (out->high = out->low, TRUE);
  return parse_answer (pli_span_head (text, (gsize) dash), &out->low)
         && parse_answer (pli_span_skip (text, (gsize) dash + 1), &out->high) && out->low <= out->high;
}

static gboolean
parse_weight (PliSpan text, gint *out)
{
  gboolean minus = pli_span_starts (text, "-");
  guint64 number;

  if (!pli_span_to_u64 (pli_span_skip (text, minus), WEIGHT_MAX, &number) || number == 0)
    return FALSE;
  *out = minus ? -(gint) number : (gint) number;
  return TRUE;
}

/* Letters, digits, hyphens and underscores between single dots, 63 at most; at least one dot. */
static gboolean
is_domain (PliSpan text)
{
  gsize label = 0;
  gboolean dot = FALSE;

  for (gsize at = 0; at < text.len; at++)
    {
      char c = text.data[at];

      if (c == '.' && label == 0)
        return FALSE;
      if (c != '.' && !g_ascii_isalnum (c) && c != '-' && c != '_')
        return FALSE;
      dot |= c == '.';
      label = c == '.' ? 0 : label + 1;
      if (label > 63)
        return FALSE;
    }
  return label > 0 && dot && text.len <= DNSBL_NAME_MAX;
}

gboolean
dnsbl_list_parse (const char *word, PliArena *arena, DnsblList *out)
{
  PliSpan rest = pli_span_from (word);
  gssize equals = pli_span_find (rest, '='), colon;
  char *zone;

  *out = (DnsblList){ NULL, LOCAL_LOW, LOCAL_HIGH, 1 };
  if (equals >= 0)
    {
      if (!parse_weight (pli_span_skip (rest, (gsize) equals + 1), &out->weight))
        return FALSE;
      rest = pli_span_head (rest, (gsize) equals);
    }
  colon = pli_span_find (rest, ':');
  if (colon >= 0)
    {
      if (!parse_answers (pli_span_skip (rest, (gsize) colon + 1), out))
        return FALSE;
      rest = pli_span_head (rest, (gsize) colon);
    }
  if (!is_domain (rest))
    return FALSE;
  zone = pli_arena_text (arena, rest);
  pli_ascii_lower (zone);
  out->zone = zone;
  return TRUE;
}

gboolean
dnsbl_answer_is_fault (const char *address)
{
  guint32 answer;

  return !parse_answer (pli_span_from (address), &answer) || answer < LOCAL_LOW || answer >= FAULT_LOW
         || answer == NOT_LISTED;
}

gboolean
dnsbl_list_matches (const DnsblList *list, const char *address)
{
  guint32 answer;

  return !dnsbl_answer_is_fault (address) && parse_answer (pli_span_from (address), &answer) && answer >= list->low
         && answer <= list->high;
}

static const char *
join (PliArena *arena, const char *head, const char *zone)
{
  return strlen (head) + 1 + strlen (zone) <= DNSBL_NAME_MAX ? pli_arena_printf (arena, "%s.%s", head, zone) : NULL;
}

const char *
dnsbl_name_of_address (PliArena *arena, const char *address, const char *zone)
{
  PliNetwork client;
  const guint8 *b = client.bytes;
  char head[65]; /* 32 times "f.", and the NUL */

  if (!pli_network_parse (address, &client))
    return NULL;
  if (pli_network_is_v4 (&client))
    {
      g_snprintf (head, sizeof head, "%u.%u.%u.%u", b[15], b[14], b[13], b[12]);
      return join (arena, head, zone);
    }
  for (guint i = 0; i < 16; i++)
    g_snprintf (head + 4 * i, 5, "%x.%x.", b[15 - i] & 15u, b[15 - i] >> 4);
  head[63] = 0; /* the last dot */
  return join (arena, head, zone);
}

const char *
dnsbl_name_of_domain (PliArena *arena, const char *domain, const char *zone)
{
  char *lower;

  if (!is_domain (pli_span_from (domain)))
    return NULL;
  lower = pli_arena_strdup (arena, domain);
  pli_ascii_lower (lower);
  return join (arena, lower, zone);
}
