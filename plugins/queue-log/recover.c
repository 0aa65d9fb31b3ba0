/* recover.c: at start, finds what is open: the snapshot, then the journal that goes on from it, then the records behind
 * the offsets that the snapshot names. A record that nothing is said about is open as a whole. Runs before the queue
 * takes calls, so it may block. */
#include "journal.h"

typedef struct
{
  Queue *queue;
  GHashTable *said; /* key text "segment offset" -> GArray of Said */
  GHashTable *open; /* the same keys: named by the snapshot */
  guint64 journal;
  guint lines, messages;
  gboolean whole;
} Recovery;

typedef struct
{
  guint32 number, parent;
  gboolean settled, postponed, place, copied, warned;
  guint tries, hops, places; /* places: that came from it, as it says */
  gint64 next_us;
  char *reason, *account, *store, *address;
} Said;

static void
said_clear (gpointer data)
{
  Said *said = data;

  g_free (said->reason);
  g_free (said->account);
  g_free (said->store);
  g_free (said->address);
}

static Said *
say (Recovery *r, const char *key, guint32 number)
{
  GArray *all = g_hash_table_lookup (r->said, key);
  Said fresh = { .number = number };

  if (!all)
    {
      all = g_array_new (FALSE, TRUE, sizeof (Said));
      g_array_set_clear_func (all, said_clear);
      g_hash_table_insert (r->said, g_strdup (key), all);
    }
  for (guint i = 0; i < all->len; i++)
    if (g_array_index (all, Said, i).number == number)
      return &g_array_index (all, Said, i);
  g_array_append_val (all, fresh);
  return &g_array_index (all, Said, all->len - 1);
}

static char *
unless_dash (const char *text)
{
  return g_str_equal (text, "-") ? NULL : g_strdup (text);
}

/* word[5]: "ACCOUNT STORE ADDRESS" */
static void
take_place (Said *said, char **word)
{
  g_auto (GStrv) rest = g_strsplit (word[5], " ", 3);

  if (g_strv_length (rest) < 3)
    return;
  said->place = TRUE;
  said->parent = (guint32) g_ascii_strtoull (word[3], NULL, 10);
  said->hops = (guint) g_ascii_strtoull (word[4], NULL, 10);
  said->account = unless_dash (rest[0]);
  said->store = unless_dash (rest[1]);
  said->address = g_strdup (rest[2]);
}

static void
take_line (Recovery *r, char kind, char **word, guint n)
{
  g_autofree char *key = g_strconcat (word[0], " ", word[1], NULL);
  Said *said = say (r, key, (guint32) g_ascii_strtoull (word[2], NULL, 10));

  if (kind == 's' || kind == 'k')
    {
      said->settled |= kind == 's';
      said->copied |= kind == 'k';
      said->places += n > 3 ? (guint) g_ascii_strtoull (word[3], NULL, 10) : 0;
    }
  else if (kind == 'w')
    said->warned = TRUE;
  else if (kind == 'p' && n > 4)
    {
      said->postponed = TRUE;
      said->tries = (guint) g_ascii_strtoull (word[3], NULL, 10);
      said->next_us = g_ascii_strtoll (word[4], NULL, 10);
      g_free (said->reason);
      said->reason = n > 5 && *word[5] ? g_strndup (word[5], REASON_KEPT) : NULL;
    }
  else if (kind == 'c' && n > 5 && !said->place)
    take_place (said, word);
}

static void
read_lines (Recovery *r, PliSpan text)
{
  PliSpan line;

  while (journal_line_next (&text, &line))
    {
      g_autofree char *copy = pli_span_dup (pli_span_skip (line, 2));
      g_auto (GStrv) word = g_strsplit (copy, " ", 6);
      guint n = g_strv_length (word);
      char kind = line.data[0];

      if (kind == 'z' && n == 1)
        r->whole = g_ascii_strtoull (word[0], NULL, 10) == r->lines;
      else if (kind == 'j' && n == 1)
        {
          r->journal = g_ascii_strtoull (word[0], NULL, 10);
          continue; /* not counted */
        }
      else if (kind == 'e' && n == 2)
        {
          guint64 *end = g_new (guint64, 2);

          end[0] = g_ascii_strtoull (word[0], NULL, 10);
          end[1] = g_ascii_strtoull (word[1], NULL, 10);
          g_hash_table_replace (r->queue->ends, end, end);
        }
      else if (kind == 'm' && n == 2)
        g_hash_table_add (r->open, g_strjoinv (" ", word));
      else if (n >= 3)
        take_line (r, kind, word, n);
      r->lines++;
    }
}

