/* reply.c: see reply.h. */
#include "reply.h"

#include <pli/network.h>

#define TEXT_MAX 200

static gboolean
take_end (PliSpan *text, const char *end)
{
  gsize len = strlen (end);

  if (text->len < len || !pli_span_is (pli_span_skip (*text, text->len - len), end))
    return FALSE;
  text->len -= len;
  return TRUE;
}

/* What may be shown and written into a header. */
static const char *
printable (PliArena *arena, PliSpan text)
{
  char *copy = pli_arena_text (arena, pli_span_head (pli_span_trim (text), TEXT_MAX));

  for (char *c = copy; c && *c; c++)
    if (!g_ascii_isgraph (*c) && *c != ' ')
      *c = '?';
  return copy;
}

ClamavReply
clamav_reply_parse (PliSpan bytes, PliArena *arena, const char **out_text)
{
  gssize end = pli_span_find (bytes, 0);
  PliSpan text;

  *out_text = NULL;
  if (end < 0)
    return CLAMAV_MORE;
  text = pli_span_head (bytes, (gsize) end);
  if (take_end (&text, " ERROR"))
    {
      *out_text = printable (arena, text);
      return pli_span_starts (text, "INSTREAM size limit exceeded") ? CLAMAV_TOO_BIG : CLAMAV_ERROR;
    }
  if (!pli_span_starts (text, "stream: "))
    return CLAMAV_GARBAGE;
  text = pli_span_skip (text, strlen ("stream: "));
  if (pli_span_is (text, "OK"))
    return CLAMAV_CLEAN;
  if (!take_end (&text, " FOUND") || text.len == 0)
    return CLAMAV_GARBAGE;
  *out_text = printable (arena, text);
  return CLAMAV_INFECTED;
}

gboolean
clamav_address_parse (const char *text, PliArena *arena, const char **out_address, guint *out_port)
{
  const char *colon = strrchr (text, ':');
  PliSpan host = pli_span (text, colon ? (gsize) (colon - text) : 0);
  PliNetwork network;
  guint64 port;
  char *address;

  *out_port = 0;
  *out_address = pli_arena_strdup (arena, text);
  if (text[0] == '/')
    return text[1] != 0;
  if (!colon || !pli_span_to_u64 (pli_span_from (colon + 1), 65535, &port) || port == 0)
    return FALSE;
  if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
    host = pli_span (host.data + 1, host.len - 2);
  else if (pli_span_find (host, ':') >= 0)
    return FALSE;
  address = pli_arena_text (arena, host);
  *out_address = address;
  *out_port = (guint) port;
  return host.len > 0 && !strchr (address, '/') && pli_network_parse (address, &network);
}
