/* Fuzz target of lib/mail/words.c: whatever comes out is UTF-8. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const charsets[] = { "utf-8", "iso-8859-1", "iso-8859-15", "iso-2022-jp",
                                          "utf-7", "gb18030",    "big5",        "utf-16" };
  g_auto (PliBuffer) out = { 0 };
  PliSpan in;

  if (size == 0)
    return 0;
  in = pli_span ((const char *) data + 1, size - 1);
  pli_words_decode (in, &out);
  g_assert (out.len == 0 || g_utf8_validate (out.data, (gssize) out.len, NULL));
  out.len = 0;
  pli_charset_to_utf8 (pli_span_from (charsets[data[0] & 7]), in, &out);
  g_assert (out.len <= 8 * in.len + 8);
  pli_charset_to_utf8 (in, in, &out);
  return 0;
}
