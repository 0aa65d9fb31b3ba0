/* span.c: questions to borrowed bytes. ASCII only where case matters, as the grammars of mail ask; never the locale.
 * Pure functions, any thread. */
#include <pli/base.h>

gboolean
pli_span_equal (PliSpan a, PliSpan b)
{
  return a.len == b.len && (a.len == 0 || memcmp (a.data, b.data, a.len) == 0);
}

gboolean
pli_span_is (PliSpan a, const char *text)
{
  return pli_span_equal (a, pli_span_from (text));
}

static gboolean
same_nocase (const char *a, const char *b, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (g_ascii_tolower (a[i]) != g_ascii_tolower (b[i]))
      return FALSE;
  return TRUE;
}

gboolean
pli_span_equal_nocase (PliSpan a, PliSpan b)
{
  return a.len == b.len && same_nocase (a.data, b.data, a.len);
}

gboolean
pli_span_is_nocase (PliSpan a, const char *text)
{
  return pli_span_equal_nocase (a, pli_span_from (text));
}

gboolean
pli_span_starts (PliSpan a, const char *prefix)
{
  gsize len = strlen (prefix);

  return a.len >= len && memcmp (a.data, prefix, len) == 0;
}

gboolean
pli_span_starts_nocase (PliSpan a, const char *prefix)
{
  gsize len = strlen (prefix);

  return a.len >= len && same_nocase (a.data, prefix, len);
}

gssize
pli_span_find (PliSpan a, char c)
{
  const char *at = a.len > 0 ? memchr (a.data, c, a.len) : NULL;

  return at ? at - a.data : -1;
}

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

PliSpan
pli_span_trim (PliSpan a)
{
  while (a.len > 0 && is_blank (a.data[0]))
    {
      a.data++;
      a.len--;
    }
  while (a.len > 0 && is_blank (a.data[a.len - 1]))
    a.len--;
  return a;
}

gboolean
pli_span_to_u64 (PliSpan a, guint64 max, guint64 *out)
{
  guint64 n = 0;

  if (a.len == 0)
    return FALSE;
  for (gsize i = 0; i < a.len; i++)
    {
      guint digit = (guint) (a.data[i] - '0');

      if (digit > 9 || n > (G_MAXUINT64 - digit) / 10)
        return FALSE;
      n = n * 10 + digit;
    }
  if (n > max)
    return FALSE;
  *out = n;
  return TRUE;
}

char *
pli_span_dup (PliSpan a)
{
  return a.data ? g_strndup (a.data, a.len) : NULL;
}

void
pli_ascii_lower (char *text)
{
  for (; *text; text++)
    *text = g_ascii_tolower (*text);
}
