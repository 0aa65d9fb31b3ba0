/* pattern.c: see pattern.h. What patterns mean is in section 6.4.1 of the Lua reference manual. Each comparison is a step;
 * so is each class inside a set. Recursion is bounded as in Lua itself. */
#include "pattern.h"

#define DEPTH_MAX 200

static const char *match (PolicyMatch *m, const char *s, const char *p);

static const char *
fail (PolicyMatch *m, const char *problem)
{
  if (!m->problem)
    m->problem = problem;
  return NULL;
}

static gboolean
step (PolicyMatch *m)
{
  if (++m->steps > m->steps_max)
    fail (m, "the pattern takes too many steps");
  return !m->problem;
}

static const char *
pattern_end (const PolicyMatch *m)
{
  return m->pattern.data + m->pattern.len;
}

static const char *
subject_end (const PolicyMatch *m)
{
  return m->subject.data + m->subject.len;
}

/* Behind the single character class at @p; NULL when the pattern ends too soon. */
static const char *
class_end (PolicyMatch *m, const char *p)
{
  const char *end = pattern_end (m);
  char first = *p++;

  if (first == '%')
    return p == end ? fail (m, "malformed pattern (ends with '%')") : p + 1;
  if (first != '[')
    return p;
  if (p < end && *p == '^')
    p++;
  do
    {
      if (p == end)
        return fail (m, "malformed pattern (missing ']')");
      if (*p++ == '%')
        {
          if (p == end)
            return fail (m, "malformed pattern (missing ']')");
          p++;
        }
    }
  while (p == end || *p != ']');
  return p + 1;
}

static gboolean
in_class (guchar c, char class)
{
  gboolean is;

  switch (g_ascii_tolower (class))
    {
    case 'a':
      is = g_ascii_isalpha (c);
      break;
    case 'c':
      is = g_ascii_iscntrl (c);
      break;
    case 'd':
      is = g_ascii_isdigit (c);
      break;
    case 'g':
      is = g_ascii_isgraph (c);
      break;
    case 'l':
      is = g_ascii_islower (c);
      break;
    case 'p':
      is = g_ascii_ispunct (c);
      break;
    case 's':
      is = g_ascii_isspace (c) || c == '\v';
      break;
    case 'u':
      is = g_ascii_isupper (c);
      break;
    case 'w':
      is = g_ascii_isalnum (c);
      break;
    case 'x':
      is = g_ascii_isxdigit (c);
      break;
    default:
      return c == (guchar) class;
    }
  return g_ascii_isupper (class) ? !is : is;
}

/* @p: at `[`; @end: behind the set's `]`. */
static gboolean
in_set (PolicyMatch *m, guchar c, const char *p, const char *end)
{
  const char *last = end - 1;
  gboolean yes = TRUE;

  if (*++p == '^')
    {
      yes = FALSE;
      p++;
    }
  for (; p < last; p++)
    {
      if (!step (m))
        return FALSE;
      if (*p == '%')
        {
          if (in_class (c, *++p))
            return yes;
        }
      else if (p + 2 < last && p[1] == '-')
        {
          if ((guchar) p[0] <= c && c <= (guchar) p[2])
            return yes;
          p += 2;
        }
      else if ((guchar) *p == c)
        return yes;
    }
  return !yes;
}

/* Does the class between @p and @end take the character at @s? */
static gboolean
single (PolicyMatch *m, const char *s, const char *p, const char *end)
{
  if (s >= subject_end (m) || !step (m))
    return FALSE;
  switch (*p)
    {
    case '.':
      return TRUE;
    case '%':
      return in_class ((guchar) *s, p[1]);
    case '[':
      return in_set (m, (guchar) *s, p, end);
    default:
      return *p == *s;
    }
}

static const char *
balanced (PolicyMatch *m, const char *s, const char *p)
{
  guint open = 1;

  if (pattern_end (m) - p < 2)
    return fail (m, "malformed pattern (missing arguments to '%b')");
  if (s >= subject_end (m) || *s != *p)
    return NULL;
  while (++s < subject_end (m) && step (m))
    if (*s == p[1])
      {
        if (--open == 0)
          return s + 1;
      }
    else if (*s == p[0])
      open++;
  return NULL;
}

static const char *
longest_first (PolicyMatch *m, const char *s, const char *p, const char *end)
{
  gssize n = 0;

  while (single (m, s + n, p, end))
    n++;
  for (; n >= 0 && !m->problem; n--)
    {
      const char *found = match (m, s + n, end + 1);

      if (found)
        return found;
    }
  return NULL;
}

static const char *
shortest_first (PolicyMatch *m, const char *s, const char *p, const char *end)
{
  for (;;)
    {
      const char *found = match (m, s, end + 1);

      if (found || m->problem)
        return found;
      if (!single (m, s, p, end))
        return NULL;
      s++;
    }
}

static const char *
open_capture (PolicyMatch *m, const char *s, const char *p, gssize what)
{
  const char *found;

  if (m->n_captures == POLICY_CAPTURES_MAX)
    return fail (m, "too many captures");
  m->captures[m->n_captures++] = (PolicyCapture){ s, what };
  found = match (m, s, p);
  if (!found)
    m->n_captures--;
  return found;
}

