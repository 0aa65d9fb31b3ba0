/* set.c: sets of UIDs: walked over the rows that exist, and built from UIDs. */
#include "maildir.h"

guint
maildir_find (const MaildirMailbox *mailbox, guint32 uid)
{
  guint low = 0, high = mailbox->rows->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (mailbox->rows, MaildirRow, middle).uid < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

void
maildir_walk_start (MaildirWalk *walk, MaildirMailbox *mailbox, const PliUidRange *uids, guint32 n)
{
  *walk = (MaildirWalk){ .mailbox = mailbox, .uids = uids, .n = n };
}

MaildirRow *
maildir_walk_next (MaildirWalk *walk)
{
  GArray *rows = walk->mailbox->rows;

  for (; walk->range < walk->n; walk->range++)
    {
      const PliUidRange *range = &walk->uids[walk->range];

      if (walk->row < rows->len && g_array_index (rows, MaildirRow, walk->row).uid < range->first)
        walk->row = MAX (walk->row, maildir_find (walk->mailbox, range->first));
      if (walk->row < rows->len && g_array_index (rows, MaildirRow, walk->row).uid <= range->last)
        return &g_array_index (rows, MaildirRow, walk->row++);
    }
  return NULL;
}

void
maildir_ranges_add (GArray *ranges, guint32 uid)
{
  PliUidRange one = { uid, uid };

  if (ranges->len > 0 && g_array_index (ranges, PliUidRange, ranges->len - 1).last + 1 == uid)
    g_array_index (ranges, PliUidRange, ranges->len - 1).last = uid;
  else
    g_array_append_val (ranges, one);
}

const PliUidRange *
maildir_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n)
{
  PliUidRange *copy = pli_arena_array (arena, PliUidRange, ranges->len);

  if (ranges->len > 0)
    memcpy (copy, ranges->data, ranges->len * sizeof *copy);
  *out_n = ranges->len;
  return copy;
}

void
maildir_row_fill (const MaildirRow *row, PliMessageRow *out)
{
  out->uid = row->uid;
  out->flags = row->flags;
  out->keywords = row->keywords;
  out->modseq = row->modseq;
  out->received_us = row->received_us;
  out->bytes = row->bytes;
  out->header_bytes = row->header_bytes;
  out->email = row->email;
}
