/* ranges.c: see ranges.h. */
#include "ranges.h"

static gboolean
set_number (ImapLex *lex, guint32 *out)
{
  guint64 number;

  if (imap_lex_char (lex, '*'))
    {
      *out = 0;
      return TRUE;
    }
  if (!imap_lex_number (lex, G_MAXUINT32, &number) || number == 0)
    return FALSE;
  *out = (guint32) number;
  return TRUE;
}

gboolean
imap_lex_set (ImapLex *lex, ImapSet *out)
{
  guint32 max = 1;

  for (const char *c = lex->at; c < lex->end && *c != ' '; c++)
    max += *c == ',';
  out->items = pli_arena_array (lex->arena, PliUidRange, max);
  out->n = 0;
  do
    {
      PliUidRange *range = &out->items[out->n++];

      if (out->n > max || !set_number (lex, &range->first))
        return FALSE;
      range->last = range->first;
      if (imap_lex_char (lex, ':') && !set_number (lex, &range->last))
        return FALSE;
    }
  while (imap_lex_char (lex, ','));
  return TRUE;
}

static int
compare (const void *a, const void *b)
{
  const PliUidRange *left = a, *right = b;

  return left->first < right->first ? -1 : left->first > right->first;
}

guint32
imap_ranges_normalise (PliUidRange *items, guint32 n)
{
  guint32 kept = 0;

  if (n == 0)
    return 0;
  qsort (items, n, sizeof *items, compare);
  for (guint32 i = 1; i < n; i++)
    {
      if (items[kept].last == G_MAXUINT32 || items[i].first <= items[kept].last + 1)
        items[kept].last = MAX (items[kept].last, items[i].last);
      else
        items[++kept] = items[i];
    }
  return kept + 1;
}

gboolean
imap_ranges_has (const PliUidRange *items, guint32 n, guint32 number)
{
  guint32 low = 0, high = n;

  while (low < high)
    {
      guint32 middle = low + (high - low) / 2;

      if (items[middle].last < number)
        low = middle + 1;
      else
        high = middle;
    }
  return low < n && items[low].first <= number;
}

ImapSet
imap_ranges_both (const PliUidRange *a, guint32 n_a, const PliUidRange *b, guint32 n_b, PliArena *arena)
{
  ImapSet both = { pli_arena_array (arena, PliUidRange, n_a + n_b + 1), 0 };

  for (guint32 i = 0, j = 0; i < n_a && j < n_b;)
    {
      guint32 first = MAX (a[i].first, b[j].first), last = MIN (a[i].last, b[j].last);

      if (first <= last)
        both.items[both.n++] = (PliUidRange){ first, last };
      if (a[i].last < b[j].last)
        i++;
      else
        j++;
    }
  return both;
}

void
imap_ranges_write (PliBuffer *out, const PliUidRange *items, guint32 n)
{
  for (guint32 i = 0; i < n; i++)
    {
      if (i > 0)
        pli_buffer_add_char (out, ',');
      pli_buffer_add_u64 (out, items[i].first);
      if (items[i].last > items[i].first)
        {
          pli_buffer_add_char (out, ':');
          pli_buffer_add_u64 (out, items[i].last);
        }
    }
}

void
imap_ranges_append (ImapRanges *ranges, guint32 first, guint32 last)
{
  if (ranges->n > 0 && ranges->items[ranges->n - 1].last == first - 1)
    {
      ranges->items[ranges->n - 1].last = last;
      return;
    }
  if (ranges->n == ranges->size)
    {
      ranges->size = ranges->size ? ranges->size * 2 : 4;
      ranges->items = g_renew (PliUidRange, ranges->items, ranges->size);
    }
  ranges->items[ranges->n++] = (PliUidRange){ first, last };
}

void
imap_ranges_clear (ImapRanges *ranges)
{
  g_free (ranges->items);
  *ranges = (ImapRanges){ 0 };
}
