/* tokens.c: see lint.h. Strings, long brackets and comments as in section 3.1 of the Lua reference manual. */
#include "lint.h"

typedef struct
{
  PliSpan text;
  gsize at;
  guint line;
} Reader;

static char
peek (const Reader *r, gsize ahead)
{
  return r->at + ahead < r->text.len ? r->text.data[r->at + ahead] : 0;
}

static void
skip (Reader *r, gsize n)
{
  for (; n > 0 && r->at < r->text.len; n--)
    r->line += r->text.data[r->at++] == '\n';
}

/* At `[[`, `[=[` …: goes behind the end of it. FALSE: it is none. */
static gboolean
skip_long (Reader *r)
{
  gsize level = 0, i;

  if (peek (r, 0) != '[')
    return FALSE;
  while (peek (r, 1 + level) == '=')
    level++;
  if (peek (r, 1 + level) != '[')
    return FALSE;
  skip (r, level + 2);
  for (; r->at < r->text.len; skip (r, 1))
    {
      if (peek (r, 0) != ']')
        continue;
      for (i = 0; i < level && peek (r, 1 + i) == '='; i++)
        ;
      if (i == level && peek (r, 1 + level) == ']')
        {
          skip (r, level + 2);
          return TRUE;
        }
    }
  return TRUE;
}

static void
skip_comment (Reader *r)
{
  skip (r, 2);
  if (skip_long (r))
    return;
  while (r->at < r->text.len && peek (r, 0) != '\n')
    skip (r, 1);
}

static void
skip_string (Reader *r)
{
  char quote = peek (r, 0);

  skip (r, 1);
  while (r->at < r->text.len && peek (r, 0) != quote)
    skip (r, peek (r, 0) == '\\' ? 2 : 1);
  skip (r, 1);
}

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

void
policy_tokens (PliSpan text, GArray *out)
{
  Reader r = { text, 0, 1 };

  while (r.at < text.len)
    {
      char c = peek (&r, 0);
      PolicyToken token = { .line = r.line, .kind = POLICY_TOKEN_SIGN };
      gsize from = r.at;

      if (g_ascii_isspace (c) || c == '\v')
        {
          skip (&r, 1);
          continue;
        }
      if (c == '-' && peek (&r, 1) == '-')
        {
          skip_comment (&r);
          continue;
        }
      if (c == '"' || c == '\'')
        {
          skip_string (&r);
          token.kind = POLICY_TOKEN_TEXT;
        }
      else if (skip_long (&r))
        token.kind = POLICY_TOKEN_TEXT;
      else if (is_word (c))
        {
          token.kind = g_ascii_isdigit (c) ? POLICY_TOKEN_TEXT : POLICY_TOKEN_NAME;
          while (is_word (peek (&r, 0)) || (token.kind == POLICY_TOKEN_TEXT && peek (&r, 0) == '.'))
            skip (&r, 1);
        }
      else
        skip (&r, 1);
      token.text = pli_span (text.data + from, r.at - from);
      g_array_append_val (out, token);
    }
}
