/* message.c: rows and bytes of messages, taken out of the stores' answers. */
#include "migrate.h"

#define READ_BYTES (1024 * 1024)

void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_strfreev (copy->keywords);
  pli_arena_free (copy->arena);
  g_free (copy);
}

typedef struct
{
  GPtrArray *copies;
  char **table; /* of keywords */
  guint32 cursor;
} Rows;

static gint
compare_words (gconstpointer a, gconstpointer b)
{
  return g_ascii_strcasecmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
words_of (char **table, guint64 bits)
{
  GPtrArray *words = g_ptr_array_new ();

  for (guint i = 0; table && table[i]; i++)
    if (bits >> i & 1)
      g_ptr_array_add (words, g_strdup (table[i]));
  g_ptr_array_sort (words, compare_words);
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}

static PliSpan
keep (PliArena *arena, PliSpan text)
{
  return text.data && text.len == 0 ? PLI_SPAN ("") : pli_arena_span (arena, text);
}

static void
take_rows (gpointer user, const void *answer)
{
  const PliFetchResult *result = answer;
  Rows *rows = user;

  rows->cursor = result->cursor;
  for (guint32 i = 0; i < result->n_rows; i++)
    {
      Copy *copy = g_new0 (Copy, 1);

      copy->arena = pli_arena_new ();
      copy->row = result->rows[i];
      copy->row.envelope = keep (copy->arena, copy->row.envelope);
      copy->row.body = keep (copy->arena, copy->row.body);
      copy->row.bodystructure = keep (copy->arena, copy->row.bodystructure);
      copy->row.parts = keep (copy->arena, copy->row.parts);
      copy->row.preview = keep (copy->arena, copy->row.preview);
      copy->keywords = words_of (rows->table, copy->row.keywords);
      g_ptr_array_add (rows->copies, copy);
    }
}

static void
take_table (gpointer user, const void *answer)
{
  const PliFlagsResult *result = answer;

  *(char ***) user = g_strdupv ((GStrv) result->keywords);
}

GPtrArray *
migrate_rows (Move *move, const char *store, guint64 mailbox, guint32 cursor, guint32 want, guint32 *out_cursor,
              GError **error)
{
  PliUidRange all = { 1, G_MAXUINT32 };
  PliFetchArgs args = { .mailbox = mailbox, .uids = &all, .n_uids = 1, .want = want, .cursor = cursor };
  /* No message, nothing to add: answers with the table of keywords. */
  PliFlagsArgs table = { .mailbox = mailbox, .verb = PLI_FLAGS_ADD };
  Rows rows = { .copies = g_ptr_array_new_with_free_func (copy_free) };
  gboolean ok = MIGRATE_ASK (move, store, flags, PliFlagsResult, &table, take_table, &rows.table, error)
                && MIGRATE_ASK (move, store, fetch, PliFetchResult, &args, take_rows, &rows, error);

  g_strfreev (rows.table);
  *out_cursor = rows.cursor;
  if (ok)
    return rows.copies;
  g_ptr_array_unref (rows.copies);
  return NULL;
}

static void
take_bytes (gpointer user, const void *answer)
{
  pli_buffer_add_span (user, ((const PliReadResult *) answer)->bytes);
}

gboolean
migrate_read (Move *move, const char *store, guint64 mailbox, const PliMessageRow *row, PliBuffer *out, GError **error)
{
  out->len = 0;
  while (out->len < row->bytes)
    {
      gsize before = out->len;
      PliReadArgs args = { mailbox, row->uid, before, (guint32) MIN (READ_BYTES, row->bytes - before) };

      if (!MIGRATE_ASK (move, store, read, PliReadResult, &args, take_bytes, out, error))
        return FALSE;
      if (out->len == before)
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "UID %u of %s is shorter than it should be", row->uid,
                       store);
          return FALSE;
        }
    }
  return TRUE;
}
