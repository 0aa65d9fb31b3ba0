/* answer.c: pli.reject, pli.file and so on: they make a value that the handler returns; nothing happens before that.
 *
 * An answer is a table with a metatable of ours, and remembers the line that made it. Which answer means something at
 * which stage, and what several handlers' answers are together, is here too. */
#include "policy.h"

#include <pli/deliver.h>
#include <pli/store.h>

static const char meta_key = 0;

const char *const policy_kind_names[] = { "none", "accept", "reject",   "defer", "discard", "quarantine",
                                          "to",   "file",   "redirect", "copy",  NULL };

const char *const policy_option_names[POLICY_N_KINDS][8] = {
  [POLICY_REJECT] = { "code", "status" },
  [POLICY_DEFER] = { "code", "status" },
  [POLICY_TO] = { "via" },
  [POLICY_FILE] = { "flags" },
  [POLICY_COPY] = { "folder", "flags" },
};

static const guint32 allowed_at[POLICY_N_KINDS] = {
  [POLICY_ACCEPT] = POLICY_SMTP,
  [POLICY_REJECT] = POLICY_SMTP | POLICY_QUEUE,
  [POLICY_DEFER] = POLICY_SMTP | POLICY_QUEUE,
  [POLICY_DISCARD] = POLICY_SMTP | POLICY_QUEUE,
  [POLICY_QUARANTINE] = POLICY_SMTP,
  [POLICY_TO] = POLICY_AT (POLICY_ROUTE),
  [POLICY_FILE] = POLICY_AT (POLICY_DELIVER),
  [POLICY_REDIRECT] = POLICY_QUEUE,
  [POLICY_COPY] = POLICY_AT (POLICY_DELIVER),
};

/* A new answer on top of the stack. */
static void
begin (lua_State *L, PolicyKind kind)
{
  lua_Debug at;

  policy_charge (L, 20);
  lua_createtable (L, 0, 6);
  lua_rawgetp (L, LUA_REGISTRYINDEX, &meta_key);
  lua_setmetatable (L, -2);
  lua_pushinteger (L, kind);
  lua_setfield (L, -2, "kind");
  if (lua_getstack (L, 1, &at) && lua_getinfo (L, "Sl", &at) && at.currentline > 0)
    lua_pushfstring (L, "%s:%d", at.short_src, at.currentline);
  else
    lua_pushliteral (L, "?");
  lua_setfield (L, -2, "where");
}

/* Are all keys of the options at @index, but for numbers, among those of @kind? */
static void
check_options (lua_State *L, int index, PolicyKind kind)
{
  lua_pushnil (L);
  while (lua_next (L, index))
    {
      const char *key = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL;

      if (key && !g_strv_contains ((const char *const *) policy_option_names[kind], key))
        policy_error_at (L, 1, "pli.%s has no option \"%.40s\"", policy_kind_names[kind], key);
      lua_pop (L, 1);
    }
}

/* Sets `text` of the answer at @answer: the format and its arguments, which are the array part of the table at @index. */
static void
set_text (lua_State *L, int answer, int index)
{
  int n = (int) MIN (lua_rawlen (L, index), 20);

  if (n == 0)
    return;
  lua_getfield (L, lua_upvalueindex (1), "format");
  for (int i = 1; i <= n; i++)
    {
      lua_rawgeti (L, index, i);
      if (i > 1)
        luaL_tolstring (L, -1, NULL);
      if (i > 1)
        lua_remove (L, -2);
    }
  lua_call (L, n, 1);
  lua_setfield (L, answer, "text");
}

static void
set_code (lua_State *L, int answer, int index, PolicyKind kind)
{
  int class = kind == POLICY_REJECT ? 5 : 4;
  lua_Integer code;

  if (lua_getfield (L, index, "code") != LUA_TNIL)
    {
      code = luaL_checkinteger (L, -1);
      if (code / 100 != class)
        policy_error_at (L, 1, "code of pli.%s must be %d00 to %d99", policy_kind_names[kind], class, class);
      lua_setfield (L, answer, "code");
    }
  else
    lua_pop (L, 1);
  if (lua_getfield (L, index, "status") != LUA_TNIL)
    {
      const char *status = luaL_checkstring (L, -1);

      if (status[0] != '0' + class || !pli_status_valid (pli_span_from (status)))
        policy_error_at (L, 1, "status of pli.%s must be like \"%d.7.1\"", policy_kind_names[kind], class);
      lua_setfield (L, answer, "status");
    }
  else
    lua_pop (L, 1);
}

/* pli.reject { code = 550, status = "5.7.1", "listed by %s", zone }, pli.reject ("text"), pli.reject (); upvalue 2: kind */
static int
say (lua_State *L)
{
  PolicyKind kind = (PolicyKind) lua_tointeger (L, lua_upvalueindex (2));

  lua_settop (L, 1);
  begin (L, kind);
  if (lua_type (L, 1) == LUA_TTABLE)
    {
      check_options (L, 1, kind);
      set_text (L, 2, 1);
      if (kind == POLICY_REJECT || kind == POLICY_DEFER)
        set_code (L, 2, 1, kind);
    }
  else if (!lua_isnil (L, 1))
    {
      luaL_checkstring (L, 1);
      lua_pushvalue (L, 1);
      lua_setfield (L, 2, "text");
    }
  return 1;
}

