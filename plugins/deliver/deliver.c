/* deliver.c: the transport as a whole: from load to unload, and once a second away with what is idle or old. */
#include "deliver.h"

gboolean
deliver_load (PliPlugin *plugin, const DeliverKind *kind, GError **error)
{
  Deliver *deliver = g_new0 (Deliver, 1);

  (void) error;
  deliver->plugin = plugin;
  deliver->instance = pli_plugin_instance (plugin);
  deliver->kind = kind;
  deliver->seen = deliver_settings (deliver);
  deliver->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) domain_free);
  deliver->destinations = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) destination_free);
  deliver->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) host_free);
  deliver->failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, failure_free);
  deliver->taken = pli_counter (kind->taken, "recipients that the next hop has taken");
  deliver->later = pli_counter (kind->later, "recipients that were put off");
  deliver->never = pli_counter (kind->never, "recipients that were refused for good");
  deliver->connections = pli_counter (kind->connections, "connections made");
  deliver->reused = pli_counter (kind->reused, "messages sent over a connection that had sent others");
  deliver->failed = pli_counter (kind->failures, "addresses found unusable");
  deliver->open = pli_gauge (kind->open, "connections there are");
  deliver->waiting = pli_gauge (kind->waiting, "messages waiting for a connection");
  pli_plugin_set_data (plugin, deliver);
  return TRUE;
}

char *
deliver_hostname (const Deliver *deliver)
{
  const char *name = pli_plugin_text (deliver->plugin, "server", NULL, "hostname");

  return g_strdup (name && *name ? name : g_get_host_name ());
}

void
deliver_look_at_settings (Deliver *deliver)
{
  gint64 all = G_MAXINT64;

  if (deliver->seen == deliver_settings (deliver))
    return;
  deliver->seen = deliver_settings (deliver);
  deliver->generation++;
  g_hash_table_foreach_remove (deliver->domains, domain_sweep, &all);
  g_hash_table_remove_all (deliver->failures);
}

static void
sweep (gpointer user)
{
  Deliver *deliver = user;
  gint64 now_us = pli_clock_us (deliver->instance);

  deliver->sweeper = NULL;
  deliver_look_at_settings (deliver);
  g_hash_table_foreach_remove (deliver->domains, domain_sweep, &now_us);
  g_hash_table_foreach_remove (deliver->destinations, destination_sweep, &now_us);
  g_hash_table_foreach_remove (deliver->hosts, host_sweep, &now_us);
  g_hash_table_foreach_remove (deliver->failures, failure_sweep, &now_us);
  if (g_hash_table_size (deliver->domains) + g_hash_table_size (deliver->destinations)
          + g_hash_table_size (deliver->failures)
      > 0)
    deliver_want_sweep (deliver);
}

void
deliver_want_sweep (Deliver *deliver)
{
  if (!deliver->sweeper)
    deliver->sweeper = pli_timer_after (deliver->instance, G_USEC_PER_SEC, sweep, deliver);
}

void
deliver_measure (PliPlugin *plugin)
{
  Deliver *deliver = pli_plugin_data (plugin);

  pli_gauge_set (deliver->open, deliver->n_links);
  pli_gauge_set (deliver->waiting, deliver->n_waiting);
}

static gboolean
stop_links (gpointer key, gpointer value, gpointer user)
{
  static const PliSent why = { PLI_SEND_LATER, 0, "4.3.2", "the server is stopping" };
  Destination *destination = value;

  (void) key;
  (void) user;
  destination->working = TRUE; /* no new links */
  for (guint i = 0; i < destination->links->len; i++)
    {
      Link *link = destination->links->pdata[i];

      if (link->chat)
        chat_lost (link->chat, why.text);
      link_free (link);
    }
  destination->deliver->n_links -= destination->links->len;
  g_ptr_array_set_size (destination->links, 0);
  job_fail_all (&destination->waiting, &why);
  return TRUE;
}

void
deliver_stop (PliPlugin *plugin)
{
  Deliver *deliver = pli_plugin_data (plugin);

  pli_timer_cancel (g_steal_pointer (&deliver->sweeper));
  plan_stop_all (deliver);
  g_hash_table_foreach (deliver->domains, domain_stop, NULL);
  g_hash_table_remove_all (deliver->domains);
  g_hash_table_foreach_remove (deliver->destinations, stop_links, NULL);
  pli_timer_cancel (g_steal_pointer (&deliver->sweeper));
}

void
deliver_unload (PliPlugin *plugin)
{
  Deliver *deliver = pli_plugin_data (plugin);

  g_hash_table_unref (deliver->domains);
  g_hash_table_unref (deliver->destinations);
  g_hash_table_unref (deliver->hosts);
  g_hash_table_unref (deliver->failures);
  g_free (deliver);
}
