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

static const gsize offsets[] = { offsetof (PliFilter, on_connect), offsetof (PliFilter, on_hello),
                                 offsetof (PliFilter, on_mail),    offsetof (PliFilter, on_rcpt),
                                 offsetof (PliFilter, on_message), offsetof (PliFilter, on_headers),
                                 offsetof (PliFilter, saw_end) };
G_STATIC_ASSERT (G_N_ELEMENTS (offsets) == PLI_N_STAGES + 1);

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

static gboolean
wants (const PliPlugin *plugin, const PliFilter *filter, PliStage stage)
{
  return has_slot (filter, offsets[stage])
         && (!has_slot (filter, offsetof (PliFilter, wants)) || filter->wants (plugin->data, stage));
}

static gboolean
is_before (const PliFilterPlace *a, const PliFilterPlace *b)
{
  return a->order != b->order ? a->order < b->order : g_strcmp0 (a->name, b->name) < 0;
}

PliPlugin *
pli_filters_next (PliRegistry *registry, PliStage stage, PliFilterPlace *place, const PliFilter **out_filter)
{
  PliPlugin *next = NULL;
  PliFilterPlace next_place = *place;

  for (guint i = 0; i < pli_registry_n (registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (registry, i);
      const PliFilterSettings *set = plugin->filter_settings;
      const PliFilterPlace its = { set ? set->order : 0, plugin->info.name };
      const PliFilter *filter;

      if (!set || !plugin->loaded || !is_before (place, &its) || (next && !is_before (&its, &next_place)))
        continue;
      filter = filter_of (plugin);
      if (!wants (plugin, filter, stage))
        continue;
      next = plugin;
      next_place = its;
      *out_filter = filter;
    }
  *place = next_place;
  return next;
}

gboolean
pli_filters_any (PliInstance *instance, PliStage stage)
{
  PliFilterPlace place = { 0 };
  const PliFilter *filter;

  return pli_filters_next (instance->registry, stage, &place, &filter) != NULL;
}

void
pli_filters_end (PliTxn *txn, const PliVerdict *verdict)
{
  PliRegistry *registry = pli_session_instance (pli_txn_session (txn))->registry;
  PliFilterPlace place = { 0 };
  const PliFilter *filter;
  PliPlugin *plugin;

  while ((plugin = pli_filters_next (registry, PLI_N_STAGES, &place, &filter)))
    {
      PliTxn view;

      pli_txn_view_open (&view, txn, plugin, pli_txn_arena (txn));
      view.closed = TRUE;
      filter->saw_end (&view, verdict);
      pli_txn_view_release (&view);
    }
}
