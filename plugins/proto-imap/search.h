/* search.h: what the files of SEARCH share: search.c drives pages of rows, search_eval.c decides what a row, a header
 * or a text part says, search_read.c reads those messages that their rows do not decide. RFC 3501 6.4.4. */
#ifndef IMAP_SEARCH_H
#define IMAP_SEARCH_H

#include "imap.h"
#include "search_args.h"

typedef struct ImapSearch ImapSearch;

/* A message that its row does not decide. */
typedef struct
{
  ImapSearch *search;
  PliMessageRow row; /* texts in search->page */
  PliBuffer header;
  gboolean failed;
} ImapCandidate;

struct ImapSearch
{
  ImapCmd *cmd;
  ImapSearchArgs args;
  guint32 want; /* PliWant */
  gboolean reads_header, reads_body;
  ImapSet uids;
  guint32 cursor;
  gboolean refreshed;
  GArray *found;  /* guint32 UIDs */
  guint64 modseq; /* highest of those found */
  GError *error;

  /* Candidates of the page. */
  PliArena *page;
  ImapCandidate *candidates;
  guint n_candidates, at, batch_end, pending;
  PliSpan parts; /* lines not yet read of the candidate at hand */
  PliSpan type, encoding;
  guint64 header_bytes;
};

/* search.c */
void imap_search_found (ImapSearch *search, const PliMessageRow *row);
void imap_search_next_page (ImapCmd *cmd);

/* search_read.c */

/* Decides the candidates of the page, then goes on with the next page. */
void imap_search_candidates (ImapCmd *cmd);

/* search_eval.c */

/* What the row says; keys that read the message count as their `truth`. */
ImapTruth imap_search_row (const ImapSearch *search, const PliMessageRow *row);
/* Forgets what was read of the message before. */
void imap_search_reset (ImapSearch *search);
/* Lets keys look at the header of the message, at that of an enclosed message, at a text part, decoded and in UTF-8. */
void imap_search_header (ImapSearch *search, PliSpan header);
void imap_search_inner_header (ImapSearch *search, PliSpan header);
void imap_search_text (ImapSearch *search, PliSpan utf8);
/* There is no more of the message. */
void imap_search_end (ImapSearch *search);

#endif
