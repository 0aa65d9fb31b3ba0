/* Fuzz target of lib/mail/esmtp.c. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliSpan in = pli_span ((const char *) data, size), rest = in, keyword, value, text, back;

  while (pli_esmtp_param_next (&rest, &keyword, &value))
    g_assert (keyword.len > 0);
  pli_xtext_decode (in, arena, &text);
  text = pli_xtext_encode (in, arena);
  g_assert (pli_xtext_decode (text, arena, &back) && pli_span_equal (back, in));
  return 0;
}
