/* job.c: questions to the directory, some at once, each with a connection of its own while it runs; the rest wait in order.
 * A job whose time is over, or whose client has gone, is answered, and ends by itself later. When no server answers,
 * nobody is asked for a while: what comes meanwhile is told so at once. Loop thread, but for run(). */
#include "auth-ldap.h"

static void start_some (Ldap *ldap);

Ldap *
ldap_ref (Ldap *ldap)
{
  ldap->refs++;
  return ldap;
}

static void
link_drop (LdapLink *link)
{
  LdapConfig *config = link ? link->config : NULL;

  ldap_link_close (link);
  ldap_config_unref (config);
}

void
ldap_unref (Ldap *ldap)
{
  if (--ldap->refs > 0)
    return;
  while (!g_queue_is_empty (&ldap->idle))
    link_drop (g_queue_pop_head (&ldap->idle));
  ldap_config_unref (ldap->config);
  ldap_cache_free (ldap->cache);
  g_free (ldap);
}

LdapConfig *
ldap_current_config (Ldap *ldap)
{
  const LdapSettings *settings = pli_plugin_settings (ldap->plugin);

  /* A reload makes a new struct, which may lie where an older one lay. */
  if (ldap->config && memcmp (&ldap->config->from, settings, sizeof *settings) == 0)
    return ldap->config;
  ldap_config_unref (ldap->config);
  ldap->config = ldap_config_new (settings);
  ldap_cache_forget (ldap->cache);
  ldap->down_until_us = 0;
  return ldap->config;
}

static void
job_free (LdapJob *job)
{
  pli_timer_cancel (job->deadline);
  g_free (job->text);
  g_free (job->other);
  if (job->password.data)
    explicit_bzero (job->password.data, job->password.size);
  pli_buffer_clear (&job->password);
  ldap_person_clear (&job->person);
  g_clear_error (&job->error);
  ldap_config_unref (job->config);
  ldap_unref (job->ldap);
  g_free (job);
}

/* Answers for a job that goes on without anybody who waits. */
static void
give_up (LdapJob *job, const char *why)
{
  pli_op_on_cancel (job->op, NULL, NULL);
  pli_op_fail (job->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, why));
  job->ticket = 0;
  job->op = NULL;
  pli_timer_cancel (g_steal_pointer (&job->deadline));
  if (g_queue_remove (&job->ldap->waiting, job))
    job_free (job);
}

static void
time_over (gpointer user)
{
  LdapJob *job = user;

  job->deadline = NULL;
  pli_log (PLI_LOG_WARNING, "ldap.slow", "asked", job->text, NULL);
  give_up (job, "the LDAP directory did not answer in time");
}

static void
gone (PliOp *op, gpointer user)
{
  (void) op;
  give_up (user, "the client has gone");
}

static gboolean
try_once (LdapJob *job, GError **error)
{
  if (!job->link)
    {
      job->link = ldap_link_open (job->config, error);
      if (!job->link)
        return FALSE;
    }
  return (job->as_nobody || ldap_link_be_reader (job->link, error)) && job->work (job, error);
}

/* In the pool. A connection that was put aside may be dead by now: then with a new one. */
static void
run (gpointer user)
{
  LdapJob *job = user;
  gboolean used = job->link != NULL;

  if (try_once (job, &job->error) || job->error->code != PLI_ERROR_TRY_AGAIN)
    return;
  if (job->link)
    ldap_link_close (g_steal_pointer (&job->link));
  if (!used)
    return;
  g_clear_error (&job->error);
  ldap_person_clear (&job->person);
  if (!try_once (job, &job->error) && job->error->code == PLI_ERROR_TRY_AGAIN && job->link)
    ldap_link_close (g_steal_pointer (&job->link));
}

static void
put_aside (Ldap *ldap, LdapJob *job)
{
  if (!job->link)
    {
      ldap_config_unref (job->config); /* of the link that was closed or never opened */
      return;
    }
  job->link->since_us = pli_clock_us (ldap->instance);
  if (ldap->plugin && job->link->config == ldap->config && ldap->config->idle > 0)
    g_queue_push_head (&ldap->idle, g_steal_pointer (&job->link));
  else
    link_drop (g_steal_pointer (&job->link));
}

static void
after (gpointer user)
{
  LdapJob *job = user;
  Ldap *ldap = ldap_ref (job->ldap);

  ldap->running--;
  if (job->error && job->error->code == PLI_ERROR_TRY_AGAIN && !job->link)
    {
      ldap->down_until_us = pli_clock_us (ldap->instance) + job->config->retry_after;
      pli_log (PLI_LOG_WARNING, "ldap.down", "why", job->error->message, NULL);
    }
  put_aside (ldap, job);
  if (job->ticket)
    {
      pli_op_on_cancel (job->op, NULL, NULL);
      job->done (job);
    }
  job_free (job);
  start_some (ldap);
  ldap_unref (ldap);
}

/* One that is not too old; the others are closed. */
static LdapLink *
take_idle (Ldap *ldap, const LdapConfig *config)
{
  gint64 now = pli_clock_us (ldap->instance);
  LdapLink *last;

  while ((last = g_queue_peek_tail (&ldap->idle)) && (last->since_us + config->idle < now || last->config != config))
    link_drop (g_queue_pop_tail (&ldap->idle));
  return g_queue_pop_head (&ldap->idle);
}

static void
start_some (Ldap *ldap)
{
  LdapJob *job;

  while ((job = g_queue_peek_head (&ldap->waiting)) && ldap->running < job->config->parallel)
    {
      g_queue_pop_head (&ldap->waiting);
      ldap->running++;
      job->link = take_idle (ldap, job->config);
      if (!job->link)
        ldap_config_ref (job->config); /* for the link that will be opened */
      pli_offload (ldap->instance, run, after, job);
    }
}

LdapJob *
ldap_job_new (Ldap *ldap, PliOp *op, const char *text, const char *other)
{
  LdapConfig *config = ldap_current_config (ldap);
  LdapJob *job;

  if (!config->uris[0] || pli_clock_us (ldap->instance) < ldap->down_until_us
      || g_queue_get_length (&ldap->waiting) >= config->waiting_max)
    {
      pli_op_error (op, PLI_ERROR_TRY_AGAIN, "%s",
                    !config->uris[0] ? "[auth-ldap] uris is not set"
                    : g_queue_get_length (&ldap->waiting) >= config->waiting_max
                        ? "too many questions to the LDAP directory"
                        : "the LDAP directory is down");
      return NULL;
    }
  job = g_new0 (LdapJob, 1);
  job->ldap = ldap_ref (ldap);
  job->config = ldap_config_ref (config);
  job->op = op;
  job->text = g_strdup (text);
  job->other = g_strdup (other);
  return job;
}

void
ldap_job_start (LdapJob *job)
{
  job->ticket = pli_op_wait (job->op);
  job->deadline = pli_timer_after (job->ldap->instance, job->config->answer_within, time_over, job);
  pli_op_on_cancel (job->op, gone, job);
  g_queue_push_tail (&job->ldap->waiting, job);
  start_some (job->ldap);
}

void
ldap_stop (Ldap *ldap)
{
  while (!g_queue_is_empty (&ldap->waiting))
    give_up (g_queue_peek_head (&ldap->waiting), "the server is stopping");
}
