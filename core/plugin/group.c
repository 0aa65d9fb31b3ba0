/* group.c: how plugins see groups that are not their own (<pli/plugin.h>). Loop thread. */
#include "conf/config.h"
#include "loop/instance.h"

#include <pli/plugin.h>

const char *
pli_plugin_text (PliPlugin *plugin, const char *group, const char *instance, const char *key)
{
  return pli_config_text (pli_plugin_instance (plugin)->config, group, instance, key);
}
