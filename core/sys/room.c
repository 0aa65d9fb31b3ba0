/* room.c: builds a process's parts in order, and takes them down in the other. See room.h. */
#include "sys/room.h"

#include "host/host.h"
#include "ipc/peer.h"
#include "net/outward.h"
#include "net/session.h"
#include "plugin/registry.h"
#include "service/ledger.h"
#include "service/resolved.h"
#include "sys/server.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <pli/log.h>

#define DRAIN_MOST_US (5 * G_USEC_PER_SEC)

typedef struct
{
  char *name;
  PliListener *listener;
} Listening;

struct PliRoom
{
  PliInstance *instance;
  GStrv plugins; /* paths */
  PliServerSettings *server;
  PliTls *tls;
  GPtrArray *listening; /* Listening */
  char *root, *hostname, *segments;
  PliTimer *end_timer, *end_poll;
  PliTimerFunc ended;
  gpointer ended_user;
  gint64 poll_us;
  gboolean retiring; /* others are asked not to call any more */
};

static void
listening_free (gpointer data)
{
  Listening *listening = data;

  g_free (listening->name);
  g_free (listening);
}

static gboolean
has_edge (PliInstance *instance)
{
  return (instance->rooms & PLI_ROOM_EDGES) != 0;
}

static gboolean
make_signer (PliRoom *room, const PliSetup *setup, GError **error)
{
  g_autofree PliKey *keys = g_new0 (PliKey, setup->n_certificates + 1);
  PliSigner *signer;

  if (!(setup->rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH)))
    return TRUE;
  for (guint i = 0; i < setup->n_certificates; i++)
    {
      keys[i].name = setup->certificates[i].name;
      keys[i].pem = setup->certificates[i].key;
    }
  signer = pli_signer_local_new (keys, setup->n_certificates, error);
  if (!signer)
    return FALSE;
  pli_signer_local_inherit (signer, room->instance->signer);
  pli_signer_free (room->instance->signer);
  room->instance->signer = signer;
  return TRUE;
}

static gboolean
make_tls (PliRoom *room, const PliSetup *setup, const PliNetSettings *net, GError **error)
{
  g_autofree PliCertificate *chains = g_new0 (PliCertificate, setup->n_certificates + 1);
  PliTlsSpec spec = { .certificates = chains,
                      .n_certificates = setup->n_certificates,
                      .priority = net->tls_priority,
                      .tickets = net->tls_tickets,
                      .ticket_key = setup->ticket_key };
  PliTls *tls;

  if (setup->n_certificates == 0)
    return TRUE;
  for (guint i = 0; i < setup->n_certificates; i++)
    {
      chains[i].key_name = setup->certificates[i].name;
      chains[i].chain_pem = setup->certificates[i].chain;
    }
  tls = pli_tls_new (room->instance, &spec, error);
  if (!tls)
    return FALSE;
  pli_tls_unref (room->tls);
  room->tls = tls;
  return TRUE;
}

static gboolean
configure_net (PliRoom *room, const PliSetup *setup, GError **error)
{
  PliNetSettings *net;
  gboolean ok;

  if (!room->instance->net)
    return TRUE;
  net = pli_config_bind (room->instance->config, &pli_net_table, NULL, room->root, error);
  if (!net)
    return FALSE;
  ok = !has_edge (room->instance) || make_tls (room, setup, net, error);
  if (ok)
    pli_net_configure (room->instance->net, net, room->hostname);
  pli_settings_unref (net);
  return ok;
}

static void
forget_hosts (PliInstance *instance)
{
  for (guint i = 0; i < PLI_ROOMS_MAX; i++)
    g_clear_pointer (&instance->hosts[i], g_free);
}

static gboolean
take_settings (PliRoom *room, const PliSetup *setup, GError **error)
{
  PliConfig *config = pli_config_unpack (setup->config, error);
  PliServerSettings *server;

  if (!config)
    return FALSE;
  server = pli_config_bind (config, &pli_server_table, NULL, setup->root, error);
  if (!server)
    {
      pli_config_unref (config);
      return FALSE;
    }
  pli_config_unref (room->instance->config);
  pli_settings_unref (room->server);
  room->instance->config = config;
  room->instance->store = server->store;
  room->server = server;
  g_free (room->hostname);
  room->hostname = g_strdup (server->hostname ? server->hostname : g_get_host_name ());
  pli_peers_set_count (room->instance->peers, PLI_ROOM_SMTP, setup->smtp_rooms);
  pli_peers_set_count (room->instance->peers, PLI_ROOM_ACCESS, setup->access_rooms);
  pli_peers_set_count (room->instance->peers, PLI_ROOM_STORE, setup->store_rooms);
  forget_hosts (room->instance);
  for (guint i = 0; i < setup->n_hosts; i++)
    if (setup->hosts[i].index < PLI_ROOMS_MAX && !room->instance->hosts[setup->hosts[i].index])
      room->instance->hosts[setup->hosts[i].index] = g_strdup (setup->hosts[i].name);
  g_clear_pointer (&room->instance->passwords, g_hash_table_unref);
  room->instance->passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  pli_instance_set_scripts (room->instance, setup->scripts, setup->n_scripts);
  for (guint i = 0; i < setup->n_passwords; i++)
    g_hash_table_insert (room->instance->passwords, g_strdup (setup->passwords[i].route),
                         g_strdup (setup->passwords[i].password));
  return TRUE;
}