static gboolean
read_file (const char *path, char **out, gsize *out_len, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (g_file_get_contents (path, out, out_len, &local))
    return TRUE;
  *out = NULL;
  *out_len = 0;
  if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
read_state (Recovery *r, GError **error)
{
  g_autofree char *path = g_build_filename (pli_plugin_folder (r->queue->plugin), "snapshot", NULL);
  g_autofree char *text = NULL, *journal = NULL, *more = NULL;
  gsize len;

  if (!read_file (path, &text, &len, error))
    return FALSE;
  if (!text)
    return TRUE; /* a new queue */
  read_lines (r, pli_span (text, len));
  if (!r->whole)
    {
      /* Only bad media can do this: it was synced before it got its name. All records count as open then; stores
       * refuse what they have taken. */
      pli_log (PLI_LOG_ERROR, "queue.snapshot-damaged", "path", path, NULL);
      g_hash_table_remove_all (r->queue->ends);
    }
  journal = journal_path (r->queue, r->journal);
  if (!read_file (journal, &more, &len, error))
    return FALSE;
  if (more)
    read_lines (r, pli_span (more, len));
  return TRUE;
}

/* Is each child known that came from this one? */
static gboolean
is_whole (GArray *all, guint32 parent)
{
  guint found = 0, wanted = G_MAXUINT;

  for (guint i = 0; i < all->len; i++)
    {
      const Said *said = &g_array_index (all, Said, i);

      found += said->place && said->parent == parent;
      if (said->number == parent && (said->settled || said->copied))
        wanted = said->places;
    }
  return found >= wanted;
}

/* Children as they were; an expansion counts only as a whole, else it is made again. */
static void
apply (Message *m, GArray *all, guint n_rcpts)
{
  for (guint i = 0; i < n_rcpts; i++)
    message_add_child (m, CHILD_NUMBER (i, 0), CHILD_UNRESOLVED);
  for (guint i = 0; all && i < all->len; i++)
    {
      Said *said = &g_array_index (all, Said, i);
      Child *child = message_child (m, said->number);

      m->warned |= said->warned;
      if (CHILD_RCPT (said->number) >= n_rcpts)
        continue;
      if (said->place && is_whole (all, said->parent))
        {
          child = message_add_child (m, said->number, said->account ? CHILD_LOCAL : CHILD_UNRESOLVED);
          child->owned = TRUE;
          child->parent = said->parent;
          child->hops = (guint8) said->hops;
          child->account = g_steal_pointer (&said->account);
          child->store = g_steal_pointer (&said->store);
          child->address = g_steal_pointer (&said->address);
        }
      if (!child)
        continue;
      child->copied = said->copied && is_whole (all, said->number);
      child->tries = (guint16) said->tries;
      child->waiting = said->postponed;
      child->next_us = said->next_us;
      child->reason = said->reason ? g_ref_string_new_intern (said->reason) : NULL;
    }
}

static void
close_child (Message *m, Child *child)
{
  child->state = CHILD_SETTLED;
  m->n_open--;
  m->queue->open--;
}

static void
apply_settled (Message *m, GArray *all)
{
  for (guint i = 0; all && i < all->len; i++)
    {
      Said *said = &g_array_index (all, Said, i);
      Child *child = message_child (m, said->number);

      if (said->settled && child && child->state != CHILD_SETTLED
          && (said->places == 0 || is_whole (all, said->number)))
        close_child (m, child);
    }
}

/* A report that was written for recipients settles them; one of a delay is not written again. */
static void
apply_cause (Recovery *r, const char *cause)
{
  g_auto (GStrv) word = g_strsplit (cause, " ", 3);
  g_autofree char *key = NULL;
  g_auto (GStrv) numbers = NULL;

  if (g_strv_length (word) < 3)
    return;
  key = g_strconcat (word[0], " ", word[1], NULL);
  numbers = g_strsplit (word[2], ",", -1);
  for (guint i = 0; numbers[i]; i++)
    if (g_str_equal (numbers[i], "w"))
      say (r, key, 0)->warned = TRUE;
    else
      say (r, key, (guint32) g_ascii_strtoull (numbers[i], NULL, 10))->settled = TRUE;
}

static gboolean
see_cause (const PliRecordFound *found, gpointer user)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  const char *cause;
  gint64 received_us;
  Hot hot;

  if (record_read (found->header, arena, &hot, &received_us, &cause) && cause)
    apply_cause (user, cause);
  return TRUE;
}

