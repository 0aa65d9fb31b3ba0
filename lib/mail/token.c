/* token.c: character classes, comments and quoted strings; see token.h. */
#include "mail/token.h"

#define SPECIAL (PLI_CLASS_FIELD)
#define ATOM (PLI_CLASS_ATEXT | PLI_CLASS_FIELD)
#define BOTH (PLI_CLASS_ATEXT | PLI_CLASS_TOKEN | PLI_CLASS_FIELD)
#define ALNUM (BOTH | PLI_CLASS_LETDIG)

const guint8 pli_classes[256] = {
  ['\t'] = PLI_CLASS_BLANK,
  ['\n'] = PLI_CLASS_BLANK,
  ['\r'] = PLI_CLASS_BLANK,
  [' '] = PLI_CLASS_BLANK,
  ['!'] = BOTH,
  ['"'] = SPECIAL,
  ['#'] = BOTH,
  ['$'] = BOTH,
  ['%'] = BOTH,
  ['&'] = BOTH,
  ['\''] = BOTH,
  ['('] = SPECIAL,
  [')'] = SPECIAL,
  ['*'] = BOTH,
  ['+'] = BOTH,
  [','] = SPECIAL,
  ['-'] = BOTH,
  ['.'] = PLI_CLASS_TOKEN | PLI_CLASS_FIELD,
  ['/'] = ATOM,
  ['0' ... '9'] = ALNUM | PLI_CLASS_DIGIT,
  [';'] = SPECIAL,
  ['<'] = SPECIAL,
  ['='] = ATOM,
  ['>'] = SPECIAL,
  ['?'] = ATOM,
  ['@'] = SPECIAL,
  ['A' ... 'Z'] = ALNUM,
  ['['] = SPECIAL,
  ['\\'] = SPECIAL,
  [']'] = SPECIAL,
  ['^'] = BOTH,
  ['_'] = BOTH,
  ['`'] = BOTH,
  ['a' ... 'z'] = ALNUM,
  ['{'] = BOTH,
  ['|'] = BOTH,
  ['}'] = BOTH,
  ['~'] = BOTH,
};

/* At `(`. Depth is a number, not a recursion. */
static PliSpan
skip_comment (PliCursor *c)
{
  const char *start = ++c->at;
  guint depth = 1;

  while (c->at < c->end)
    {
      char ch = *c->at++;

      if (ch == '(')
        depth++;
      else if (ch == ')' && --depth == 0)
        return pli_span (start, (gsize) (c->at - 1 - start));
      else if (ch == '\\' && c->at < c->end)
        c->at++;
    }
  return pli_span (start, (gsize) (c->at - start));
}

void
pli_cursor_skip (PliCursor *c, PliSpan *out_comment)
{
  while (c->at < c->end)
    {
      if (pli_is (*c->at, PLI_CLASS_BLANK))
        {
          c->at++;
          continue;
        }
      if (*c->at != '(')
        return;

      PliSpan comment = skip_comment (c);

      if (out_comment)
        *out_comment = comment;
    }
}

PliSpan
pli_cursor_quoted (PliCursor *c)
{
  const char *start = ++c->at;

  while (c->at < c->end)
    {
      char ch = *c->at++;

      if (ch == '"')
        return pli_span (start, (gsize) (c->at - 1 - start));
      if (ch == '\\' && c->at < c->end)
        c->at++;
    }
  return pli_span (start, (gsize) (c->at - start));
}

PliSpan
pli_cursor_run (PliCursor *c, guint8 mask)
{
  const char *start = c->at;

  while (c->at < c->end && pli_is (*c->at, mask))
    c->at++;
  return pli_span (start, (gsize) (c->at - start));
}

gboolean
pli_cursor_number (PliCursor *c, guint *out_number, guint *out_digits)
{
  PliSpan run = pli_cursor_run (c, PLI_CLASS_DIGIT);
  guint64 number;

  if (!pli_span_to_u64 (run, 999999999, &number))
    return FALSE;
  *out_number = (guint) number;
  if (out_digits)
    *out_digits = (guint) run.len;
  return TRUE;
}

PliSpan
pli_unquote (PliSpan raw, PliArena *arena)
{
  gsize i = 0, len;
  char *text;

  while (i < raw.len && raw.data[i] != '\\' && raw.data[i] != '\r' && raw.data[i] != '\n' && raw.data[i] != 0)
    i++;
  if (i == raw.len)
    return raw;
  text = pli_arena_alloc (arena, raw.len);
  memcpy (text, raw.data, i);
  for (len = i; i < raw.len; i++)
    {
      if (raw.data[i] == '\\' && i + 1 < raw.len)
        i++;
      if (raw.data[i] != '\r' && raw.data[i] != '\n' && raw.data[i] != 0)
        text[len++] = raw.data[i];
    }
  return pli_span (text, len);
}

PliSpan
pli_texts_take (PliTexts *texts, PliSpan raw)
{
  raw = pli_span_head (raw, texts->string_max);
  if (raw.len > texts->text_left)
    return pli_span (NULL, 0);
  texts->text_left -= raw.len;
  return raw;
}
