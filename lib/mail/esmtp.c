/* esmtp.c: parameters of MAIL and RCPT, and xtext, the form in which they carry free text.
 *
 * Knows no keyword: what SIZE or BODY means is the engine's business. RFC 5321 4.1.2, RFC 3461 4, RFC 6531 3.3. */
#include "mail/token.h"

gboolean
pli_esmtp_param_next (PliSpan *rest, PliSpan *out_keyword, PliSpan *out_value)
{
  PliCursor c = pli_cursor (*rest);
  const char *start;
  gboolean high = FALSE;

  while (pli_cursor_is (&c, ' '))
    c.at++;
  *rest = pli_span (c.at, (gsize) (c.end - c.at));
  start = c.at;
  while (c.at < c.end && (pli_is (*c.at, PLI_CLASS_LETDIG) || (*c.at == '-' && c.at > start)))
    c.at++;
  *out_keyword = pli_span (start, (gsize) (c.at - start));
  *out_value = pli_span (NULL, 0);
  if (out_keyword->len == 0)
    return FALSE;
  if (pli_cursor_is (&c, '='))
    {
      start = ++c.at;
      for (; c.at < c.end && (guint8) *c.at > 32 && *c.at != '=' && *c.at != 127; c.at++)
        high |= (guint8) *c.at >= 128;
      *out_value = pli_span (start, (gsize) (c.at - start));
      if (out_value->len == 0 || (high && !g_utf8_validate (out_value->data, (gssize) out_value->len, NULL)))
        return FALSE;
    }
  if (c.at < c.end && *c.at != ' ')
    return FALSE;
  *rest = pli_span (c.at, (gsize) (c.end - c.at));
  return TRUE;
}

/* RFC 3461 4: hexchar = "+" 2 of upper-case hexadecimal digits; lower-case ones are seen, and understood. */
gboolean
pli_xtext_decode (PliSpan in, PliArena *arena, PliSpan *out_text)
{
  char *text = pli_arena_alloc (arena, in.len + 1);
  gsize len = 0;

  for (gsize i = 0; i < in.len; i++)
    {
      char ch = in.data[i];

      if (ch == '+')
        {
          int high = i + 2 < in.len ? g_ascii_xdigit_value (in.data[i + 1]) : -1;
          int low = i + 2 < in.len ? g_ascii_xdigit_value (in.data[i + 2]) : -1;

          if (high < 0 || low < 0)
            return FALSE;
          ch = (char) (high << 4 | low);
          i += 2;
        }
      else if ((guint8) ch <= 32 || ch == 127 || ch == '=') /* RFC 6533 allows UTF-8 */
        return FALSE;
      text[len++] = ch;
    }
  *out_text = pli_span (text, len);
  return TRUE;
}

PliSpan
pli_xtext_encode (PliSpan text, PliArena *arena)
{
  static const char hex[] = "0123456789ABCDEF";
  char *out = pli_arena_alloc (arena, 3 * text.len + 1);
  gsize len = 0;

  for (gsize i = 0; i < text.len; i++)
    {
      guint8 ch = (guint8) text.data[i];

      if (ch > 32 && ch < 127 && ch != '+' && ch != '=')
        out[len++] = (char) ch;
      else
        {
          out[len++] = '+';
          out[len++] = hex[ch >> 4];
          out[len++] = hex[ch & 15];
        }
    }
  return pli_span (out, len);
}
