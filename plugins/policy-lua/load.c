/* load.c: from texts to a state in which every script has run once and registered its handlers. policy.lua comes first,
 * then the others by name; lists are read before all of them. What is wrong is an error with file and line; nothing of a
 * state that does not load is used. */
#include "policy.h"

#define LOAD_TIMES 20 /* a script may take so many budgets of a call to load */

static gboolean
is_script (const char *name)
{
  return !strchr (name, '/') && g_str_has_suffix (name, ".lua") && !g_str_has_suffix (name, "_test.lua");
}

static gboolean
read_lists (PolicyState *state, GError **error)
{
  for (guint i = 0; i < state->source->n; i++)
    {
      const PliScript *script = &state->source->scripts[i];
      PolicyList *list;

      if (!g_str_has_prefix (script->name, "lists/"))
        continue;
      list = policy_list_new (script->name, script->text, error);
      if (!list)
        return FALSE;
      g_hash_table_insert (state->lists, g_strdup (script->name + strlen ("lists/")), list);
    }
  return TRUE;
}

static gboolean
fail (lua_State *L, const char *name, GError **error)
{
  const char *text = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : "an error that is no text";
  gboolean has_place = strchr (text, ':') && strstr (text, ".lua:");

  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s%s%s", has_place ? "" : name, has_place ? "" : ": ", text);
  lua_pop (L, 1);
  return FALSE;
}

gboolean
policy_run_text (PolicyState *state, const char *name, PliSpan text, GError **error)
{
  lua_State *L = state->L;
  g_autofree char *chunk = g_strconcat ("=", name, NULL);
  g_autoptr (PliArena) arena = pli_arena_new ();
  PolicyCall loading = { .state = state, .stage = POLICY_N_STAGES, .co = L, .arena = arena };
  PolicyCall *before;
  int status;

  loading.steps_max = (guint64) state->set.instructions * LOAD_TIMES;
  loading.cpu_us = -state->set.time * (LOAD_TIMES - 1);
  before = policy_budget_enter (state, &loading, L);
  status = luaL_loadbufferx (L, text.data, text.len, chunk, "t");
  if (status == LUA_OK)
    status = lua_pcall (L, 0, 0, 0);
  policy_budget_leave (state, before);
  lua_sethook (L, NULL, 0, 0);
  return status == LUA_OK || fail (L, name, error);
}

static gboolean
run (PolicyState *state, const PliScript *script, GError **error)
{
  return policy_run_text (state, script->name, script->text, error) && policy_lint (script->name, script->text, error);
}

static gboolean
is_wanted (const char *name, const char *const *only)
{
  return is_script (name) && (!only || g_strv_contains (only, name));
}

static gboolean
run_all (PolicyState *state, const char *const *only, GError **error)
{
  const PliScript *scripts = state->source->scripts;
  guint n = state->source->n;

  for (guint i = 0; i < n; i++)
    if (g_str_has_prefix (scripts[i].name, "lib/") && !policy_lint (scripts[i].name, scripts[i].text, error))
      return FALSE;
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < n; i++)
      if (is_wanted (scripts[i].name, only) && g_str_equal (scripts[i].name, "policy.lua") == (pass == 0)
          && !run (state, &scripts[i], error))
        return FALSE;
  return TRUE;
}

PolicyState *
policy_load_some (PliPlugin *plugin, PolicySource *source, const PolicySettings *set, const char *const *only,
                  gboolean testing, GError **error)
{
  PolicyState *state = policy_state_new (plugin, source, set, testing);

  state->loading = TRUE;
  if (!read_lists (state, error) || !run_all (state, only, error))
    {
      policy_state_unref (state);
      return NULL;
    }
  state->loading = testing; /* tests are registered later */
  state->refused = FALSE;
  return state;
}

PolicyState *
policy_load (PliPlugin *plugin, PolicySource *source, const PolicySettings *set, GError **error)
{
  return policy_load_some (plugin, source, set, NULL, FALSE, error);
}
