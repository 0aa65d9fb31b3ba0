/* Fuzz target of lib/mail/envelope.c. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const PliRenderLimits limits = { 1, 1, 20, 200 };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  PliSpan in = pli_span ((const char *) data, size);
  PliMailboxIter iter = { in, FALSE };
  PliMailbox box;
  gsize n = 0;

  while (pli_mailbox_next (&iter, arena, &box))
    g_assert (++n <= 2 * size + 2);
  g_assert (!iter.in_group && iter.rest.len == 0);
  pli_render_nstring (in, 1000, &out);
  pli_render_envelope (in, &limits, arena, &out);
  return 0;
}
