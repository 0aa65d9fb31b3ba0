/* uidlist.c: see uidlist.h. Version 3 begins with `3 V<uidvalidity> N<uidnext> G<guid>`, in any order and with more that we
 * do not know; its lines are `<uid> [<key><value> …]:<base name>`. Versions 1 of Dovecot and Courier begin with
 * `1 <uidvalidity> <uidnext>`, and their lines are `<uid> <base name>`. */
#include "uidlist.h"

static PliSpan
take_line (PliSpan *rest)
{
  gssize at = pli_span_find (*rest, '\n');
  PliSpan line = at < 0 ? *rest : pli_span_head (*rest, (gsize) at);

  *rest = at < 0 ? pli_span_skip (*rest, rest->len) : pli_span_skip (*rest, (gsize) at + 1);
  return line;
}

static PliSpan
take_word (PliSpan *line)
{
  gssize at = pli_span_find (*line, ' ');
  PliSpan word = at < 0 ? *line : pli_span_head (*line, (gsize) at);

  *line = at < 0 ? pli_span_skip (*line, line->len) : pli_span_skip (*line, (gsize) at + 1);
  return word;
}

static gboolean
to_u32 (PliSpan word, guint32 *out)
{
  guint64 number;

  if (!pli_span_to_u64 (word, G_MAXUINT32, &number))
    return FALSE;
  *out = (guint32) number;
  return TRUE;
}

static gboolean
is_guid (PliSpan word)
{
  for (gsize i = 0; i < word.len; i++)
    if (!g_ascii_isxdigit (word.data[i]))
      return FALSE;
  return word.len == 32;
}

static gboolean
header_field (PliSpan word, MaildirUidHeader *out)
{
  PliSpan value = pli_span_skip (word, 1);

  if (word.len == 0)
    return TRUE;
  if (word.data[0] == 'V')
    return to_u32 (value, &out->uidvalidity);
  if (word.data[0] == 'N')
    return to_u32 (value, &out->uidnext);
  if (word.data[0] == 'G' && is_guid (value))
    out->guid = value;
  return TRUE;
}

gboolean
maildir_uidlist_header (PliSpan *rest, MaildirUidHeader *out)
{
  PliSpan line = take_line (rest);
  PliSpan version = take_word (&line);
  gboolean good = TRUE;

  memset (out, 0, sizeof *out);
  if (pli_span_is (version, "1"))
    {
      PliSpan uidvalidity = take_word (&line);

      out->version = 1;
      good = to_u32 (uidvalidity, &out->uidvalidity) && to_u32 (take_word (&line), &out->uidnext);
    }
  else if (pli_span_is (version, "3"))
    {
      out->version = 3;
      while (good && line.len > 0)
        good = header_field (take_word (&line), out);
    }
  return good && out->version > 0 && out->uidvalidity > 0;
}

/* Nothing that could leave the folder, and nothing that a line could not hold. */
static gboolean
file_ok (PliSpan file)
{
  return file.len > 0 && file.len <= 255 && file.data[0] != '.' && pli_span_find (file, '/') < 0
         && pli_span_find (file, 0) < 0;
}

gboolean
maildir_uidlist_next (PliSpan *rest, guint version, guint32 last, MaildirUidLine *out)
{
  while (rest->len > 0)
    {
      PliSpan line = take_line (rest), file = line, uid = take_word (&file);

      out->line = line;
      if (version == 3)
        {
          while (file.len > 0 && file.data[0] != ':')
            take_word (&file);
          file = pli_span_skip (file, 1);
        }
      out->file = pli_span_head (file, pli_span_find (file, ':') < 0 ? file.len : (gsize) pli_span_find (file, ':'));
      if (to_u32 (uid, &out->uid) && out->uid > last && out->uid < G_MAXUINT32 && file_ok (out->file))
        return TRUE;
    }
  return FALSE;
}

void
maildir_uidlist_print_header (const MaildirUidHeader *header, PliBuffer *out)
{
  pli_buffer_printf (out, "3 V%u N%u", header->uidvalidity, header->uidnext);
  if (header->guid.len > 0)
    {
      pli_buffer_add_text (out, " G");
      pli_buffer_add_span (out, header->guid);
    }
  pli_buffer_add_char (out, '\n');
}

void
maildir_uidlist_print_line (guint32 uid, PliSpan base, PliBuffer *out)
{
  pli_buffer_printf (out, "%u :", uid);
  pli_buffer_add_span (out, base);
  pli_buffer_add_char (out, '\n');
}
