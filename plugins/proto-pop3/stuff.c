/* stuff.c: see stuff.h. Whole runs are copied; only line ends are looked for (memchr). */
#include "stuff.h"

void
pop3_stuff_begin (Pop3Stuff *stuff, guint64 body_lines)
{
  *stuff = (Pop3Stuff){ .lines_left = body_lines };
}

/* What the first byte of a line, or of a piece, says. */
static void
look_at_start (Pop3Stuff *stuff, char first, PliBuffer *out)
{
  if (stuff->in_line)
    {
      stuff->only_cr = FALSE;
      return;
    }
  if (first == '.')
    pli_buffer_add_char (out, '.');
  stuff->only_cr = first == '\r';
}

/* A line is complete. @bare: it was empty. */
static void
count_line (Pop3Stuff *stuff, gboolean bare)
{
  if (stuff->in_body && stuff->lines_left != G_MAXUINT64)
    stuff->lines_left--;
  else if (!stuff->in_body && bare)
    stuff->in_body = TRUE;
}

gboolean
pop3_stuff (Pop3Stuff *stuff, PliSpan piece, PliBuffer *out)
{
  const char *at = piece.data, *end = at + piece.len;

  while (at < end && !(stuff->in_body && stuff->lines_left == 0))
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));
      const char *stop = lf ? lf + 1 : end;
      gboolean bare = !stuff->in_line ? lf == at || (lf == at + 1 && *at == '\r') : stuff->only_cr && lf == at;

      look_at_start (stuff, *at, out);
      pli_buffer_add (out, at, (gsize) (stop - at));
      if (lf)
        count_line (stuff, bare);
      else
        stuff->only_cr &= stop - at == 1;
      stuff->in_line = !lf;
      stuff->ended_cr = stop[-1] == '\r';
      at = stop;
    }
  return !(stuff->in_body && stuff->lines_left == 0);
}

void
pop3_stuff_end (Pop3Stuff *stuff, PliBuffer *out)
{
  if (stuff->in_line)
    pli_buffer_add (out, stuff->ended_cr ? "\n" : "\r\n", stuff->ended_cr ? 1 : 2);
  pli_buffer_add (out, ".\r\n", 3);
}
