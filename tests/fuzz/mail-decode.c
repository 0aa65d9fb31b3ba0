/* Fuzz target of lib/mail/decode.c: pieces give what the whole gives, and base64 comes back. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const encodings[] = { "base64", "quoted-printable", "8bit", "x" };
  g_auto (PliBuffer) whole = { 0 }, pieces = { 0 };
  g_autofree char *text = NULL;
  PliSpan in, encoding;
  PliDecoder decoder;
  gboolean valid;
  gsize split;

  if (size < 2)
    return 0;
  encoding = pli_span_from (encodings[data[0] & 3]);
  in = pli_span ((const char *) data + 2, size - 2);
  split = in.len * data[1] / 256;
  pli_decoder_init (&decoder, encoding);
  pli_decoder_feed (&decoder, in, &whole);
  valid = pli_decoder_end (&decoder, &whole);
  pli_decoder_init (&decoder, encoding);
  pli_decoder_feed (&decoder, pli_span_head (in, split), &pieces);
  pli_decoder_feed (&decoder, pli_span_skip (in, split), &pieces);
  g_assert (pli_decoder_end (&decoder, &pieces) == valid);
  g_assert (pli_span_equal (pli_buffer_span (&whole), pli_buffer_span (&pieces)) && whole.len <= in.len);
  whole.len = 0;
  text = g_base64_encode (data + 2, in.len);
  g_assert (pli_decode_base64 (pli_span_from (text), &whole) && pli_span_equal (pli_buffer_span (&whole), in));
  return 0;
}
