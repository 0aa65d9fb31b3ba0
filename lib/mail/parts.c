/* parts.c: where the parts of a message are, as one short text, so that IMAP's sections need no second parse.
 *
 * A line is `path header-offset header-length body-offset body-length lines encoding type/subtype`. Paths are IMAP's:
 * the message itself is `0`; a message that is no multipart has its body as part `1`; the message enclosed in part `2`
 * is `2.0`, and its parts are `2.1`, …. The text is kept beside the message for as long as that lives: change what is
 * written only so that old lines are still read. Called by render.c, and by stores. RFC 3501 6.4.5. */
#include "mail/token.h"

#define PATH_MAX_BYTES 400 /* 50 levels of at most 4 digits, and more */

static void
add_lower (PliBuffer *out, PliSpan token)
{
  char *at = pli_buffer_reserve (out, token.len);

  for (gsize i = 0; i < token.len; i++)
    at[i] = g_ascii_tolower (token.data[i]);
  out->len += token.len;
}

static void
write_line (const PliMimePart *part, PliSpan path, const char *last, PliBuffer *out)
{
  const guint64 numbers[] = { part->header_offset, part->header_len, part->body_offset, part->body_len, part->lines };

  pli_buffer_add_span (out, path);
  pli_buffer_add_text (out, last);
  pli_buffer_add_char (out, ' ');
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      pli_buffer_add_u64 (out, numbers[i]);
      pli_buffer_add_char (out, ' ');
    }
  add_lower (out, part->encoding.len > 0 ? part->encoding : PLI_SPAN ("7bit"));
  pli_buffer_add_char (out, ' ');
  add_lower (out, part->type);
  pli_buffer_add_char (out, '/');
  add_lower (out, part->subtype);
  pli_buffer_add_char (out, '\n');
}

static void write_message (const PliMimePart *message, char *path, gsize len, PliBuffer *out);

static void
write_part (const PliMimePart *part, guint number, char *path, gsize len, PliBuffer *out)
{
  if (len + 12 > PATH_MAX_BYTES)
    return;
  len += (gsize) g_snprintf (path + len, 12, "%u", number);
  write_line (part, pli_span (path, len), "", out);
  if (part->kind == PLI_MIME_LEAF)
    return;
  path[len++] = '.';
  if (part->kind == PLI_MIME_MESSAGE)
    write_message (part->children, path, len, out);
  else
    {
      number = 1;
      for (const PliMimePart *child = part->children; child; child = child->next)
        write_part (child, number++, path, len, out);
    }
}

/* @path: empty, or ends in a dot. */
static void
write_message (const PliMimePart *message, char *path, gsize len, PliBuffer *out)
{
  guint number = 1;

  write_line (message, pli_span (path, len), "0", out);
  if (message->kind != PLI_MIME_MULTIPART)
    write_part (message, 1, path, len, out);
  else
    for (const PliMimePart *child = message->children; child; child = child->next)
      write_part (child, number++, path, len, out);
}

void
pli_parts_write (const PliMimePart *message, PliBuffer *out)
{
  char path[PATH_MAX_BYTES];

  write_message (message, path, 0, out);
}

static PliSpan
field (PliSpan *line)
{
  gssize space = pli_span_find (*line, ' ');
  PliSpan head = space < 0 ? *line : pli_span_head (*line, (gsize) space);

  *line = space < 0 ? pli_span (line->data + line->len, 0) : pli_span_skip (*line, (gsize) space + 1);
  return head;
}

/* The rest of the line of @path, which is @head and then @tail. */
static gboolean
find_line (PliSpan parts, PliSpan head, const char *tail, PliSpan *out_line)
{
  gsize tail_len = strlen (tail);

  while (parts.len > 0)
    {
      gssize lf = pli_span_find (parts, '\n');
      PliSpan line = lf < 0 ? parts : pli_span_head (parts, (gsize) lf), path = field (&line);

      if (path.len == head.len + tail_len && memcmp (path.data, head.data, head.len) == 0
          && memcmp (path.data + head.len, tail, tail_len) == 0)
        {
          *out_line = line;
          return TRUE;
        }
      if (lf < 0)
        return FALSE;
      parts = pli_span_skip (parts, (gsize) lf + 1);
    }
  return FALSE;
}

/* Takes `1.2.3` off @section, and the dot behind it. FALSE when it is malformed. */
static gboolean
take_path (PliSpan *section, PliSpan *out_path)
{
  const char *start = section->data;
  PliCursor c = pli_cursor (*section);

  *out_path = pli_span ("", 0);
  while (c.at < c.end && pli_is (*c.at, PLI_CLASS_DIGIT))
    {
      /* RFC 3501 9: nz-number. */
      if (*c.at == '0')
        return FALSE;
      pli_cursor_run (&c, PLI_CLASS_DIGIT);
      *out_path = pli_span (start, (gsize) (c.at - start));
      if (c.at == c.end)
        break;
      if (*c.at++ != '.' || c.at == c.end)
        return FALSE;
    }
  *section = pli_span (c.at, (gsize) (c.end - c.at));
  return TRUE;
}

gboolean
pli_parts_find (PliSpan parts, PliSpan section, PliPlace *out_place)
{
  guint64 numbers[5]; /* as in write_line() */
  PliSpan path, line;
  gboolean whole = section.len == 0, header, mime, text;

  if (!take_path (&section, &path))
    return FALSE;
  mime = pli_span_is_nocase (section, "MIME");
  text = pli_span_is_nocase (section, "TEXT");
  header = pli_span_is_nocase (section, "HEADER") || pli_span_is_nocase (section, "HEADER.FIELDS")
           || pli_span_is_nocase (section, "HEADER.FIELDS.NOT");
  if ((section.len > 0 && !mime && !text && !header) || (mime && path.len == 0))
    return FALSE;
  if (!find_line (parts, path, path.len == 0 ? "0" : header || text ? ".0" : "", &line))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!pli_span_to_u64 (field (&line), G_MAXINT64, &numbers[i]))
      return FALSE;
  out_place->is_body = !whole && section.len == 0;
  out_place->offset = whole || header || mime ? numbers[0] : numbers[2];
  out_place->length = whole ? numbers[1] + numbers[3] : header || mime ? numbers[1] : numbers[3];
  out_place->lines = numbers[4];
  out_place->encoding = field (&line);
  out_place->type = line;
  return out_place->encoding.len > 0 && line.len > 0;
}
