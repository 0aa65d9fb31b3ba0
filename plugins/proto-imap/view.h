/* view.h: which messages the session has told its client of: the map between sequence numbers and UIDs.
 *
 * Runs of UIDs with the count of those before each: a mailbox of a million messages that was never expunged from costs
 * 12 bytes. It changes only when EXISTS or EXPUNGE is written. No I/O. RFC 3501 2.3.1. */
#ifndef IMAP_VIEW_H
#define IMAP_VIEW_H

#include "ranges.h"

typedef struct
{
  guint32 first, last; /* UIDs */
  guint32 before;      /* messages in the runs before */
} ImapRun;

/* Zero-initialise; imap_view_clear() frees. */
typedef struct
{
  ImapRun *runs;
  guint32 n, size;
} ImapView;

void imap_view_clear (ImapView *view);
guint32 imap_view_count (const ImapView *view);
/* @first is greater than each UID in it. */
void imap_view_append (ImapView *view, guint32 first, guint32 last);
/* 0 when there is none. */
guint32 imap_view_uid (const ImapView *view, guint32 seq);
/* 0 when the client does not know of it. */
guint32 imap_view_seq (const ImapView *view, guint32 uid);
/* The lowest UID from @uid on, the highest up to @uid; 0 when there is none. */
guint32 imap_view_from (const ImapView *view, guint32 uid);
guint32 imap_view_up_to (const ImapView *view, guint32 uid);
/* How many UIDs of the ranges are in it. */
guint32 imap_view_count_in (const ImapView *view, const PliUidRange *ranges, guint32 n);
/* @ranges: normalised; those in it are removed. */
void imap_view_remove (ImapView *view, const PliUidRange *ranges, guint32 n);

/**
 * imap_view_resolve:
 * @set: what the client wrote
 * @by_uid: they are UIDs
 * @out: (out): UIDs, normalised, first and last of each range in the view; in @arena
 *
 * Returns: FALSE when a sequence number is beyond the last message (RFC 3501 9, seq-number: BAD). `*` in an empty
 *   mailbox is forgiven, and names nothing.
 */
gboolean imap_view_resolve (const ImapView *view, const ImapSet *set, gboolean by_uid, PliArena *arena, ImapSet *out);

#endif
