/* Fuzz target of lib/mail/edits.c: a header stays a header, and edits add what they say. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size), head, tail;
  gssize at = pli_span_find (in, '|');
  g_auto (PliBuffer) out = { 0 };
  gsize body;

  head = at < 0 ? in : pli_span_head (in, (gsize) at);
  tail = at < 0 ? PLI_SPAN ("x") : pli_span_skip (in, (gsize) at + 1);

  const PliEdit items[] = { { PLI_EDIT_ADD_TOP, 0, PLI_SPAN ("X-Added"), head },
                            { PLI_EDIT_ADD_END, 0, PLI_SPAN ("X-Added"), head },
                            { PLI_EDIT_REMOVE, (int) (size % 5) - 2, PLI_SPAN ("A"), head },
                            { PLI_EDIT_REPLACE, (int) (size % 7) - 3, PLI_SPAN ("B"), head } };
  const PliEdits edits = { items, G_N_ELEMENTS (items) };

  g_assert (pli_edits_apply (tail, &edits, &out, &body, NULL));
  g_assert (body == pli_header_end (tail) && pli_header_end (pli_buffer_span (&out)) == out.len);
  g_assert (pli_header_count (pli_buffer_span (&out), "X-Added") == pli_header_count (tail, "X-Added") + 2);
  return 0;
}
