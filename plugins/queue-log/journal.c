/* journal.c: what happened to recipients, one line each (lines.c), synced in groups; folded into a snapshot when it has
 * grown. What is lost with unsynced lines is done again after a crash: stores know what they have taken, and forget it
 * only when told here, after the sync; other hosts do not know, so what they took is synced without delay. One job at a
 * time runs in the pool. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct
{
  JournalDone done;
  gpointer user;
} Waiter;

typedef struct
{
  char *account, *store;
  guint64 segment, offset;
  guint32 child;
} Settled;

struct Journal
{
  Queue *queue;
  guint64 number, bytes;
  int fd;
  PliBuffer lines;
  GArray *waiters;        /* Waiter: of the lines gathered */
  GArray *settled;        /* Settled: to be told once the lines are on disk */
  gboolean running, fold; /* fold: the next job writes a snapshot */
  gboolean hurry;         /* the next job begins when this one is done */
  PliTimer *timer;
};

typedef struct
{
  Journal *journal;
  PliBuffer lines, snapshot; /* a snapshot replaces the lines */
  gboolean fold;
  guint64 number;
  char *folder;
  int fd;
  GArray *waiters, *settled;
  char *error;
} Job;

static void begin (Journal *j);

char *
journal_path (Queue *q, guint64 number)
{
  return g_strdup_printf ("%s/journal-%016" G_GINT64_MODIFIER "x", pli_plugin_folder (q->plugin), number);
}

/* In the pool. */
static void
run (gpointer user)
{
  Job *job = user;

  if (job->fold)
    job->error = snapshot_install (job->folder, pli_buffer_span (&job->snapshot), job->number, &job->fd);
  else if (!journal_write_all (job->fd, pli_buffer_span (&job->lines)) || fdatasync (job->fd) < 0)
    job->error = g_strdup (g_strerror (errno));
}

static void
told (gpointer user, const void *result, const GError *error)
{
  (void) user;
  (void) result;
  if (error) /* the store keeps them as taken: harmless */
    pli_log (PLI_LOG_INFO, "queue.settled-not-told", "why", error->message, NULL);
}

/* One call a store and shard. */
static void
tell_stores (Queue *q, GArray *settled)
{
  g_autoptr (GArray) items = g_array_new (FALSE, TRUE, sizeof (PliDelivery));
  g_autofree gboolean *done = g_new0 (gboolean, settled->len + 1);

  for (guint i = 0; i < settled->len; i++)
    {
      Settled *first = &g_array_index (settled, Settled, i);
      PliSettledArgs args;

      if (done[i])
        continue;
      g_array_set_size (items, 0);
      for (guint k = i; k < settled->len; k++)
        {
          Settled *s = &g_array_index (settled, Settled, k);
          PliDelivery item = { .account = s->account, .segment = s->segment, .offset = s->offset, .child = s->child };

          if (done[k] || g_strcmp0 (s->store, first->store) != 0
              || pli_store_shard (q->instance, s->account) != pli_store_shard (q->instance, first->account))
            continue;
          done[k] = TRUE;
          g_array_append_val (items, item);
        }
      args = (PliSettledArgs){ (const PliDelivery *) items->data, items->len };
      pli_store_settled (q->instance, first->store, &args, told, NULL);
    }
}

static void
settled_clear (gpointer data)
{
  Settled *s = data;

  g_free (s->account);
  g_free (s->store);
}

static GArray *
new_settled (void)
{
  GArray *array = g_array_new (FALSE, FALSE, sizeof (Settled));

  g_array_set_clear_func (array, settled_clear);
  return array;
}

static void
after (gpointer user)
{
  Job *job = user;
  Journal *j = job->journal;
  gboolean ok = !job->error;

  j->running = FALSE;
  if (ok && job->fold)
    {
      if (j->fd >= 0)
        close (j->fd);
      j->fd = job->fd;
      j->number = job->number;
      j->bytes = 0;
    }
  else if (ok)
    j->bytes += job->lines.len;
  else
    {
      pli_log (PLI_LOG_ERROR, "queue.journal-failed", "why", job->error, NULL);
      j->fold = TRUE; /* this file is done with: the next job begins another with a snapshot */
    }
  if (ok && !j->queue->stopping)
    tell_stores (j->queue, job->settled);
  for (guint i = 0; i < job->waiters->len; i++)
    g_array_index (job->waiters, Waiter, i).done (g_array_index (job->waiters, Waiter, i).user, ok);
  if (j->bytes > queue_settings (j->queue)->journal_size)
    j->fold = TRUE;
  pli_buffer_clear (&job->lines);
  pli_buffer_clear (&job->snapshot);
  g_array_unref (job->waiters);
  g_array_unref (job->settled);
  g_free (job->folder);
  g_free (job->error);
  g_free (job);
  if (j->waiters->len > 0 || j->hurry)
    begin (j);
}

