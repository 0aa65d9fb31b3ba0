/* ranges.h: sets of numbers as ranges: what clients write (sequence sets) and what mailboxes hold (UIDs).
 *
 * Memory follows the number of ranges, never the numbers in them: `1:4294967295` is one. No I/O. RFC 3501 9. */
#ifndef IMAP_RANGES_H
#define IMAP_RANGES_H

#include "lex.h"
#include <pli/store.h>

/* As the client wrote it; 0 stands for `*`. */
typedef struct
{
  PliUidRange *items;
  guint32 n;
} ImapSet;

/* Rising ranges that do not touch. Zero-initialise; imap_ranges_clear() frees. */
typedef struct
{
  PliUidRange *items;
  guint32 n, size;
} ImapRanges;

/* Into the arena of @lex. */
gboolean imap_lex_set (ImapLex *lex, ImapSet *out);
/* Sorts and joins in place; returns how many are left. */
guint32 imap_ranges_normalise (PliUidRange *items, guint32 n);
gboolean imap_ranges_has (const PliUidRange *items, guint32 n, guint32 number);
/* (transfer none): numbers in both, in @arena. Both are normalised. */
ImapSet imap_ranges_both (const PliUidRange *a, guint32 n_a, const PliUidRange *b, guint32 n_b, PliArena *arena);
/* `1:3,5` */
void imap_ranges_write (PliBuffer *out, const PliUidRange *items, guint32 n);
/* @first is greater than each number in it. */
void imap_ranges_append (ImapRanges *ranges, guint32 first, guint32 last);
void imap_ranges_clear (ImapRanges *ranges);

#endif
