/* sweep.c: removes segment files that nobody needs: none of their recipients is open here, and no mailbox of any store
 * refers to them. First the open ones are counted, then the stores are asked, so that a message that was delivered in
 * between is in the stores' answer. What is not known is kept. */
#include "queue-log.h"

#include <errno.h>
#include <unistd.h>

struct Sweep
{
  Queue *queue;
  PliTimer *timer;
  guint64 below; /* candidates: lower numbers */
  guint waiting; /* shards that have not answered */
  guint64 removed;
  char *folder;
  GArray *gone; /* guint64: numbers of what was removed */
};

static void begin (gpointer user);

static void
arm (Sweep *sweep)
{
  Queue *q = sweep->queue;

  if (!q->stopping)
    sweep->timer = pli_timer_after (q->instance, queue_settings (q)->sweep, begin, sweep);
}

/* In the pool. */
static void
unlink_all (gpointer user)
{
  Sweep *sweep = user;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) numbers = pli_segment_list (sweep->folder, &error);

  for (guint i = 0; numbers && i < numbers->len; i++)
    {
      guint64 number = g_array_index (numbers, guint64, i);
      g_autofree char *path = pli_segment_path (sweep->folder, number);

      if (number >= sweep->below)
        break;
      if (unlink (path) == 0)
        g_array_append_val (sweep->gone, number);
      else
        pli_log (PLI_LOG_WARNING, "queue.segment-kept", "path", path, "why", g_strerror (errno), NULL);
    }
  if (error)
    pli_log (PLI_LOG_WARNING, "queue.sweep", "why", error->message, NULL);
}

static void
unlinked (gpointer user)
{
  Sweep *sweep = user;

  for (guint i = 0; i < sweep->gone->len; i++)
    g_hash_table_remove (sweep->queue->ends, &g_array_index (sweep->gone, guint64, i));
  reading_free (g_steal_pointer (&sweep->queue->reading)); /* it may hold a file that is gone */
  sweep->removed += sweep->gone->len;
  if (sweep->gone->len > 0)
    pli_logf (PLI_LOG_INFO, "queue.swept", "%u segments removed, all below %" G_GUINT64_FORMAT, sweep->gone->len,
              sweep->below);
  g_array_set_size (sweep->gone, 0);
  arm (sweep);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Sweep *sweep = user;
  Queue *q = sweep->queue;

  if (error)
    pli_log (PLI_LOG_INFO, "queue.sweep", "why", error->message, NULL);
  sweep->below = MIN (sweep->below, result ? ((const PliLiveResult *) result)->lowest : 0);
  if (--sweep->waiting > 0)
    return;
  if (sweep->below > 1 && !q->stopping)
    pli_offload (q->instance, unlink_all, unlinked, sweep);
  else
    arm (sweep);
}

/* Messages that are open keep their segment and all above: expansions and reports refer to those before them only. */
static guint64
lowest_open (Queue *q)
{
  guint64 lowest = pli_segments_current (q->segments);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    lowest = MIN (lowest, ((const Message *) value)->key[0]);
  return lowest;
}

static void
begin (gpointer user)
{
  Sweep *sweep = user;
  Queue *q = sweep->queue;
  guint n = pli_store_shards (q->instance);

  sweep->timer = NULL;
  sweep->below = lowest_open (q);
  sweep->waiting = n;
  for (guint i = 0; i < n; i++)
    pli_store_live (q->instance, i, answered, sweep);
}

Sweep *
sweep_new (Queue *q)
{
  Sweep *sweep = g_new0 (Sweep, 1);

  sweep->queue = q;
  sweep->folder = g_strdup (pli_store_segments (q->instance));
  sweep->gone = g_array_new (FALSE, FALSE, sizeof (guint64));
  arm (sweep);
  return sweep;
}

void
sweep_stop (Sweep *sweep)
{
  pli_timer_cancel (g_steal_pointer (&sweep->timer));
}

void
sweep_free (Sweep *sweep)
{
  if (!sweep)
    return;
  sweep_stop (sweep);
  g_array_unref (sweep->gone);
  g_free (sweep->folder);
  g_free (sweep);
}
