/* api.c: the table `pli`: registering handlers, and small things. The rest is in answer.c, ask.c, list-lib.c and
 * test-lib.c. */
#include "policy.h"

#include <pli/log.h>

static void
add_handler (lua_State *L, PolicyStage stage, int index)
{
  PolicyState *state = policy_state_of (L);
  PolicyHandler handler;
  lua_Debug at;

  luaL_checktype (L, index, LUA_TFUNCTION);
  if (!state->loading)
    policy_error_at (L, 1, "handlers are registered while the script loads, not later");
  lua_pushvalue (L, index);
  lua_getinfo (L, ">S", &at);
  lua_pushvalue (L, index);
  handler.ref = luaL_ref (L, LUA_REGISTRYINDEX);
  handler.where = g_strdup_printf ("%s:%d", at.short_src, at.linedefined);
  g_array_append_val (state->handlers[stage], handler);
}

/* pli.on ("rcpt", function (txn, rcpt) … end) */
static int
pli_on (lua_State *L)
{
  const char *name = luaL_checkstring (L, 1);

  for (guint i = 0; i < POLICY_N_STAGES; i++)
    if (g_str_equal (name, policy_stage_names[i]))
      {
        add_handler (L, (PolicyStage) i, 2);
        return 0;
      }
  return policy_error_at (L, 1,
                          "there is no stage \"%s\"; stages are connect, hello, mail, rcpt, headers, message, "
                          "route, deliver",
                          name);
}

/* pli.route (function (msg, rcpt) … end) */
static int
pli_route (lua_State *L)
{
  add_handler (L, POLICY_ROUTE, 1);
  return 0;
}

/* pli.log ("text %s", …) */
static int
write_log (lua_State *L)
{
  lua_Debug at;
  char where[160] = "";
  int n = lua_gettop (L);

  policy_charge (L, 1000);
  lua_getfield (L, lua_upvalueindex (1), "format");
  lua_insert (L, 1);
  lua_call (L, n, 1);
  if (lua_getstack (L, 1, &at) && lua_getinfo (L, "Sl", &at))
    g_snprintf (where, sizeof where, "%s:%d", at.short_src, at.currentline);
  pli_log (PLI_LOG_NOTICE, "policy.says", "where", where, "text", luaL_checkstring (L, -1), "id",
           policy_call_of (L)->scene.id, NULL);
  return 0;
}

/* pli.now (): seconds since 1970 */
static int
now (lua_State *L)
{
  PliInstance *instance = pli_plugin_instance (policy_state_of (L)->plugin);

  lua_pushnumber (L, (lua_Number) pli_now_us (instance) / G_USEC_PER_SEC);
  return 1;
}

/* pli.time "2026-12-24" or "2026-12-24 18:30": the same, of that moment in UTC */
static int
time_of (lua_State *L)
{
  const char *text = luaL_checkstring (L, 1);
  int year, month, day, hour = 0, minute = 0, used = 0;
  GDateTime *when;

  if ((sscanf (text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || text[used])
      && (sscanf (text, "%4d-%2d-%2d %2d:%2d%n", &year, &month, &day, &hour, &minute, &used) != 5 || text[used]))
    return policy_error_at (L, 1, "\"%.40s\" is no time; \"2026-12-24\" and \"2026-12-24 18:30\" are", text);
  when = g_date_time_new_utc (year, month, day, hour, minute, 0);
  if (!when)
    return policy_error_at (L, 1, "there is no such time as \"%.40s\"", text);
  lua_pushnumber (L, (lua_Number) g_date_time_to_unix (when));
  g_date_time_unref (when);
  return 1;
}

static int
no_such (lua_State *L)
{
  return policy_error_at (L, 1, "pli has no \"%.40s\"", luaL_tolstring (L, 2, NULL));
}

static int
read_only (lua_State *L)
{
  return policy_error_at (L, 1, "this cannot be changed");
}

void
policy_lock (lua_State *L)
{
  lua_newtable (L);
  lua_pushcfunction (L, no_such);
  lua_setfield (L, -2, "__index");
  lua_setmetatable (L, -2);
  lua_newtable (L); /* what scripts get: empty, so that every write is a new key */
  lua_newtable (L);
  lua_pushvalue (L, -3);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, read_only);
  lua_setfield (L, -2, "__newindex");
  lua_pushboolean (L, FALSE);
  lua_setfield (L, -2, "__metatable");
  lua_setmetatable (L, -2);
  lua_remove (L, -2);
}

void
policy_open_api (lua_State *L)
{
  static const luaL_Reg functions[] = {
    { "on", pli_on }, { "route", pli_route }, { "now", now }, { "time", time_of }, { NULL, NULL }
  };

  policy_open_bound (L);
  lua_newtable (L);
  luaL_setfuncs (L, functions, 0);
  lua_getglobal (L, "string");
  lua_pushcclosure (L, write_log, 1);
  lua_setfield (L, -2, "log");
  lua_pushinteger (L, 1024);
  lua_setfield (L, -2, "KiB");
  lua_pushinteger (L, 1024 * 1024);
  lua_setfield (L, -2, "MiB");
  policy_open_answers (L);
  policy_open_asking (L);
  policy_open_lists (L);
  policy_open_tests (L);
  policy_lock (L);
  lua_setglobal (L, "pli");
}
