/* reader.c: see reader.h. A literal over a limit is refused before a byte of it is kept: a synchronizing one by an
 * answer in place of `+`, another one by throwing it away as it comes (RFC 7888 4). */
#include "reader.h"

#define HEAD_BYTES 512 /* kept of a refused command */

typedef enum
{
  LITERAL_NONE,
  LITERAL_SYNC,
  LITERAL_NONSYNC,
  LITERAL_ABSURD,
} LiteralKind;

/* Does @line announce a literal at its end? */
static LiteralKind
literal_at_end (PliSpan line, guint64 *out_size)
{
  gboolean sync = TRUE;
  gsize end, at;

  if (line.len < 3 || line.data[line.len - 1] != '}')
    return LITERAL_NONE;
  end = line.len - 1;
  if (line.data[end - 1] == '+')
    {
      sync = FALSE;
      end--;
    }
  for (at = end; at > 0 && g_ascii_isdigit (line.data[at - 1]); at--)
    ;
  if (at == end || at == 0 || line.data[at - 1] != '{')
    return LITERAL_NONE;
  if (!pli_span_to_u64 (pli_span (line.data + at, end - at), G_MAXUINT64 / 4, out_size))
    return sync ? LITERAL_NONE : LITERAL_ABSURD;
  return sync ? LITERAL_SYNC : LITERAL_NONSYNC;
}

/* Is the literal at the end of @line the message of an APPEND? Its first literal may be the name of the mailbox. */
static gboolean
is_append_message (const ImapReader *reader, PliSpan line)
{
  PliSpan text = reader->held.len > 0 ? pli_buffer_span (&reader->held) : line;
  gssize space = pli_span_find (text, ' ');

  if (space <= 0)
    return FALSE;
  text = pli_span_skip (text, (gsize) space + 1);
  if (!pli_span_starts_nocase (text, "APPEND "))
    return FALSE;
  return reader->held.len > 0 || text.data[sizeof "APPEND " - 1] != '{';
}

static void
reset (ImapReader *reader)
{
  pli_buffer_clear (&reader->held);
  memset (reader, 0, sizeof *reader);
}

static ImapReadStep
finish (ImapReader *reader, ImapReadStep step, PliSpan *out_text, PliBuffer *out_owned)
{
  *out_owned = reader->held;
  *out_text = pli_buffer_span (out_owned);
  reader->held = (PliBuffer){ 0 };
  reset (reader);
  return step;
}

/* Keeps the beginning of what is refused: the answer needs the tag. */
static void
refuse (ImapReader *reader, ImapReadStep why, PliSpan line)
{
  PliBuffer head = { 0 };

  if (reader->refused)
    return;
  if (reader->held.len < HEAD_BYTES)
    pli_buffer_add_span (&reader->held, pli_span_head (line, HEAD_BYTES));
  pli_buffer_add_span (&head, pli_span_head (pli_buffer_span (&reader->held), HEAD_BYTES));
  pli_buffer_clear (&reader->held);
  reader->held = head;
  reader->refused = why;
}

/* A whole line, without its end. */
static ImapReadStep
take_line (ImapReader *reader, const ImapReaderLimits *limits, PliSpan line, PliSpan *out_text, PliBuffer *out_owned)
{
  guint64 size = 0, max;
  LiteralKind kind = reader->cut ? LITERAL_NONE : literal_at_end (line, &size);

  reader->cut = FALSE;
  if (kind == LITERAL_ABSURD)
    return IMAP_READ_LOST;
  if (!reader->refused && reader->held.len - reader->literals + line.len > limits->line_max)
    refuse (reader, IMAP_READ_TOO_LONG, line);
  if (kind == LITERAL_NONE)
    {
      if (reader->refused)
        return finish (reader, reader->refused, out_text, out_owned);
      if (reader->held.len == 0)
        {
          reset (reader);
          *out_text = line;
          return IMAP_READ_COMMAND;
        }
      pli_buffer_add_span (&reader->held, line);
      return finish (reader, IMAP_READ_COMMAND, out_text, out_owned);
    }
  max = is_append_message (reader, line) ? limits->append_max : limits->literal_max;
  if (!reader->refused && (size > max || reader->literals > max - size))
    refuse (reader, IMAP_READ_TOO_BIG, line);
  if (reader->refused)
    {
      if (kind == LITERAL_SYNC)
        return finish (reader, reader->refused, out_text, out_owned);
      reader->left = size;
      return IMAP_READ_MORE;
    }
  pli_buffer_add_span (&reader->held, line);
  pli_buffer_add (&reader->held, "\r\n", 2);
  reader->left = size;
  reader->literals += size;
  return kind == LITERAL_SYNC ? IMAP_READ_CONTINUE : IMAP_READ_MORE;
}

static PliSpan
without_end (const char *line, const char *lf)
{
  gsize len = (gsize) (lf - line);

  if (len > 0 && line[len - 1] == '\r')
    len--;
  return pli_span (line, len);
}

ImapReadStep
imap_reader_feed (ImapReader *reader, const ImapReaderLimits *limits, PliSpan data, gsize *out_consumed,
                  PliSpan *out_text, PliBuffer *out_owned)
{
  gsize at = 0;

  *out_text = pli_span (NULL, 0);
  *out_owned = (PliBuffer){ 0 };
  while (at < data.len)
    {
      PliSpan rest = pli_span_skip (data, at);
      const char *lf;
      ImapReadStep step;

      if (reader->left > 0)
        {
          gsize n = (gsize) MIN (reader->left, rest.len);

          if (!reader->refused)
            pli_buffer_add (&reader->held, rest.data, n);
          reader->left -= n;
          at += n;
          continue;
        }
      lf = reader->scanned < rest.len ? memchr (rest.data + reader->scanned, '\n', rest.len - reader->scanned) : NULL;
      if (!lf)
        {
          reader->scanned = rest.len;
          if (rest.len >= limits->line_max || reader->cut)
            {
              refuse (reader, IMAP_READ_TOO_LONG, rest);
              reader->cut = TRUE;
              reader->scanned = 0;
              at = data.len;
            }
          break;
        }
      reader->scanned = 0;
      at += (gsize) (lf - rest.data) + 1;
      step = take_line (reader, limits, without_end (rest.data, lf), out_text, out_owned);
      if (step != IMAP_READ_MORE)
        {
          *out_consumed = at;
          return step;
        }
    }
  *out_consumed = at;
  return IMAP_READ_MORE;
}

ImapReadStep
imap_reader_line (ImapReader *reader, const ImapReaderLimits *limits, PliSpan data, gsize *out_consumed,
                  PliSpan *out_text)
{
  const char *lf = memchr (data.data, '\n', data.len);

  *out_text = pli_span (NULL, 0);
  *out_consumed = 0;
  if (lf)
    {
      gboolean cut = reader->cut;

      reader->cut = FALSE;
      *out_consumed = (gsize) (lf - data.data) + 1;
      *out_text = without_end (data.data, lf);
      return cut ? IMAP_READ_TOO_LONG : IMAP_READ_COMMAND;
    }
  if (data.len >= limits->line_max || reader->cut)
    {
      reader->cut = TRUE;
      *out_consumed = data.len;
    }
  return IMAP_READ_MORE;
}

void
imap_reader_clear (ImapReader *reader)
{
  reset (reader);
}
