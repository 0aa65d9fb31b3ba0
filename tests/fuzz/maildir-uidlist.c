/* Fuzzes plugins/store-maildir/uidlist.c: UIDs rise, no name leaves its folder, and what is printed reads back the same. */
#include "../../plugins/store-maildir/uidlist.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_line (const MaildirUidLine *line)
{
  g_auto (PliBuffer) text = { 0 };
  MaildirUidLine again;
  PliSpan rest;

  g_assert (line->file.len > 0 && line->file.len <= 255 && line->file.data[0] != '.');
  g_assert (pli_span_find (line->file, '/') < 0 && pli_span_find (line->file, '\n') < 0);
  maildir_uidlist_print_line (line->uid, line->file, &text);
  rest = pli_buffer_span (&text);
  g_assert (maildir_uidlist_next (&rest, 3, line->uid - 1, &again));
  g_assert (again.uid == line->uid && pli_span_equal (again.file, line->file) && rest.len == 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan rest = pli_span ((const char *) data, size), again;
  g_auto (PliBuffer) text = { 0 };
  MaildirUidHeader header, copy;
  MaildirUidLine line = { 0 };
  guint32 last = 0;

  if (!maildir_uidlist_header (&rest, &header))
    return 0;
  g_assert (header.uidvalidity > 0 && (header.version == 1 || header.version == 3));
  maildir_uidlist_print_header (&header, &text);
  again = pli_buffer_span (&text);
  g_assert (maildir_uidlist_header (&again, &copy));
  g_assert (copy.uidvalidity == header.uidvalidity && copy.uidnext == header.uidnext);
  g_assert (pli_span_equal (copy.guid, header.guid) || header.guid.len == 0);
  while (maildir_uidlist_next (&rest, header.version, last, &line))
    {
      g_assert (line.uid > last);
      last = line.uid;
      check_line (&line);
    }
  return 0;
}
