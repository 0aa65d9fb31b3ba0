/* list_args.c: see list_args.h. */
#include "list_args.h"
#include "imap.h"

#define PATTERN_MAX 1000
#define PATTERNS_MAX 100

static gboolean
selection (ImapLex *lex, ImapListArgs *out)
{
  PliSpan word;

  while (!imap_lex_char (lex, ')'))
    {
      if (!imap_lex_word (lex, &word))
        return FALSE;
      if (pli_span_is_nocase (word, "SUBSCRIBED"))
        out->subscribed = out->return_subscribed = TRUE;
      else if (pli_span_is_nocase (word, "SPECIAL-USE"))
        out->special_use = TRUE;
      else if (pli_span_is_nocase (word, "RECURSIVEMATCH"))
        out->recursive = TRUE;
      else if (!pli_span_is_nocase (word, "REMOTE")) /* there are none */
        return FALSE;
      if (!imap_lex_space (lex) && imap_lex_peek (lex) != ')')
        return FALSE;
    }
  /* RFC 5258 3.1: RECURSIVEMATCH alone is an error. */
  return !out->recursive || out->subscribed || out->special_use;
}

static gboolean
returned (ImapLex *lex, ImapListArgs *out)
{
  PliSpan word;

  if (!imap_lex_is_word (lex, "RETURN") || !imap_lex_space (lex) || !imap_lex_char (lex, '('))
    return FALSE;
  while (!imap_lex_char (lex, ')'))
    {
      if (!imap_lex_word (lex, &word))
        return FALSE;
      if (pli_span_is_nocase (word, "SUBSCRIBED"))
        out->return_subscribed = TRUE;
      else if (pli_span_is_nocase (word, "STATUS"))
        {
          if (!imap_lex_space (lex) || !imap_lex_status_items (lex, &out->status))
            return FALSE;
        }
      /* These two are returned in any case. */
      else if (!pli_span_is_nocase (word, "CHILDREN") && !pli_span_is_nocase (word, "SPECIAL-USE"))
        return FALSE;
      if (!imap_lex_space (lex) && imap_lex_peek (lex) != ')')
        return FALSE;
    }
  return TRUE;
}

static gboolean
pattern (ImapLex *lex, PliSpan reference, ImapListArgs *out)
{
  PliSpan text;
  char *whole;

  if (out->n_patterns == PATTERNS_MAX || !imap_lex_list_mailbox (lex, &text) || reference.len + text.len > PATTERN_MAX)
    return FALSE;
  if (text.len == 0)
    out->is_root = TRUE;
  whole = pli_arena_alloc (lex->arena, reference.len + text.len + 1);
  memcpy (whole, reference.data, reference.len);
  memcpy (whole + reference.len, text.data, text.len);
  out->patterns[out->n_patterns++] = pli_span (whole, reference.len + text.len);
  return TRUE;
}

gboolean
imap_lex_list (ImapLex *lex, gboolean lsub, ImapListArgs *out)
{
  PliSpan reference;

  *out = (ImapListArgs){ .patterns = pli_arena_array (lex->arena, PliSpan, PATTERNS_MAX) };
  if (!lsub && imap_lex_char (lex, '(') && (!selection (lex, out) || !imap_lex_space (lex)))
    return FALSE;
  if (!imap_lex_astring (lex, &reference) || !imap_lex_space (lex))
    return FALSE;
  if (!lsub && imap_lex_char (lex, '('))
    {
      do
        if (!pattern (lex, reference, out))
          return FALSE;
      while (imap_lex_space (lex));
      if (!imap_lex_char (lex, ')'))
        return FALSE;
      out->is_root = FALSE;
    }
  else if (!pattern (lex, reference, out))
    return FALSE;
  if (!lsub && imap_lex_space (lex) && !imap_lex_at_end (lex) && !returned (lex, out))
    return FALSE;
  return imap_lex_finish (lex);
}

static gboolean
same (char a, char b, gboolean any_case)
{
  return a == b || (any_case && g_ascii_toupper (a) == g_ascii_toupper (b));
}

gboolean
imap_list_matches (PliSpan pattern, PliSpan name)
{
  /* RFC 3501 5.1: INBOX, and what is below it. */
  gsize any_case = pli_span_starts (name, "INBOX") && (name.len == 5 || name.data[5] == '/') ? 5 : 0;
  gsize p = 0, n = 0;
  /* Where to go on when the rest does not match: behind the last `*`, and behind the last `%` after it. */
  gsize star = G_MAXSIZE, star_n = 0, percent = G_MAXSIZE, percent_n = 0;

  while (TRUE)
    {
      if (p < pattern.len && pattern.data[p] == '*')
        {
          star = ++p;
          star_n = n;
          percent = G_MAXSIZE;
        }
      else if (p < pattern.len && pattern.data[p] == '%')
        {
          percent = ++p;
          percent_n = n;
        }
      else if (p < pattern.len && n < name.len && same (pattern.data[p], name.data[n], n < any_case))
        {
          p++;
          n++;
        }
      else if (p == pattern.len && n == name.len)
        return TRUE;
      else if (percent != G_MAXSIZE && percent_n < name.len && name.data[percent_n] != '/')
        {
          p = percent;
          n = ++percent_n;
        }
      else if (star != G_MAXSIZE && star_n < name.len)
        {
          p = star;
          n = ++star_n;
          percent = G_MAXSIZE;
        }
      else
        return FALSE;
    }
}
