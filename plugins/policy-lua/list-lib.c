/* list-lib.c: pli.list ("bad.cidr"): a file of DIR/lua/lists, and list:has (value). */
#include "policy.h"

static const char meta_key = 0;

/* list:has ("192.0.2.1") */
static int
has (lua_State *L)
{
  PolicyList **list = lua_touserdata (L, 1);
  PliSpan value;

  if (!list || !lua_getmetatable (L, 1))
    return luaL_typeerror (L, 1, "list");
  lua_rawgetp (L, LUA_REGISTRYINDEX, &meta_key);
  if (!lua_rawequal (L, -1, -2))
    return luaL_typeerror (L, 1, "list");
  policy_charge (L, 20);
  value.data = luaL_checklstring (L, 2, &value.len);
  lua_pushboolean (L, policy_list_has (*list, value));
  return 1;
}

static int
list (lua_State *L)
{
  PolicyState *state = policy_state_of (L);
  PolicyList *found = g_hash_table_lookup (state->lists, luaL_checkstring (L, 1)), **object;

  policy_charge (L, 20);
  if (!found)
    return policy_error_at (L, 1, "there is no list lists/%.60s", lua_tostring (L, 1));
  object = lua_newuserdatauv (L, sizeof *object, 0);
  *object = found; /* lives as long as the state */
  lua_rawgetp (L, LUA_REGISTRYINDEX, &meta_key);
  lua_setmetatable (L, -2);
  return 1;
}

void
policy_open_lists (lua_State *L)
{
  lua_newtable (L);
  lua_newtable (L);
  lua_pushcfunction (L, has);
  lua_setfield (L, -2, "has");
  policy_lock (L);
  lua_setfield (L, -2, "__index");
  lua_pushboolean (L, FALSE);
  lua_setfield (L, -2, "__metatable");
  lua_rawsetp (L, LUA_REGISTRYINDEX, &meta_key);
  lua_pushcfunction (L, list);
  lua_setfield (L, -2, "list");
}
