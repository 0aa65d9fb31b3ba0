/* Fuzzes plugins/proto-pop3/stuff.c: the first two bytes say where the message is split and TOP's lines; the answer
 * must not depend on the split, must end with the dot, and no line before may begin with one dot. */
#include "../../plugins/proto-pop3/stuff.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
answer (PliSpan message, gsize split, guint64 lines, PliBuffer *out)
{
  Pop3Stuff stuff;

  pop3_stuff_begin (&stuff, lines);
  if (pop3_stuff (&stuff, pli_span_head (message, split), out))
    pop3_stuff (&stuff, pli_span_skip (message, split), out);
  pop3_stuff_end (&stuff, out);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan message;
  g_auto (PliBuffer) one = { 0 }, two = { 0 };
  guint64 lines;
  gsize at = 0;

  if (size < 2)
    return 0;
  message = pli_span ((const char *) data + 2, size - 2);
  lines = data[1] == 255 ? G_MAXUINT64 : data[1];
  answer (message, MIN (data[0], message.len), lines, &one);
  answer (message, 0, lines, &two);
  g_assert (pli_span_equal (pli_buffer_span (&one), pli_buffer_span (&two)));
  g_assert (one.len >= 3 && memcmp (one.data + one.len - 3, ".\r\n", 3) == 0);
  while (at < one.len - 3)
    {
      PliSpan rest = pli_span (one.data + at, one.len - 3 - at);
      gssize lf = pli_span_find (rest, '\n');

      g_assert (lf >= 0);
      g_assert (rest.data[0] != '.' || rest.data[1] == '.');
      at += (gsize) lf + 1;
    }
  return 0;
}
