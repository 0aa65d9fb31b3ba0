/* aliases.c: see aliases.h. What Postfix, Exim and Sendmail agree on (aliases(5)): `name: target, target`; a line that
 * begins with white space goes on with the one before; `#` begins a comment line; names and targets may be quoted. */
#include "mail/aliases.h"

#include "mail/token.h"

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static PliSpan
take_line (PliSpan *rest)
{
  gssize end = pli_span_find (*rest, '\n');
  PliSpan line = end < 0 ? *rest : pli_span_head (*rest, (gsize) end);

  *rest = pli_span_skip (*rest, end < 0 ? rest->len : (gsize) end + 1);
  return line;
}

static gboolean
is_nothing (PliSpan line)
{
  PliSpan text = pli_span_trim (line);

  return text.len == 0 || text.data[0] == '#';
}

/* The lines that go on with this one, and what is blank or comment among them. */
static PliSpan
join (PliSpan first, PliSpan *rest, guint *line, PliArena *arena)
{
  g_auto (PliBuffer) all = { 0 };
  PliSpan look = *rest;
  guint lines = 0;

  while (look.len > 0)
    {
      PliSpan next = take_line (&look);

      lines++;
      if (is_nothing (next))
        continue;
      if (!is_blank (next.data[0]))
        break;
      if (all.len == 0)
        pli_buffer_add_span (&all, first);
      pli_buffer_add_char (&all, ' ');
      pli_buffer_add_span (&all, pli_span_trim (next));
      *rest = look;
      *line += lines;
      lines = 0;
    }
  return all.len > 0 ? pli_arena_span (arena, pli_buffer_span (&all)) : first;
}

/* Up to one of @stops that stands outside of quotes. */
static gsize
until (PliSpan text, const char *stops)
{
  gboolean quoted = FALSE;
  gsize i;

  for (i = 0; i < text.len; i++)
    {
      if (quoted && text.data[i] == '\\' && i + 1 < text.len)
        i++;
      else if (text.data[i] == '"')
        quoted = !quoted;
      else if (!quoted && text.data[i] != 0 && strchr (stops, text.data[i]))
        break;
    }
  return i;
}

/* Quotes around the whole, or around the local part, as aliases(5) has it; the address grammar knows the latter. */
static PliSpan
plain (PliSpan text, PliArena *arena)
{
  text = pli_span_trim (text);
  if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
    return pli_unquote (pli_span (text.data + 1, text.len - 2), arena);
  return text;
}

gboolean
pli_aliases_next (PliSpan *rest, guint *line, PliArena *arena, PliAliasEntry *out)
{
  while (rest->len > 0)
    {
      PliSpan text = take_line (rest);
      gsize colon;

      ++*line;
      if (is_nothing (text))
        continue;
      out->line = *line;
      text = join (text, rest, line, arena);
      colon = until (text, ":");
      out->name = plain (pli_span_head (text, colon), arena);
      out->bad = colon == text.len || out->name.len == 0 || is_blank (text.data[0]);
      out->right = out->bad ? text : pli_span_skip (text, colon + 1);
      return TRUE;
    }
  return FALSE;
}

gboolean
pli_aliases_target (PliSpan *right, PliArena *arena, PliSpan *out)
{
  while (right->len > 0)
    {
      gsize end = until (*right, ",");
      PliSpan text = pli_span_head (*right, end);

      *right = pli_span_skip (*right, MIN (end + 1, right->len));
      *out = plain (text, arena);
      if (out->len > 0)
        return TRUE;
    }
  return FALSE;
}
