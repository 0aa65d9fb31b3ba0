/* reply.c: SMTP replies, written and read.
 *
 * Written ones are always well-formed, whatever text a plugin gives. Reading takes whole lines off what has arrived, so
 * that it may be called with any pieces; only text up to a limit is kept. RFC 5321 4.2 and 4.5.3.1.5, RFC 2034. */
#include "mail/token.h"

gboolean
pli_status_valid (PliSpan status)
{
  PliCursor c = pli_cursor (status);
  guint number, digits;

  /* RFC 3463 2: subject and detail have one to three digits. */
  if (status.len < 5 || !strchr ("245", *c.at) || c.at[1] != '.')
    return FALSE;
  c.at += 2;
  if (!pli_cursor_number (&c, &number, &digits) || digits > 3 || !pli_cursor_is (&c, '.'))
    return FALSE;
  c.at++;
  return pli_cursor_number (&c, &number, &digits) && digits <= 3 && c.at == c.end;
}

/* One line without its line end: "550-5.1.1 text". */
static void
write_line (guint code, PliSpan status, PliSpan text, gboolean last, gboolean utf8, PliBuffer *out)
{
  char *at;

  pli_buffer_add_u64 (out, CLAMP (code, 200, 599));
  if (text.len + status.len > 0 || !last)
    pli_buffer_add_char (out, last ? ' ' : '-');
  if (status.len > 0)
    {
      pli_buffer_add_span (out, status);
      pli_buffer_add_char (out, ' ');
    }
  at = pli_buffer_reserve (out, text.len);
  for (gsize i = 0; i < text.len; i++)
    {
      guint8 c = (guint8) text.data[i];

      at[i] = (c < 32 && c != '\t') || c == 127 || (c > 127 && !utf8) ? '?' : (char) c;
    }
  out->len += text.len;
  pli_buffer_add (out, "\r\n", 2);
}

/* How much of @line goes on one line of @max octets: up to a space if there is one in its second half, and never into
 * the middle of a character. */
static gsize
wrap (PliSpan line, gsize max)
{
  gsize len = max;

  if (line.len <= max)
    return line.len;
  while (len > max / 2 && line.data[len] != ' ')
    len--;
  if (line.data[len] == ' ')
    return len;
  for (len = max; len > max - 4 && ((guint8) line.data[len] & 0xc0) == 0x80;)
    len--;
  return len;
}

void
pli_reply_format (const PliReply *reply, gboolean utf8, PliBuffer *out)
{
  PliSpan rest = reply->text, status = pli_span (reply->status, strnlen (reply->status, sizeof reply->status));
  gsize room;

  if (!pli_status_valid (status))
    status.len = 0;
  room = PLI_REPLY_LINE_MAX - 6 - (status.len > 0 ? status.len + 1 : 0);
  while (rest.len > 0 && pli_is (rest.data[rest.len - 1], PLI_CLASS_BLANK))
    rest.len--;
  do
    {
      gssize lf = pli_span_find (rest, '\n');
      PliSpan line = lf < 0 ? rest : pli_span_head (rest, (gsize) lf);
      gsize taken = wrap (line, room);
      gboolean wrapped = taken < line.len;
      gsize step = taken + (wrapped ? line.data[taken] == ' ' : lf >= 0);

      line = pli_span_head (line, taken);
      if (!wrapped && line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
      rest = rest.len > 0 ? pli_span_skip (rest, step) : rest;
      write_line (reply->code, status, line, rest.len == 0, utf8, out);
    }
  while (rest.len > 0);
}

/* "5.1.1 text": the status, and the text behind it; {NULL, 0} without. Its class must be that of the code. */
static PliSpan
take_status (PliSpan *text, guint code)
{
  gssize space = pli_span_find (*text, ' ');
  PliSpan status = space < 0 ? *text : pli_span_head (*text, (gsize) space);

  if (!pli_status_valid (status) || status.data[0] != (char) ('0' + code / 100))
    return pli_span (NULL, 0);
  *text = pli_span_skip (*text, status.len + 1);
  return status;
}

/* @line is without its line end. */
static PliReplyStep
read_line (PliReplyReader *reader, PliSpan line)
{
  PliSpan status;
  guint64 code;
  gboolean last;

  if (line.len < 3 || !pli_span_to_u64 (pli_span_head (line, 3), 599, &code) || code < 200)
    return PLI_REPLY_BAD;
  last = line.len == 3 || line.data[3] != '-';
  if (line.len > 3 && line.data[3] != '-' && line.data[3] != ' ')
    return PLI_REPLY_BAD;
  line = pli_span_skip (line, 4);
  status = take_status (&line, (guint) code);
  if (reader->n_lines++ > 0 && reader->text.len < PLI_REPLY_TEXT_MAX)
    pli_buffer_add_char (&reader->text, '\n');
  pli_buffer_add_span (&reader->text, pli_span_head (line, PLI_REPLY_TEXT_MAX - reader->text.len));
  reader->reply.code = (guint) code;
  if (status.data)
    {
      memcpy (reader->reply.status, status.data, status.len);
      reader->reply.status[status.len] = 0;
    }
  reader->reply.text = pli_buffer_span (&reader->text);
  if (!last)
    return reader->n_lines < (reader->lines_max ? reader->lines_max : PLI_REPLY_LINES_MAX) ? PLI_REPLY_MORE
                                                                                           : PLI_REPLY_BAD;
  reader->n_lines = 0;
  return PLI_REPLY_DONE;
}

PliReplyStep
pli_reply_read (PliReplyReader *reader, PliSpan *in)
{
  gsize line_max = reader->line_max ? reader->line_max : PLI_REPLY_READ_MAX;

  while (in->len > 0)
    {
      const char *lf = memchr (in->data, '\n', MIN (in->len, line_max));
      PliReplyStep step;
      gsize len;

      if (!lf)
        return in->len >= line_max ? PLI_REPLY_BAD : PLI_REPLY_MORE;
      len = (gsize) (lf - in->data);
      if (reader->n_lines == 0)
        {
          reader->text.len = 0;
          reader->reply.status[0] = 0;
        }
      step = read_line (reader, pli_span (in->data, len > 0 && lf[-1] == '\r' ? len - 1 : len));
      *in = pli_span_skip (*in, len + 1);
      if (step != PLI_REPLY_MORE)
        return step;
    }
  return PLI_REPLY_MORE;
}

void
pli_reply_reader_clear (PliReplyReader *reader)
{
  pli_buffer_clear (&reader->text);
  memset (reader, 0, sizeof *reader);
}
