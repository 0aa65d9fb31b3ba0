/* bound-msg.c: `msg`: the message and what can be done to its header. */
#include "policy.h"

static void
push_size (lua_State *L, PolicyCall *call)
{
  lua_pushinteger (L, (lua_Integer) call->scene.bytes);
}

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
push_login (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.login);
}

static void
push_role (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.role);
}

static void
push_peer (lua_State *L, PolicyCall *call)
{
  policy_push_text (L, call->scene.peer);
}

static void
push_tries (lua_State *L, PolicyCall *call)
{
  lua_pushinteger (L, call->scene.tries);
}

static void
push_received (lua_State *L, PolicyCall *call)
{
  lua_pushnumber (L, (lua_Number) call->scene.received_us / G_USEC_PER_SEC);
}

static void
push_header (lua_State *L, PolicyCall *call)
{
  policy_bound_push (L, call, POLICY_HEADER);
}

/* The beginning of what stands behind the header. */
static void
push_body (lua_State *L, PolicyCall *call)
{
  PliSpan body;

  if (call->stage != POLICY_MESSAGE)
    policy_error_at (L, 1, "the body is there at stage message, not at %s", policy_stage_names[call->stage]);
  body = pli_span_head (pli_span_skip (call->scene.message, call->scene.header.len), (gsize) call->state->set.body_max);
  policy_charge_bytes (L, body.len);
  lua_pushlstring (L, body.data, body.len);
}

/* One leaf of the MIME tree as { type, name, disposition, size }. */
static void
push_part (lua_State *L, PolicyCall *call, const PliMimePart *part)
{
  PliBuffer text = { 0 };

  lua_createtable (L, 0, 4);
  pli_buffer_add_span (&text, part->type);
  pli_buffer_add_char (&text, '/');
  pli_buffer_add_span (&text, part->subtype);
  for (gsize i = 0; i < text.len; i++)
    text.data[i] = g_ascii_tolower (text.data[i]);
  policy_push_buffer (L, call, &text);
  lua_setfield (L, -2, "type");
  if (pli_mime_param (part, TRUE, "filename", &text) || pli_mime_param (part, FALSE, "name", &text))
    {
      policy_push_buffer (L, call, &text);
      lua_setfield (L, -2, "name");
    }
  pli_buffer_clear (&text);
  if (part->disposition.data)
    {
      pli_buffer_add_span (&text, part->disposition);
      for (gsize i = 0; i < text.len; i++)
        text.data[i] = g_ascii_tolower (text.data[i]);
      policy_push_buffer (L, call, &text);
      lua_setfield (L, -2, "disposition");
    }
  lua_pushinteger (L, (lua_Integer) part->body_len);
  lua_setfield (L, -2, "size");
}

static const PliMimePart *
next_part (const PliMimePart *part)
{
  if (part->children)
    return part->children;
  while (part && !part->next)
    part = part->parent;
  return part ? part->next : NULL;
}

/* msg.parts: all parts that have no parts themselves, in order */
static void
push_parts (lua_State *L, PolicyCall *call)
{
  const PliMimePart *part;
  lua_Integer n = 0;

  if (call->stage != POLICY_MESSAGE)
    policy_error_at (L, 1, "parts are there at stage message, not at %s", policy_stage_names[call->stage]);
  policy_charge_bytes (L, call->scene.message.len);
  lua_newtable (L);
  for (part = pli_mime_scan (call->scene.message, NULL, call->arena); part; part = next_part (part))
    if (!part->children)
      {
        policy_charge (L, 20);
        push_part (L, call, part);
        lua_rawseti (L, -2, ++n);
      }
}

static void
edit (lua_State *L, PolicyCall *call, const char *name, const char *value)
{
  PolicyScene *scene = &call->scene;

  if (call->stage != POLICY_HEADERS && call->stage != POLICY_MESSAGE)
    policy_error_at (L, 1, "the header can be changed at stages headers and message, not at %s",
                     policy_stage_names[call->stage]);
  policy_charge (L, 100);
  if (!pli_header_name_valid (pli_span_from (name)))
    policy_error_at (L, 1, "\"%.40s\" is no name of a header field", name);
  if (value && strpbrk (value, "\r\n"))
    policy_error_at (L, 1, "the value of a header field is one line");
  if (scene->txn && value)
    pli_txn_add_header (scene->txn, name, value);
  else if (scene->txn)
    pli_txn_remove_header (scene->txn, name);
  else if (scene->stand_in)
    g_string_append_printf (scene->stand_in->edits, value ? "add %s: %s\n" : "remove %s\n", name, value);
}

