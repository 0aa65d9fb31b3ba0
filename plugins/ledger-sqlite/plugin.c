/* plugin.c: ledger-sqlite, the ledger in one SQLite file a day. */
#include "ledger-sqlite.h"

static const PliSetting settings[] = {
  PLI_DURATION (LedgerSettings, retention, "30d", .max = 3650 * LEDGER_DAY_US, .flags = PLI_RELOAD,
                .doc = "How long events are kept, in whole days; 0 for ever."),
  PLI_INT (LedgerSettings, backlog_max, "200000", .min = 1000, .max = 10000000, .flags = PLI_RELOAD,
           .doc = "Events that may wait for a slow disk; further ones are lost, which is logged."),
  { 0 }
};

static const PliLedger ledger = { .size = sizeof (PliLedger), .record = ledger_record, .explain = ledger_explain };
static const PliService services[] = { PLI_LEDGER ("sqlite", &ledger), { 0 } };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  pli_plugin_set_data (plugin, ledger_new (plugin, error));
  return pli_plugin_data (plugin) != NULL;
}

static void
unload (PliPlugin *plugin)
{
  Ledger *state = pli_plugin_data (plugin);

  state->plugin = NULL; /* jobs may outlive it */
  ledger_unref (state);
}

PLI_PLUGIN (ledger_sqlite, .name = "ledger-sqlite", .version = "1", .summary = "Ledger in one SQLite file a day",
            .settings = settings, .settings_size = sizeof (LedgerSettings), .services = services, .load = load,
            .unload = unload);
