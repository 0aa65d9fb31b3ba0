/* flags.c: flags as clients write them. RFC 3501 2.3.2, 9 (flag, flag-list). */
#include "imap.h"

#define KEYWORDS_MAX 64
#define KEYWORD_BYTES_MAX 255

static gboolean
system_flag (PliSpan name, guint32 *out_bit)
{
  static const struct
  {
    const char *name;
    guint32 bit;
  } known[] = {
    { "Answered", PLI_FLAG_ANSWERED },
    { "Flagged", PLI_FLAG_FLAGGED },
    { "Deleted", PLI_FLAG_DELETED },
    { "Seen", PLI_FLAG_SEEN },
    { "Draft", PLI_FLAG_DRAFT },
    /* RFC 3501 2.3.2: \Recent cannot be altered by the client; those that copy from elsewhere send it all the same. */
    { "Recent", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (pli_span_is_nocase (name, known[i].name))
      {
        *out_bit = known[i].bit;
        return TRUE;
      }
  return FALSE;
}

static gboolean
one_flag (ImapLex *lex, ImapFlags *flags, guint *n)
{
  PliSpan name;
  guint32 bit;

  if (imap_lex_char (lex, '\\'))
    {
      if (!imap_lex_atom (lex, &name) || !system_flag (name, &bit))
        return FALSE;
      flags->flags |= bit;
      return TRUE;
    }
  if (!imap_lex_atom (lex, &name) || name.len > KEYWORD_BYTES_MAX || *n == KEYWORDS_MAX)
    return FALSE;
  if (!flags->keywords)
    flags->keywords = pli_arena_array (lex->arena, const char *, KEYWORDS_MAX + 1);
  for (guint i = 0; i < *n; i++)
    if (pli_span_is_nocase (name, flags->keywords[i]))
      return TRUE;
  flags->keywords[(*n)++] = pli_arena_text (lex->arena, name);
  return TRUE;
}

gboolean
imap_lex_flags (ImapLex *lex, gboolean bare_too, ImapFlags *out)
{
  gboolean in_list = imap_lex_char (lex, '(');
  guint n = 0;

  *out = (ImapFlags){ 0 };
  if (!in_list && !bare_too)
    return FALSE;
  if (in_list && imap_lex_char (lex, ')'))
    return TRUE;
  do
    {
      if (in_list && imap_lex_peek (lex) == ')')
        break;
      if (!one_flag (lex, out, &n))
        return FALSE;
    }
  while (imap_lex_space (lex) && !imap_lex_at_end (lex));
  return !in_list || imap_lex_char (lex, ')');
}
