/* sandbox.c: what scripts find in their globals: the harmless part of Lua's own library, with what could run for long
 * counted, and `pli`.
 *
 * Left out: io, os, debug, package, coroutine, collectgarbage, load, loadfile, dofile, print, string.dump, and xpcall,
 * whose handler Lua calls with the hook turned off. Changed: find, match, gmatch, gsub (pattern-lib.c); functions of
 * tables take tables without a metatable, whose length is real; setmetatable refuses __gc; require takes modules of
 * DIR/lua/lib. */
#include "policy.h"

#include <stdarg.h>

static const char *const base_functions[] = { "assert",   "error",    "getmetatable", "ipairs",   "next",   "pairs",
                                              "pcall",    "rawequal", "rawget",       "rawlen",   "rawset", "select",
                                              "tonumber", "tostring", "type",         "_VERSION", NULL };
static const char *const string_functions[] = { "byte", "char",    "format", "len",    "lower", "pack", "packsize",
                                                "rep",  "reverse", "sub",    "unpack", "upper", NULL };
static const char *const utf8_functions[] = { "char", "charpattern", "codepoint", "codes", "len", "offset", NULL };
static const char *const math_functions[] = { "abs", "ceil",       "floor", "fmod",   "huge", "max",       "maxinteger",
                                              "min", "mininteger", "modf",  "random", "sqrt", "tointeger", "type",
                                              "ult", "exp",        "log",   "pi",     NULL };

int
policy_error_at (lua_State *L, int level, const char *format, ...)
{
  lua_Debug at = { 0 };
  char text[512];
  va_list args;

  va_start (args, format);
  g_vsnprintf (text, sizeof text, format, args);
  va_end (args);
  while (lua_getstack (L, level, &at) && lua_getinfo (L, "Sl", &at) && at.currentline <= 0)
    level++;
  if (at.currentline > 0)
    lua_pushfstring (L, "%s:%d: %s", at.short_src, at.currentline, text);
  else
    lua_pushstring (L, text);
  return lua_error (L);
}

/* Charges for the texts among the arguments, then does what upvalue 1 does. */
static int
charged (lua_State *L)
{
  lua_CFunction function = lua_tocfunction (L, lua_upvalueindex (1));
  gsize bytes = 0, len;
  int n = lua_gettop (L);

  for (int i = 1; i <= n; i++)
    if (lua_type (L, i) == LUA_TSTRING)
      {
        lua_tolstring (L, i, &len);
        bytes += len;
      }
  policy_charge_bytes (L, bytes);
  return function (L);
}

/* The same for functions that walk through a table. */
static int
on_table (lua_State *L)
{
  lua_CFunction function = lua_tocfunction (L, lua_upvalueindex (1));

  luaL_checktype (L, 1, LUA_TTABLE);
  if (lua_getmetatable (L, 1))
    return luaL_error (L, "a table without a metatable is wanted");
  policy_charge (L, 1 + (guint64) lua_rawlen (L, 1) / 4);
  return function (L);
}

/* n log n comparisons, which may be calls. */
static int
table_sort (lua_State *L)
{
  gsize n = lua_type (L, 1) == LUA_TTABLE ? lua_rawlen (L, 1) : 0;

  policy_charge (L, (guint64) n * (1 + g_bit_storage (n)));
  return on_table (L);
}

static int
table_unpack (lua_State *L)
{
  lua_Integer from = luaL_optinteger (L, 2, 1), to;

  luaL_checktype (L, 1, LUA_TTABLE);
  to = luaL_optinteger (L, 3, (lua_Integer) lua_rawlen (L, 1));
  if (from > to)
    return 0;
  if ((lua_Unsigned) to - (lua_Unsigned) from >= 10000)
    return luaL_error (L, "too many results to unpack");
  return on_table (L);
}

static int
set_metatable (lua_State *L)
{
  luaL_checktype (L, 1, LUA_TTABLE);
  if (lua_type (L, 2) != LUA_TNIL && lua_type (L, 2) != LUA_TTABLE)
    return luaL_typeerror (L, 2, "nil or table");
  if (luaL_getmetafield (L, 1, "__metatable") != LUA_TNIL)
    return luaL_error (L, "cannot change a protected metatable");
  if (lua_type (L, 2) == LUA_TTABLE)
    {
      lua_pushliteral (L, "__gc");
      if (lua_rawget (L, 2) != LUA_TNIL)
        return luaL_error (L, "__gc is not allowed");
      lua_pop (L, 1);
    }
  lua_settop (L, 2);
  lua_setmetatable (L, 1);
  return 1;
}

