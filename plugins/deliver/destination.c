/* destination.c: the jobs that wait for some next hops, in order, and the links there: idle ones get the next job, others
 * are opened as far as the limits allow. One destination a route, list of hosts, and reload of settings. */
#include "deliver.h"

Destination *
destination_get (Deliver *deliver, const char *route, Hops *hops)
{
  GString *key = g_string_new (NULL);
  Destination *destination;

  g_string_printf (key, "%u %s", deliver->generation, route);
  for (guint i = 0; i < hops->n_hops; i++)
    g_string_append_printf (key, " %u:%s:%u", hops->hops[i].preference, hops->hops[i].name, hops->hops[i].port);
  destination = g_hash_table_lookup (deliver->destinations, key->str);
  if (destination)
    {
      hops_free (hops);
      g_string_free (key, TRUE);
    }
  else
    {
      destination = g_new0 (Destination, 1);
      destination->deliver = deliver;
      destination->hops = hops;
      destination->route = g_strdup (route);
      destination->key = g_string_free (key, FALSE);
      destination->links = g_ptr_array_new ();
      g_hash_table_insert (deliver->destinations, destination->key, destination);
    }
  destination->refs++;
  return destination;
}

void
destination_free (Destination *destination)
{
  g_assert (destination->links->len == 0 && destination->waiting.n == 0);
  g_ptr_array_unref (destination->links);
  hops_free (destination->hops);
  g_free (destination->route);
  g_free (destination->key);
  g_free (destination);
}

static void
remove_link (Destination *destination, Link *link)
{
  if (link->state == LINK_OPENING)
    destination->n_opening--;
  g_ptr_array_remove_fast (destination->links, link);
  destination->deliver->n_links--;
  destination->full = FALSE;
  link_free (link);
}

static gboolean
quit_one (gpointer key, gpointer value, gpointer unused)
{
  Destination *destination = value;

  (void) key;
  (void) unused;
  for (guint i = 0; i < destination->links->len; i++)
    {
      Link *link = destination->links->pdata[i];

      if (link->state == LINK_IDLE)
        {
          link_quit (link);
          return TRUE;
        }
    }
  return FALSE;
}

/* Whether all destinations together may have another link; if not, one that is idle somewhere makes room. */
static gboolean
has_room (Deliver *deliver)
{
  if (deliver->n_links < (guint) deliver_settings (deliver)->connections_max)
    return TRUE;
  if (!deliver->starved)
    g_hash_table_find (deliver->destinations, quit_one, NULL);
  deliver->starved = TRUE;
  return FALSE;
}

static void
give_jobs (Destination *destination)
{
  for (guint i = 0; i < destination->links->len && destination->waiting.n > 0; i++)
    {
      Link *link = destination->links->pdata[i];

      while (link->state == LINK_IDLE && destination->waiting.n > 0)
        link_send (link, link_take (link));
    }
}

static void
open_links (Destination *destination)
{
  Deliver *deliver = destination->deliver;
  guint max = (guint) deliver_settings (deliver)->connections_per_destination;

  while (destination->waiting.n > destination->n_opening && destination->links->len < max && !destination->full
         && has_room (deliver))
    {
      Link *link = link_new (destination);

      g_ptr_array_add (destination->links, link);
      destination->n_opening++;
      deliver->n_links++;
      link_start (link);
    }
}

void
destination_work (Destination *destination)
{
  if (destination->working)
    return;
  destination->working = TRUE;
  give_jobs (destination);
  open_links (destination);
  destination->working = FALSE;
}

static void
work_on_starved (gpointer key, gpointer destination, gpointer unused)
{
  (void) key;
  (void) unused;
  if (((Destination *) destination)->waiting.n > 0)
    destination_work (destination);
}

static void
after_link (Destination *destination)
{
  Deliver *deliver = destination->deliver;

  destination_work (destination);
  if (!deliver->starved)
    return;
  deliver->starved = FALSE;
  g_hash_table_foreach (deliver->destinations, work_on_starved, NULL);
}

void
destination_no_host (Destination *destination, Link *link, const PliSent *why)
{
  /* While others serve what waits, this one was one too many. */
  if (destination->links->len > 1)
    {
      remove_link (destination, link);
      destination->full = TRUE;
      return;
    }
  pli_log (PLI_LOG_INFO, "deliver.no-host", "route", destination->route, "next-hop", destination->hops->hops[0].name,
           "why", why->text, NULL);
  job_fail_all (&destination->waiting, why);
  remove_link (destination, link);
  after_link (destination);
}

void
destination_link_gone (Destination *destination, Link *link)
{
  remove_link (destination, link);
  after_link (destination);
}

gboolean
destination_sweep (gpointer key, gpointer value, gpointer now_us)
{
  Destination *destination = value;
  Deliver *deliver = destination->deliver;
  gint64 limit = *(const gint64 *) now_us - deliver_settings (deliver)->idle;

  (void) key;
  for (guint i = 0; i < destination->links->len; i++)
    {
      Link *link = destination->links->pdata[i];

      if (link->state == LINK_IDLE && link->idle_since_us <= limit)
        link_quit (link);
    }
  return destination->refs == 0 && destination->links->len == 0 && destination->waiting.n == 0;
}
