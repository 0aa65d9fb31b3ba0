/* registry.c: see registry.h. */
#include "plugin/registry.h"

#include "host/host.h"
#include "loop/op.h"
#include "plugin/filters.h"
#include "plugin/loader.h"
#include <pli/log.h>
#include <stddef.h>

#define FINISH_MOST_US (10 * G_USEC_PER_SEC)

struct PliRegistry
{
  PliInstance *instance;
  GPtrArray *plugins; /* PliPlugin, in order of name */
};

PliRegistry *
pli_registry_new (PliInstance *instance)
{
  PliRegistry *registry = g_new0 (PliRegistry, 1);

  registry->instance = instance;
  registry->plugins = g_ptr_array_new ();
  return registry;
}

static void
plugin_free (PliPlugin *plugin)
{
  if (plugin->loaded && plugin->info.unload)
    plugin->info.unload (plugin);
  pli_settings_unref (plugin->settings);
  pli_settings_unref (plugin->filter_settings);
  pli_settings_unref (plugin->host_settings);
  g_free (plugin->path);
  g_free (plugin->folder);
  g_free (plugin);
}

void
pli_registry_stop (PliRegistry *registry)
{
  gint64 until = g_get_monotonic_time () + FINISH_MOST_US;

  for (guint i = 0; i < registry->plugins->len; i++)
    {
      PliPlugin *plugin = registry->plugins->pdata[i];

      if (plugin->loaded && plugin->info.stop)
        plugin->info.stop (plugin);
    }
  pli_loop_settle (registry->instance, until);
}

void
pli_registry_free (PliRegistry *registry)
{
  if (!registry)
    return;
  for (guint i = registry->plugins->len; i > 0; i--)
    plugin_free (registry->plugins->pdata[i - 1]);
  g_ptr_array_unref (registry->plugins);
  g_free (registry);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  const PliPlugin *const *left = a, *const *right = b;

  return g_strcmp0 ((*left)->info.name, (*right)->info.name);
}

/* Folders are below DIR/data in an unprivileged server, below /var/lib/pli otherwise. */
static char *
folder_of (PliInstance *instance, const char *name)
{
  return instance->root ? g_build_filename (instance->root, "data", name, NULL)
                        : g_build_filename (PLI_STATEDIR, name, NULL);
}

static PliPlugin *
add (PliRegistry *registry, const PliPluginInfo *info, const char *path, GError **error)
{
  PliPlugin *plugin;

  if (!info->name || pli_registry_plugin (registry, info->name))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "plugin %s: %s", path ? path : "(linked in)",
                   info->name ? "there is another plugin of that name" : "has no name");
      return NULL;
    }
  plugin = g_new0 (PliPlugin, 1);
  plugin->instance = registry->instance;
  memcpy (&plugin->info, info, MIN (info->size, sizeof plugin->info));
  plugin->path = g_strdup (path);
  plugin->folder = folder_of (registry->instance, info->name);
  g_ptr_array_add (registry->plugins, plugin);
  g_ptr_array_sort (registry->plugins, by_name);
  return plugin;
}

PliPlugin *
pli_registry_open (PliRegistry *registry, const char *path, GError **error)
{
  const PliPluginInfo *info = pli_loader_open (path, error);

  return info ? add (registry, info, path, error) : NULL;
}

PliPlugin *
pli_registry_add (PliRegistry *registry, const PliPluginInfo *info, GError **error)
{
  return pli_loader_check (info, error) ? add (registry, info, NULL, error) : NULL;
}

/* In order: $PLI_PLUGIN_PATH, the build tree's, the installed one. */
static GStrv
folders (void)
{
  const char *path = g_getenv ("PLI_PLUGIN_PATH");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *beside = self ? g_path_get_dirname (self) : NULL;
  g_autofree char *built = beside ? g_build_filename (beside, "plugins", ".libs", NULL) : NULL;

  if (path)
    {
      g_auto (GStrv) parts = g_strsplit (path, ":", -1);

      g_strv_builder_addv (builder, (const char **) parts);
    }
  if (built && g_file_test (built, G_FILE_TEST_IS_DIR))
    g_strv_builder_add (builder, built);
  else
    g_strv_builder_add (builder, PLI_PLUGINDIR);
  return g_strv_builder_end (builder);
}

