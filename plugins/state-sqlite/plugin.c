/* plugin.c: state-sqlite, keys and counters that expire: in memory, with a copy in SQLite. */
#include "state-sqlite.h"

#include <pli/log.h>

static const PliSetting settings[] = {
  PLI_INT (StateSettings, entries_max, "1000000", .min = 1, .max = 100000000, .flags = PLI_RELOAD,
           .doc = "Entries that one plugin may have; beyond it, it is refused new ones."),
  PLI_SIZE (StateSettings, bytes_max, "256MiB", .min = 1024, .flags = PLI_RELOAD,
            .doc = "Memory that the entries of one plugin may take."),
  PLI_INT (StateSettings, spaces_max, "64", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "Plugins that may keep something here."),
  { 0 }
};

static const PliState service = { .size = sizeof (PliState), .step = state_step };
static const PliService services[] = { PLI_STATE ("sqlite", &service), { 0 } };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  State *state = state_new (plugin, error);

  pli_plugin_set_data (plugin, state);
  return state != NULL;
}

static void
stop (PliPlugin *plugin)
{
  State *state = pli_plugin_data (plugin);

  state->stopping = TRUE;
  state_write (state);
}

static void
unload (PliPlugin *plugin)
{
  State *state = pli_plugin_data (plugin);

  state->plugin = NULL; /* a writer may outlive it */
  g_clear_pointer (&state->expiry, pli_timer_cancel);
  g_clear_pointer (&state->flush, pli_timer_cancel);
  state_unref (state);
}

static void
measure (PliPlugin *plugin)
{
  State *state = pli_plugin_data (plugin);
  guint64 bytes = 0;
  GHashTableIter iter;
  gpointer space;

  g_hash_table_iter_init (&iter, state->spaces);
  while (g_hash_table_iter_next (&iter, NULL, &space))
    bytes += ((StateSpace *) space)->bytes;
  pli_gauge_set (pli_gauge ("state_entries", "keys and counters that are kept"), (gint64) state->heap->len);
  pli_gauge_set (pli_gauge ("state_bytes", "memory that they take"), (gint64) bytes);
}

PLI_PLUGIN (state_sqlite, .name = "state-sqlite", .version = "1",
            .summary = "Keys and counters that expire, shared by all rooms", .settings = settings,
            .settings_size = sizeof (StateSettings), .services = services, .load = load, .unload = unload, .stop = stop,
            .measure = measure);
