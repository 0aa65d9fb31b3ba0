/* plugin-internal.h: a plugin as core sees it. Internal to core. */
#ifndef PLI_PLUGIN_INTERNAL_H
#define PLI_PLUGIN_INTERNAL_H

#include "loop/instance.h"
#include <pli/plugin.h>
#include <pli/store.h>

struct PliPlugin
{
  PliInstance *instance;
  PliPluginInfo info; /* copy, zero-extended when the plugin is older than this core */
  char *path;         /* of the .so, NULL when linked in */
  char *folder;
  gpointer data;            /* pli_plugin_set_data() */
  gpointer settings;        /* conf/config.h, refcounted; NULL without rows */
  gpointer filter_settings; /* generic keys of a filter: plugin/filters.h */
  gpointer host_settings;   /* of one that may be hosted, in its host and in its stand-in: host/host.h */
  gboolean stand_in;        /* for one in a room of its own */
  PliStoreGone gone;
  gboolean loaded; /* load() has succeeded */
};

#endif
