/* Fuzz target of lib/mail/utf7.c: each name has one form. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size);
  g_auto (PliBuffer) other = { 0 }, back = { 0 };

  if (pli_utf7_to_utf8 (in, &other))
    {
      g_assert (pli_utf7_from_utf8 (pli_buffer_span (&other), &back));
      g_assert (pli_span_equal (pli_buffer_span (&back), in));
    }
  other.len = back.len = 0;
  if (pli_utf7_from_utf8 (in, &other))
    {
      g_assert (pli_utf7_to_utf8 (pli_buffer_span (&other), &back));
      g_assert (pli_span_equal (pli_buffer_span (&back), in));
    }
  return 0;
}