/* Sets `flags` from the list at @index of the stack. */
static void
set_flags (lua_State *L, int answer, int index)
{
  static const struct
  {
    const char *name;
    guint flag;
  } known[] = { { "\\Seen", PLI_FLAG_SEEN },
                { "\\Flagged", PLI_FLAG_FLAGGED },
                { "\\Answered", PLI_FLAG_ANSWERED },
                { "\\Draft", PLI_FLAG_DRAFT },
                { "\\Deleted", PLI_FLAG_DELETED } };
  guint flags = 0;

  luaL_checktype (L, index, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti (L, index, i) != LUA_TNIL; i++)
    {
      const char *name = luaL_checkstring (L, -1);
      guint k = 0;

      while (k < G_N_ELEMENTS (known) && g_ascii_strcasecmp (name, known[k].name) != 0)
        k++;
      if (k == G_N_ELEMENTS (known))
        policy_error_at (L, 1, "there is no flag \"%.40s\"; \\Seen, \\Flagged, \\Answered, \\Draft, \\Deleted are",
                         name);
      flags |= known[k].flag;
      lua_pop (L, 1);
    }
  lua_pop (L, 1);
  lua_pushinteger (L, flags);
  lua_setfield (L, answer, "flags");
}

/* Options at @index of the stack, which may be nil: flags, and @name as a text. */
static void
set_options (lua_State *L, int answer, int index, PolicyKind kind, const char *name)
{
  if (lua_isnoneornil (L, index))
    return;
  luaL_checktype (L, index, LUA_TTABLE);
  check_options (L, index, kind);
  if (lua_getfield (L, index, "flags") != LUA_TNIL)
    set_flags (L, answer, lua_gettop (L));
  lua_pop (L, 1);
  if (name && lua_getfield (L, index, name) != LUA_TNIL)
    {
      luaL_checkstring (L, -1);
      lua_setfield (L, answer, "name");
    }
}

/* pli.file ("Folder", { flags = { "\\Seen" } }) */
static int
file (lua_State *L)
{
  gsize len;

  luaL_checklstring (L, 1, &len);
  if (len == 0 || len > 1000)
    policy_error_at (L, 1, "a folder must have a name");
  lua_settop (L, 2);
  begin (L, POLICY_FILE);
  lua_pushvalue (L, 1);
  lua_setfield (L, 3, "name");
  set_options (L, 3, 2, POLICY_FILE, NULL);
  lua_settop (L, 3);
  return 1;
}

/* pli.to ("name of a route"), pli.to ("smtp", { via = "name of a route" }) */
static int
to_route (lua_State *L)
{
  PliInstance *instance = pli_plugin_instance (policy_state_of (L)->plugin);
  const PliRouteSettings *route;
  const char *name = luaL_checkstring (L, 1);

  lua_settop (L, 2);
  begin (L, POLICY_TO);
  lua_pushvalue (L, 1);
  lua_setfield (L, 3, "name");
  set_options (L, 3, 2, POLICY_TO, "via");
  lua_getfield (L, 3, "name");
  name = lua_tostring (L, -1);
  route = policy_call_of (L)->scene.stand_in ? NULL : pli_route_settings (instance, name);
  if (!route && !policy_call_of (L)->scene.stand_in)
    policy_error_at (L, 1, "there is no [route %.60s]", name);
  pli_route_settings_unref (route);
  lua_settop (L, 3);
  return 1;
}

static void
add_address (lua_State *L, int list, int index)
{
  PolicyCall *call = policy_call_of (L);
  const char *text = luaL_checkstring (L, index);
  PliAddress address;

  policy_charge (L, 20);
  if (!pli_address_parse (pli_span_from (text), PLI_PATH_UTF8, call->arena, &address, NULL))
    policy_error_at (L, 1, "\"%.80s\" is no address", text);
  lua_pushvalue (L, index);
  lua_rawseti (L, list, (lua_Integer) lua_rawlen (L, list) + 1);
}

/* pli.redirect ("a@b") or ({ "a@b", "c@d" }); pli.copy the same, and { folder = …, flags = … }; upvalue 2: kind */
static int
send_to (lua_State *L)
{
  PolicyKind kind = (PolicyKind) lua_tointeger (L, lua_upvalueindex (2));

  lua_settop (L, 2);
  begin (L, kind);
  lua_newtable (L);
  if (lua_type (L, 1) == LUA_TTABLE)
    for (lua_Integer i = 1; lua_rawgeti (L, 1, i) != LUA_TNIL; i++)
      {
        add_address (L, 4, 5);
        lua_settop (L, 4);
      }
  else
    add_address (L, 4, 1);
  lua_settop (L, 4);
  if (lua_rawlen (L, 4) == 0 || lua_rawlen (L, 4) > 100)
    policy_error_at (L, 1, "pli.%s takes 1 to 100 addresses", policy_kind_names[kind]);
  lua_setfield (L, 3, "to");
  set_options (L, 3, 2, kind, kind == POLICY_COPY ? "folder" : NULL);
  lua_settop (L, 3);
  return 1;
}