/* msg:add_header ("X-Name", "value") */
static int
add_header (lua_State *L)
{
  PolicyCall *call = policy_bound_check (L, 1, POLICY_MSG);
  gsize len;
  const char *name = luaL_checkstring (L, 2), *value = luaL_checklstring (L, 3, &len);

  policy_charge_bytes (L, len * 4);
  edit (L, call, name, value);
  return 0;
}

/* msg:remove_header ("X-Name") */
static int
remove_header (lua_State *L)
{
  edit (L, policy_bound_check (L, 1, POLICY_MSG), luaL_checkstring (L, 2), NULL);
  return 0;
}

/* msg:raw ("subject"): as it was sent, folded and encoded; nil without */
static int
raw (lua_State *L)
{
  PolicyCall *call = policy_bound_check (L, 1, POLICY_MSG);
  PliHeaderField field;

  policy_charge_bytes (L, call->scene.header.len);
  if (pli_header_find (call->scene.header, luaL_checkstring (L, 2), &field))
    lua_pushlstring (L, field.value.data, field.value.len);
  else
    lua_pushnil (L);
  return 1;
}

static void
push_decoded (lua_State *L, PolicyCall *call, PliSpan value)
{
  PliBuffer text = { 0 };

  pli_words_decode (value, &text);
  policy_push_buffer (L, call, &text);
}

/* msg:all ("received"): the values of all fields of that name, from the top; nil name: { name, value } of each field */
static int
all (lua_State *L)
{
  PolicyCall *call = policy_bound_check (L, 1, POLICY_MSG);
  const char *name = luaL_optstring (L, 2, NULL);
  PliSpan rest = call->scene.header;
  PliHeaderField field;
  lua_Integer n = 0;

  policy_charge_bytes (L, rest.len);
  lua_newtable (L);
  while (pli_header_next (&rest, &field))
    {
      if (!field.name.data || (name && !pli_span_is_nocase (field.name, name)))
        continue;
      policy_charge (L, 5);
      if (!name)
        {
          lua_createtable (L, 0, 2);
          lua_pushlstring (L, field.name.data, field.name.len);
          lua_setfield (L, -2, "name");
        }
      push_decoded (L, call, field.value);
      if (!name)
        lua_setfield (L, -2, "value");
      lua_rawseti (L, -2, ++n);
    }
  return 1;
}

static void
push_add_header (lua_State *L, PolicyCall *call)
{
  (void) call;
  lua_pushcfunction (L, add_header);
}

static void
push_remove_header (lua_State *L, PolicyCall *call)
{
  (void) call;
  lua_pushcfunction (L, remove_header);
}

static void
push_raw (lua_State *L, PolicyCall *call)
{
  (void) call;
  lua_pushcfunction (L, raw);
}

static void
push_all (lua_State *L, PolicyCall *call)
{
  (void) call;
  lua_pushcfunction (L, all);
}

const PolicyField policy_msg_fields[] = { { "header", push_header },
                                          { "size", push_size },
                                          { "sender", push_sender },
                                          { "sender_domain", push_sender_domain },
                                          { "body", push_body },
                                          { "parts", push_parts },
                                          { "login", push_login },
                                          { "role", push_role },
                                          { "peer", push_peer },
                                          { "tries", push_tries },
                                          { "received", push_received },
                                          { "id", push_id },
                                          { "raw", push_raw },
                                          { "all", push_all },
                                          { "add_header", push_add_header },
                                          { "remove_header", push_remove_header },
                                          { NULL, NULL } };

/* header["subject"]: the first field of that name, decoded to UTF-8, or nil; header.message_id is header["message-id"] */
int
policy_header_index (lua_State *L)
{
  PolicyCall *call = policy_bound_check (L, 1, POLICY_HEADER);
  PliSpan header = call->scene.header;
  gsize len;
  const char *name = luaL_checklstring (L, 2, &len);
  char dashed[64];
  PliHeaderField field;
  gboolean found;

  policy_charge_bytes (L, header.len);
  found = pli_header_find (header, name, &field);
  if (!found && len < sizeof dashed && strchr (name, '_'))
    {
      g_strlcpy (dashed, name, sizeof dashed);
      found = pli_header_find (header, g_strdelimit (dashed, "_", '-'), &field);
    }
  if (found)
    push_decoded (L, call, field.value);
  else
    lua_pushnil (L);
  return 1;
}
