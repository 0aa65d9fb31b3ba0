/* filters.h: which filters a stage has, and the keys that core adds to each of them; internal to core. What engines
 * call is in <pli/filter.h>.
 *
 * There is no table that could go stale when plugins come or go: only filters have filter_settings, so that finding the
 * next one of a stage costs one pointer test a plugin. Order is that of the setting `order`, then of names. Loop thread. */
#ifndef PLI_PLUGIN_FILTERS_H
#define PLI_PLUGIN_FILTERS_H

#include "loop/op.h"
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
  gint64 order;
  const char *const *rights; /* "all", or names; what the plugin does not declare it does not get */
} PliFilterSettings;

/* Where in the order of a stage; { 0, NULL }: before the first. */
typedef struct
{
  gint64 order;
  const char *name;
} PliFilterPlace;

extern const PliSetting pli_filter_settings[];

/* Does @plugin offer a filter? */
gboolean pli_filters_is_filter (const PliPlugin *plugin);
/* For the registry, at load and at reload: fills plugin->filter_settings of a filter, and does nothing for others. */
gboolean pli_filters_bind (PliPlugin *plugin, GError **error);
/* The next loaded filter that has the slot of @stage and wants it (%PLI_N_STAGES: saw_end()), behind @place, which moves on
 * to it. NULL when there is none. */
PliPlugin *
pli_filters_next (PliRegistry *registry, PliStage stage, PliFilterPlace *place, const PliFilter **out_filter);
/* Asks one filter. @spec: done, user, deadline and account of the call; the rest is set here. @out_view: (out)
 * (nullable): what it wishes, valid until the done function has returned; NULL without @txn. */
PliCall *pli_filter_ask (PliPlugin *plugin, const PliFilter *filter, PliStage stage, PliSession *session, PliTxn *txn,
                         const void *args, PliOpSpec *spec, const PliTxn **out_view);

#endif
