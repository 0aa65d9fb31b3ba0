/* filters.h: which filters a stage has, and the keys that core adds to each of them; internal to core. What engines
 * call is in <pli/filter.h>.
 *
 * There is no table that could go stale when plugins come or go: only filters have filter_settings, so that finding the
 * next one of a stage costs one pointer test a plugin. Order is that of names. Loop thread. */
#ifndef PLI_PLUGIN_FILTERS_H
#define PLI_PLUGIN_FILTERS_H

#include "plugin/registry.h"
#include <pli/filter.h>

/* What `on-failure` of a filter says. */
typedef enum
{
  PLI_ON_FAILURE_DEFER,
  PLI_ON_FAILURE_SKIP,
} PliOnFailure;

/* The keys that core gives to the group of every filter plugin (PliPlugin.filter_settings). */
typedef struct
{
  gint on_failure; /* PliOnFailure */
  gint64 deadline; /* µs */
} PliFilterSettings;

extern const PliSetting pli_filter_settings[];

/* Does @plugin offer a filter? */
gboolean pli_filters_is_filter (const PliPlugin *plugin);
/* For the registry, at load and at reload: fills plugin->filter_settings of a filter, and does nothing for others. */
gboolean pli_filters_bind (PliPlugin *plugin, GError **error);
/* The next loaded filter with a slot at @offset of #PliFilter, behind the plugin called @after (NULL: the first).
 * NULL when there is none. */
PliPlugin *pli_filters_next (PliRegistry *registry, gsize offset, const char *after, const PliFilter **out_filter);
/* Offset in #PliFilter of the decider of @stage. */
gsize pli_filters_offset (PliStage stage);

#endif
