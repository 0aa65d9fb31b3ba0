/* registry.h: the plugins of one process: opened, checked, bound to their settings, loaded; and their services by
 * kind and name. Internal to core. Loop thread. */
#ifndef PLI_PLUGIN_REGISTRY_H
#define PLI_PLUGIN_REGISTRY_H

#include "conf/config.h"
#include "plugin/plugin-internal.h"

PliRegistry *pli_registry_new (PliInstance *instance);
/* Tells all to finish, and runs the loop until the pool is empty (at most 10 s). Calls of theirs may still be answered. */
void pli_registry_stop (PliRegistry *registry);
/* Unloads all, last first. No call of theirs may be under way: pli_peers_close(). NULL is fine. */
void pli_registry_free (PliRegistry *registry);

/* Opens a .so by absolute path, or takes a descriptor that is linked in; checks it; does not load it. The same name
 * twice is an error. (transfer none) */
PliPlugin *pli_registry_open (PliRegistry *registry, const char *path, GError **error);
PliPlugin *pli_registry_add (PliRegistry *registry, const PliPluginInfo *info, GError **error);
/* Finds NAME.so in the plugin folders: $PLI_PLUGIN_PATH, beside the program in a build tree, the installed one. */
char *pli_registry_find_file (const char *name);
/* Names of all plugins in these folders, sorted; (transfer full). */
GStrv pli_registry_list_files (void);

/* Binds the settings of instance->config, then calls load(). */
gboolean pli_registry_load (PliRegistry *registry, PliPlugin *plugin, GError **error);

/* Only fills in the settings. */
gboolean pli_registry_bind (PliPlugin *plugin, GError **error);
/* Asks plugins whether they would load, without loading any; adds to @problems (conf/config.h) what they say. */
gboolean pli_registry_check (PliRegistry *registry, GPtrArray *problems);
/* Binds all again from instance->config; the old values stay in force for plugins after the one that fails. Then tells
 * them; the first that cannot take it is the error. */
gboolean pli_registry_reload (PliRegistry *registry, GError **error);

PliPlugin *pli_registry_plugin (PliRegistry *registry, const char *name);
/* The loaded plugins in order of name. */
guint pli_registry_n (PliRegistry *registry);
PliPlugin *pli_registry_nth (PliRegistry *registry, guint n);
/* @name: NULL for the first of the kind; NULL when there is none. @out_plugin may be NULL. */
const void *pli_registry_service (PliRegistry *registry, PliServiceKind kind, const char *name, PliPlugin **out_plugin);
/* Row @n of a plugin's services, NULL at the end. */
const PliService *pli_plugin_service (const PliPlugin *plugin, guint n);

/* What may stand in the plugin's group: its own rows, then core's rows for its kind. Returns how many. */
#define PLI_PLUGIN_TABLES_MAX 3
guint pli_plugin_tables (const PliPlugin *plugin, PliConfigTable out[PLI_PLUGIN_TABLES_MAX]);

#endif
