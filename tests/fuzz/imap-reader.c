/* Fuzz target of plugins/proto-imap/reader.c. The first byte says in which steps the input is fed; whatever they are,
 * the same commands must come out, and no more is held than the limits allow. */
#include "../../plugins/proto-imap/reader.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const ImapReaderLimits limits = { .line_max = 200, .literal_max = 300, .append_max = 1000 };

/* Feeds as a session does: what was not consumed is given again with more. */
static void
feed (PliSpan in, gsize pace, PliBuffer *out)
{
  ImapReader reader = { 0 };
  gsize begin = 0, end = 0;

  while (begin < in.len)
    {
      PliBuffer owned = { 0 };
      PliSpan text;
      gsize consumed = 0;
      ImapReadStep step =
          imap_reader_feed (&reader, &limits, pli_span (in.data + begin, end - begin), &consumed, &text, &owned);

      g_assert (consumed <= end - begin && end - begin <= limits.line_max + pace);
      g_assert (reader.held.len <= limits.line_max + limits.append_max + limits.literal_max + 8);
      begin += consumed;
      if (step == IMAP_READ_COMMAND || step == IMAP_READ_CONTINUE)
        {
          pli_buffer_add_char (out, (char) ('0' + step));
          pli_buffer_add_span (out, text);
        }
      pli_buffer_clear (&owned);
      if (step == IMAP_READ_LOST || (step == IMAP_READ_MORE && end == in.len))
        break;
      if (step == IMAP_READ_MORE)
        end = MIN (end + pace, in.len);
    }
  imap_reader_clear (&reader);
}

/* A line over the limit is noticed sooner or later, as it comes; one within it is the same at any pace. */
static gboolean
lines_are_short (PliSpan in)
{
  while (in.len > 0)
    {
      gssize lf = pli_span_find (in, '\n');
      gsize len = lf < 0 ? in.len : (gsize) lf;

      if (len >= limits.line_max)
        return FALSE;
      in = pli_span_skip (in, len + 1);
    }
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_auto (PliBuffer) slow = { 0 };
  g_auto (PliBuffer) fast = { 0 };
  PliSpan in;

  if (size < 2)
    return 0;
  in = pli_span ((const char *) data + 1, size - 1);
  feed (in, 1 + data[0] % 64, &slow);
  feed (in, in.len, &fast);
  if (lines_are_short (in))
    g_assert (pli_span_equal (pli_buffer_span (&slow), pli_buffer_span (&fast)));
  return 0;
}
