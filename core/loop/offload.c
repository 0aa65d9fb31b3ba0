/* offload.c: a few threads for what blocks (syncs, password hashes, file reads). Work is taken in order; `after` comes
 * back to the loop thread. Every room has one pool. */
#include "loop/op.h"

#define THREADS 4

typedef struct
{
  PliOffload *offload;
  PliWorkFunc work, after;
  gpointer user;
} Job;

struct PliOffload
{
  PliInstance *instance;
  GThreadPool *pool;
  gint running; /* atomic: handed in and not yet back */
};

static void
after (gpointer user)
{
  Job *job = user;

  g_atomic_int_add (&job->offload->running, -1);
  if (job->after)
    job->after (job->user);
  g_free (job);
}

static void
work (gpointer data, gpointer unused)
{
  Job *job = data;

  (void) unused;
  job->work (job->user);
  pli_loop_soon (job->offload->instance->loop, after, job);
}

PliOffload *
pli_offload_new (PliInstance *instance)
{
  PliOffload *offload = g_new0 (PliOffload, 1);
  g_autoptr (GError) error = NULL;

  offload->instance = instance;
  offload->pool = g_thread_pool_new (work, NULL, THREADS, FALSE, &error);
  g_assert_no_error (error);
  return offload;
}

gboolean
pli_offload_busy (PliInstance *instance)
{
  return g_atomic_int_get (&instance->offload->running) > 0;
}

void
pli_loop_settle (PliInstance *instance, gint64 until_us)
{
  do
    pli_loop_step (instance->loop, pli_offload_busy (instance) ? 10 * 1000 : 0);
  while (pli_offload_busy (instance) && g_get_monotonic_time () < until_us);
}

void
pli_offload_free (PliOffload *offload)
{
  if (!offload)
    return;
  g_thread_pool_free (offload->pool, FALSE, TRUE);
  while (g_atomic_int_get (&offload->running) > 0)
    pli_loop_step (offload->instance->loop, 0);
  g_free (offload);
}

void
pli_offload (PliInstance *instance, PliWorkFunc func, PliWorkFunc then, gpointer user)
{
  Job *job = g_new (Job, 1);
  g_autoptr (GError) error = NULL;

  job->offload = instance->offload;
  job->work = func;
  job->after = then;
  job->user = user;
  g_atomic_int_inc (&instance->offload->running);
  if (!g_thread_pool_push (instance->offload->pool, job, &error))
    g_error ("offload: %s", error->message);
}
