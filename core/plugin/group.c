/* group.c: how plugins see groups that are not their own, and the scripts (<pli/plugin.h>). Loop thread. */
#include "conf/config.h"
#include "loop/instance.h"

#include <pli/plugin.h>

const char *
pli_plugin_text (PliPlugin *plugin, const char *group, const char *instance, const char *key)
{
  return pli_config_text (pli_plugin_instance (plugin)->config, group, instance, key);
}

void
pli_instance_set_scripts (PliInstance *instance, const PliScript *scripts, guint32 n)
{
  PliArena *arena = n > 0 ? pli_arena_new () : NULL;
  PliScript *copies = n > 0 ? pli_arena_array (arena, PliScript, n) : NULL;

  for (guint i = 0; i < n; i++)
    copies[i] = (PliScript){ pli_arena_strdup (arena, scripts[i].name), pli_arena_span (arena, scripts[i].text) };
  pli_arena_free (instance->scripts_arena);
  instance->scripts_arena = arena;
  instance->scripts = copies;
  instance->n_scripts = n;
}

const PliScript *
pli_plugin_scripts (PliPlugin *plugin, guint *out_n)
{
  *out_n = pli_plugin_instance (plugin)->n_scripts;
  return pli_plugin_instance (plugin)->scripts;
}
