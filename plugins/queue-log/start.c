/* start.c: opens segments and journal and takes up what was open; closes them in order. */
#include "start.h"
#include "queue-log.h"

#define STOP_MOST_US (10 * G_USEC_PER_SEC)

static void
queue_free (Queue *q)
{
  sends_free (g_steal_pointer (&q->sends));
  message_free_all (q);
  sweep_free (q->sweep);
  journal_free (q->journal);
  pli_segments_free (q->segments);
  lanes_free (q);
  g_ptr_array_unref (q->routes);
  reading_free (q->reading);
  g_hash_table_unref (q->messages);
  g_hash_table_unref (q->ends);
  g_free (q);
}

static guint64
highest_end (Queue *q)
{
  GHashTableIter iter;
  gpointer value;
  guint64 highest = 0;

  g_hash_table_iter_init (&iter, q->ends);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    highest = MAX (highest, *(guint64 *) value);
  return highest;
}

static guint
key_hash (gconstpointer key)
{
  const guint64 *k = key;

  return (guint) ((k[0] * 31 + k[1]) ^ (k[1] >> 32));
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const guint64 *x = a, *y = b;

  return x[0] == y[0] && x[1] == y[1];
}

gboolean
queue_load (PliPlugin *plugin, GError **error)
{
  Queue *q = g_new0 (Queue, 1);
  const Settings *set;
  PliSegmentLimits limits;
  guint64 journal;

  q->plugin = plugin;
  q->instance = pli_plugin_instance (plugin);
  q->lanes = g_ptr_array_new ();
  q->routes = g_ptr_array_new_with_free_func (g_free);
  q->messages = g_hash_table_new (key_hash, key_equal);
  q->ends = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  pli_plugin_set_data (plugin, q);
  set = queue_settings (q);
  if (recover (q, &journal, error))
    {
      q->journal = journal_new (q, journal, error);
      limits = (PliSegmentLimits){ set->segment_size, set->large_message, set->free_min, highest_end (q) + 1 };
      if (q->journal)
        q->segments = pli_segments_new (q->instance, pli_store_segments (q->instance), &limits, error);
      if (q->segments)
        {
          q->sweep = sweep_new (q);
          return TRUE;
        }
    }
  queue_free (q);
  pli_plugin_set_data (plugin, NULL);
  return FALSE;
}

/* What is not settled now is open on disk: no new step is begun, and what is under way comes back without effect. */
void
queue_stop (PliPlugin *plugin)
{
  Queue *q = pli_plugin_data (plugin);

  q->stopping = TRUE;
  sweep_stop (q->sweep);
  journal_sync_now (q->journal);
}

void
queue_measure (PliPlugin *plugin)
{
  Queue *q = pli_plugin_data (plugin);

  pli_gauge_set (pli_gauge ("unaccounted", "Recipients that nobody owns; must be 0"), queue_unaccounted (q));
  pli_gauge_set (pli_gauge ("queue_open", "Recipients that have not come to an end"), (gint64) q->open);
  pli_gauge_set (pli_gauge ("queue_accepted", "Recipients taken since the start, with those found at it"),
                 (gint64) q->accepted);
  pli_gauge_set (pli_gauge ("queue_settled", "Recipients that came to an end since the start"), (gint64) q->settled);
}

void
queue_unload (PliPlugin *plugin)
{
  queue_free (pli_plugin_data (plugin));
}
