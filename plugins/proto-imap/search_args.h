/* search_args.h: the keys of SEARCH, from the wire to a tree. No I/O. RFC 3501 6.4.4, 9; RFC 7162 3.1.5. */
#ifndef IMAP_SEARCH_ARGS_H
#define IMAP_SEARCH_ARGS_H

#include "ranges.h"

typedef enum
{
  IMAP_KEY_AND, /* all of `child` */
  IMAP_KEY_OR,  /* one of `child` */
  IMAP_KEY_NOT, /* not `child` */
  IMAP_KEY_ALL,
  IMAP_KEY_SEQUENCE,
  IMAP_KEY_UID,
  IMAP_KEY_FLAG,
  IMAP_KEY_KEYWORD,
  IMAP_KEY_RECENT,
  IMAP_KEY_BEFORE,
  IMAP_KEY_ON,
  IMAP_KEY_SINCE,
  IMAP_KEY_LARGER,
  IMAP_KEY_SMALLER,
  IMAP_KEY_MODSEQ,
  /* From here on the message is read. */
  IMAP_KEY_SENTBEFORE,
  IMAP_KEY_SENTON,
  IMAP_KEY_SENTSINCE,
  IMAP_KEY_HEADER,
  IMAP_KEY_TEXT,
  IMAP_KEY_BODY,
} ImapKeyKind;

typedef enum
{
  IMAP_UNKNOWN,
  IMAP_YES,
  IMAP_FALSE,
} ImapTruth;

/**
 * ImapKey:
 * @next: in the list of the parent
 * @next_read: in the list of keys that need the message
 * @number: size, modseq, day in µs, or flag's bit
 * @name: of a field or a keyword
 * @text: what is looked for, folded as search_fold.h does it
 * @set: as written; resolved to UIDs before the search begins
 * @truth: of a key that needs the message, for the one that is read
 */
typedef struct ImapKey ImapKey;
struct ImapKey
{
  ImapKeyKind kind;
  ImapKey *next, *child, *next_read;
  guint64 number;
  PliSpan name;
  PliSpan text;
  ImapSet set;
  ImapTruth truth;
};

typedef struct
{
  ImapKey *root;    /* IMAP_KEY_AND */
  ImapKey *reading; /* all keys that need the message */
  gboolean bad_charset;
  gboolean has_modseq;
} ImapSearchArgs;

/* @nesting_max: of keys in keys. FALSE with bad_charset for a charset that is unknown, without it for what is wrong. */
gboolean imap_lex_search (ImapLex *lex, guint nesting_max, ImapSearchArgs *out);

#endif
