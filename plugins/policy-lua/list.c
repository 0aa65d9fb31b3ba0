/* list.c: see list.h. Ranges are kept as first and last address of 16 bytes each (IPv4 as ::ffff:a.b.c.d), sorted and
 * without overlaps; domains as keys of a hash table, those with a dot in front as they are. */
#include "list.h"

#include <arpa/inet.h>

typedef struct
{
  guchar first[16], last[16];
} Range;

struct PolicyList
{
  GArray *ranges;      /* or: */
  GHashTable *domains; /* lower case */
};

static gboolean
read_address (const char *text, guchar out[16], guint *out_bits)
{
  memset (out, 0, 16);
  *out_bits = 128;
  if (inet_pton (AF_INET6, text, out) == 1)
    return TRUE;
  out[10] = out[11] = 0xff;
  *out_bits = 32;
  return inet_pton (AF_INET, text, out + 12) == 1;
}

static gboolean
read_range (PliSpan entry, Range *out)
{
  gssize slash = pli_span_find (entry, '/');
  PliSpan head = slash < 0 ? entry : pli_span_head (entry, (gsize) slash);
  char text[64];
  guint bits;
  guint64 length;

  if (head.len == 0 || head.len >= sizeof text)
    return FALSE;
  memcpy (text, head.data, head.len);
  text[head.len] = 0;
  if (!read_address (text, out->first, &bits))
    return FALSE;
  length = bits;
  if (slash >= 0 && !pli_span_to_u64 (pli_span_skip (entry, (gsize) slash + 1), bits, &length))
    return FALSE;
  memcpy (out->last, out->first, sizeof out->last);
  for (guint bit = 128 - bits + (guint) length; bit < 128; bit++)
    {
      guchar mask = (guchar) (0x80 >> bit % 8);

      out->first[bit / 8] &= (guchar) ~mask;
      out->last[bit / 8] |= mask;
    }
  return TRUE;
}

static gboolean
add_domain (GHashTable *domains, PliSpan entry)
{
  gssize at = pli_span_find (entry, '@');
  PliSpan domain = at < 0 ? entry : pli_span_skip (entry, (gsize) at + 1);
  char *key;

  if (at < 0 && domain.len > 0 && domain.data[0] == '.')
    domain = pli_span_skip (domain, 1);
  if (at == 0 || entry.len > POLICY_LIST_ENTRY_MAX || !pli_domain_valid (domain, TRUE))
    return FALSE;
  key = pli_span_dup (entry);
  pli_ascii_lower (key);
  g_hash_table_add (domains, key);
  return TRUE;
}

static int
by_first (gconstpointer a, gconstpointer b)
{
  return memcmp (((const Range *) a)->first, ((const Range *) b)->first, 16);
}

static void
sort_ranges (GArray *ranges)
{
  guint kept = 0;

  g_array_sort (ranges, by_first);
  for (guint i = 1; i < ranges->len; i++)
    {
      Range *last = &g_array_index (ranges, Range, kept), *next = &g_array_index (ranges, Range, i);

      if (memcmp (next->first, last->last, 16) > 0)
        g_array_index (ranges, Range, ++kept) = *next;
      else if (memcmp (next->last, last->last, 16) > 0)
        memcpy (last->last, next->last, 16);
    }
  if (ranges->len > 0)
    g_array_set_size (ranges, kept + 1);
}

static gboolean
add_entry (PolicyList *list, PliSpan entry)
{
  Range range;

  if (list->domains)
    return add_domain (list->domains, entry);
  if (!read_range (entry, &range))
    return FALSE;
  g_array_append_val (list->ranges, range);
  return TRUE;
}

static gboolean
read_lines (PolicyList *list, const char *name, PliSpan text, GError **error)
{
  for (guint line = 1; text.len > 0; line++)
    {
      gssize end = pli_span_find (text, '\n'), comment;
      PliSpan entry = end < 0 ? text : pli_span_head (text, (gsize) end);

      text = pli_span_skip (text, end < 0 ? text.len : (gsize) end + 1);
      comment = pli_span_find (entry, '#');
      entry = pli_span_trim (comment < 0 ? entry : pli_span_head (entry, (gsize) comment));
      if (entry.len > 0 && (memchr (entry.data, 0, entry.len) || !add_entry (list, entry)))
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s:%u: \"%.*s\" is no %s", name, line,
                       (int) MIN (entry.len, 80), entry.data, list->domains ? "domain" : "address or address/length");
          return FALSE;
        }
    }
  return TRUE;
}

PolicyList *
policy_list_new (const char *name, PliSpan text, GError **error)
{
  PolicyList *list = g_new0 (PolicyList, 1);

  if (g_str_has_suffix (name, ".cidr"))
    list->ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  else if (g_str_has_suffix (name, ".domains"))
    list->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  else
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: lists are called NAME.cidr or NAME.domains", name);
      g_free (list);
      return NULL;
    }
  if (!read_lines (list, name, text, error))
    {
      policy_list_free (list);
      return NULL;
    }
  if (list->ranges)
    sort_ranges (list->ranges);
  return list;
}

void
policy_list_free (PolicyList *list)
{
  if (!list)
    return;
  g_clear_pointer (&list->ranges, g_array_unref);
  g_clear_pointer (&list->domains, g_hash_table_unref);
  g_free (list);
}

static gboolean
has_address (const GArray *ranges, const char *text)
{
  guint low = 0, high = ranges->len, bits;
  guchar address[16];

  if (!read_address (text, address, &bits))
    return FALSE;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const Range *range = &g_array_index (ranges, Range, middle);

      if (memcmp (address, range->first, 16) < 0)
        high = middle;
      else if (memcmp (address, range->last, 16) > 0)
        low = middle + 1;
      else
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_domain (GHashTable *domains, char *text)
{
  char *at = strrchr (text, '@');

  pli_ascii_lower (text);
  if (g_hash_table_contains (domains, text))
    return TRUE;
  if (at)
    text = at + 1;
  if (at && g_hash_table_contains (domains, text))
    return TRUE;
  while ((text = strchr (text + (text[0] == '.'), '.')))
    if (g_hash_table_contains (domains, text))
      return TRUE;
  return FALSE;
}

gboolean
policy_list_has (const PolicyList *list, PliSpan value)
{
  char text[POLICY_LIST_ENTRY_MAX + 1];

  if (value.len == 0 || value.len > POLICY_LIST_ENTRY_MAX || memchr (value.data, 0, value.len))
    return FALSE;
  memcpy (text, value.data, value.len);
  text[value.len] = 0;
  return list->domains ? has_domain (list->domains, text) : has_address (list->ranges, text);
}
