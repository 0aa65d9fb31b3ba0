/* list_args.h: the arguments of LIST and LSUB, basic and extended, and the match of names against them. No I/O.
 *
 * RFC 3501 6.3.8, 6.3.9; RFC 5258; RFC 5819; RFC 6154 2. */
#ifndef IMAP_LIST_ARGS_H
#define IMAP_LIST_ARGS_H

#include "lex.h"

/**
 * ImapListArgs:
 * @patterns: with the reference in front, as on the wire
 * @is_root: LIST "" "": only the separator is asked for
 * @subscribed: only what is subscribed
 * @special_use: only what has a role
 * @recursive: also the parents of what is subscribed
 * @return_subscribed: say of each name whether it is subscribed
 * @status: a STATUS answer for each name, with these items; 0 for none
 */
typedef struct
{
  PliSpan *patterns;
  guint n_patterns;
  gboolean is_root;
  gboolean subscribed;
  gboolean special_use;
  gboolean recursive;
  gboolean return_subscribed;
  guint32 status;
} ImapListArgs;

/* @lex: at the first argument; LSUB takes only the basic form. */
gboolean imap_lex_list (ImapLex *lex, gboolean lsub, ImapListArgs *out);
/* `*` stands for any text, `%` for any without `/`; INBOX at the start of @name matches in any case. */
gboolean imap_list_matches (PliSpan pattern, PliSpan name);

#endif