static const PliScript *
find_module (PolicyState *state, const char *name)
{
  for (guint i = 0; i < state->source->n; i++)
    {
      const char *file = state->source->scripts[i].name;
      gsize n = strlen (name);

      if (g_str_has_prefix (file, "lib/") && strncmp (file + 4, name, n) == 0 && g_str_equal (file + 4 + n, ".lua"))
        return &state->source->scripts[i];
    }
  return NULL;
}

/* require "name": DIR/lua/lib/name.lua, run once. Upvalue 1: what has been run. */
static int
require (lua_State *L)
{
  const char *name = luaL_checkstring (L, 1);
  const PliScript *script = find_module (policy_state_of (L), name);
  g_autofree char *chunk = NULL;
  int status;

  lua_settop (L, 1);
  if (lua_getfield (L, lua_upvalueindex (1), name) != LUA_TNIL)
    return 1;
  if (!script)
    return luaL_error (L, "no module lib/%s.lua", name);
  policy_charge_bytes (L, script->text.len * 4);
  chunk = g_strconcat ("=", script->name, NULL);
  status = luaL_loadbufferx (L, script->text.data, script->text.len, chunk, "t");
  g_clear_pointer (&chunk, g_free);
  if (status != LUA_OK)
    return lua_error (L);
  lua_call (L, 0, 1);
  if (lua_isnil (L, -1))
    {
      lua_pop (L, 1);
      lua_pushboolean (L, TRUE);
    }
  lua_pushvalue (L, -1);
  lua_setfield (L, lua_upvalueindex (1), name);
  return 1;
}

/* Copies @names from the table on top into the one below it, functions wrapped by @wrap if there is one. */
static void
copy_fields (lua_State *L, const char *const *names, lua_CFunction wrap)
{
  for (guint i = 0; names[i]; i++)
    {
      lua_getfield (L, -1, names[i]);
      if (wrap && lua_iscfunction (L, -1))
        lua_pushcclosure (L, wrap, 1);
      lua_setfield (L, -3, names[i]);
    }
}

/* Opens a library of Lua and makes the global @name of what @names says. */
static void
open_library (lua_State *L, lua_CFunction open, const char *name, const char *const *names, lua_CFunction wrap)
{
  lua_newtable (L);
  lua_pushcfunction (L, open);
  lua_call (L, 0, 1);
  copy_fields (L, names, wrap);
  lua_pop (L, 1);
  lua_setglobal (L, name);
}

static void
open_table (lua_State *L)
{
  static const char *const plain[] = { "pack", NULL };
  static const char *const walking[] = { "concat", "insert", "remove", NULL };
  static const char *const sort[] = { "sort", NULL };
  static const char *const unpack[] = { "unpack", NULL };

  lua_newtable (L);
  lua_pushcfunction (L, luaopen_table);
  lua_call (L, 0, 1);
  copy_fields (L, plain, NULL);
  copy_fields (L, walking, on_table);
  copy_fields (L, sort, table_sort);
  copy_fields (L, unpack, table_unpack);
  lua_pop (L, 1);
  lua_setglobal (L, "table");
}

/* The methods of strings are our functions, and their metatable cannot be had. */
static void
open_string (lua_State *L)
{
  open_library (L, luaopen_string, "string", string_functions, charged);
  lua_getglobal (L, "string");
  policy_open_patterns (L);
  lua_pushliteral (L, "");
  lua_newtable (L);
  lua_pushvalue (L, -3);
  lua_setfield (L, -2, "__index");
  lua_pushboolean (L, FALSE);
  lua_setfield (L, -2, "__metatable");
  lua_setmetatable (L, -2);
  lua_pop (L, 2);
}

static void
open_base (lua_State *L)
{
  lua_newtable (L); /* the new globals */
  lua_pushcfunction (L, luaopen_base);
  lua_call (L, 0, 1);
  copy_fields (L, base_functions, NULL);
  lua_pop (L, 1);
  lua_pushcfunction (L, set_metatable);
  lua_setfield (L, -2, "setmetatable");
  lua_newtable (L);
  lua_pushcclosure (L, require, 1);
  lua_setfield (L, -2, "require");
  lua_pushvalue (L, -1);
  lua_setfield (L, -2, "_G");
  lua_rawseti (L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

void
policy_open_sandbox (lua_State *L)
{
  open_base (L);
  open_library (L, luaopen_math, "math", math_functions, NULL);
  open_library (L, luaopen_utf8, "utf8", utf8_functions, charged);
  open_table (L);
  open_string (L);
  policy_open_api (L);
}
