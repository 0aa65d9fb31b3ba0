/* pack.c: the plugin's state: made, and closed in good order: rounds and pool jobs end, all is made durable, reserved
 * numbers are given back, and whoever still waits is answered. */
#include "body.h"
#include "round.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct PackJob
{
  Pack *pack;
  PliWorkFunc work, after;
  gpointer user;
  gboolean finished, over;
};

const PackSettings *
pack_settings (Pack *pack)
{
  return pli_plugin_settings (pack->plugin);
}

Pack *
pack_new (PliPlugin *plugin, GError **error)
{
  Pack *pack = g_new0 (Pack, 1);

  pack->plugin = plugin;
  pack->instance = pli_plugin_instance (plugin);
  pack->folder = g_strdup (pli_plugin_folder (plugin));
  pack->folder_fd = open (pack->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  pack->references = 1;
  pack->names.name_max = pack_settings (pack)->name_max;
  pack->names.depth_max = pack_settings (pack)->depth_max;
  pack->accounts = g_hash_table_new (g_str_hash, g_str_equal);
  pack->suspect = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pack->dirty = g_ptr_array_new ();
  pack->bodies = pack_bodies_new ();
  pack->watches = pack_watches_new ();
  pack->settled = pack_settled_new ();
  g_mutex_init (&pack->lock);
  g_cond_init (&pack->finished);
  if (pack->folder_fd < 0)
    g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", pack->folder, g_strerror (errno));
  else if (pack_image_make (pack, error) && pack_live_start (pack, error))
    {
      pack->compact = pack_compact_new (pack);
      return pack;
    }
  pack_unref (pack);
  return NULL;
}

void
pack_unref (Pack *pack)
{
  if (--pack->references > 0)
    return;
  if (pack->folder_fd >= 0)
    close (pack->folder_fd);
  g_hash_table_unref (pack->accounts);
  g_hash_table_unref (pack->suspect);
  g_ptr_array_unref (pack->dirty);
  pack_bodies_free (pack->bodies);
  pack_watches_free (pack->watches);
  pack_settled_free (pack->settled);
  pack_compact_free (pack->compact);
  g_mutex_clear (&pack->lock);
  g_cond_clear (&pack->finished);
  g_free (pack->image);
  g_free (pack->folder);
  g_free (pack);
}

/* Offload pool. */
static void
job_work (gpointer user)
{
  PackJob *job = user;

  job->work (job->user);
  g_mutex_lock (&job->pack->lock);
  job->finished = TRUE;
  g_cond_signal (&job->pack->finished);
  g_mutex_unlock (&job->pack->lock);
}

static void
job_over (PackJob *job)
{
  job->over = TRUE;
  job->pack->jobs = g_list_remove (job->pack->jobs, job);
  job->after (job->user);
}

static void
job_after (gpointer user)
{
  PackJob *job = user;

  if (!job->over)
    job_over (job);
  pack_unref (job->pack);
  g_free (job);
}

void
pack_offload (Pack *pack, PliWorkFunc work, PliWorkFunc after, gpointer user)
{
  PackJob *job = g_new0 (PackJob, 1);

  job->pack = pack;
  job->work = work;
  job->after = after;
  job->user = user;
  pack->references++;
  pack->jobs = g_list_prepend (pack->jobs, job);
  pli_offload (pack->instance, job_work, job_after, job);
}

void
pack_jobs_finish (Pack *pack)
{
  while (pack->jobs)
    {
      PackJob *job = pack->jobs->data;

      g_mutex_lock (&pack->lock);
      while (!job->finished)
        g_cond_wait (&pack->finished, &pack->lock);
      g_mutex_unlock (&pack->lock);
      job_over (job);
    }
}

void
pack_close (Pack *pack)
{
  g_autoptr (GError) error = g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the store is closed");
  g_autoptr (GList) accounts = NULL;

  pack->closed = TRUE;
  pli_timer_cancel (g_steal_pointer (&pack->timer));
  pack_compact_stop (pack->compact);
  pack_jobs_finish (pack);
  pack_turn_away (&pack->waiting, error);
  pack_round_last (pack);
  accounts = g_hash_table_get_values (pack->accounts);
  for (GList *one = accounts; one; one = one->next)
    {
      pack_turn_away (&((PackAccount *) one->data)->queue, error);
      pack_account_free (one->data);
    }
  pack_live_stop (pack);
  pack_unref (pack);
}
