/* header.c: the header of a message as a list of fields: step, find, select, write.
 *
 * Takes CRLF and LF alike and never stops at garbage: only an empty line ends a header. Nothing is copied but what
 * pli_header_select() and pli_header_write() append. RFC 5322 2.2; RFC 3501 6.4.5. */
#include "mail/token.h"

#define LINE_OCTETS 998 /* RFC 5322 2.1.1, without CRLF */

/* Bytes of the empty line at @at, or 0. */
static gsize
empty_line (const char *at, const char *end)
{
  if (at < end && *at == '\n')
    return 1;
  return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static PliSpan
trim (const char *at, const char *end)
{
  while (at < end && pli_is (*at, PLI_CLASS_BLANK))
    at++;
  while (at < end && pli_is (end[-1], PLI_CLASS_BLANK))
    end--;
  return pli_span (at, (gsize) (end - at));
}

gboolean
pli_header_next (PliSpan *rest, PliHeaderField *out_field)
{
  const char *start = rest->data, *at = start, *end, *colon;
  gsize skip;

  if (rest->len == 0)
    return FALSE;
  end = start + rest->len;
  if ((skip = empty_line (start, end)) > 0)
    {
      *rest = pli_span_skip (*rest, skip);
      return FALSE;
    }
  do
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));

      at = lf ? lf + 1 : end;
    }
  while (at < end && (*at == ' ' || *at == '\t'));
  out_field->whole = pli_span (start, (gsize) (at - start));
  *rest = pli_span (at, (gsize) (end - at));

  end = at;
  for (at = start; at < end && pli_is (*at, PLI_CLASS_FIELD);)
    at++;
  for (colon = at; colon < end && (*colon == ' ' || *colon == '\t');)
    colon++;
  if (at > start && colon < end && *colon == ':')
    {
      out_field->name = pli_span (start, (gsize) (at - start));
      out_field->value = trim (colon + 1, end);
    }
  else
    {
      out_field->name = pli_span (NULL, 0);
      out_field->value = trim (start, end);
    }
  return TRUE;
}

gsize
pli_header_end (PliSpan message)
{
  const char *at = message.data, *end = at;

  if (message.len == 0)
    return 0;
  for (end += message.len; at < end;)
    {
      gsize skip = empty_line (at, end);
      const char *lf;

      if (skip > 0)
        return (gsize) (at - message.data) + skip;
      if (!(lf = memchr (at, '\n', (gsize) (end - at))))
        break;
      at = lf + 1;
    }
  return message.len;
}

gboolean
pli_header_find (PliSpan header, const char *name, PliHeaderField *out_field)
{
  PliSpan want = pli_span_from (name);

  while (pli_header_next (&header, out_field))
    if (out_field->name.data && pli_span_equal_nocase (out_field->name, want))
      return TRUE;
  return FALSE;
}

guint
pli_header_count (PliSpan header, const char *name)
{
  PliSpan want = pli_span_from (name);
  PliHeaderField field;
  guint n = 0;

  while (pli_header_next (&header, &field))
    n += field.name.data && pli_span_equal_nocase (field.name, want);
  return n;
}

void
pli_header_unfold (PliSpan value, gsize max, PliBuffer *out)
{
  char *at = pli_buffer_reserve (out, MIN (value.len, max) + 1);
  gsize len = 0;

  for (gsize i = 0; i < value.len && len < max; i++)
    if (value.data[i] != '\r' && value.data[i] != '\n' && value.data[i] != 0)
      at[len++] = value.data[i];
  out->len += len;
}

static gboolean
listed (PliSpan name, const PliSpan *names, gsize n_names)
{
  for (gsize i = 0; i < n_names; i++)
    if (pli_span_equal_nocase (name, names[i]))
      return TRUE;
  return FALSE;
}

void
pli_header_select (PliSpan header, const PliSpan *names, gsize n_names, gboolean leave_out, PliBuffer *out)
{
  PliHeaderField field;

  while (pli_header_next (&header, &field))
    {
      gboolean found = field.name.data && listed (field.name, names, n_names);

      if (found == leave_out)
        continue;
      pli_buffer_add_span (out, field.whole);
      if (field.whole.data[field.whole.len - 1] != '\n')
        pli_buffer_add (out, "\r\n", 2);
    }
  /* RFC 3501 6.4.5: the subset "includes the delimiting blank line". */
  pli_buffer_add (out, "\r\n", 2);
}

gboolean
pli_header_name_valid (PliSpan name)
{
  PliCursor c = pli_cursor (name);

  return name.len <= 128 && pli_cursor_run (&c, PLI_CLASS_FIELD).len == name.len && name.len > 0;
}

static gboolean
blank (char c)
{
  return pli_is (c, PLI_CLASS_BLANK) || c == 0;
}

/* Appends the white space @run, which a word follows. @column: octets in the line so far; the new count is returned. */
static gsize
write_blanks (PliBuffer *out, PliSpan run, gsize word_len, gsize column)
{
  gsize fold = run.len;
  gboolean folded;

  while (fold > 0 && run.data[fold - 1] != '\n')
    fold--;
  folded = fold > 0 && fold < run.len;
  if (fold == run.len || run.len - fold > 100)
    run = PLI_SPAN (" ");
  else
    run = pli_span_skip (run, fold);
  if (folded || column + run.len + word_len > LINE_OCTETS)
    {
      pli_buffer_add (out, "\r\n", 2);
      column = 0;
    }
  for (gsize i = 0; i < run.len; i++)
    pli_buffer_add_char (out, run.data[i] == '\t' ? '\t' : ' ');
  return column + run.len;
}

void
pli_header_write (PliBuffer *out, PliSpan name, PliSpan value)
{
  const char *at = value.data, *end = at;
  gsize line = out->len, column;
  PliSpan run = PLI_SPAN (" ");

  for (gsize i = 0; i < name.len; i++)
    if (pli_is (name.data[i], PLI_CLASS_FIELD))
      pli_buffer_add_char (out, name.data[i]);
  pli_buffer_add_char (out, ':');
  column = out->len - line;
  for (end += value.len; at < end && blank (*at);)
    at++;
  while (at < end)
    {
      const char *start = at;

      while (at < end && !blank (*at))
        at++;

      PliSpan word = pli_span (start, (gsize) (at - start));

      column = write_blanks (out, run, word.len, column);
      /* No blank to fold at: one is put in. */
      for (; column + word.len > LINE_OCTETS; column = 1)
        {
          pli_buffer_add_span (out, pli_span_head (word, LINE_OCTETS - column));
          word = pli_span_skip (word, LINE_OCTETS - column);
          pli_buffer_add (out, "\r\n ", 3);
        }
      pli_buffer_add_span (out, word);
      column += word.len;
      for (start = at; at < end && blank (*at);)
        at++;
      run = pli_span (start, (gsize) (at - start));
    }
  pli_buffer_add (out, "\r\n", 2);
}
