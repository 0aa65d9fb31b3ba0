/* fetch.h: what the three files of FETCH share: fetch.c drives pages of rows, fetch_read.c gets bytes of messages,
 * fetch_write.c writes an answer. RFC 3501 6.4.5, 7.4.2. */
#ifndef IMAP_FETCH_H
#define IMAP_FETCH_H

#include "fetch_args.h"
#include "imap.h"

typedef struct ImapFetch ImapFetch;

/* A message of which bytes are wanted. */
typedef struct
{
  ImapFetch *fetch;
  PliMessageRow row; /* texts in fetch->page */
  gboolean marked;   /* \Seen was set just now */
  gboolean failed;
  guint64 from, to; /* bytes wanted, all items taken together */
  PliBuffer bytes;  /* those, when they are few */
} ImapMessage;

struct ImapFetch
{
  ImapCmd *cmd;
  ImapFetchArgs args;
  guint32 want; /* PliWant */
  gboolean reads, marks, has_flags;
  ImapSet uids;
  guint32 expected, delivered; /* messages */
  guint32 cursor;
  gboolean refreshed;
  GError *error; /* the first that a read had */

  /* The page whose messages are read. */
  PliArena *page;
  ImapMessage *messages;
  guint n_messages, at, batch_end, pending;

  /* The message that is streamed. */
  ImapItem *item;
  guint64 offset, left;
  gboolean announced;
  PliBuffer header;
};

/* fetch.c */
void imap_fetch_next_page (ImapCmd *cmd);

/* fetch_read.c */

/* Reads and writes the messages of the page, then goes on with the next page. */
void imap_fetch_messages (ImapCmd *cmd);
/* Keeps @error if it is the first. */
void imap_fetch_failed (ImapFetch *fetch, const GError *error);

/* fetch_write.c */

/* Where the bytes of a section lie; a partial is cut out but of a selection of fields, which is cut when it is made.
 * FALSE when the message has no such section. */
gboolean imap_fetch_place (const ImapFetch *fetch, const ImapItem *item, const PliMessageRow *row, guint64 *out_offset,
                           guint64 *out_length);
void imap_fetch_begin (ImapFetch *fetch, const PliMessageRow *row);
/* Separator and label. */
void imap_fetch_label (ImapFetch *fetch, const ImapItem *item);
/* Any item but a section. */
void imap_fetch_value (ImapFetch *fetch, const ImapItem *item, const PliMessageRow *row);
/* The picked fields of a header. */
void imap_fetch_fields (ImapFetch *fetch, const ImapItem *item, PliSpan header);
void imap_fetch_literal (ImapFetch *fetch, PliSpan bytes);
void imap_fetch_end (ImapFetch *fetch, const PliMessageRow *row, gboolean marked);
/* The whole answer. @bytes: of the message, from @from on. */
void imap_fetch_write (ImapFetch *fetch, const PliMessageRow *row, gboolean marked, guint64 from, PliSpan bytes);

#endif