static const char *
read_text (lua_State *L, int index, const char *field, PliArena *arena)
{
  PliSpan text = { NULL, 0 };

  lua_pushstring (L, field);
  if (lua_rawget (L, index) == LUA_TSTRING)
    text.data = lua_tolstring (L, -1, &text.len);
  lua_pop (L, 1);
  /* A text ends at a NUL: nothing else in the server takes one. */
  return text.data ? pli_arena_text (arena, pli_span_head (text, strnlen (text.data, text.len))) : NULL;
}

static guint
read_number (lua_State *L, int index, const char *field)
{
  guint number;

  lua_pushstring (L, field);
  lua_rawget (L, index);
  number = (guint) lua_tointeger (L, -1);
  lua_pop (L, 1);
  return number;
}

gboolean
policy_answer_read (lua_State *L, int index, PliArena *arena, PolicyAnswer *out)
{
  gboolean ours;

  index = lua_absindex (L, index);
  if (lua_type (L, index) != LUA_TTABLE || !lua_getmetatable (L, index))
    return FALSE;
  lua_rawgetp (L, LUA_REGISTRYINDEX, &meta_key);
  ours = lua_rawequal (L, -1, -2);
  lua_pop (L, 2);
  if (!ours)
    return FALSE;
  *out = (PolicyAnswer){ .kind = read_number (L, index, "kind"),
                         .code = read_number (L, index, "code"),
                         .flags = read_number (L, index, "flags"),
                         .status = read_text (L, index, "status", arena),
                         .text = read_text (L, index, "text", arena),
                         .name = read_text (L, index, "name", arena),
                         .where = read_text (L, index, "where", arena) };
  lua_pushliteral (L, "to");
  if (lua_rawget (L, index) == LUA_TTABLE)
    {
      guint n = (guint) MIN (lua_rawlen (L, -1), 100);

      out->to = pli_arena_array (arena, const char *, n + 1);
      for (; out->n_to < n && lua_rawgeti (L, -1, (lua_Integer) out->n_to + 1) == LUA_TSTRING; lua_pop (L, 1))
        out->to[out->n_to++] = pli_arena_strdup (arena, lua_tostring (L, -1));
    }
  lua_pop (L, 1);
  return out->kind > POLICY_NONE && out->kind < POLICY_N_KINDS && out->where;
}

static void
join_addresses (PolicyAnswer *all, const PolicyAnswer *one, PliArena *arena)
{
  const char **to = pli_arena_array (arena, const char *, all->n_to + one->n_to + 1);

  for (guint i = 0; i < all->n_to; i++)
    to[i] = all->to[i];
  for (guint i = 0; i < one->n_to; i++)
    to[all->n_to + i] = one->to[i];
  all->n_to += one->n_to;
  all->to = to;
}

gboolean
policy_answer_merge (PolicyAnswer *all, const PolicyAnswer *one, PolicyStage stage, PliArena *arena,
                     gboolean *out_final, const char **out_problem)
{
  PolicyAnswer before = *all;

  if (!(allowed_at[one->kind] & POLICY_AT (stage)))
    {
      *out_problem = pli_arena_printf (arena, "pli.%s means nothing at stage %s", policy_kind_names[one->kind],
                                       policy_stage_names[stage]);
      return FALSE;
    }
  *out_final = one->kind != POLICY_COPY;
  *all = *one;
  if (before.kind != POLICY_COPY || one->kind == POLICY_REJECT || one->kind == POLICY_DEFER)
    return TRUE;
  /* Copies that were asked for before are made whatever comes then. */
  all->to = before.to;
  all->n_to = before.n_to;
  join_addresses (all, one, arena);
  if (one->kind == POLICY_FILE)
    all->kind = POLICY_COPY;
  else if (one->kind == POLICY_DISCARD)
    all->kind = POLICY_REDIRECT;
  else if (one->kind == POLICY_COPY && !one->name && !one->flags)
    {
      all->name = before.name;
      all->flags = before.flags;
    }
  return TRUE;
}

static void
add (lua_State *L, PolicyKind kind, lua_CFunction function)
{
  lua_getglobal (L, "string");
  lua_pushinteger (L, kind);
  lua_pushcclosure (L, function, 2);
  lua_setfield (L, -2, policy_kind_names[kind]);
}

void
policy_open_answers (lua_State *L)
{
  lua_newtable (L);
  lua_pushboolean (L, FALSE);
  lua_setfield (L, -2, "__metatable");
  lua_rawsetp (L, LUA_REGISTRYINDEX, &meta_key);
  for (guint kind = POLICY_ACCEPT; kind <= POLICY_QUARANTINE; kind++)
    add (L, (PolicyKind) kind, say);
  add (L, POLICY_TO, to_route);
  add (L, POLICY_FILE, file);
  add (L, POLICY_REDIRECT, send_to);
  add (L, POLICY_COPY, send_to);
}
