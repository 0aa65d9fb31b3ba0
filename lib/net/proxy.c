/* proxy.c: see proxy.h. Called by pump.c with the first bytes of a connection, and by tests/fuzz/proxy.c. */
#include "net/proxy.h"

#define V1_MOST 107
#define V2_HEAD 16

static const char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* Takes the word up to the next single blank, or to the end, into @out. */
static gboolean
take_word (PliSpan *line, char *out, gsize size)
{
  gssize blank = pli_span_find (*line, ' ');
  gsize len = blank < 0 ? line->len : (gsize) blank;

  if (len == 0 || len >= size || memchr (line->data, '\0', len))
    return FALSE;
  memcpy (out, line->data, len);
  out[len] = '\0';
  *line = pli_span_skip (*line, blank < 0 ? len : len + 1);
  return TRUE;
}

static gboolean
take_port (PliSpan *line, guint16 *out)
{
  char word[6];
  guint64 port;

  if (!take_word (line, word, sizeof word) || !pli_span_to_u64 (pli_span_from (word), 65535, &port)
      || (word[0] == '0' && word[1]))
    return FALSE;
  *out = (guint16) port;
  return TRUE;
}

static PliProxyResult
parse_v1 (PliSpan line, PliProxyHeader *out)
{
  char word[INET6_ADDRSTRLEN];
  gboolean four;

  if (!take_word (&line, word, sizeof word) || !g_str_equal (word, "PROXY") || !take_word (&line, word, sizeof word))
    return PLI_PROXY_BAD;
  if (g_str_equal (word, "UNKNOWN"))
    return PLI_PROXY_LOCAL; /* 2.1: what follows is to be ignored */
  four = g_str_equal (word, "TCP4");
  if (!four && !g_str_equal (word, "TCP6"))
    return PLI_PROXY_BAD;
  if (!take_word (&line, word, sizeof word) || !pli_address_from_text (word, &out->client)
      || IN6_IS_ADDR_V4MAPPED (&out->client.ip) != four || !take_word (&line, word, sizeof word)
      || !pli_address_from_text (word, &out->server) || IN6_IS_ADDR_V4MAPPED (&out->server.ip) != four
      || !take_port (&line, &out->client.port) || line.len == 0 || !take_port (&line, &out->server.port)
      || line.len > 0)
    return PLI_PROXY_BAD;
  return PLI_PROXY_DONE;
}

static PliProxyResult
find_v1 (PliSpan bytes, PliProxyHeader *out)
{
  PliSpan head = pli_span_head (bytes, V1_MOST);
  gssize lf = pli_span_find (head, '\n');
  gsize known = MIN (bytes.len, 6);

  if (memcmp (bytes.data, "PROXY ", known) != 0)
    return PLI_PROXY_BAD;
  if (lf < 0)
    return bytes.len < V1_MOST ? PLI_PROXY_MORE : PLI_PROXY_BAD;
  if (head.data[lf - 1] != '\r') /* lf > 5 */
    return PLI_PROXY_BAD;
  out->len = (gsize) lf + 1;
  if (head.data[lf - 2] == ' ')
    return PLI_PROXY_BAD;
  return parse_v1 (pli_span_head (head, (gsize) lf - 1), out);
}

static guint16
u16 (const char *at)
{
  return (guint16) ((guchar) at[0] << 8 | (guchar) at[1]);
}

static PliProxyResult
parse_v2 (PliSpan bytes, PliProxyHeader *out)
{
  guint8 command, family;
  gsize len;
  const char *at = bytes.data + V2_HEAD;

  if (bytes.len < V2_HEAD)
    return PLI_PROXY_MORE;
  command = (guint8) bytes.data[12];
  family = (guint8) bytes.data[13];
  len = u16 (bytes.data + 14);
  /* 2.2: version 2, LOCAL or PROXY; anything else must be dropped */
  if (command != 0x20 && command != 0x21)
    return PLI_PROXY_BAD;
  if (V2_HEAD + len > PLI_PROXY_MOST)
    return PLI_PROXY_BAD;
  if (bytes.len < V2_HEAD + len)
    return PLI_PROXY_MORE;
  out->len = V2_HEAD + len;
  if (command == 0x20)
    return PLI_PROXY_LOCAL;
  if (family == 0x11 && len >= 12)
    {
      pli_address_from_ip4 (at, u16 (at + 8), &out->client);
      pli_address_from_ip4 (at + 4, u16 (at + 10), &out->server);
      return PLI_PROXY_DONE;
    }
  if (family == 0x21 && len >= 36)
    {
      pli_address_from_ip6 (at, u16 (at + 32), &out->client);
      pli_address_from_ip6 (at + 16, u16 (at + 34), &out->server);
      return PLI_PROXY_DONE;
    }
  /* 2.2: UNSPEC: the receiver should ignore the addresses. Other families do not come over TCP. */
  return family == 0x00 ? PLI_PROXY_LOCAL : PLI_PROXY_BAD;
}

PliProxyResult
pli_proxy_parse (PliSpan bytes, PliProxyHeader *out)
{
  memset (out, 0, sizeof *out);
  if (bytes.len == 0)
    return PLI_PROXY_MORE;
  if (memcmp (bytes.data, v2_signature, MIN (bytes.len, sizeof v2_signature)) == 0)
    return parse_v2 (bytes, out);
  return find_v1 (bytes, out);
}
