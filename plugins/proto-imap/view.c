/* view.c: see view.h. */
#include "view.h"

void
imap_view_clear (ImapView *view)
{
  g_free (view->runs);
  *view = (ImapView){ 0 };
}

guint32
imap_view_count (const ImapView *view)
{
  const ImapRun *last = view->n > 0 ? &view->runs[view->n - 1] : NULL;

  return last ? last->before + (last->last - last->first + 1) : 0;
}

void
imap_view_append (ImapView *view, guint32 first, guint32 last)
{
  guint32 before = imap_view_count (view);

  if (view->n > 0 && view->runs[view->n - 1].last == first - 1)
    {
      view->runs[view->n - 1].last = last;
      return;
    }
  if (view->n == view->size)
    {
      view->size += view->size / 2 + 1;
      view->runs = g_renew (ImapRun, view->runs, view->size);
    }
  view->runs[view->n++] = (ImapRun){ first, last, before };
}

guint32
imap_view_uid (const ImapView *view, guint32 seq)
{
  guint32 low = 0, high = view->n;

  if (seq == 0 || seq > imap_view_count (view))
    return 0;
  while (high - low > 1)
    {
      guint32 middle = low + (high - low) / 2;

      if (view->runs[middle].before < seq)
        low = middle;
      else
        high = middle;
    }
  return view->runs[low].first + (seq - view->runs[low].before - 1);
}

/* The first run that ends at @uid or behind; view->n when there is none. */
static guint32
find (const ImapView *view, guint32 uid)
{
  guint32 low = 0, high = view->n;

  while (low < high)
    {
      guint32 middle = low + (high - low) / 2;

      if (view->runs[middle].last < uid)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

guint32
imap_view_seq (const ImapView *view, guint32 uid)
{
  guint32 i = find (view, uid);

  if (i == view->n || view->runs[i].first > uid)
    return 0;
  return view->runs[i].before + (uid - view->runs[i].first) + 1;
}

guint32
imap_view_from (const ImapView *view, guint32 uid)
{
  guint32 i = find (view, uid);

  return i == view->n ? 0 : MAX (view->runs[i].first, uid);
}

guint32
imap_view_up_to (const ImapView *view, guint32 uid)
{
  guint32 i = find (view, uid);

  if (i < view->n && view->runs[i].first <= uid)
    return uid;
  return i > 0 ? view->runs[i - 1].last : 0;
}

guint32
imap_view_count_in (const ImapView *view, const PliUidRange *ranges, guint32 n)
{
  guint32 count = 0;

  for (guint32 i = 0; i < n; i++)
    {
      guint32 first = imap_view_from (view, ranges[i].first), last = imap_view_up_to (view, ranges[i].last);

      if (first > 0 && last >= first)
        count += imap_view_seq (view, last) - imap_view_seq (view, first) + 1;
    }
  return count;
}

void
imap_view_remove (ImapView *view, const PliUidRange *ranges, guint32 n)
{
  ImapView left = { 0 };
  guint32 next = 0;

  if (n == 0)
    return;
  for (guint32 i = 0; i < view->n; i++)
    {
      guint64 first = view->runs[i].first;
      guint32 last = view->runs[i].last;

      while (next < n && ranges[next].last < first)
        next++;
      for (guint32 j = next; j < n && ranges[j].first <= last && first <= last; j++)
        {
          if (ranges[j].first > first)
            imap_view_append (&left, (guint32) first, ranges[j].first - 1);
          first = (guint64) ranges[j].last + 1;
        }
      if (first <= last)
        imap_view_append (&left, (guint32) first, last);
    }
  imap_view_clear (view);
  *view = left;
}

/* The numbers of one range as the UIDs of its ends. FALSE for one beyond the last. */
static gboolean
resolve_seqs (const ImapView *view, const PliUidRange *range, PliUidRange *out)
{
  guint32 count = imap_view_count (view);
  gboolean star = range->first == 0 || range->last == 0;
  guint32 first = range->first ? range->first : count, last = range->last ? range->last : count;

  *out = (PliUidRange){ 0, 0 };
  if (!star && MAX (first, last) > count)
    return FALSE;
  if (count == 0)
    return TRUE;
  first = MIN (first, count);
  last = MIN (last, count);
  *out = (PliUidRange){ imap_view_uid (view, MIN (first, last)), imap_view_uid (view, MAX (first, last)) };
  return TRUE;
}

static void
resolve_uids (const ImapView *view, const PliUidRange *range, PliUidRange *out)
{
  guint32 highest = imap_view_up_to (view, G_MAXUINT32);
  guint32 first = range->first ? range->first : highest, last = range->last ? range->last : highest;

  out->first = imap_view_from (view, MIN (first, last));
  out->last = imap_view_up_to (view, MAX (first, last));
}

gboolean
imap_view_resolve (const ImapView *view, const ImapSet *set, gboolean by_uid, PliArena *arena, ImapSet *out)
{
  out->items = pli_arena_array (arena, PliUidRange, set->n);
  out->n = 0;
  for (guint32 i = 0; i < set->n; i++)
    {
      PliUidRange range;

      if (by_uid)
        resolve_uids (view, &set->items[i], &range);
      else if (!resolve_seqs (view, &set->items[i], &range))
        return FALSE;
      if (range.first > 0 && range.last >= range.first)
        out->items[out->n++] = range;
    }
  out->n = imap_ranges_normalise (out->items, out->n);
  return TRUE;
}
