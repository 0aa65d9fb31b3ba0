/* scan.c: mail data, line by line with memchr(), copied in runs as long as there is nothing to leave out.
 *
 * A CR at the end of the input is not consumed, so that a CRLF is never seen in halves; nor are a dot at the start of a
 * line, and a dot and a CR, at the end of the input. Called by data.c for each piece that arrives, and by a fuzzer. */
#include "scan.h"

static void
note_line (SmtpScan *scan, const char *from, const char *to)
{
  scan->line += (guint64) (to - from);
  if (scan->line_max > 0 && scan->line > scan->line_max)
    scan->faults |= SMTP_FAULT_LONG_LINE;
  if (to > from && memchr (from, '\r', (gsize) (to - from)))
    scan->faults |= SMTP_FAULT_BARE_CR;
}

/* @at is at the start of a line and points to a dot. Returns what is to be done with it. */
typedef enum
{
  DOT_UNSURE,
  DOT_END,
  DOT_STUFFED,
} Dot;

static Dot
look_at_dot (const char *at, const char *end)
{
  static const char last[] = ".\r\n";
  gsize left = (gsize) (end - at);

  if (memcmp (at, last, MIN (left, 3)) != 0)
    return DOT_STUFFED;
  return left >= 3 ? DOT_END : DOT_UNSURE;
}

static void
copy (PliBuffer *out, const char *from, const char *to)
{
  if (out)
    pli_buffer_add (out, from, (gsize) (to - from));
}

gsize
smtp_scan (SmtpScan *scan, PliSpan in, PliBuffer *out)
{
  const char *at = in.data, *end = in.data + in.len;
  const char *run = at; /* where the bytes begin that are not copied yet */

  while (at < end)
    {
      const char *feed;

      if (!scan->in_line && *at == '.')
        {
          Dot dot = look_at_dot (at, end);

          if (dot == DOT_UNSURE)
            break;
          copy (out, run, at);
          if (dot == DOT_END)
            {
              scan->ended = TRUE;
              run = at = at + 3;
              break;
            }
          run = ++at;
          scan->in_line = TRUE;
          continue;
        }
      feed = memchr (at, '\n', (gsize) (end - at));
      if (!feed)
        {
          const char *stop = end[-1] == '\r' ? end - 1 : end;

          note_line (scan, at, stop);
          scan->in_line |= stop > at;
          at = stop;
          break;
        }
      if (feed > at && feed[-1] == '\r')
        {
          note_line (scan, at, feed - 1);
          scan->in_line = FALSE;
          scan->line = 0;
        }
      else
        {
          note_line (scan, at, feed);
          scan->faults |= SMTP_FAULT_BARE_LF;
          scan->in_line = TRUE;
        }
      at = feed + 1;
    }
  copy (out, run, at);
  if (at > in.data && memchr (in.data, 0, (gsize) (at - in.data)))
    scan->faults |= SMTP_FAULT_NUL;
  return (gsize) (at - in.data);
}
