/* source.c: a copy of the scripts that core handed over, shared by the states that were made of it. */
#include "policy.h"

PolicySource *
policy_source_new (PliPlugin *plugin)
{
  PolicySource *source = g_new0 (PolicySource, 1);
  const PliScript *scripts = pli_plugin_scripts (plugin, &source->n);
  PliScript *copies;

  source->refs = 1;
  source->arena = pli_arena_new ();
  copies = pli_arena_array (source->arena, PliScript, source->n + 1);
  for (guint i = 0; i < source->n; i++)
    copies[i] = (PliScript){ pli_arena_strdup (source->arena, scripts[i].name),
                             pli_arena_span (source->arena, scripts[i].text) };
  source->scripts = copies;
  return source;
}

PolicySource *
policy_source_ref (PolicySource *source)
{
  source->refs++;
  return source;
}

void
policy_source_unref (PolicySource *source)
{
  if (!source || --source->refs > 0)
    return;
  pli_arena_free (source->arena);
  g_free (source);
}
