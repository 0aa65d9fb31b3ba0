/* fetch_args.c: see fetch_args.h. */
#include "fetch_args.h"
#include <pli/mail.h>

static ImapItem *
add (ImapLex *lex, ImapItem ***end, ImapItemKind kind, const char *label)
{
  ImapItem *item = pli_arena_new0 (lex->arena, ImapItem);

  item->kind = kind;
  item->label = label;
  **end = item;
  *end = &item->next;
  return item;
}

/* `1.2.`, `HEADER`, `1.MIME`: digits and dots, then perhaps a word. */
static gboolean
section_text (ImapLex *lex, PliSpan *out, PliSpan *out_word)
{
  const char *from = lex->at;

  while (g_ascii_isdigit (imap_lex_peek (lex)))
    {
      guint64 number;

      if (!imap_lex_number (lex, G_MAXUINT32, &number) || number == 0)
        return FALSE;
      if (imap_lex_peek (lex) == ']')
        {
          *out = pli_span (from, (gsize) (lex->at - from));
          *out_word = pli_span (NULL, 0);
          return TRUE;
        }
      if (!imap_lex_char (lex, '.'))
        return FALSE;
    }
  if (!imap_lex_word (lex, out_word))
    return FALSE;
  *out = pli_span (from, (gsize) (lex->at - from));
  return pli_span_is_nocase (*out_word, "HEADER") || pli_span_is_nocase (*out_word, "TEXT")
         || pli_span_is_nocase (*out_word, "HEADER.FIELDS") || pli_span_is_nocase (*out_word, "HEADER.FIELDS.NOT")
         || (pli_span_is_nocase (*out_word, "MIME") && out->len > out_word->len);
}

/* ` (From "Subject")` */
static gboolean
header_list (ImapLex *lex, ImapItem *item, PliBuffer *label)
{
  guint size = 0;

  if (!imap_lex_space (lex) || !imap_lex_char (lex, '('))
    return FALSE;
  pli_buffer_add_text (label, " (");
  do
    {
      PliSpan name;

      if (!imap_lex_astring (lex, &name) || !pli_header_name_valid (name))
        return FALSE;
      if (item->n_fields == size)
        {
          PliSpan *more = pli_arena_array (lex->arena, PliSpan, size * 2 + 8);

          if (size > 0)
            memcpy (more, item->fields, size * sizeof *more);
          item->fields = more;
          size = size * 2 + 8;
        }
      if (item->n_fields > 0)
        pli_buffer_add_char (label, ' ');
      imap_write_astring (label, name);
      item->fields[item->n_fields++] = name;
    }
  while (imap_lex_space (lex));
  pli_buffer_add_char (label, ')');
  return imap_lex_char (lex, ')');
}

static gboolean
partial (ImapLex *lex, ImapItem *item, PliBuffer *label)
{
  guint64 offset, length;

  if (!imap_lex_char (lex, '<'))
    return TRUE;
  if (!imap_lex_number (lex, G_MAXUINT32, &offset) || !imap_lex_char (lex, '.')
      || !imap_lex_number (lex, G_MAXUINT32, &length) || length == 0 || !imap_lex_char (lex, '>'))
    return FALSE;
  item->partial = TRUE;
  item->offset = (guint32) offset;
  item->length = (guint32) length;
  pli_buffer_add_char (label, '<');
  pli_buffer_add_u64 (label, offset);
  pli_buffer_add_char (label, '>');
  return TRUE;
}

/* `[section]<partial>`, behind BODY or BODY.PEEK */
static gboolean
section (ImapLex *lex, ImapItem *item)
{
  g_auto (PliBuffer) label = { 0 };
  PliSpan word;

  pli_buffer_add_text (&label, "BODY[");
  if (imap_lex_peek (lex) != ']')
    {
      if (!section_text (lex, &item->section, &word))
        return FALSE;
      for (gsize i = 0; i < item->section.len; i++)
        pli_buffer_add_char (&label, g_ascii_toupper (item->section.data[i]));
      if (word.len > sizeof "HEADER" - 1)
        {
          item->select = TRUE;
          item->leave_out = pli_span_is_nocase (word, "HEADER.FIELDS.NOT");
          if (!header_list (lex, item, &label))
            return FALSE;
        }
    }
  if (!imap_lex_char (lex, ']'))
    return FALSE;
  pli_buffer_add_char (&label, ']');
  if (!partial (lex, item, &label))
    return FALSE;
  item->label = pli_arena_text (lex->arena, pli_buffer_span (&label));
  return TRUE;
}

