/* ask.c: pli.dns and pli.lookup: what other rooms know. To the script they look like functions that return; the coroutine
 * yields, and goes on when the answer is there. The deadline of the stage holds for all of it. A failure that may pass
 * (no answer, a broken zone) is an error, so that the message is put off; "there is none" is nil. */
#include "policy.h"

#include <pli/directory.h>

static void
answered (gpointer user, const void *result, const GError *error)
{
  PolicyCall *call = user;

  call->pending = NULL;
  call->result = result;
  call->failed = error;
  policy_call_wake (call);
}

/* A row as a script gets it. */
static void
push_row (lua_State *L, const PliDnsRow *row, guint type)
{
  if (type != PLI_DNS_MX)
    {
      lua_pushstring (L, row->text ? row->text : "");
      return;
    }
  lua_createtable (L, 0, 2);
  lua_pushstring (L, row->text ? row->text : "");
  lua_setfield (L, -2, "host");
  lua_pushinteger (L, row->preference);
  lua_setfield (L, -2, "preference");
}

static int
push_names (lua_State *L, PolicyCall *call)
{
  const PliDnsResult *result = call->result;

  if (result->status != PLI_DNS_FOUND || result->n_rows == 0)
    {
      lua_pushnil (L);
      return 1;
    }
  lua_createtable (L, (int) MIN (result->n_rows, 100), 0);
  for (guint i = 0; i < result->n_rows; i++)
    {
      policy_charge (L, 5);
      push_row (L, &result->rows[i], call->asked);
      lua_rawseti (L, -2, (lua_Integer) i + 1);
    }
  return 1;
}

static void
set_text (lua_State *L, const char *field, const char *value)
{
  policy_push_text (L, value);
  lua_setfield (L, -2, field);
}

/* { kind = "local", targets = { { address, account, detail, store } … } } */
static int
push_resolved (lua_State *L, PolicyCall *call)
{
  static const char *const kinds[] = { "foreign", "unknown", "disabled", "local", "loop" };
  const PliResolveResult *result = call->result;

  lua_createtable (L, 0, 2);
  set_text (L, "kind", result->kind < G_N_ELEMENTS (kinds) ? kinds[result->kind] : NULL);
  lua_newtable (L);
  for (guint i = 0; i < result->n_targets; i++)
    {
      policy_charge (L, 10);
      lua_createtable (L, 0, 4);
      set_text (L, "address", result->targets[i].address);
      set_text (L, "account", result->targets[i].account);
      set_text (L, "detail", result->targets[i].detail);
      set_text (L, "store", result->targets[i].store);
      lua_rawseti (L, -2, (lua_Integer) i + 1);
    }
  lua_setfield (L, -2, "targets");
  return 1;
}

static int
go_on (lua_State *L, int status, lua_KContext context)
{
  PolicyCall *call = policy_call_of (L);

  (void) status;
  (void) context;
  if (call->failed)
    return policy_error_at (L, 1, "%.200s", call->failed->message);
  return call->asked ? push_names (L, call) : push_resolved (L, call);
}

/* In a test: values with spaces between them; "-" for none; "!" for a failure. */
static int
stand_in (lua_State *L, PolicyCall *call, const char *kind, const char *name)
{
  const char *key = lua_pushfstring (L, "%s:%s", kind, name);
  const char *answer = g_hash_table_lookup (call->scene.stand_in->answers, key);
  lua_Integer n = 0;

  if (!answer)
    return policy_error_at (L, 1, "the test gives no answer for %s", key);
  if (g_str_equal (answer, "!"))
    return policy_error_at (L, 1, "%s: no answer in time", key);
  if (call->asked == 0)
    {
      lua_createtable (L, 0, 2);
      set_text (L, "kind", answer);
      lua_newtable (L);
      lua_setfield (L, -2, "targets");
      return 1;
    }
  if (g_str_equal (answer, "-"))
    {
      lua_pushnil (L);
      return 1;
    }
  lua_newtable (L);
  while (*answer)
    {
      gsize len = call->asked == PLI_DNS_TXT ? strlen (answer) : strcspn (answer, " ");
      PliDnsRow row = { .preference = (guint32) (10 * (n + 1)) };

      row.text = pli_arena_text (call->arena, pli_span (answer, len));
      push_row (L, &row, call->asked);
      lua_rawseti (L, -2, ++n);
      answer += len + strspn (answer + len, " ");
    }
  return 1;
}

static PolicyCall *
may_ask (lua_State *L)
{
  PolicyCall *call = policy_call_of (L);

  policy_charge (L, 500);
  if (!call->scene.stand_in && !lua_isyieldable (L))
    policy_error_at (L, 1, "nothing can be looked up here: not while a script loads, nor inside sort or gsub");
  return call;
}

/* Upvalue 1: PliDnsType; upvalue 2: its name. */
static int
ask_dns (lua_State *L)
{
  PliDnsArgs args = { .name = luaL_checkstring (L, 1) };
  PolicyCall *call = may_ask (L);

  call->asked = args.type = (guint32) lua_tointeger (L, lua_upvalueindex (1));
  if (call->scene.stand_in)
    return stand_in (L, call, lua_tostring (L, lua_upvalueindex (2)), args.name);
  call->pending = pli_dns_lookup (pli_plugin_instance (call->state->plugin), &args, answered, call);
  return lua_yieldk (L, 0, 0, go_on);
}

/* pli.lookup ("a@example.org") */
static int
lookup (lua_State *L)
{
  PliResolveArgs args = { .address = luaL_checkstring (L, 1) };
  PolicyCall *call = may_ask (L);

  call->asked = 0;
  if (call->scene.stand_in)
    return stand_in (L, call, "lookup", args.address);
  call->pending = pli_directory_resolve (pli_plugin_instance (call->state->plugin), &args, answered, call);
  return lua_yieldk (L, 0, 0, go_on);
}

void
policy_open_asking (lua_State *L)
{
  static const struct
  {
    const char *name;
    guint type;
  } types[] = {
    { "a", PLI_DNS_A }, { "aaaa", PLI_DNS_AAAA }, { "mx", PLI_DNS_MX }, { "ptr", PLI_DNS_PTR }, { "txt", PLI_DNS_TXT }
  };

  lua_newtable (L);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      lua_pushinteger (L, types[i].type);
      lua_pushstring (L, types[i].name);
      lua_pushcclosure (L, ask_dns, 2);
      lua_setfield (L, -2, types[i].name);
    }
  policy_lock (L);
  lua_setfield (L, -2, "dns");
  lua_pushcfunction (L, lookup);
  lua_setfield (L, -2, "lookup");
}
