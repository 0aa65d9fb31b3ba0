/* settings.c: which plugins are hosted, and with which limits. Read by the supervisor, which loads no plugin and so goes by
 * names; and by the host room before it raises its walls. */
#include "host/host.h"

#include "shipped.h"
#include "sys/server.h"

static const char *const isolations[] = { "auto", "room", "process", NULL };

#define ISOLATION                                                                                                      \
  PLI_CHOICE (PliHostSettings, isolation, "auto", .choices = isolations, .flags = PLI_RELOAD,                          \
              .doc = "Where the plugin runs: with others in their room, in a process of its own behind walls of its "  \
                     "own, or (auto) in a process unless it is a filter that comes with Pli.")
#define MEMORY                                                                                                         \
  PLI_SIZE (PliHostSettings, memory, "256MiB", .min = 16 << 20, .flags = PLI_RELOAD,                                   \
            .doc = "Memory that a process of its own may take beside programs and libraries.")

static const PliSetting filter_rows[] = {
  ISOLATION,
  MEMORY,
  PLI_DURATION (PliHostSettings, cpu, "5s", .min = G_USEC_PER_SEC, .max = 600 * (gint64) G_USEC_PER_SEC,
                .flags = PLI_RELOAD,
                .doc = "Time of the processor after which a process of its own is ended in a call."),
  PLI_DURATION (PliHostSettings, grace, "1s", .min = 1000, .max = 600 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "A process of its own that has not answered so long after the deadline is ended."),
  { 0 }
};

static const PliSetting directory_rows[] = {
  ISOLATION,
  MEMORY,
  PLI_LIST (PliHostSettings, domains, "", .flags = PLI_RELOAD,
            .doc =
                "Domains whose users this source may vouch for; in a process of its own it is not asked for others."),
  PLI_LIST (PliHostSettings, files, "", .flags = PLI_RELOAD,
            .doc = "Files and folders that a process of its own may read, such as that of a certificate authority."),
  { 0 }
};

gboolean
pli_host_is_directory (const char *plugin)
{
  /* The two that have to be in auth: one has its keys and people, one asks all the others. */
  return g_str_has_prefix (plugin, "auth-") && !g_str_equal (plugin, "auth-local")
         && !g_str_equal (plugin, "auth-front");
}

gboolean
pli_host_table (const char *plugin, PliConfigTable *out)
{
  gboolean filter = g_str_has_prefix (plugin, "filter-");

  *out = (PliConfigTable){ .group = plugin,
                           .rows = filter ? filter_rows : directory_rows,
                           .row_stride = sizeof (PliSetting),
                           .struct_size = sizeof (PliHostSettings) };
  return filter || pli_host_is_directory (plugin);
}

gboolean
pli_host_is_idle (PliConfig *config, const char *plugin)
{
  const char *sources = pli_config_text (config, "directory", NULL, "sources");
  g_auto (GStrv) words = g_strsplit_set (sources ? sources : "", " ,\t", -1);

  return pli_host_is_directory (plugin) && !g_strv_contains ((const char *const *) words, plugin + strlen ("auth-"));
}

gboolean
pli_host_wanted (PliConfig *config, const char *plugin)
{
  PliConfigTable table;
  g_autofree char *shipped = g_strdup_printf (" plugins/%s.la ", plugin);
  const char *text = pli_config_text (config, plugin, NULL, "isolation");

  if (!pli_host_table (plugin, &table))
    return FALSE;
  if (text && !g_str_equal (text, "auto"))
    return g_str_equal (text, "process");
  return pli_host_is_directory (plugin) || !strstr (" " PLI_SHIPPED " ", shipped);
}

gboolean
pli_host_walls (const PliSetup *setup, PliArena *arena, PliWallSpec *spec, GError **error)
{
  static const char *const names[] = { "/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf", "/etc/host.conf",
                                       "/etc/gai.conf",    "/etc/ssl/certs", "/etc/services",      NULL };
  const char *plugin = "";
  g_autoptr (PliConfig) config = pli_config_unpack (setup->config, error);
  PliHostSettings *set;
  PliConfigTable table;
  guint n = 0;

  /* A room without its filter would agree to everything. */
  if (!setup->plugins[0])
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "the plugin of host/%u is not there", setup->index);
      return FALSE;
    }
  for (guint i = 0; i < setup->n_hosts; i++)
    if (setup->hosts[i].index == setup->index)
      plugin = setup->hosts[i].name;
  set = config && pli_host_table (plugin, &table) ? pli_config_bind (config, &table, NULL, setup->root, error) : NULL;
  if (!set)
    return FALSE;
  spec->memory_bytes = set->memory;
  spec->connects = pli_host_is_directory (plugin);
  spec->no_files = !spec->connects;
  if (spec->connects)
    {
      const char *authorities[] = { pli_config_text (config, plugin, NULL, "ca-file"), NULL };
      const char **all = pli_arena_array (arena, const char *,
                                          g_strv_length ((GStrv) spec->read_paths) + G_N_ELEMENTS (names)
                                              + g_strv_length ((GStrv) set->files) + 2);
      const char *const *lists[] = { spec->read_paths, names, authorities, set->files };

      for (guint l = 0; l < G_N_ELEMENTS (lists); l++)
        for (guint i = 0; lists[l][i]; i++)
          all[n++] = pli_arena_strdup (arena, lists[l][i]);
      spec->read_paths = all;
    }
  pli_settings_unref (set);
  return TRUE;
}