static gboolean
item (ImapLex *lex, ImapItem ***end)
{
  static const struct
  {
    const char *name;
    ImapItemKind kind;
    const char *section;
    gboolean seen;
  } plain[] = {
    { "UID", IMAP_ITEM_UID, NULL, FALSE },
    { "FLAGS", IMAP_ITEM_FLAGS, NULL, FALSE },
    { "INTERNALDATE", IMAP_ITEM_INTERNALDATE, NULL, FALSE },
    { "RFC822.SIZE", IMAP_ITEM_SIZE, NULL, FALSE },
    { "MODSEQ", IMAP_ITEM_MODSEQ, NULL, FALSE },
    { "ENVELOPE", IMAP_ITEM_ENVELOPE, NULL, FALSE },
    { "BODYSTRUCTURE", IMAP_ITEM_BODYSTRUCTURE, NULL, FALSE },
    { "RFC822", IMAP_ITEM_SECTION, "", TRUE },
    { "RFC822.HEADER", IMAP_ITEM_SECTION, "HEADER", FALSE },
    { "RFC822.TEXT", IMAP_ITEM_SECTION, "TEXT", TRUE },
  };
  PliSpan word;
  ImapItem *part;
  gboolean peek;

  if (!imap_lex_word (lex, &word))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    if (pli_span_is_nocase (word, plain[i].name))
      {
        ImapItem *added = add (lex, end, plain[i].kind, plain[i].name);

        added->section = pli_span_from (plain[i].section);
        added->seen = plain[i].seen;
        return TRUE;
      }
  peek = pli_span_is_nocase (word, "BODY.PEEK");
  if (!peek && !pli_span_is_nocase (word, "BODY"))
    return FALSE;
  if (!imap_lex_char (lex, '['))
    {
      add (lex, end, IMAP_ITEM_BODY, "BODY");
      return !peek;
    }
  part = add (lex, end, IMAP_ITEM_SECTION, NULL);
  part->seen = !peek;
  return section (lex, part);
}

/* RFC 3501 6.4.5: the three macros. */
static gboolean
macro (ImapLex *lex, ImapItem ***end)
{
  int level = imap_lex_is_word (lex, "FAST") ? 1 : imap_lex_is_word (lex, "ALL") ? 2 : 0;

  if (level == 0 && imap_lex_is_word (lex, "FULL"))
    level = 3;
  if (level == 0)
    return FALSE;
  add (lex, end, IMAP_ITEM_FLAGS, "FLAGS");
  add (lex, end, IMAP_ITEM_INTERNALDATE, "INTERNALDATE");
  add (lex, end, IMAP_ITEM_SIZE, "RFC822.SIZE");
  if (level > 1)
    add (lex, end, IMAP_ITEM_ENVELOPE, "ENVELOPE");
  if (level > 2)
    add (lex, end, IMAP_ITEM_BODY, "BODY");
  return TRUE;
}

static gboolean
modifiers (ImapLex *lex, ImapFetchArgs *out)
{
  if (!imap_lex_space (lex) || imap_lex_at_end (lex))
    return TRUE;
  return imap_lex_char (lex, '(') && imap_lex_is_word (lex, "CHANGEDSINCE") && imap_lex_space (lex)
         && imap_lex_number (lex, G_MAXINT64, &out->changed_since) && imap_lex_char (lex, ')');
}

gboolean
imap_lex_fetch (ImapLex *lex, ImapFetchArgs *out)
{
  ImapItem **end = &out->items;

  *out = (ImapFetchArgs){ 0 };
  if (imap_lex_char (lex, '('))
    {
      do
        if (!item (lex, &end))
          return FALSE;
      while (imap_lex_space (lex));
      if (!imap_lex_char (lex, ')'))
        return FALSE;
    }
  else if (!macro (lex, &end) && !item (lex, &end))
    return FALSE;
  return modifiers (lex, out) && imap_lex_finish (lex);
}
