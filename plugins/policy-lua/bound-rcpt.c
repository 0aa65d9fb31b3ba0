/* bound-rcpt.c: `rcpt`: one recipient, taken apart. The detail is what stands behind the first `+` of the local part. */
#include "policy.h"

static PliSpan
local_part (const PolicyCall *call)
{
  const char *at = strrchr (call->scene.rcpt, '@');

  return at ? pli_span (call->scene.rcpt, (gsize) (at - call->scene.rcpt)) : pli_span_from (call->scene.rcpt);
}

static void
push_address (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.rcpt);
}

static void
push_domain (lua_State *L, PolicyCall *call)
{
  const char *at = strrchr (call->scene.rcpt, '@');

  policy_push_text (L, at ? at + 1 : "");
}

static void
push_user (lua_State *L, PolicyCall *call)
{
  PliSpan user, detail;

  pli_address_split_detail (local_part (call), '+', &user, &detail);
  lua_pushlstring (L, user.data, user.len);
}

static void
push_detail (lua_State *L, PolicyCall *call)
{
  PliSpan user, detail;

  if (pli_address_split_detail (local_part (call), '+', &user, &detail))
    lua_pushlstring (L, detail.data, detail.len);
  else
    lua_pushnil (L);
}

static void
push_account (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.account);
}

static void
push_original (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.original ? call->scene.original : call->scene.rcpt);
}

const PolicyField policy_rcpt_fields[] = {
  { "address", push_address }, { "domain", push_domain },     { "user", push_user }, { "detail", push_detail },
  { "account", push_account }, { "original", push_original }, { NULL, NULL }
};
