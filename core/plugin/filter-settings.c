/* filter-settings.c: the keys that every filter plugin has in its group besides its own. The loader binds them to
 * PliPlugin.filter_settings; filters.c reads them at each call. */
#include "plugin/filters.h"

static const char *const on_failure_choices[] = { "defer", "skip", NULL };

const PliSetting pli_filter_settings[] = {
  PLI_CHOICE (PliFilterSettings, on_failure, "defer", .choices = on_failure_choices, .flags = PLI_RELOAD,
              .doc = "What a failure or a missed deadline of this filter means: defer answers 451, skip goes on."),
  PLI_DURATION (PliFilterSettings, deadline, "10s", .min = 1000, .max = 600 * (gint64) G_USEC_PER_SEC,
                .flags = PLI_RELOAD, .doc = "How long one call of this filter may take."),
  PLI_INT (PliFilterSettings, order, "50", .max = 1000, .flags = PLI_RELOAD,
           .doc = "Filters of a stage are asked from low to high, those with the same number by their names."),
  PLI_LIST (
      PliFilterSettings, rights, "all", .flags = PLI_RELOAD,
      .doc = "What this filter may do, of what it asks for: all, none, or some of read-body, edit-headers, edit-body, "
             "recipients, accept."),
  { 0 }
};
