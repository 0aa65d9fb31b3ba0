/* search_fold.c: see search_fold.h. ASCII is folded by the byte, the rest by the character; no locale has a say. */
#include "search_fold.h"

void
imap_fold (PliSpan text, PliBuffer *out)
{
  const char *at = text.data, *end = at + text.len;

  while (at < end)
    {
      gunichar c;

      if ((guchar) *at < 128)
        {
          /* A copy may be as long as what is left. */
          char *to = pli_buffer_reserve (out, (gsize) (end - at));

          for (; at < end && (guchar) *at < 128; at++, out->len++)
            *to++ = g_ascii_tolower (*at);
          continue;
        }
      c = g_utf8_get_char_validated (at, end - at);
      if (c >= (gunichar) -2)
        {
          pli_buffer_add_char (out, *at++);
          continue;
        }
      at = g_utf8_next_char (at);
      /* Up, then down: so that both Greek sigmas are one. */
      out->len += (gsize) g_unichar_to_utf8 (g_unichar_tolower (g_unichar_toupper (c)), pli_buffer_reserve (out, 6));
    }
}

gboolean
imap_fold_has (PliSpan folded, PliSpan text)
{
  if (text.len == 0)
    return TRUE;
  return folded.len >= text.len && memmem (folded.data, folded.len, text.data, text.len) != NULL;
}
