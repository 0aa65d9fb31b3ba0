/* bound-txn.c: `txn`: the envelope so far, and the facts that filters found out. */
#include "policy.h"

static void
push_id (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.id);
}

static void
push_sender (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.sender);
}

static void
push_sender_domain (lua_State *L, PolicyCall *call)
{
  const char *at = strrchr (call->scene.sender, '@');

  policy_push_text (L, at ? at + 1 : "");
}

static void
push_size (lua_State *L, PolicyCall *call)
{
  lua_pushinteger (L, (lua_Integer) MIN (call->scene.announced, (guint64) G_MAXINT64));
}

static void
push_login (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.login);
}

static void
push_helo (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.helo);
}

static void
push_rcpts (lua_State *L, PolicyCall *call)
{
  lua_newtable (L);
  for (lua_Integer i = 0; call->scene.rcpts && call->scene.rcpts[i]; i++)
    {
      policy_charge (L, 1);
      lua_pushstring (L, call->scene.rcpts[i]);
      lua_rawseti (L, -2, i + 1);
    }
}

static void
push_session (lua_State *L, PolicyCall *call)
{
  policy_bound_push (L, call, POLICY_SESSION);
}

static void
push_facts (lua_State *L, PolicyCall *call)
{
  policy_bound_push (L, call, POLICY_FACTS);
}

const PolicyField policy_txn_fields[] = { { "sender", push_sender }, { "sender_domain", push_sender_domain },
                                          { "login", push_login },   { "facts", push_facts },
                                          { "size", push_size },     { "rcpts", push_rcpts },
                                          { "helo", push_helo },     { "session", push_session },
                                          { "id", push_id },         { NULL, NULL } };

/* facts["dnsbl.zone"]: a text, or nil */
int
policy_facts_index (lua_State *L)
{
  PolicyCall *call = policy_bound_check (L, 1, POLICY_FACTS);
  const PolicyScene *scene = &call->scene;
  const char *name = luaL_checkstring (L, 2);

  if (scene->txn)
    policy_push_text (L, pli_txn_fact (scene->txn, name));
  else
    policy_push_text (L, scene->stand_in ? g_hash_table_lookup (scene->stand_in->facts, name) : NULL);
  return 1;
}