static const char *
close_capture (PolicyMatch *m, const char *s, const char *p)
{
  guint n = m->n_captures;
  const char *found;

  while (n > 0 && m->captures[n - 1].len != POLICY_CAPTURE_OPEN)
    n--;
  if (n == 0)
    return fail (m, "invalid pattern capture");
  m->captures[n - 1].len = s - m->captures[n - 1].at;
  found = match (m, s, p);
  if (!found)
    m->captures[n - 1].len = POLICY_CAPTURE_OPEN;
  return found;
}

/* `%1`: what the capture has, again. */
static const char *
again (PolicyMatch *m, const char *s, char digit)
{
  guint n = (guint) (digit - '1');

  if (digit == '0' || n >= m->n_captures || m->captures[n].len == POLICY_CAPTURE_OPEN)
    return fail (m, "invalid capture index");
  if (m->captures[n].len < 0)
    return NULL; /* a place is no text that could come again */
  m->steps += (guint64) m->captures[n].len / 16;
  if (subject_end (m) - s < m->captures[n].len || memcmp (m->captures[n].at, s, (gsize) m->captures[n].len) != 0)
    return NULL;
  return s + m->captures[n].len;
}

/* `%f[set]`; *out_rest: behind it. */
static gboolean
frontier (PolicyMatch *m, const char *s, const char *p, const char **out_rest)
{
  const char *end;
  guchar before = s == m->subject.data ? 0 : (guchar) s[-1], here = s == subject_end (m) ? 0 : (guchar) *s;

  if (p >= pattern_end (m) || *p != '[')
    {
      fail (m, "missing '[' after '%f' in pattern");
      return FALSE;
    }
  end = class_end (m, p);
  *out_rest = end;
  return end && !in_set (m, before, p, end) && in_set (m, here, p, end) && !m->problem;
}

/* The special items that begin with `%`. FALSE: it is an ordinary class. *out: where to go on in the subject, NULL: no
 * match; *p moves behind the item. */
static gboolean
special (PolicyMatch *m, const char *s, const char **p, const char **out)
{
  const char *at = *p + 1, *rest = NULL;

  if (at == pattern_end (m))
    return FALSE;
  if (*at == 'b')
    {
      *out = balanced (m, s, at + 1);
      *p = at + 3;
      return TRUE;
    }
  if (*at == 'f')
    {
      *out = frontier (m, s, at + 1, &rest) ? s : NULL;
      *p = rest;
      return TRUE;
    }
  if (!g_ascii_isdigit (*at))
    return FALSE;
  *out = again (m, s, *at);
  *p = at + 1;
  return TRUE;
}

/* A class and what follows it; *next: go on behind the class, with s + 1. */
static const char *
match_class (PolicyMatch *m, const char *s, const char *p, const char **next_s, const char **next_p)
{
  const char *end = class_end (m, p), *found;
  char suffix = end && end < pattern_end (m) ? *end : 0;

  *next_s = NULL;
  if (!end)
    return NULL;
  switch (suffix)
    {
    case '?':
      if (single (m, s, p, end) && (found = match (m, s + 1, end + 1)))
        return found;
      *next_s = s;
      *next_p = end + 1;
      return NULL;
    case '+':
      return single (m, s, p, end) ? longest_first (m, s + 1, p, end) : NULL;
    case '*':
      return longest_first (m, s, p, end);
    case '-':
      return shortest_first (m, s, p, end);
    default:
      if (!single (m, s, p, end))
        return NULL;
      *next_s = s + 1;
      *next_p = end;
      return NULL;
    }
}

static const char *
match_here (PolicyMatch *m, const char *s, const char *p)
{
  while (step (m))
    {
      const char *next_s;

      if (p == pattern_end (m))
        return s;
      if (*p == '(')
        return p + 1 < pattern_end (m) && p[1] == ')' ? open_capture (m, s, p + 2, POLICY_CAPTURE_PLACE)
                                                      : open_capture (m, s, p + 1, POLICY_CAPTURE_OPEN);
      if (*p == ')')
        return close_capture (m, s, p + 1);
      if (*p == '$' && p + 1 == pattern_end (m))
        return s == subject_end (m) ? s : NULL;
      if (*p != '%' || !special (m, s, &p, &next_s))
        {
          const char *found = match_class (m, s, p, &next_s, &p);

          if (found)
            return found;
        }
      if (!next_s)
        return NULL;
      s = next_s;
    }
  return NULL;
}

static const char *
match (PolicyMatch *m, const char *s, const char *p)
{
  const char *found;

  if (++m->depth > DEPTH_MAX)
    return fail (m, "the pattern is too complex");
  found = match_here (m, s, p);
  m->depth--;
  return m->problem ? NULL : found;
}

gboolean
policy_match (PolicyMatch *m, gsize from, gsize *out_end)
{
  const char *end;

  m->depth = m->n_captures = 0;
  end = match (m, m->subject.data + from, m->pattern.data);
  for (guint i = 0; end && i < m->n_captures; i++)
    if (m->captures[i].len == POLICY_CAPTURE_OPEN)
      end = fail (m, "unfinished capture");
  if (end)
    *out_end = (gsize) (end - m->subject.data);
  return end != NULL;
}

gboolean
policy_pattern_is_plain (PliSpan pattern)
{
  for (gsize i = 0; i < pattern.len; i++)
    if (strchr ("^$*+?.([%-", pattern.data[i]))
      return FALSE;
  return TRUE;
}
