/* bound.c: the objects that handlers get. Each is a small userdata that names its call; it can be used while that call
 * runs and at no other time, so that a script that keeps one never sees freed memory, nor another message. The fields of
 * each kind are in a file of their own. Nothing can be assigned. */
#include "policy.h"

typedef struct
{
  guint64 call;
} Object;

static const char *const names[] = { "session", "txn", "rcpt", "msg", "header", "facts" };
static const char keys[POLICY_N_BOUND] = { 0 }; /* their addresses name the metatables */

const PolicyField *
policy_bound_fields (PolicyBound kind)
{
  switch (kind)
    {
    case POLICY_SESSION:
      return policy_session_fields;
    case POLICY_TXN:
      return policy_txn_fields;
    case POLICY_RCPTS:
      return policy_rcpt_fields;
    case POLICY_MSG:
      return policy_msg_fields;
    default:
      return NULL;
    }
}

void
policy_bound_push (lua_State *L, PolicyCall *call, PolicyBound kind)
{
  Object *object = lua_newuserdatauv (L, sizeof *object, 0);

  object->call = call->id;
  lua_rawgetp (L, LUA_REGISTRYINDEX, &keys[kind]);
  lua_setmetatable (L, -2);
}

PolicyCall *
policy_bound_check (lua_State *L, int index, PolicyBound kind)
{
  PolicyCall *call = policy_call_of (L);
  const Object *object = lua_touserdata (L, index);
  gboolean is = FALSE;

  if (object && lua_getmetatable (L, index))
    {
      lua_rawgetp (L, LUA_REGISTRYINDEX, &keys[kind]);
      is = lua_rawequal (L, -1, -2);
      lua_pop (L, 2);
    }
  if (!is)
    luaL_typeerror (L, index, names[kind]);
  if (object->call != call->id)
    policy_error_at (L, 1, "this %s belongs to a call that is over", names[kind]);
  return call;
}

/* Upvalue 1: kind. */
static int
bound_index (lua_State *L)
{
  PolicyBound kind = (PolicyBound) lua_tointeger (L, lua_upvalueindex (1));
  PolicyCall *call = policy_bound_check (L, 1, kind);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "?";

  for (const PolicyField *field = policy_bound_fields (kind); field->name; field++)
    if (strcmp (field->name, name) == 0)
      {
        field->push (L, call);
        return 1;
      }
  return policy_error_at (L, 1, "%s has no field \"%.40s\"", names[kind], name);
}

static int
read_only (lua_State *L)
{
  return policy_error_at (L, 1, "this cannot be changed");
}

void
policy_open_bound (lua_State *L)
{
  for (guint kind = 0; kind < POLICY_N_BOUND; kind++)
    {
      lua_newtable (L);
      lua_pushstring (L, names[kind]);
      lua_setfield (L, -2, "__name");
      lua_pushboolean (L, FALSE);
      lua_setfield (L, -2, "__metatable");
      lua_pushcfunction (L, read_only);
      lua_setfield (L, -2, "__newindex");
      lua_pushinteger (L, kind);
      lua_pushcclosure (L,
                        kind == POLICY_HEADER  ? policy_header_index
                        : kind == POLICY_FACTS ? policy_facts_index
                                               : bound_index,
                        1);
      lua_setfield (L, -2, "__index");
      lua_rawsetp (L, LUA_REGISTRYINDEX, &keys[kind]);
    }
}

guint
policy_stage_args (PolicyStage stage, PolicyBound out[2])
{
  switch (stage)
    {
    case POLICY_CONNECT:
    case POLICY_HELLO:
      out[0] = POLICY_SESSION;
      return 1;
    case POLICY_MAIL:
      out[0] = POLICY_TXN;
      return 1;
    case POLICY_RCPT:
      out[0] = POLICY_TXN;
      out[1] = POLICY_RCPTS;
      return 2;
    case POLICY_HEADERS:
    case POLICY_MESSAGE:
      out[0] = POLICY_TXN;
      out[1] = POLICY_MSG;
      return 2;
    case POLICY_ROUTE:
    case POLICY_DELIVER:
      out[0] = POLICY_MSG;
      out[1] = POLICY_RCPTS;
      return 2;
    case POLICY_N_STAGES:
      break;
    }
  return 0;
}

int
policy_push_args (lua_State *L, PolicyCall *call)
{
  PolicyBound kinds[2];
  guint n = policy_stage_args (call->stage, kinds);

  for (guint i = 0; i < n; i++)
    policy_bound_push (L, call, kinds[i]);
  return (int) n;
}

void
policy_push_text (lua_State *L, const char *text)
{
  lua_pushstring (L, text); /* nil for NULL */
}

void
policy_push_buffer (lua_State *L, PolicyCall *call, PliBuffer *buffer)
{
  PliSpan kept = pli_arena_span (call->arena, pli_buffer_span (buffer));

  pli_buffer_clear (buffer); /* before anything that may not return */
  policy_charge_bytes (L, kept.len);
  lua_pushlstring (L, kept.data ? kept.data : "", kept.len);
}
