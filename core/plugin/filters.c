/* filters.c: finds the filters of a stage, binds the keys that core gives them, and answers the two short questions of
 * <pli/filter.h>. The chain itself is in filter-chain.c. Called by the registry and by engines. Loop thread. */
#include "plugin/filters.h"

#include "conf/config.h"
#include "plugin/txn.h"
#include <stddef.h>

/* A plugin may offer several services; at most one of them is a filter. */
static const PliFilter *
filter_of (const PliPlugin *plugin)
{
  const PliService *service;

  for (guint n = 0; (service = pli_plugin_service (plugin, n)); n++)
    if (service->kind == PLI_SERVICE_FILTER)
      return service->vtable;
  return NULL;
}

gboolean
pli_filters_is_filter (const PliPlugin *plugin)
{
  return filter_of (plugin) != NULL;
}

gboolean
pli_filters_bind (PliPlugin *plugin, GError **error)
{
  const PliConfigTable table = { .group = plugin->info.name,
                                 .rows = pli_filter_settings,
                                 .row_stride = sizeof (PliSetting),
                                 .struct_size = sizeof (PliFilterSettings) };
  gpointer settings;

  if (!pli_filters_is_filter (plugin))
    return TRUE;
  settings = pli_config_bind (plugin->instance->config, &table, NULL, plugin->instance->root, error);
  if (!settings)
    return FALSE;
  pli_settings_unref (plugin->filter_settings);
  plugin->filter_settings = settings;
  return TRUE;
}

gsize
pli_filters_offset (PliStage stage)
{
  static const gsize offsets[] = { offsetof (PliFilter, on_connect), offsetof (PliFilter, on_hello),
                                   offsetof (PliFilter, on_mail), offsetof (PliFilter, on_rcpt),
                                   offsetof (PliFilter, on_message) };

  G_STATIC_ASSERT (G_N_ELEMENTS (offsets) == PLI_N_STAGES);
  return offsets[stage];
}

/* Does @filter, perhaps compiled against an older header, have the slot at @offset? */
static gboolean
has_slot (const PliFilter *filter, gsize offset)
{
  void (*slot) (void);

  if (offset + sizeof slot > filter->size)
    return FALSE;
  memcpy (&slot, (const char *) filter + offset, sizeof slot);
  return slot != NULL;
}

PliPlugin *
pli_filters_next (PliRegistry *registry, gsize offset, const char *after, const PliFilter **out_filter)
{
  for (guint i = 0; i < pli_registry_n (registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (registry, i);

      if (!plugin->filter_settings || !plugin->loaded || (after && strcmp (plugin->info.name, after) <= 0))
        continue;
      *out_filter = filter_of (plugin);
      if (has_slot (*out_filter, offset))
        return plugin;
    }
  return NULL;
}

gboolean
pli_filters_any (PliInstance *instance, PliStage stage)
{
  const PliFilter *filter;

  return pli_filters_next (instance->registry, pli_filters_offset (stage), NULL, &filter) != NULL;
}

void
pli_filters_end (PliTxn *txn, const PliVerdict *verdict)
{
  PliRegistry *registry = pli_session_instance (pli_txn_session (txn))->registry;
  const gsize offset = offsetof (PliFilter, saw_end);
  const PliFilter *filter;
  PliPlugin *plugin = NULL;

  while ((plugin = pli_filters_next (registry, offset, plugin ? plugin->info.name : NULL, &filter)))
    {
      PliTxn view;

      pli_txn_view_open (&view, txn, plugin, pli_txn_arena (txn));
      view.closed = TRUE;
      filter->saw_end (&view, verdict);
      pli_txn_view_release (&view);
    }
}
