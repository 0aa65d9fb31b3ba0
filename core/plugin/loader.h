/* loader.h: opens a plugin file. Internal to core; see registry.h for what comes after. */
#ifndef PLI_PLUGIN_LOADER_H
#define PLI_PLUGIN_LOADER_H

#include <pli/plugin.h>

/* (transfer none): stays for the life of the process. Errors: %PLI_ERROR_CONFIG. */
const PliPluginInfo *pli_loader_open (const char *path, GError **error);
gboolean pli_loader_check (const PliPluginInfo *info, GError **error);

#endif
