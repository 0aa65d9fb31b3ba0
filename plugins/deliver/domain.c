/* domain.c: remembers for a short time which destination a route and a domain lead to, so that a thousand messages ask
 * once; jobs wait here while DNS is asked. Domains with the same hosts share a destination, and so its connections. */
#include "deliver.h"

struct Domain
{
  Deliver *deliver;
  char *route;
  HopsSearch *search; /* NULL: known */
  JobQueue waiting;
  Destination *destination;
  Hops *failed; /* no destination, and why */
  gint64 until_us;
};

static void
forget (Domain *domain)
{
  if (domain->destination)
    domain->destination->refs--;
  domain->destination = NULL;
  hops_free (g_steal_pointer (&domain->failed));
}

void
domain_free (Domain *domain)
{
  hops_search_cancel (domain->search);
  forget (domain);
  g_free (domain->route);
  g_free (domain);
}

static void
send_on (Domain *domain, Job *job)
{
  if (domain->failed)
    {
      job_fail (job, NULL, &domain->failed->failure);
      return;
    }
  job_append (&domain->destination->waiting, job);
}

static void
found (gpointer user, Hops *hops)
{
  Domain *domain = user;
  Deliver *deliver = domain->deliver;
  Job *job;
  gint64 ttl = MIN (hops->ttl_us, deliver_settings (deliver)->hosts_cache);

  domain->search = NULL;
  domain->until_us = pli_clock_us (deliver->instance) + MAX (ttl, 0);
  if (hops->n_hops > 0)
    domain->destination = destination_get (deliver, domain->route, hops);
  else
    domain->failed = hops;
  while ((job = domain->waiting.first))
    {
      job_remove (job);
      send_on (domain, job);
    }
  if (domain->destination)
    destination_work (domain->destination);
  deliver_want_sweep (deliver);
}

/* (transfer none) */
static Domain *
domain_get (Deliver *deliver, const char *route, const char *domain)
{
  char stack[320];
  gsize n_route = strlen (route), n_domain = strlen (domain);
  g_autofree char *heap = n_route + n_domain + 2 > sizeof stack ? g_malloc (n_route + n_domain + 2) : NULL;
  char *key = heap ? heap : stack;
  Domain *found_one;

  memcpy (key, route, n_route);
  key[n_route] = ' ';
  memcpy (key + n_route + 1, domain, n_domain + 1);
  pli_ascii_lower (key + n_route + 1);
  found_one = g_hash_table_lookup (deliver->domains, key);
  if (!found_one)
    {
      found_one = g_new0 (Domain, 1);
      found_one->deliver = deliver;
      found_one->route = g_strdup (route);
      g_hash_table_insert (deliver->domains, g_strdup (key), found_one);
    }
  return found_one;
}

void
domain_send (Deliver *deliver, Job *job)
{
  const char *name = job->args->domain ? job->args->domain : "";
  Domain *domain = domain_get (deliver, job->args->route, name);

  if (!domain->search && domain->until_us <= pli_clock_us (deliver->instance))
    forget (domain);
  if (!domain->search && !domain->destination && !domain->failed)
    {
      HopsSearch *search;

      job_append (&domain->waiting, job);
      search = hops_find (deliver, job->args->route, name, found, domain);
      domain->search = search;
      return;
    }
  if (domain->search)
    job_append (&domain->waiting, job);
  else
    {
      send_on (domain, job);
      if (domain->destination)
        destination_work (domain->destination);
    }
}

gboolean
domain_sweep (gpointer key, gpointer value, gpointer now_us)
{
  Domain *domain = value;

  (void) key;
  return !domain->search && domain->until_us <= *(const gint64 *) now_us;
}

void
domain_stop (gpointer key, gpointer value, gpointer unused)
{
  static const PliSent why = { PLI_SEND_LATER, 0, "4.3.2", "the server is stopping" };

  (void) key;
  (void) unused;
  job_fail_all (&((Domain *) value)->waiting, &why);
}
