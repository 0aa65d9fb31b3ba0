/* Fuzz target of lib/mail/parts.c, the reader: a section, a line end, and then the text of parts. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size);
  gssize lf = pli_span_find (in, '\n');
  PliPlace place;

  if (lf >= 0)
    pli_parts_find (pli_span_skip (in, (gsize) lf + 1), pli_span_head (in, (gsize) lf), &place);
  return 0;
}
