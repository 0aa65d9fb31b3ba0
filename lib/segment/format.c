/* format.c: writes and reads the fixed lines of a segment file and the fields of a record's header. Pure. */
#include "segment/format.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

void
pli_salt_new (char out[PLI_SALT_LEN + 1])
{
  guint8 noise[PLI_SALT_LEN / 2];

  while (getrandom (noise, sizeof noise, 0) != sizeof noise)
    g_assert (errno == EINTR);
  for (guint i = 0; i < sizeof noise; i++)
    snprintf (out + 2 * i, 3, "%02x", noise[i]);
}

void
pli_format_head (const char *salt, char out[PLI_HEAD_BYTES + 1])
{
  snprintf (out, PLI_HEAD_BYTES + 1, "Pli-Segment: 1 %s\n", salt);
}

void
pli_format_line (const char *salt, gsize header_bytes, guint64 body_bytes, char out[PLI_LINE_BYTES + 1])
{
  snprintf (out, PLI_LINE_BYTES + 1, "Pli-Record: %s %08" G_GSIZE_MODIFIER "x %016" G_GINT64_MODIFIER "x\n", salt,
            header_bytes, body_bytes);
}

void
pli_format_end (const char *salt, guint64 sum, char out[PLI_END_BYTES + 1])
{
  snprintf (out, PLI_END_BYTES + 1, "\nPli-End: %s %016" G_GINT64_MODIFIER "x\n", salt, sum);
}

static gboolean
parse_hex (const char *text, guint digits, char after, guint64 *out)
{
  guint64 n = 0;

  for (guint i = 0; i < digits; i++)
    {
      int digit = g_ascii_xdigit_value (text[i]);

      if (digit < 0 || g_ascii_isupper (text[i]))
        return FALSE;
      n = n << 4 | (guint64) digit;
    }
  *out = n;
  return text[digits] == after;
}

gboolean
pli_parse_head (PliSpan at, char salt[PLI_SALT_LEN + 1])
{
  if (at.len < PLI_HEAD_BYTES || !pli_span_starts (at, "Pli-Segment: 1 ") || at.data[PLI_HEAD_BYTES - 1] != '\n')
    return FALSE;
  memcpy (salt, at.data + 15, PLI_SALT_LEN);
  salt[PLI_SALT_LEN] = 0;
  for (guint i = 0; i < PLI_SALT_LEN; i++)
    if (g_ascii_xdigit_value (salt[i]) < 0)
      return FALSE;
  return TRUE;
}

gboolean
pli_parse_line (PliSpan at, const char *salt, guint64 *out_header_bytes, guint64 *out_body_bytes)
{
  const char *text = at.data + 12;

  return at.len >= PLI_LINE_BYTES && pli_span_starts (at, "Pli-Record: ") && memcmp (text, salt, PLI_SALT_LEN) == 0
         && text[PLI_SALT_LEN] == ' ' && parse_hex (text + PLI_SALT_LEN + 1, 8, ' ', out_header_bytes)
         && parse_hex (text + PLI_SALT_LEN + 10, 16, '\n', out_body_bytes) && *out_header_bytes <= PLI_RECORD_HEADER_MAX
         && *out_body_bytes <= G_MAXINT64 / 2;
}

gboolean
pli_parse_end (PliSpan at, const char *salt, guint64 *out_sum)
{
  const char *text = at.data + 10;

  return at.len >= PLI_END_BYTES && pli_span_starts (at, "\nPli-End: ") && memcmp (text, salt, PLI_SALT_LEN) == 0
         && text[PLI_SALT_LEN] == ' ' && parse_hex (text + PLI_SALT_LEN + 1, 16, '\n', out_sum);
}

void
pli_record_field_add (PliBuffer *header, const char *name, PliSpan value)
{
  pli_buffer_add_text (header, name);
  pli_buffer_add (header, ": ", 2);
  for (gsize from = 0; from < value.len;)
    {
      gsize to = from;

      while (to < value.len && value.data[to] != '\\' && value.data[to] != '\r' && value.data[to] != '\n'
             && value.data[to] != 0)
        to++;
      pli_buffer_add (header, value.data + from, to - from);
      if (to < value.len)
        {
          char c = value.data[to];

          pli_buffer_add_char (header, '\\');
          pli_buffer_add_char (header, c == '\r' ? 'r' : c == '\n' ? 'n' : c == 0 ? '0' : '\\');
        }
      from = to + 1;
    }
  pli_buffer_add_char (header, '\n');
}

static PliSpan
decode (PliSpan value, PliArena *arena)
{
  char *out = pli_arena_alloc (arena, value.len + 1);
  gsize n = 0;

  for (gsize i = 0; i < value.len; i++)
    {
      char c = value.data[i];

      if (c == '\\' && i + 1 < value.len)
        {
          c = value.data[++i];
          c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? 0 : c;
        }
      out[n++] = c;
    }
  return pli_span (out, n);
}

gboolean
pli_record_field_next (PliSpan *rest, PliArena *arena, PliSpan *out_name, PliSpan *out_value)
{
  gssize end = pli_span_find (*rest, '\n'), colon;
  PliSpan line;

  if (end <= 0)
    return FALSE;
  line = pli_span_head (*rest, (gsize) end);
  colon = pli_span_find (line, ':');
  if (colon <= 0 || (gsize) colon + 2 > line.len || line.data[colon + 1] != ' ')
    return FALSE;
  *out_name = pli_span_head (line, (gsize) colon);
  *out_value = pli_span_skip (line, (gsize) colon + 2);
  if (pli_span_find (*out_value, '\\') >= 0)
    *out_value = decode (*out_value, arena);
  *rest = pli_span_skip (*rest, (gsize) end + 1);
  return TRUE;
}
