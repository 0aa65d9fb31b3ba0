/* net.c: the sets: listeners, sessions by number, clients by address; limits and counts. See session.h. */
#include "net/private.h"

#include <pli/log.h>
#include <sys/resource.h>

static guint
origin_hash (gconstpointer key)
{
  const PliOrigin *origin = key;
  guint64 mixed = (origin->key ^ origin->listener << 56) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (guint) (mixed >> 32);
}

static gboolean
origin_equal (gconstpointer a, gconstpointer b)
{
  const PliOrigin *one = a, *other = b;

  return one->key == other->key && one->listener == other->listener;
}

static guint64
first_number (PliInstance *instance)
{
  guint kind = 0;

  while (kind < PLI_N_ROOMS && !(instance->rooms & PLI_ROOM_BIT (kind)))
    kind++;
  g_assert (instance->room_index < PLI_ROOMS_MAX);
  return (guint64) (kind + 1) << 56 | (guint64) instance->room_index << 48;
}

PliNet *
pli_net_new (PliInstance *instance)
{
  PliNet *net = g_new0 (PliNet, 1);
  struct rlimit files;

  net->instance = instance;
  net->settings = (PliNetSettings){
    .connections_max = 20000,
    .accepts_per_round = 32,
    .handshake_timeout = 30 * (gint64) G_USEC_PER_SEC,
    .write_timeout = 300 * (gint64) G_USEC_PER_SEC,
    .output_high = 256 * 1024,
    .tls_tickets = TRUE,
  };
  net->hostname = g_strdup ("localhost");
  net->pool = pli_pool_new ();
  net->sessions = g_hash_table_new (g_int64_hash, g_int64_equal);
  net->origins = g_hash_table_new_full (origin_hash, origin_equal, g_free, NULL);
  net->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_listener_free);
  net->last_number = first_number (instance);
  net->descriptors = getrlimit (RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : 1024;
  return net;
}

void
pli_net_configure (PliNet *net, const PliNetSettings *settings, const char *hostname)
{
  g_free (net->hostname);
  net->hostname = g_strdup (hostname);
  net->settings = *settings;
  net->settings.tls_priority = NULL; /* its memory is the configuration's; pli_tls_new() has seen it */
}

void
pli_net_on_gone (PliNet *net, PliSessionGone gone)
{
  net->gone = gone;
}

void
pli_net_foreach (PliNet *net, PliSessionVisit visit, gpointer user)
{
  g_autoptr (GList) sessions = g_hash_table_get_keys (net->sessions);

  for (GList *item = sessions; item; item = item->next)
    pli_session_ref (item->data);
  for (GList *item = sessions; item; item = item->next)
    {
      if (((PliSession *) item->data)->opened)
        visit (item->data, user);
      pli_session_unref (item->data);
    }
}

void
pli_net_close_all (PliNet *net)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, net->sessions);
  while (g_hash_table_iter_next (&iter, &session, NULL))
    {
      ((PliSession *) session)->saying_bye = TRUE;
      pli_session_schedule (session);
    }
}

void
pli_net_stop_listening (PliNet *net)
{
  g_ptr_array_set_size (net->listeners, 0);
}

void
pli_net_free (PliNet *net)
{
  if (!net)
    return;
  pli_net_stop_listening (net);
  while (g_hash_table_size (net->sessions) > 0)
    {
      g_autoptr (GList) sessions = g_hash_table_get_keys (net->sessions);

      for (GList *item = sessions; item; item = item->next)
        pli_session_finish (item->data);
    }
  g_ptr_array_unref (net->listeners);
  g_hash_table_unref (net->sessions);
  g_hash_table_unref (net->origins);
  pli_pool_free (net->pool);
  g_free (net->hostname);
  g_free (net);
}

PliNetCounts
pli_net_counts (PliNet *net)
{
  PliNetCounts counts = net->counts;

  counts.sessions = g_hash_table_size (net->sessions);
  return counts;
}

PliSession *
pli_net_find (PliNet *net, guint64 number)
{
  PliSession *session = g_hash_table_lookup (net->sessions, &number);

  return session && session->opened ? session : NULL;
}

gboolean
pli_net_count_origin (PliNet *net, PliSession *session, guint32 per_address)
{
  PliOrigin key = { .key = pli_address_count_key (&session->client) };
  PliOrigin *origin;

  if (!session->listener)
    return TRUE;
  key.listener = pli_listener_number (session->listener);
  origin = g_hash_table_lookup (net->origins, &key);
  /* What comes from this machine is a proxy, a webmail or a test, and stands for many people. */
  if (origin && per_address > 0 && origin->n >= per_address && !pli_address_is_loopback (&session->client))
    {
      net->counts.refused++;
      pli_log (PLI_LOG_NOTICE, "session.refused", "peer", pli_session_peer (session), "listener",
               pli_session_listener (session), "why", "connections-per-address", NULL);
      return FALSE;
    }
  if (!origin)
    {
      origin = g_memdup2 (&key, sizeof key);
      g_hash_table_add (net->origins, origin);
    }
  origin->n++;
  session->origin = origin;
  return TRUE;
}

void
pli_net_uncount_origin (PliSession *session)
{
  PliOrigin *origin = g_steal_pointer (&session->origin);

  if (origin && --origin->n == 0)
    g_hash_table_remove (session->net->origins, origin);
}