static void
session_gone (PliInstance *instance, guint64 number, gboolean was_signed_in)
{
  if (was_signed_in)
    pli_peers_session_gone (instance->peers, number);
}

PliRoom *
pli_room_new (const PliSetup *setup, GError **error)
{
  PliRoom *room = g_new0 (PliRoom, 1);
  PliInstance *instance = pli_instance_new ();

  room->instance = instance;
  room->root = g_strdup (setup->root);
  room->plugins = g_strdupv ((GStrv) setup->plugins);
  room->listening = g_ptr_array_new_with_free_func (listening_free);
  room->segments = pli_path_state (setup->root, "segments");
  instance->root = room->root;
  instance->segments = room->segments;
  instance->rooms = setup->rooms;
  instance->room_index = setup->index;
  instance->grants = pli_grants_new ();
  instance->peers = pli_peers_new (instance);
  instance->tellings = pli_tellings_new (instance);
  instance->resolved = pli_resolved_new ();
  instance->registry = pli_registry_new (instance);
  if (take_settings (room, setup, error) && make_signer (room, setup, error))
    {
      /* A host has sessions that are copies of others. */
      if (has_edge (instance) || (instance->rooms & PLI_ROOM_BIT (PLI_ROOM_HOST)))
        {
          instance->net = pli_net_new (instance);
          pli_net_on_gone (instance->net, session_gone);
        }
      if (configure_net (room, setup, error))
        return room;
    }
  pli_room_free (room);
  return NULL;
}

gboolean
pli_room_open (PliRoom *room, GError **error)
{
  for (guint i = 0; room->plugins && room->plugins[i]; i++)
    if (!pli_registry_open (room->instance->registry, room->plugins[i], error))
      return FALSE;
  return TRUE;
}

gboolean
pli_room_folders (PliRoom *room, GError **error)
{
  PliInstance *instance = room->instance;
  gboolean ok = g_mkdir_with_parents (instance->segments, 0700) == 0;

  for (guint i = 0; ok && i < pli_registry_n (instance->registry); i++)
    ok = g_mkdir_with_parents (pli_registry_nth (instance->registry, i)->folder, 0700) == 0;
  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "cannot make data folders: %s", g_strerror (errno));
  return ok;
}

gboolean
pli_room_load (PliRoom *room, GError **error)
{
  PliRegistry *registry = room->instance->registry;

  for (guint i = 0; i < pli_registry_n (registry); i++)
    if (!pli_registry_load (registry, pli_registry_nth (registry, i), error))
      return FALSE;
  return pli_hosted_update (room->instance, error);
}

PliInstance *
pli_room_instance (PliRoom *room)
{
  return room->instance;
}

static void
release_settings (gpointer settings)
{
  pli_settings_unref (settings);
}

/* The spec of `[listener NAME]` as the settings are now. */
static gboolean
make_spec (PliRoom *room, const char *name, PliListenerSettings **out_settings, PliListenerSpec *spec, GError **error)
{
  PliListenerSettings *set = pli_config_bind (room->instance->config, &pli_listener_table, name, room->root, error);
  PliPlugin *plugin = NULL;

  if (!set)
    return FALSE;
  *out_settings = set;
  memset (spec, 0, sizeof *spec);
  spec->protocol = pli_registry_service (room->instance->registry, PLI_SERVICE_PROTOCOL, set->protocol, &plugin);
  if (!spec->protocol || (set->tls != PLI_TLS_NONE && !room->tls))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[listener %s]: %s%s", name,
                   spec->protocol ? "TLS needs a [certificate NAME]" : "no plugin here speaks protocol ",
                   spec->protocol ? "" : set->protocol);
      pli_settings_unref (set);
      return FALSE;
    }
  spec->name = name;
  spec->settings = plugin->settings;
  spec->role = set->role;
  spec->tls = (guint32) set->tls;
  spec->certificates = set->tls == PLI_TLS_NONE ? NULL : room->tls;
  spec->proxy = set->proxy == PLI_PROXY_REQUIRED;
  spec->plaintext_login = set->plaintext_login;
  spec->connections_max = (guint32) set->connections_max;
  spec->connections_per_address = (guint32) set->connections_per_address;
  spec->release = release_settings;
  spec->owner = plugin->settings ? pli_settings_ref (plugin->settings) : NULL;
  return TRUE;
}

gboolean
pli_room_listen (PliRoom *room, const char *name, int fd, GError **error)
{
  PliListenerSpec spec;
  PliListenerSettings *set;
  Listening *listening;

  if (!make_spec (room, name, &set, &spec, error))
    {
      g_close (fd, NULL);
      return FALSE;
    }
  listening = g_new (Listening, 1);
  listening->name = g_strdup (name);
  listening->listener = pli_net_listen (room->instance->net, fd, &spec);
  g_ptr_array_add (room->listening, listening);
  pli_settings_unref (set);
  return TRUE;
}

