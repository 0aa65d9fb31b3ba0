/* plugin.c: policy-lua, which asks the scripts in DIR/lua what to do with each message. */
#include "policy.h"

static const PliSetting settings[] = {
  PLI_INT (PolicySettings, instructions, "1000000", .min = 1000, .max = 1000000000, .flags = PLI_RELOAD,
           .doc = "Instructions of Lua that one stage of one message may take; a script that loads, 20 times as many."),
  PLI_SIZE (PolicySettings, memory, "16MiB", .min = 65536, .max = 1024 * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Memory that one stage of one message may take."),
  PLI_SIZE (PolicySettings, memory_total, "64MiB", .min = 1048576, .max = 4096LL * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Memory of all scripts of a room; when it is used up they begin anew."),
  PLI_DURATION (PolicySettings, time, "200ms", .min = 1000, .max = 60 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Processor time that one stage of one message may take, waiting not counted."),
  PLI_SIZE (PolicySettings, body_max, "256KiB", .max = 64 * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Bytes of a message's body that scripts can see."),
  { 0 }
};

static gboolean
make_state (PliPlugin *plugin, PolicyState **out, GError **error)
{
  PolicySource *source = policy_source_new (plugin);

  *out = policy_load (plugin, source, pli_plugin_settings (plugin), error);
  policy_source_unref (source);
  return *out != NULL;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  PolicyState *state;
  Policy *policy;

  if (!make_state (plugin, &state, error))
    return FALSE;
  policy = g_new0 (Policy, 1);
  policy->plugin = plugin;
  policy->state = state;
  pli_plugin_set_data (plugin, policy);
  return TRUE;
}

static gboolean
reload (PliPlugin *plugin, GError **error)
{
  Policy *policy = pli_plugin_data (plugin);
  PolicyState *state;

  if (!make_state (plugin, &state, error))
    return FALSE;
  policy_state_unref (policy->state);
  policy->state = state;
  return TRUE;
}

static gboolean
check (PliPlugin *plugin, GError **error)
{
  PolicyState *state;

  if (!make_state (plugin, &state, error))
    return FALSE;
  policy_state_unref (state);
  return TRUE;
}

static void
unload (PliPlugin *plugin)
{
  Policy *policy = pli_plugin_data (plugin);

  policy_state_unref (policy->state);
  g_free (policy);
}

static const char *const needs[] = { "dns", NULL };
static const char *const rights[] = { "read-body", "edit-headers", "accept", NULL };
static const PliService services[] = { PLI_FILTER ("lua", &policy_filter), PLI_ROUTER ("lua", &policy_router), { 0 } };

PLI_PLUGIN (policy_lua, .name = "policy-lua", .version = "1", .summary = "Rules in Lua", .needs = needs,
            .rights = rights, .settings = settings, .settings_size = sizeof (PolicySettings), .services = services,
            .load = load, .unload = unload, .reload = reload, .check = check, .command = policy_command);
