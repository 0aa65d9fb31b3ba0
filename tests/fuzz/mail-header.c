/* Fuzz target of lib/mail/header.c: fields cover the header, and what is written is one field. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size), rest = in, name;
  PliHeaderField field;
  g_auto (PliBuffer) out = { 0 };
  gsize total = 0;

  while (pli_header_next (&rest, &field))
    total += field.whole.len;
  g_assert (total <= pli_header_end (in) && pli_header_end (in) == in.len - rest.len);
  pli_header_count (in, "A");
  name = PLI_SPAN ("A");
  pli_header_select (in, &name, 1, TRUE, &out);
  g_assert (pli_header_end (pli_buffer_span (&out)) == out.len);
  out.len = 0;
  pli_header_write (&out, name, in);
  rest = pli_buffer_span (&out);
  g_assert (pli_header_next (&rest, &field) && field.whole.len == out.len && pli_span_is (field.name, "A"));
  for (gsize i = 0, line = 0; i < out.len; i++)
    {
      line = out.data[i] == '\n' ? 0 : line + 1;
      g_assert (line <= 999 && out.data[i] != 0);
      g_assert (out.data[i] != '\r' || out.data[i + 1] == '\n');
    }
  out.len = 0;
  pli_header_unfold (in, 1000, &out);
  g_assert (out.len <= 1000);
  return 0;
}
