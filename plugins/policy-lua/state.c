/* state.c: one Lua machine and the budgets of what runs in it.
 *
 * Instructions are counted by a hook, work inside library functions by policy_charge(), memory by the allocator, which
 * also counts what it gives as work. Who is out of budget gets an error at each further instruction, so that no pcall()
 * goes on. Between calls there is no limit: what core does then (arguments, threads) fails only where g_malloc() would. */
#include "policy.h"

#include <stdlib.h>
#include <time.h>

#define HOOK_EVERY 1000
#define BYTES_PER_STEP 32

static void hook (lua_State *L, lua_Debug *where);

static gint64
cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * (gint64) G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
tighten (PolicyCall *call)
{
  if (call->tight)
    return;
  call->tight = TRUE;
  lua_sethook (call->co, hook, LUA_MASKCOUNT, 1);
}

static void *
allocate (void *user, void *old, size_t before, size_t after)
{
  PolicyState *state = user;
  void *new;

  before = old ? before : 0;
  if (after == 0)
    {
      state->bytes -= before;
      free (old);
      return NULL;
    }
  if (after > before && (after > state->limit || state->bytes - before > state->limit - after))
    {
      state->refused = TRUE;
      return NULL;
    }
  new = realloc (old, after);
  if (!new)
    return NULL;
  state->bytes += after - before;
  if (state->running && after > before)
    {
      state->running->steps += (after - before) / BYTES_PER_STEP;
      if (state->running->steps > state->running->steps_max)
        tighten (state->running);
    }
  return new;
}

PolicyState *
policy_state_of (lua_State *L)
{
  return *(PolicyState **) lua_getextraspace (L);
}

PolicyCall *
policy_call_of (lua_State *L)
{
  PolicyCall *call = policy_state_of (L)->running;

  g_assert (call); /* scripts run nowhere else */
  return call;
}

static void
out_of_budget (lua_State *L, PolicyCall *call, int level)
{
  const PolicySettings *set = &call->state->set;

  tighten (call);
  if (call->steps > call->steps_max)
    policy_error_at (L, level, "used up its %" G_GUINT64_FORMAT " instructions", call->steps_max);
  else
    policy_error_at (L, level, "used up its %" G_GINT64_FORMAT " ms of time", set->time / 1000);
}

static void
hook (lua_State *L, lua_Debug *where)
{
  PolicyCall *call = policy_state_of (L)->running;

  (void) where;
  if (!call)
    return;
  call->steps += call->tight ? 1 : HOOK_EVERY;
  if (call->tight || call->steps > call->steps_max
      || call->cpu_us + cpu_us () - call->cpu_from_us > call->state->set.time)
    out_of_budget (L, call, 0);
}

void
policy_charge (lua_State *L, guint64 steps)
{
  PolicyCall *call = policy_call_of (L);

  call->steps += steps;
  if (call->steps > call->steps_max)
    out_of_budget (L, call, 1);
}

void
policy_charge_bytes (lua_State *L, gsize bytes)
{
  policy_charge (L, 1 + bytes / BYTES_PER_STEP);
}

PolicyCall *
policy_budget_enter (PolicyState *state, PolicyCall *call, lua_State *L)
{
  PolicyCall *before = state->running;
  gsize left = call->memory < state->set.memory ? (gsize) state->set.memory - call->memory : 0;

  state->running = call;
  call->cpu_from_us = cpu_us ();
  call->bytes_before = state->bytes;
  call->limit_before = state->limit;
  state->limit = MIN (state->bytes + left, MAX ((gsize) state->set.memory_total, state->bytes));
  lua_sethook (L, hook, LUA_MASKCOUNT, call->tight ? 1 : HOOK_EVERY);
  return before;
}

void
policy_budget_leave (PolicyState *state, PolicyCall *before)
{
  PolicyCall *call = state->running;

  call->cpu_us += cpu_us () - call->cpu_from_us;
  if (state->bytes > call->bytes_before)
    call->memory += state->bytes - call->bytes_before;
  state->limit = call->limit_before;
  state->running = before;
}

static int
panic (lua_State *L)
{
  g_error ("policy-lua: an error outside of all calls: %s",
           lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : "?");
  return 0;
}

static void
handler_clear (gpointer data)
{
  g_free (((PolicyHandler *) data)->where);
}

PolicyState *
policy_state_new (PliPlugin *plugin, PolicySource *source, const PolicySettings *set, gboolean testing)
{
  PolicyState *state = g_new0 (PolicyState, 1);

  state->refs = 1;
  state->plugin = plugin;
  state->source = policy_source_ref (source);
  state->set = *set;
  state->limit = G_MAXSIZE;
  state->testing = testing;
  for (guint i = 0; i < POLICY_N_STAGES; i++)
    {
      state->handlers[i] = g_array_new (FALSE, FALSE, sizeof (PolicyHandler));
      g_array_set_clear_func (state->handlers[i], handler_clear);
    }
  state->lists = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) policy_list_free);
  state->idle = g_array_new (FALSE, FALSE, sizeof (int));
  state->tests = g_ptr_array_new ();
  state->L = lua_newstate (allocate, state);
  if (!state->L)
    g_error ("policy-lua: no memory for Lua");
  *(PolicyState **) lua_getextraspace (state->L) = state;
  lua_atpanic (state->L, panic);
  policy_open_sandbox (state->L);
  return state;
}

PolicyState *
policy_state_ref (PolicyState *state)
{
  state->refs++;
  return state;
}

void
policy_state_unref (PolicyState *state)
{
  if (!state || --state->refs > 0)
    return;
  lua_close (state->L);
  for (guint i = 0; i < POLICY_N_STAGES; i++)
    g_array_unref (state->handlers[i]);
  g_hash_table_unref (state->lists);
  g_array_unref (state->idle);
  g_ptr_array_unref (state->tests);
  policy_source_unref (state->source);
  g_free (state);
}
