/* lex.c: see lex.h. */
#include "lex.h"

gboolean
imap_is_atom_char (char c)
{
  /* RFC 3501 9: atom-specials are ( ) { SP CTL % * " \ ] */
  return c > ' ' && c < 127 && !strchr ("(){%*\"\\]", c);
}

gboolean
imap_is_atom (PliSpan text)
{
  for (gsize i = 0; i < text.len; i++)
    if (!imap_is_atom_char (text.data[i]))
      return FALSE;
  return text.len > 0;
}

gboolean
imap_lex_at_end (const ImapLex *lex)
{
  return lex->at == lex->end;
}

char
imap_lex_peek (const ImapLex *lex)
{
  return lex->at < lex->end ? *lex->at : '\0';
}

gboolean
imap_lex_char (ImapLex *lex, char c)
{
  if (lex->at == lex->end || *lex->at != c)
    return FALSE;
  lex->at++;
  return TRUE;
}

gboolean
imap_lex_space (ImapLex *lex)
{
  const char *from = lex->at;

  while (lex->at < lex->end && *lex->at == ' ')
    lex->at++;
  return lex->at > from;
}

gboolean
imap_lex_finish (ImapLex *lex)
{
  imap_lex_space (lex);
  return lex->at == lex->end;
}

static gboolean
run (ImapLex *lex, gboolean (*is_in) (char c), PliSpan *out)
{
  const char *from = lex->at;

  while (lex->at < lex->end && is_in (*lex->at))
    lex->at++;
  *out = pli_span (from, (gsize) (lex->at - from));
  return out->len > 0;
}

gboolean
imap_lex_atom (ImapLex *lex, PliSpan *out)
{
  return run (lex, imap_is_atom_char, out);
}

static gboolean
is_word_char (char c)
{
  return g_ascii_isalnum (c) || c == '.' || c == '-' || c == '=';
}

gboolean
imap_lex_word (ImapLex *lex, PliSpan *out)
{
  return run (lex, is_word_char, out);
}

gboolean
imap_lex_is_word (ImapLex *lex, const char *word)
{
  ImapLex ahead = *lex;
  PliSpan found;

  if (!imap_lex_word (&ahead, &found) || !pli_span_is_nocase (found, word))
    return FALSE;
  *lex = ahead;
  return TRUE;
}

gboolean
imap_lex_literal (ImapLex *lex, PliSpan *out)
{
  guint64 size;

  if (!imap_lex_char (lex, '{') || !imap_lex_number (lex, G_MAXUINT64 / 4, &size))
    return FALSE;
  imap_lex_char (lex, '+');
  if (!imap_lex_char (lex, '}') || !imap_lex_char (lex, '\r') || !imap_lex_char (lex, '\n')
      || size > (guint64) (lex->end - lex->at))
    return FALSE;
  *out = pli_span (lex->at, (gsize) size);
  lex->at += size;
  return TRUE;
}

static gboolean
quoted (ImapLex *lex, PliSpan *out)
{
  const char *from = ++lex->at;
  gsize escapes = 0;
  char *text;

  for (; lex->at < lex->end && *lex->at != '"'; lex->at++)
    {
      if (*lex->at == '\\')
        {
          /* RFC 3501 9: only quote and backslash may be escaped; clients escape more, and mean it. */
          escapes++;
          if (++lex->at == lex->end)
            return FALSE;
        }
      if (*lex->at == '\0' || *lex->at == '\r' || *lex->at == '\n')
        return FALSE;
    }
  *out = pli_span (from, (gsize) (lex->at - from));
  if (!imap_lex_char (lex, '"'))
    return FALSE;
  if (escapes == 0)
    return TRUE;
  text = pli_arena_alloc (lex->arena, out->len - escapes + 1);
  for (gsize i = 0, n = 0; i < out->len; i++)
    {
      if (out->data[i] == '\\')
        i++;
      text[n++] = out->data[i];
    }
  *out = pli_span (text, out->len - escapes);
  return TRUE;
}

gboolean
imap_lex_string (ImapLex *lex, PliSpan *out)
{
  char c = imap_lex_peek (lex);

  if (c == '"')
    return quoted (lex, out);
  return c == '{' && imap_lex_literal (lex, out) && !memchr (out->data, '\0', out->len);
}

static gboolean
is_astring_char (char c)
{
  return imap_is_atom_char (c) || c == ']';
}

gboolean
imap_lex_astring (ImapLex *lex, PliSpan *out)
{
  char c = imap_lex_peek (lex);

  return c == '"' || c == '{' ? imap_lex_string (lex, out) : run (lex, is_astring_char, out);
}

gboolean
imap_lex_nstring (ImapLex *lex, PliSpan *out)
{
  if (imap_lex_is_word (lex, "NIL"))
    {
      *out = pli_span (NULL, 0);
      return TRUE;
    }
  return imap_lex_string (lex, out);
}

static gboolean
is_list_char (char c)
{
  return is_astring_char (c) || c == '%' || c == '*';
}

gboolean
imap_lex_list_mailbox (ImapLex *lex, PliSpan *out)
{
  char c = imap_lex_peek (lex);

  return c == '"' || c == '{' ? imap_lex_string (lex, out) : run (lex, is_list_char, out);
}

static gboolean
is_digit (char c)
{
  return g_ascii_isdigit (c);
}

gboolean
imap_lex_number (ImapLex *lex, guint64 max, guint64 *out)
{
  PliSpan digits;

  return run (lex, is_digit, &digits) && pli_span_to_u64 (digits, max, out);
}

void
imap_write_astring (PliBuffer *out, PliSpan text)
{
  if (imap_is_atom (text) && !pli_span_is_nocase (text, "NIL"))
    {
      pli_buffer_add_span (out, text);
      return;
    }
  pli_buffer_add_char (out, '"');
  for (gsize i = 0; i < text.len; i++)
    {
      if (text.data[i] == '"' || text.data[i] == '\\')
        pli_buffer_add_char (out, '\\');
      pli_buffer_add_char (out, text.data[i]);
    }
  pli_buffer_add_char (out, '"');
}
