/* set.c: sets of UIDs: walked over the rows that exist, and built from UIDs; keywords as bits. */
#include "memory.h"

guint
memory_find (GArray *rows, guint32 uid)
{
  guint low = 0, high = rows->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (rows, MemoryRow, middle).uid < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

void
memory_walk_start (MemoryWalk *walk, MemoryMailbox *mailbox, const PliUidRange *uids, guint32 n)
{
  *walk = (MemoryWalk){ .rows = mailbox->rows, .uids = uids, .n = n };
}

MemoryRow *
memory_walk_next (MemoryWalk *walk)
{
  for (; walk->range < walk->n; walk->range++)
    {
      const PliUidRange *range = &walk->uids[walk->range];

      walk->row = MAX (walk->row, memory_find (walk->rows, range->first));
      if (walk->row < walk->rows->len && g_array_index (walk->rows, MemoryRow, walk->row).uid <= range->last)
        return &g_array_index (walk->rows, MemoryRow, walk->row++);
    }
  return NULL;
}

void
memory_ranges_add (GArray *ranges, guint32 uid)
{
  PliUidRange one = { uid, uid };

  if (ranges->len > 0 && g_array_index (ranges, PliUidRange, ranges->len - 1).last + 1 == uid)
    g_array_index (ranges, PliUidRange, ranges->len - 1).last = uid;
  else
    g_array_append_val (ranges, one);
}

const PliUidRange *
memory_ranges_copy (GArray *ranges, PliArena *arena, guint32 *out_n)
{
  PliUidRange *copy = pli_arena_array (arena, PliUidRange, ranges->len);

  if (ranges->len > 0)
    memcpy (copy, ranges->data, ranges->len * sizeof *copy);
  *out_n = ranges->len;
  return copy;
}

void
memory_row_fill (const MemoryRow *row, PliMessageRow *out)
{
  const MemoryMessage *message = row->message;

  out->uid = row->uid;
  out->flags = row->flags;
  out->keywords = row->keywords;
  out->modseq = row->modseq;
  out->received_us = message->received_us;
  out->bytes = g_bytes_get_size (message->bytes);
  out->header_bytes = message->renderings.header_bytes;
  out->email = message->email;
}

const char *const *
memory_keywords (MemoryMailbox *mailbox, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, mailbox->keywords->len + 1);

  for (guint i = 0; i < mailbox->keywords->len; i++)
    names[i] = pli_arena_strdup (arena, mailbox->keywords->pdata[i]);
  return names;
}

static gint
keyword_find (MemoryMailbox *mailbox, const char *name)
{
  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (g_ascii_strcasecmp (mailbox->keywords->pdata[i], name) == 0)
      return (gint) i;
  return -1;
}

gboolean
memory_keyword_bits (MemoryMailbox *mailbox, const char *const *names, gboolean make, guint64 *out_bits, GError **error)
{
  guint before = mailbox->keywords->len;

  *out_bits = 0;
  for (; names && *names; names++)
    {
      gint bit = keyword_find (mailbox, *names);

      if (bit < 0 && make)
        {
          if (mailbox->keywords->len == MEMORY_KEYWORDS_MAX || strlen (*names) > 255)
            {
              g_ptr_array_set_size (mailbox->keywords, (gint) before);
              g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT,
                                   "the mailbox has too many keywords, or this one is too long");
              return FALSE;
            }
          bit = (gint) mailbox->keywords->len;
          g_ptr_array_add (mailbox->keywords, g_strdup (*names));
        }
      if (bit >= 0)
        *out_bits |= G_GUINT64_CONSTANT (1) << bit;
    }
  return TRUE;
}
