/* pattern-lib.c: string.find, match, gmatch and gsub over the matcher of pattern.c. They do what section 6.4 of the Lua
 * reference manual says; steps count as instructions of the call. */
#include "pattern.h"
#include "policy.h"

static void
prepare (lua_State *L, PolicyMatch *m, PliSpan subject, PliSpan pattern)
{
  PolicyCall *call = policy_call_of (L);

  memset (m, 0, sizeof *m);
  m->subject = subject;
  m->pattern = pattern;
  m->steps_max = call->steps_max > call->steps ? call->steps_max - call->steps : 0;
}

static PliSpan
check_span (lua_State *L, int index)
{
  PliSpan span;

  span.data = luaL_checklstring (L, index, &span.len);
  return span;
}

/* Matches at @from; pays for the steps. */
static gboolean
try_at (lua_State *L, PolicyMatch *m, gsize from, gsize *out_end)
{
  guint64 before = m->steps;
  gboolean found = policy_match (m, from, out_end);

  policy_charge (L, m->steps - before);
  if (m->problem)
    luaL_error (L, "%s", m->problem);
  return found;
}

static void
push_capture (lua_State *L, const PolicyMatch *m, guint n, gsize from, gsize end)
{
  if (n >= m->n_captures)
    {
      if (n > 0)
        luaL_error (L, "invalid capture index %%%d", (int) n + 1);
      lua_pushlstring (L, m->subject.data + from, end - from);
    }
  else if (m->captures[n].len == POLICY_CAPTURE_PLACE)
    lua_pushinteger (L, (lua_Integer) (m->captures[n].at - m->subject.data) + 1);
  else
    lua_pushlstring (L, m->captures[n].at, (gsize) m->captures[n].len);
}

/* All captures, or the whole match when there are none and @whole. */
static int
push_captures (lua_State *L, const PolicyMatch *m, gboolean whole, gsize from, gsize end)
{
  guint n = m->n_captures == 0 && whole ? 1 : m->n_captures;

  luaL_checkstack (L, (int) n, "too many captures");
  for (guint i = 0; i < n; i++)
    push_capture (L, m, i, from, end);
  return (int) n;
}

static gboolean
begin (lua_State *L, int index, gsize len, gsize *out_from)
{
  lua_Integer at = luaL_optinteger (L, index, 1);

  if (at > 0)
    at--;
  else if (at < 0)
    at = at < -(lua_Integer) len ? 0 : (lua_Integer) len + at;
  *out_from = (gsize) at;
  return at <= (lua_Integer) len;
}

static gboolean
take_anchor (PliSpan *pattern)
{
  gboolean anchored = pattern->len > 0 && pattern->data[0] == '^';

  if (anchored)
    *pattern = pli_span_skip (*pattern, 1);
  return anchored;
}

static int
find_plain (lua_State *L, PliSpan subject, PliSpan text, gsize from)
{
  PliSpan rest = pli_span_skip (subject, from);
  const char *found = text.len == 0 ? rest.data : memmem (rest.data, rest.len, text.data, text.len);

  policy_charge_bytes (L, rest.len + text.len);
  if (!found)
    {
      lua_pushnil (L);
      return 1;
    }
  lua_pushinteger (L, (lua_Integer) (found - subject.data) + 1);
  lua_pushinteger (L, (lua_Integer) ((gsize) (found - subject.data) + text.len));
  return 2;
}

static int
find_or_match (lua_State *L, gboolean find)
{
  PliSpan subject = check_span (L, 1), pattern = check_span (L, 2);
  gsize from, end;
  gboolean anchored;
  PolicyMatch m;

  if (!begin (L, 3, subject.len, &from))
    {
      lua_pushnil (L);
      return 1;
    }
  if (find && (lua_toboolean (L, 4) || policy_pattern_is_plain (pattern)))
    return find_plain (L, subject, pattern, from);
  anchored = take_anchor (&pattern);
  prepare (L, &m, subject, pattern);
  do
    if (try_at (L, &m, from, &end))
      {
        if (!find)
          return push_captures (L, &m, TRUE, from, end);
        lua_pushinteger (L, (lua_Integer) from + 1);
        lua_pushinteger (L, (lua_Integer) end);
        return 2 + push_captures (L, &m, FALSE, from, end);
      }
  while (from++ < subject.len && !anchored);
  lua_pushnil (L);
  return 1;
}

static int
string_find (lua_State *L)
{
  return find_or_match (L, TRUE);
}

static int
string_match (lua_State *L)
{
  return find_or_match (L, FALSE);
}

