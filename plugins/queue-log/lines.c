/* lines.c: the lines of journal and snapshot:
 *
 *   SUM s SEGMENT OFFSET CHILD                                       settled
 *   SUM s SEGMENT OFFSET CHILD N                                     settled by its expansion into N children
 *   SUM k SEGMENT OFFSET CHILD N                                     a rule's N copies of it are made
 *   SUM c SEGMENT OFFSET CHILD PARENT HOPS ACCOUNT STORE ADDRESS     one of those N; counts if all of them are here
 *   SUM p SEGMENT OFFSET CHILD TRIES NEXT-US REASON                  put off
 *   SUM w SEGMENT OFFSET 0                                           the sender was told of the delay
 *
 * SUM is XXH3-64 of the rest of the line. Any thread. */
#include "journal.h"

#include <errno.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

void
journal_line_end (PliBuffer *out, gsize from)
{
  char sum[18];

  g_snprintf (sum, sizeof sum, "%016" G_GINT64_MODIFIER "x ",
              (guint64) XXH3_64bits (out->data + from + 17, out->len - from - 17));
  memcpy (out->data + from, sum, 17);
  pli_buffer_add_char (out, '\n');
}

gsize
journal_line_begin (PliBuffer *out)
{
  gsize from = out->len;

  memset (pli_buffer_reserve (out, 17), ' ', 17);
  out->len += 17;
  return from;
}

gboolean
journal_line_next (PliSpan *rest, PliSpan *out_line)
{
  gssize end;

  while ((end = pli_span_find (*rest, '\n')) >= 0)
    {
      PliSpan line = pli_span_head (*rest, (gsize) end);
      char sum[17];

      *rest = pli_span_skip (*rest, (gsize) end + 1);
      if (line.len < 18)
        continue;
      g_snprintf (sum, sizeof sum, "%016" G_GINT64_MODIFIER "x", (guint64) XXH3_64bits (line.data + 17, line.len - 17));
      if (memcmp (sum, line.data, 16) != 0)
        continue; /* torn by a power cut: what follows may be whole */
      *out_line = pli_span_skip (line, 17);
      return TRUE;
    }
  return FALSE;
}

static void
add_name (PliBuffer *out, char kind, const Message *m, guint32 number)
{
  pli_buffer_add_char (out, kind);
  pli_buffer_add_char (out, ' ');
  pli_buffer_add_u64 (out, m->key[0]);
  pli_buffer_add_char (out, ' ');
  pli_buffer_add_u64 (out, m->key[1]);
  pli_buffer_add_char (out, ' ');
  pli_buffer_add_u64 (out, number);
}

void
journal_add_postponed (PliBuffer *out, const Message *m, const Child *child, const char *reason)
{
  gsize from = journal_line_begin (out);

  add_name (out, 'p', m, child->number);
  pli_buffer_printf (out, " %u %" G_GINT64_FORMAT " ", child->tries, child->next_us);
  for (const char *c = reason ? reason : ""; *c; c++)
    pli_buffer_add_char (out, (guchar) *c < 0x20 ? ' ' : *c);
  journal_line_end (out, from);
}

void
journal_add_place (PliBuffer *out, const Message *m, const Child *child)
{
  gsize from = journal_line_begin (out);

  add_name (out, 'c', m, child->number);
  pli_buffer_printf (out, " %u %u %s %s %s", child->parent, child->hops, child->account ? child->account : "-",
                     child->store ? child->store : "-", child->address ? child->address : "");
  journal_line_end (out, from);
}

void
journal_add_mark (PliBuffer *out, char kind, const Message *m, guint32 number, gint places)
{
  gsize from = journal_line_begin (out);

  add_name (out, kind, m, number);
  if (places >= 0)
    pli_buffer_printf (out, " %d", places);
  journal_line_end (out, from);
}

gboolean
journal_write_all (int fd, PliSpan bytes)
{
  while (bytes.len > 0)
    {
      ssize_t wrote = write (fd, bytes.data, bytes.len);

      if (wrote < 0 && errno != EINTR)
        return FALSE;
      if (wrote > 0)
        bytes = pli_span_skip (bytes, (gsize) wrote);
    }
  return TRUE;
}
