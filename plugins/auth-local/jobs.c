/* jobs.c: the plugin's state, and its database work: in the offload pool, one job after the other, in the order in which
 * they were added. Each job holds the state, so that an unloaded plugin ends with its last job. */
#include "auth-local.h"

typedef struct
{
  Local *local;
  LocalWork work, then;
  gpointer user;
} Job;

struct LocalJobs
{
  GQueue waiting;
  gboolean busy;
};

Local *
local_new (PliPlugin *plugin, GError **error)
{
  Local *local = g_new0 (Local, 1);

  local->refs = 1;
  local->plugin = plugin;
  local->instance = pli_plugin_instance (plugin);
  local->tree = local_tree_new ();
  local->jobs = local_jobs_new ();
  local->hashing = local_hashing_new ();
  local->memo = local_memo_new ();
  local->db = local_db_open (pli_plugin_folder (plugin), local->tree, error);
  if (!local->db)
    g_clear_pointer (&local, local_unref);
  return local;
}

Local *
local_ref (Local *local)
{
  local->refs++;
  return local;
}

void
local_unref (Local *local)
{
  if (!local || --local->refs > 0)
    return;
  sqlite3_close (local->db);
  local_tree_free (local->tree);
  local_jobs_free (local->jobs);
  local_hashing_free (local->hashing);
  local_memo_free (local->memo);
  g_free (local);
}

const LocalSettings *
local_settings (const Local *local)
{
  return pli_plugin_settings (local->plugin);
}

const char *
local_default_domain (const Local *local)
{
  const char *set = local_settings (local)->default_domain;

  return set ? set : local->tree->by_age->len > 0 ? local->tree->by_age->pdata[0] : NULL;
}

const char *
local_store_of (const Local *local, const char *address)
{
  const char *at = strrchr (address, '@');

  return at && local->plugin ? pli_plugin_text (local->plugin, "domain", at + 1, "store") : NULL;
}

LocalJobs *
local_jobs_new (void)
{
  LocalJobs *jobs = g_new0 (LocalJobs, 1);

  g_queue_init (&jobs->waiting);
  return jobs;
}

void
local_jobs_free (LocalJobs *jobs)
{
  g_assert (!jobs->busy && g_queue_is_empty (&jobs->waiting));
  g_free (jobs);
}

static void
work (gpointer user)
{
  Job *job = user;

  job->work (job->local, job->user);
}

static void run_next (Local *local);

static void
after (gpointer user)
{
  Job *job = user;
  Local *local = job->local;

  local->jobs->busy = FALSE;
  job->then (local, job->user);
  g_free (job);
  run_next (local);
  local_unref (local);
}

static void
run_next (Local *local)
{
  Job *job = local->jobs->busy ? NULL : g_queue_pop_head (&local->jobs->waiting);

  if (!job)
    return;
  local->jobs->busy = TRUE;
  pli_offload (local->instance, work, after, job);
}

void
local_jobs_add (Local *local, LocalWork func, LocalWork then, gpointer user)
{
  Job *job = g_new (Job, 1);

  job->local = local_ref (local);
  job->work = func;
  job->then = then;
  job->user = user;
  g_queue_push_tail (&local->jobs->waiting, job);
  run_next (local);
}
