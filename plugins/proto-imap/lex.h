/* lex.h: the tokens of IMAP: atoms, strings, numbers, lists; what every command's grammar is made of.
 *
 * Reads a command as reader.h hands it on. A function that returns FALSE leaves the position undefined: the command is
 * wrong and answered BAD. Texts lie in the command or in the arena. No I/O. RFC 3501 9. */
#ifndef IMAP_LEX_H
#define IMAP_LEX_H

#include <pli/base.h>

typedef struct
{
  const char *at, *end;
  PliArena *arena;
} ImapLex;

gboolean imap_lex_at_end (const ImapLex *lex);
/* 0 at the end. */
char imap_lex_peek (const ImapLex *lex);
/* Steps over @c if it is next. */
gboolean imap_lex_char (ImapLex *lex, char c);
/* Steps over spaces; FALSE when there is none. */
gboolean imap_lex_space (ImapLex *lex);
/* Spaces at the end are forgiven. */
gboolean imap_lex_finish (ImapLex *lex);
gboolean imap_lex_atom (ImapLex *lex, PliSpan *out);
/* A word of letters, digits and `.-=` up to something else: names of items, keys, options. */
gboolean imap_lex_word (ImapLex *lex, PliSpan *out);
/* Steps over the word @word, in any case, if it is next as a whole. */
gboolean imap_lex_is_word (ImapLex *lex, const char *word);
/* Quoted or literal; no NUL. */
gboolean imap_lex_string (ImapLex *lex, PliSpan *out);
gboolean imap_lex_astring (ImapLex *lex, PliSpan *out);
/* {NULL, 0} for NIL. */
gboolean imap_lex_nstring (ImapLex *lex, PliSpan *out);
/* A name with wildcards, for LIST. */
gboolean imap_lex_list_mailbox (ImapLex *lex, PliSpan *out);
/* A literal, NULs and all. */
gboolean imap_lex_literal (ImapLex *lex, PliSpan *out);
gboolean imap_lex_number (ImapLex *lex, guint64 max, guint64 *out);
/* Printable ASCII that may stand in an atom. */
gboolean imap_is_atom_char (char c);
/* Is the whole of @text an atom? */
gboolean imap_is_atom (PliSpan text);
/* Appends @text as an atom if it is one, else quoted; @text has no CR, LF or NUL. */
void imap_write_astring (PliBuffer *out, PliSpan text);

#endif
