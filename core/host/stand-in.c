/* stand-in.c: which stand-ins a room has: one for each hosted plugin that would be loaded here if it were not hosted. They
 * come at start and at reload; those of plugins that are gone stay, out of service, since calls may be under way. */
#include "host/host.h"

#include "ipc/peer.h"
#include "sys/wire.h"

PliPluginInfo
pli_hosted_info (const char *name)
{
  return (PliPluginInfo){ .magic = PLI_PLUGIN_MAGIC,
                          .abi_major = PLI_ABI_MAJOR,
                          .abi_minor = PLI_ABI_MINOR,
                          .size = sizeof (PliPluginInfo),
                          .setting_stride = sizeof (PliSetting),
                          .service_stride = sizeof (PliService),
                          .name = g_intern_string (name) };
}

void
pli_hosted_kill (PliInstance *instance, guint index)
{
  const PliPacketHeader header = { .type = PLI_WIRE_STUCK, .call = index };

  if (instance->supervisor)
    pli_channel_send (instance->supervisor, &header, pli_span (NULL, 0), -1);
}

static gboolean
is_hosted (PliInstance *instance, const char *name)
{
  for (guint i = 0; i < PLI_ROOMS_MAX; i++)
    if (g_strcmp0 (instance->hosts[i], name) == 0)
      return TRUE;
  return FALSE;
}

gboolean
pli_hosted_update (PliInstance *instance, GError **error)
{
  PliRegistry *registry = instance->registry;

  for (guint i = 0; i < pli_registry_n (registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (registry, i);

      if (plugin->stand_in)
        plugin->loaded = is_hosted (instance, plugin->info.name);
    }
  for (guint i = 0; i < PLI_ROOMS_MAX; i++)
    {
      const char *name = instance->hosts[i];
      gboolean directory = name && pli_host_is_directory (name);
      PliPlugin *plugin;

      if (!name || !(instance->rooms & PLI_ROOM_BIT (directory ? PLI_ROOM_AUTH : PLI_ROOM_SMTP))
          || pli_registry_plugin (registry, name))
        continue;
      plugin =
          directory ? pli_hosted_directory (instance, name, i, error) : pli_hosted_filter (instance, name, i, error);
      plugin->stand_in = TRUE;
      if (!pli_registry_load (registry, plugin, error))
        return FALSE;
      if (!directory)
        pli_hosted_filter_peer (plugin, pli_peers_has (instance->peers, PLI_ROOM_HOST, i));
    }
  return TRUE;
}

void
pli_hosted_peer (PliInstance *instance, guint index, gboolean there)
{
  PliPlugin *plugin = instance->hosts[index] ? pli_registry_plugin (instance->registry, instance->hosts[index]) : NULL;

  if (plugin && plugin->stand_in && !pli_host_is_directory (plugin->info.name))
    pli_hosted_filter_peer (plugin, there);
}