static void
take_record (Recovery *r, const PliRecordPlace *place, PliSpan header)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, place->segment, place->offset);
  GArray *all = g_hash_table_lookup (r->said, key);
  const char *cause;
  gint64 received_us;
  Hot hot;
  Message *m;

  if (!record_read (header, arena, &hot, &received_us, &cause))
    {
      pli_log (PLI_LOG_ERROR, "queue.record-unreadable", "place", key, NULL);
      return;
    }
  m = message_new (r->queue, place, received_us);
  apply (m, all, hot.n_rcpts);
  apply_settled (m, all);
  r->queue->accepted += m->n_open;
  r->messages++;
  message_schedule (m);
}

static gboolean
see_record (const PliRecordFound *found, gpointer user)
{
  if (found->skipped)
    pli_log (PLI_LOG_WARNING, "segment.damage-skipped", NULL);
  take_record (user, &found->place, found->header);
  return TRUE;
}

static gboolean
scan_all (Recovery *r, PliRecordFunc func, GError **error)
{
  const char *folder = pli_store_segments (r->queue->instance);
  g_autoptr (GArray) numbers = pli_segment_list (folder, error);
  g_autofree guint64 *from = NULL;

  if (!numbers)
    return FALSE;
  /* Offsets are taken before the scan moves them. */
  from = g_new0 (guint64, numbers->len + 1);
  for (guint i = 0; i < numbers->len; i++)
    {
      guint64 *end = g_hash_table_lookup (r->queue->ends, &g_array_index (numbers, guint64, i));

      from[i] = end ? end[1] : 0;
    }
  for (guint i = 0; i < numbers->len; i++)
    {
      g_autoptr (GError) local = NULL;
      guint64 number = g_array_index (numbers, guint64, i), end = 0;

      if (!pli_segment_scan (folder, number, from[i], func, r, &end, &local)
          && !g_error_matches (local, PLI_ERROR, PLI_ERROR_CORRUPT))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      /* Stores will refer to what was found, so a power cut must not take it any more. */
      if (func == see_cause && !local && end > MAX (from[i], 1) && !pli_segment_sync (folder, number, error))
        return FALSE;
    }
  return TRUE;
}

static void
take_open (Recovery *r)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, r->open);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint64 segment = 0, offset = 0;
      g_auto (GStrv) word = g_strsplit (key, " ", 2);
      PliBuffer header = { 0 };
      PliRecordPlace place;
      g_autoptr (GError) local = NULL;

      segment = g_ascii_strtoull (word[0], NULL, 10);
      offset = g_ascii_strtoull (word[1], NULL, 10);
      if (pli_segment_read_header (pli_store_segments (r->queue->instance), segment, offset, &header, &place, &local))
        take_record (r, &place, pli_buffer_span (&header));
      else
        pli_log (PLI_LOG_ERROR, "queue.record-lost", "why", local->message, NULL);
      pli_buffer_clear (&header);
    }
}

gboolean
recover (Queue *q, guint64 *out_journal_number, GError **error)
{
  Recovery r = { .queue = q };
  gboolean ok;

  r.said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  r.open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ok = read_state (&r, error) && scan_all (&r, see_cause, error);
  if (ok)
    take_open (&r);
  ok = ok && scan_all (&r, see_record, error);
  g_hash_table_unref (r.said);
  g_hash_table_unref (r.open);
  *out_journal_number = r.journal + 1;
  if (ok && r.messages > 0)
    pli_logf (PLI_LOG_NOTICE, "queue.recovered", "%u records looked at, %u messages are open", r.messages,
              g_hash_table_size (q->messages));
  return ok;
}
