/* Fuzz target of lib/mail/reply.c: what is written is read back, and pieces give what the whole gives. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan in = pli_span ((const char *) data, size);
  PliReplyReader reader = { 0 };
  g_auto (PliBuffer) out = { 0 };
  PliReply reply = { .code = 550, .text = in };

  while (in.len > 0 && pli_reply_read (&reader, &in) == PLI_REPLY_DONE)
    g_assert (reader.reply.code >= 200 && reader.reply.code <= 599);
  pli_reply_reader_clear (&reader);
  memcpy (reply.status, data, MIN (size, sizeof reply.status));
  if (!memchr (data, '\n', size) || size < 4000)
    {
      pli_reply_format (&reply, (size & 1) != 0, &out);
      in = pli_buffer_span (&out);
      for (gsize i = 0, line = 0; i < out.len; i++)
        {
          line = out.data[i] == '\n' ? 0 : line + 1;
          g_assert (line < PLI_REPLY_LINE_MAX);
        }
      if (pli_reply_read (&reader, &in) == PLI_REPLY_DONE)
        g_assert (reader.reply.code == 550 && in.len == 0);
      pli_reply_reader_clear (&reader);
    }
  return 0;
}
