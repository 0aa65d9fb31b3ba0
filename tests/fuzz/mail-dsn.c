/* Fuzz target of lib/mail/dsn.c: no value, be it what it may, changes the report's structure. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  PliSpan in = pli_span ((const char *) data, size);
  PliDsnRcpt rcpt = { PLI_DSN_FAILED, in, in, in, in, in, 1, 1 };
  PliDsn dsn = { .id = PLI_SPAN ("0123456789abcdefghjkmnpqrs"),
                 .host = in,
                 .from = in,
                 .to = in,
                 .original_id = in,
                 .envid = in,
                 .now_us = 1,
                 .arrival_us = 1,
                 .rcpts = &rcpt,
                 .n_rcpts = 1,
                 .original = in };
  const PliMimePart *root, *part;
  guint n = 0;

  /* A boundary cannot be guessed, but copied by a fuzzer it can. */
  if (g_strstr_len ((const char *) data, (gssize) size, "0123456789") || memchr (data, 0, size))
    return 0;
  dsn.utf8 = size & 1;
  pli_dsn_write (&dsn, &out);
  root = pli_mime_scan (pli_buffer_span (&out), NULL, arena);
  g_assert (pli_header_count (pli_buffer_span (&out), "Subject") == 1);
  for (part = root->children; part; part = part->next)
    n++;
  g_assert (n == 3 && root->kind == PLI_MIME_MULTIPART);
  return 0;
}
