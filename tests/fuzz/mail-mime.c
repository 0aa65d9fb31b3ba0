/* Fuzz target of lib/mail/mime.c and params.c: any bytes give a tree whose parts lie in each other. */
#include <pli/mail.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check (const PliMimePart *part, gsize size)
{
  g_assert (part->header_offset + part->header_len == part->body_offset && part->body_offset + part->body_len <= size);
  g_assert (part->type.len > 0 && part->subtype.len > 0);
  g_assert ((part->kind == PLI_MIME_LEAF) == (part->children == NULL));
  for (const PliMimePart *child = part->children; child; child = child->next)
    {
      g_assert (child->parent == part && child->header_offset >= part->body_offset);
      g_assert (child->body_offset + child->body_len <= part->body_offset + part->body_len);
      check (child, size);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const PliRenderLimits limits = { 4, 20, 50, 500 };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  const PliMimePart *root = pli_mime_scan (pli_span ((const char *) data, size), NULL, arena);

  check (root, size);
  pli_mime_param (root, FALSE, "name", &out);
  pli_mime_param (root, TRUE, "filename", &out);
  check (pli_mime_scan (pli_span ((const char *) data, size), &limits, arena), size);
  return 0;
}
