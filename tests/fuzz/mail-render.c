/* Fuzz target of lib/mail/render.c, parts.c and preview.c: any message is rendered, in IMAP's syntax, and its parts
 * are found. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* One value: NIL, a number, a string, a literal, or values in parentheses. Returns what is behind it. */
static PliSpan
skip_value (PliSpan s, guint depth)
{
  gsize i = 0;

  g_assert (s.len > 0 && depth < 500);
  if (s.data[0] == '(')
    {
      s = pli_span_skip (s, 1);
      while (s.len > 0 && s.data[0] != ')')
        {
          s = skip_value (s, depth + 1);
          g_assert (s.len > 0);
          if (s.data[0] == ' ')
            s = pli_span_skip (s, 1);
        }
      g_assert (s.len > 0);
      return pli_span_skip (s, 1);
    }
  if (s.data[0] == '"')
    {
      for (i = 1; i < s.len && s.data[i] != '"'; i++)
        {
          g_assert (s.data[i] == '\t' || ((guint8) s.data[i] >= 32 && (guint8) s.data[i] < 127));
          i += s.data[i] == '\\';
        }
      g_assert (i < s.len);
      return pli_span_skip (s, i + 1);
    }
  if (s.data[0] == '{')
    {
      gssize close = pli_span_find (s, '}');
      guint64 n;

      g_assert (close > 1 && pli_span_to_u64 (pli_span (s.data + 1, (gsize) close - 1), s.len, &n));
      g_assert ((gsize) close + 3 + n <= s.len && memcmp (s.data + close, "}\r\n", 3) == 0);
      g_assert (!memchr (s.data + close + 3, 0, n));
      return pli_span_skip (s, (gsize) close + 3 + n);
    }
  while (i < s.len && g_ascii_isalnum (s.data[i]))
    i++;
  g_assert (i > 0);
  return pli_span_skip (s, i);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliRenderings r;
  PliPlace place;

  g_assert (pli_render (pli_span ((const char *) data, size), NULL, arena, &r));
  g_assert (skip_value (r.envelope, 0).len == 0);
  g_assert (skip_value (r.body, 0).len == 0);
  g_assert (skip_value (r.bodystructure, 0).len == 0);
  g_assert (r.preview.len == 0 || g_utf8_validate (r.preview.data, (gssize) r.preview.len, NULL));
  g_assert (pli_parts_find (r.parts, PLI_SPAN (""), &place) && place.offset == 0 && place.length == size);
  g_assert (pli_parts_find (r.parts, PLI_SPAN ("1"), &place) && place.offset + place.length <= size);
  if (pli_parts_find (r.parts, PLI_SPAN ("2.HEADER"), &place))
    g_assert (place.offset + place.length <= size);
  return 0;
}
