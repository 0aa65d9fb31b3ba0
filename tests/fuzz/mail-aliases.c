/* Fuzz target of lib/mail/aliases.c: entries come in order, and end. */
#include "mail/aliases.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliSpan rest = pli_span ((const char *) data, size), target;
  guint line = 0, before = 0;
  PliAliasEntry entry;

  while (pli_aliases_next (&rest, &line, arena, &entry))
    {
      g_assert (entry.line > before && entry.line <= line);
      before = entry.line;
      if (!entry.bad)
        while (pli_aliases_target (&entry.right, arena, &target))
          g_assert (target.len > 0);
    }
  g_assert (rest.len == 0);
  return 0;
}
