/* status_args.c: the items of STATUS. No I/O. RFC 3501 6.3.10; RFC 7162 3.1.7; RFC 8438. */
#include "imap.h"

const char *const imap_status_names[IMAP_STATUS_ITEMS] = { "MESSAGES", "RECENT", "UIDNEXT",      "UIDVALIDITY",
                                                           "UNSEEN",   "SIZE",   "HIGHESTMODSEQ" };

gboolean
imap_lex_status_items (ImapLex *lex, guint32 *out_items)
{
  PliSpan word;

  *out_items = 0;
  if (!imap_lex_char (lex, '('))
    return FALSE;
  do
    {
      guint i;

      if (imap_lex_peek (lex) == ')')
        break;
      if (!imap_lex_word (lex, &word))
        return FALSE;
      for (i = 0; i < IMAP_STATUS_ITEMS && !pli_span_is_nocase (word, imap_status_names[i]); i++)
        ;
      if (i == IMAP_STATUS_ITEMS)
        return FALSE;
      *out_items |= 1u << i;
    }
  while (imap_lex_space (lex));
  return *out_items != 0 && imap_lex_char (lex, ')');
}
