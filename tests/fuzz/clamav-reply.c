/* Fuzzes plugins/filter-clamav/reply.c: any bytes as clamd's reply and as an address. What is a reply does not change when more
 * comes, no beginning of it is one, and what is shown of it is one printable line. */
#include "plugins/filter-clamav/reply.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan bytes = pli_span ((const char *) data, size);
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *word = g_strndup ((const char *) data, size);
  gssize end = pli_span_find (bytes, 0);
  const char *text, *again;
  guint port;
  ClamavReply reply = clamav_reply_parse (bytes, arena, &text);

  g_assert ((reply == CLAMAV_MORE) == (end < 0));
  for (gsize len = 0; end >= 0 && len <= (gsize) end; len++)
    g_assert (clamav_reply_parse (pli_span_head (bytes, len), arena, &again) == CLAMAV_MORE);
  if (reply != CLAMAV_MORE)
    g_assert (clamav_reply_parse (pli_span_head (bytes, (gsize) end + 1), arena, &again) == reply);
  for (const char *c = text; c && *c; c++)
    g_assert (*c >= ' ' && *c < 0x7f);
  if (clamav_address_parse (word, arena, &again, &port))
    g_assert ((again[0] == '/') == (port == 0));
  return 0;
}