static void
begin (Journal *j)
{
  Job *job;

  pli_timer_cancel (j->timer);
  j->timer = NULL;
  if (j->running || (j->lines.len == 0 && !j->fold))
    return;
  job = g_new0 (Job, 1);
  job->journal = j;
  job->fd = j->fd;
  job->fold = j->fold;
  job->folder = g_strdup (pli_plugin_folder (j->queue->plugin));
  job->number = j->number + (j->fold ? 1 : 0);
  if (j->fold)
    {
      snapshot_text (j->queue, &job->snapshot);
      pli_buffer_clear (&j->lines);
    }
  job->lines = j->lines;
  job->waiters = j->waiters;
  job->settled = j->settled;
  memset (&j->lines, 0, sizeof j->lines);
  j->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  j->settled = new_settled ();
  j->fold = FALSE;
  j->hurry = FALSE;
  j->running = TRUE;
  pli_offload (j->queue->instance, run, after, job);
}

static void
time_is_up (gpointer user)
{
  Journal *j = user;

  j->timer = NULL;
  begin (j);
}

static void
arm (Journal *j)
{
  if (!j->timer && !j->queue->stopping)
    j->timer = pli_timer_after (j->queue->instance, queue_settings (j->queue)->journal_sync, time_is_up, j);
}

void
journal_settled (Journal *j, const Message *m, const Child *child, gboolean tell_store)
{
  journal_add_mark (&j->lines, 's', m, child->number, -1);
  if (tell_store && child->account)
    {
      Settled s = { g_strdup (child->account), g_strdup (child->store), m->key[0], m->key[1], child->number };

      g_array_append_val (j->settled, s);
    }
  arm (j);
}

void
journal_postponed (Journal *j, const Message *m, const Child *child, const char *reason)
{
  journal_add_postponed (&j->lines, m, child, reason);
  arm (j);
}

void
journal_warned (Journal *j, const Message *m)
{
  journal_add_mark (&j->lines, 'w', m, 0, -1);
  arm (j);
}

void
journal_grown (Journal *j, const Message *m, guint32 parent, guint n, gboolean copy, JournalDone done, gpointer user)
{
  Waiter waiter = { done, user };

  for (guint i = m->n_children - n; i < m->n_children; i++)
    journal_add_place (&j->lines, m, &m->children[i]);
  journal_add_mark (&j->lines, copy ? 'k' : 's', m, parent, (gint) n);
  g_array_append_val (j->waiters, waiter);
  begin (j);
}

void
journal_sync_now (Journal *j)
{
  j->hurry = TRUE;
  begin (j);
}

gboolean
journal_idle (Journal *j)
{
  return !j->running && j->lines.len == 0;
}

/* A crash between the new snapshot and the removal of the old journal leaves one behind. */
static void
remove_others (Journal *j)
{
  const char *folder = pli_plugin_folder (j->queue->plugin), *name;
  g_autofree char *own = journal_path (j->queue, j->number);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_str_has_prefix (name, "journal-") && !g_str_equal (path, own) && unlink (path) < 0)
        pli_log (PLI_LOG_WARNING, "queue.journal-kept", "path", path, "why", g_strerror (errno), NULL);
    }
}

Journal *
journal_new (Queue *q, guint64 number, GError **error)
{
  Journal *j = g_new0 (Journal, 1);
  PliBuffer text = { 0 };
  g_autofree char *why = NULL;

  j->queue = q;
  j->number = number;
  j->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  j->settled = new_settled ();
  j->fd = -1;
  snapshot_text (q, &text);
  why = snapshot_install (pli_plugin_folder (q->plugin), pli_buffer_span (&text), number, &j->fd);
  pli_buffer_clear (&text);
  if (!why)
    {
      remove_others (j);
      return j;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the queue's journal cannot be written: %s", why);
  journal_free (j);
  return NULL;
}

void
journal_free (Journal *j)
{
  if (!j)
    return;
  g_assert (!j->running);
  pli_timer_cancel (j->timer);
  if (j->fd >= 0)
    close (j->fd);
  pli_buffer_clear (&j->lines);
  g_array_unref (j->waiters);
  g_array_unref (j->settled);
  g_free (j);
}
