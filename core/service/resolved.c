/* resolved.c: a hash of packed answers. auth tells all rooms when the directory changes; until that has come an answer can
 * be old by as long as a packet waits in a socket, and in no case older than a minute. Refusals are never kept. */
#include "service/resolved.h"

#define KEEP_US (60 * G_USEC_PER_SEC)
#define MOST 20000

struct PliResolved
{
  GHashTable *by_address; /* text -> Answer */
};

typedef struct
{
  gint64 until_us;
  gsize len;
  char packed[];
} Answer;

PliResolved *
pli_resolved_new (void)
{
  PliResolved *resolved = g_new (PliResolved, 1);

  resolved->by_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return resolved;
}

void
pli_resolved_free (PliResolved *resolved)
{
  if (!resolved)
    return;
  g_hash_table_unref (resolved->by_address);
  g_free (resolved);
}

PliSpan
pli_resolved_find (PliResolved *resolved, const char *address, gint64 now_us)
{
  Answer *answer = g_hash_table_lookup (resolved->by_address, address);

  return answer && answer->until_us > now_us ? pli_span (answer->packed, answer->len) : pli_span (NULL, 0);
}

void
pli_resolved_keep (PliResolved *resolved, const char *address, const PliResolveResult *result, gint64 now_us)
{
  PliBuffer packed = { 0 };
  Answer *answer;

  if (result->kind != PLI_RCPT_LOCAL)
    return;
  if (g_hash_table_size (resolved->by_address) >= MOST)
    g_hash_table_remove_all (resolved->by_address);
  pli_shape_pack (pli_method (PLI_METHOD_RESOLVE)->result, result, &packed);
  answer = g_malloc (sizeof *answer + packed.len);
  answer->until_us = now_us + KEEP_US;
  answer->len = packed.len;
  memcpy (answer->packed, packed.data, packed.len);
  pli_buffer_clear (&packed);
  g_hash_table_replace (resolved->by_address, g_strdup (address), answer);
}

void
pli_resolved_forget (PliResolved *resolved)
{
  if (resolved)
    g_hash_table_remove_all (resolved->by_address);
}