char *
pli_registry_find_file (const char *name)
{
  g_auto (GStrv) all = folders ();

  for (guint i = 0; all[i]; i++)
    {
      g_autofree char *file = g_strconcat (name, ".so", NULL);
      g_autofree char *path = g_build_filename (all[i], file, NULL);

      if (g_path_is_absolute (path) && g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

GStrv
pli_registry_list_files (void)
{
  g_auto (GStrv) all = folders ();
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; all[i]; i++)
    {
      g_autoptr (GDir) dir = g_dir_open (all[i], 0, NULL);
      const char *file;

      while (dir && (file = g_dir_read_name (dir)))
        {
          g_autofree char *name = g_str_has_suffix (file, ".so") ? g_strndup (file, strlen (file) - 3) : NULL;

          if (name && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
            g_ptr_array_add (names, g_steal_pointer (&name));
        }
    }
  g_ptr_array_sort (names, compare_texts);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

static gboolean
bind_rows (PliPlugin *plugin, const PliConfigTable *table, gpointer *into, GError **error)
{
  gpointer settings = pli_config_bind (plugin->instance->config, table, NULL, plugin->instance->root, error);

  if (!settings)
    return FALSE;
  pli_settings_unref (*into);
  *into = settings;
  return TRUE;
}

guint
pli_plugin_tables (const PliPlugin *plugin, PliConfigTable out[PLI_PLUGIN_TABLES_MAX])
{
  guint n = 0;

  out[n++] = (PliConfigTable){ .group = plugin->info.name,
                               .rows = plugin->info.settings,
                               .row_stride = plugin->info.setting_stride,
                               .struct_size = plugin->info.settings_size,
                               .summary = plugin->info.summary };
  if (pli_filters_is_filter (plugin))
    out[n++] = (PliConfigTable){ .group = plugin->info.name,
                                 .rows = pli_filter_settings,
                                 .row_stride = sizeof (PliSetting),
                                 .struct_size = sizeof (PliFilterSettings) };
  if (pli_host_table (plugin->info.name, &out[n]))
    n++;
  return n;
}

gboolean
pli_registry_bind (PliPlugin *plugin, GError **error)
{
  PliConfigTable tables[PLI_PLUGIN_TABLES_MAX], host;

  pli_plugin_tables (plugin, tables);
  if (plugin->info.settings && !bind_rows (plugin, &tables[0], &plugin->settings, error))
    return FALSE;
  if (pli_host_table (plugin->info.name, &host) && !bind_rows (plugin, &host, &plugin->host_settings, error))
    return FALSE;
  return pli_filters_bind (plugin, error);
}

gboolean
pli_registry_load (PliRegistry *registry, PliPlugin *plugin, GError **error)
{
  g_assert (plugin->instance == registry->instance && !plugin->loaded);
  if (!pli_registry_bind (plugin, error))
    return FALSE;
  if (plugin->info.load && !plugin->info.load (plugin, error))
    {
      g_prefix_error (error, "plugin %s: ", plugin->info.name);
      return FALSE;
    }
  plugin->loaded = TRUE;
  return TRUE;
}

gboolean
pli_registry_check (PliRegistry *registry, GPtrArray *problems)
{
  guint before = problems->len;

  for (guint i = 0; i < registry->plugins->len; i++)
    {
      PliPlugin *plugin = registry->plugins->pdata[i];
      g_autoptr (GError) error = NULL;
      PliConfigProblem *problem;

      if (!plugin->info.check || (pli_registry_bind (plugin, &error) && plugin->info.check (plugin, &error)))
        continue;
      problem = g_new0 (PliConfigProblem, 1);
      problem->text = g_strdup_printf ("%s: %s", plugin->info.name, error->message);
      g_ptr_array_add (problems, problem);
    }
  return problems->len == before;
}

gboolean
pli_registry_reload (PliRegistry *registry, GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < registry->plugins->len; i++)
    if (!pli_registry_bind (registry->plugins->pdata[i], error))
      return FALSE;
  for (guint i = 0; i < registry->plugins->len; i++)
    {
      PliPlugin *plugin = registry->plugins->pdata[i];

      if (plugin->loaded && plugin->info.reload && !plugin->info.reload (plugin, ok ? error : NULL))
        ok = FALSE;
    }
  return ok;
}

PliPlugin *
pli_registry_plugin (PliRegistry *registry, const char *name)
{
  for (guint i = 0; i < registry->plugins->len; i++)
    if (g_str_equal (((PliPlugin *) registry->plugins->pdata[i])->info.name, name))
      return registry->plugins->pdata[i];
  return NULL;
}

guint
pli_registry_n (PliRegistry *registry)
{
  return registry->plugins->len;
}

PliPlugin *
pli_registry_nth (PliRegistry *registry, guint n)
{
  return registry->plugins->pdata[n];
}

const PliService *
pli_plugin_service (const PliPlugin *plugin, guint n)
{
  const PliService *service;

  if (!plugin->info.services)
    return NULL;
  service = (const PliService *) ((const char *) plugin->info.services + (gsize) n * plugin->info.service_stride);
  return service->kind == PLI_SERVICE_END ? NULL : service;
}

const void *
pli_registry_service (PliRegistry *registry, PliServiceKind kind, const char *name, PliPlugin **out_plugin)
{
  const void *vtable;

  if (!name && kind == PLI_SERVICE_STORE)
    name = registry->instance->store;
  /* The one that asks the others comes before them. */
  if (!name && kind == PLI_SERVICE_DIRECTORY
      && (vtable = pli_registry_service (registry, kind, "front", out_plugin)) != NULL)
    return vtable;
  for (guint i = 0; i < registry->plugins->len; i++)
    {
      PliPlugin *plugin = registry->plugins->pdata[i];
      const PliService *service;

      for (guint n = 0; plugin->loaded && (service = pli_plugin_service (plugin, n)); n++)
        if (service->kind == kind && (!name || g_str_equal (service->name, name)))
          {
            if (out_plugin)
              *out_plugin = plugin;
            return service->vtable;
          }
    }
  return NULL;
}

/* <pli/plugin.h> */

PliInstance *
pli_plugin_instance (PliPlugin *plugin)
{
  return plugin->instance;
}

const void *
pli_plugin_settings (PliPlugin *plugin)
{
  return plugin->settings;
}

void
pli_plugin_set_data (PliPlugin *plugin, gpointer data)
{
  plugin->data = data;
}

gpointer
pli_plugin_data (PliPlugin *plugin)
{
  return plugin->data;
}

const char *
pli_plugin_folder (PliPlugin *plugin)
{
  return plugin->folder;
}
