/* bound-session.c: `session`: who is connected. */
#include "policy.h"

#define TEXT_FIELD(name)                                                                                               \
  static void push_##name (lua_State *L, PolicyCall *call)                                                             \
  {                                                                                                                    \
    policy_push_text (L, call->scene.name);                                                                            \
  }

TEXT_FIELD (peer)
TEXT_FIELD (local)
TEXT_FIELD (tls)
TEXT_FIELD (role)
TEXT_FIELD (login)
TEXT_FIELD (helo)

static void
push_loopback (lua_State *L, PolicyCall *call)
{
  lua_pushboolean (L, call->scene.loopback);
}

/* `local` is a word of Lua: session.local_address, or session["local"]. */
const PolicyField policy_session_fields[] = { { "peer", push_peer },   { "local_address", push_local },
                                              { "local", push_local }, { "tls", push_tls },
                                              { "role", push_role },   { "login", push_login },
                                              { "helo", push_helo },   { "loopback", push_loopback },
                                              { NULL, NULL } };