/* Upvalues: subject, pattern, where to go on, end of the last match (-1: none). */
static int
gmatch_next (lua_State *L)
{
  PliSpan subject = check_span (L, lua_upvalueindex (1)), pattern = check_span (L, lua_upvalueindex (2));
  gsize from = (gsize) lua_tointeger (L, lua_upvalueindex (3)), end;
  lua_Integer last = lua_tointeger (L, lua_upvalueindex (4));
  PolicyMatch m;

  prepare (L, &m, subject, pattern);
  for (; from <= subject.len; from++)
    if (try_at (L, &m, from, &end) && (lua_Integer) end != last)
      {
        lua_pushinteger (L, (lua_Integer) end);
        lua_copy (L, -1, lua_upvalueindex (3));
        lua_replace (L, lua_upvalueindex (4));
        return push_captures (L, &m, TRUE, from, end);
      }
  return 0;
}

static int
string_gmatch (lua_State *L)
{
  PliSpan subject = check_span (L, 1);
  gsize from;

  check_span (L, 2);
  if (!begin (L, 3, subject.len, &from))
    from = subject.len + 1;
  lua_settop (L, 2);
  lua_pushinteger (L, (lua_Integer) from);
  lua_pushinteger (L, -1);
  lua_pushcclosure (L, gmatch_next, 4);
  return 1;
}

/* `%0` to `%9` and `%%` in a replacement text. */
static void
add_text (lua_State *L, luaL_Buffer *out, const PolicyMatch *m, gsize from, gsize end)
{
  gsize len;
  const char *text = lua_tolstring (L, 3, &len);

  for (gsize i = 0; i < len; i++)
    {
      char c = text[i];

      if (c != '%')
        {
          luaL_addchar (out, c);
          continue;
        }
      c = ++i < len ? text[i] : 0;
      if (c == '%')
        luaL_addchar (out, c);
      else if (c == '0')
        luaL_addlstring (out, m->subject.data + from, end - from);
      else if (g_ascii_isdigit (c))
        {
          push_capture (L, m, (guint) (c - '1'), from, end);
          luaL_tolstring (L, -1, NULL);
          lua_remove (L, -2);
          luaL_addvalue (out);
        }
      else
        luaL_error (L, "invalid use of '%%' in replacement string");
    }
}

/* What stands for a match: of a text, a table, or a function at index 3. */
static void
add_replacement (lua_State *L, luaL_Buffer *out, const PolicyMatch *m, gsize from, gsize end)
{
  switch (lua_type (L, 3))
    {
    case LUA_TFUNCTION:
      lua_pushvalue (L, 3);
      lua_call (L, push_captures (L, m, TRUE, from, end), 1);
      break;
    case LUA_TTABLE:
      push_capture (L, m, 0, from, end);
      lua_gettable (L, 3);
      break;
    default:
      add_text (L, out, m, from, end);
      return;
    }
  if (!lua_toboolean (L, -1))
    {
      lua_pop (L, 1);
      luaL_addlstring (out, m->subject.data + from, end - from);
    }
  else if (!lua_isstring (L, -1))
    luaL_error (L, "invalid replacement value (a %s)", luaL_typename (L, -1));
  else
    luaL_addvalue (out);
}

static int
string_gsub (lua_State *L)
{
  PliSpan subject = check_span (L, 1), pattern = check_span (L, 2);
  lua_Integer most = luaL_optinteger (L, 4, (lua_Integer) subject.len + 1), n = 0;
  gboolean anchored = take_anchor (&pattern);
  gsize from = 0, end, last = G_MAXSIZE;
  PolicyMatch m;
  luaL_Buffer out;
  int type = lua_type (L, 3);

  luaL_argexpected (L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                    "string/function/table");
  luaL_buffinit (L, &out);
  while (n < most)
    {
      prepare (L, &m, subject, pattern);
      if (try_at (L, &m, from, &end) && end != last)
        {
          n++;
          add_replacement (L, &out, &m, from, end);
          from = last = end;
        }
      else if (from < subject.len)
        luaL_addchar (&out, subject.data[from++]);
      else
        break;
      if (anchored)
        break;
    }
  luaL_addlstring (&out, subject.data + from, subject.len - from);
  luaL_pushresult (&out);
  lua_pushinteger (L, n);
  return 2;
}

void
policy_open_patterns (lua_State *L)
{
  static const luaL_Reg functions[] = { { "find", string_find },
                                        { "match", string_match },
                                        { "gmatch", string_gmatch },
                                        { "gsub", string_gsub },
                                        { NULL, NULL } };

  luaL_setfuncs (L, functions, 0);
}