void
pli_room_unlisten (PliRoom *room, const char *name)
{
  for (guint i = room->listening->len; i > 0; i--)
    {
      Listening *listening = room->listening->pdata[i - 1];

      if (!g_str_equal (listening->name, name))
        continue;
      pli_listener_close (listening->listener);
      g_ptr_array_remove_index (room->listening, i - 1);
    }
}

gboolean
pli_room_reload (PliRoom *room, const PliSetup *setup, GError **error)
{
  pli_resolved_forget (room->instance->resolved);
  pli_outward_reload (room->instance->outward);
  if (!take_settings (room, setup, error) || !make_signer (room, setup, error) || !configure_net (room, setup, error)
      || !pli_registry_reload (room->instance->registry, error) || !pli_hosted_update (room->instance, error))
    return FALSE;
  for (guint i = 0; i < room->listening->len; i++)
    {
      Listening *listening = room->listening->pdata[i];
      PliListenerSpec spec;
      PliListenerSettings *set;

      if (!make_spec (room, listening->name, &set, &spec, error))
        return FALSE;
      pli_listener_configure (listening->listener, &spec);
      pli_settings_unref (set);
    }
  return TRUE;
}

static void
end_now (gpointer user)
{
  PliRoom *room = user;

  room->end_timer = NULL;
  pli_timer_cancel (room->end_poll);
  room->end_poll = NULL;
  room->ended (room->ended_user);
}

static void
end_poll (gpointer user)
{
  PliRoom *room = user;

  room->end_poll = NULL;
  if (has_edge (room->instance) ? pli_net_counts (room->instance->net).sessions == 0
                                : !room->retiring || pli_peers_quiet (room->instance->peers))
    {
      pli_timer_cancel (room->end_timer);
      end_now (room);
      return;
    }
  room->end_poll = pli_timer_after (room->instance, room->poll_us, end_poll, room);
}

static void
wait_for_end (PliRoom *room, gint64 most_us, gint64 poll_us, PliTimerFunc done, gpointer user)
{
  room->ended = done;
  room->ended_user = user;
  if (room->instance->net)
    {
      g_ptr_array_set_size (room->listening, 0);
      pli_net_stop_listening (room->instance->net);
    }
  pli_timer_cancel (room->end_timer);
  pli_timer_cancel (room->end_poll);
  room->poll_us = poll_us;
  room->end_timer = pli_timer_after (room->instance, most_us, end_now, room);
  room->end_poll = pli_timer_after (room->instance, 0, end_poll, room);
}

void
pli_room_retire (PliRoom *room, gint64 most_us, PliTimerFunc done, gpointer user)
{
  room->retiring = !has_edge (room->instance);
  if (room->retiring)
    pli_peers_hold (room->instance->peers);
  wait_for_end (room, most_us, room->retiring ? 1000 : 500 * 1000, done, user);
}

void
pli_room_end (PliRoom *room, gint64 most_us, PliTimerFunc done, gpointer user)
{
  room->retiring = FALSE;
  wait_for_end (room, most_us, 20 * 1000, done, user);
  if (room->instance->net)
    pli_net_close_all (room->instance->net);
  pli_tellings_flush (room->instance->tellings);
}

/* What failing calls and unloading plugins wake must run before its owner goes. */
static void
drain (PliInstance *instance)
{
  pli_loop_settle (instance, g_get_monotonic_time () + DRAIN_MOST_US);
}

void
pli_room_free (PliRoom *room)
{
  PliInstance *instance = room->instance;

  pli_timer_cancel (room->end_timer);
  pli_timer_cancel (room->end_poll);
  pli_net_free (instance->net);
  pli_registry_stop (instance->registry);
  pli_tellings_flush (instance->tellings);
  pli_peers_close (instance->peers);
  drain (instance);
  pli_registry_free (instance->registry);
  drain (instance);
  pli_peers_free (instance->peers);
  pli_tellings_free (instance->tellings);
  pli_resolved_free (instance->resolved);
  pli_grants_free (instance->grants);
  pli_signer_free (instance->signer);
  pli_config_unref (instance->config);
  g_clear_pointer (&instance->passwords, g_hash_table_unref);
  pli_instance_set_scripts (instance, NULL, 0);
  forget_hosts (instance);
  g_clear_pointer (&instance->placements, g_hash_table_unref);
  pli_settings_unref (room->server);
  pli_tls_unref (room->tls);
  g_ptr_array_unref (room->listening);
  g_strfreev (room->plugins);
  g_free (room->root);
  g_free (room->hostname);
  g_free (room->segments);
  if (pli_op_waiting (instance) == 0)
    pli_instance_free (instance);
  else
    pli_logf (PLI_LOG_WARNING, "room.calls-left", "%u calls never ended", pli_op_waiting (instance));
  g_free (room);
}
