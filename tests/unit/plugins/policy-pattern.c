/* policy-pattern.c: the matcher of policy-lua against Lua's own, on a table and on random patterns; and what happens to
 * patterns that Lua's own would take years for. */
#include "../../../plugins/policy-lua/pattern.c"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define STEPS 2000000

static const struct
{
  const char *subject, *pattern;
} cases[] = {
  { "", "" },
  { "hello world", "o w" },
  { "hello world", "l+" },
  { "hello world", "(h)(.)(%a+)" },
  { "hello", "()ll()" },
  { "  trim  ", "^%s*(.-)%s*$" },
  { "key = value", "^(%w+)%s*=%s*(%w+)$" },
  { "f(a(b)c)d", "%b()" },
  { "THE (quick) fox", "%((%a+)%)" },
  { "THE (quick) fox", "%f[%a]%a+%f[%A]" },
  { "abcabc", "(abc)%1" },
  { "abcabd", "(abc)%1" },
  { "[x]", "[]]" },
  { "a-b", "[a%-]+" },
  { "a]b", "[^]]+" },
  { "x^y", "[x^]+" },
  { "a.b", "a%.b" },
  { "aXb", "%u" },
  { "0x1F", "%x+$" },
  { "\001\177 tab\t", "%c" },
  { "a,b,,c", "([^,]*)" },
  { "2026-12-24", "^(%d+)-(%d+)-(%d+)$" },
  { "abc", "b?c" },
  { "abc", "x?" },
  { "a+b", "a+b" },
  { "a+b", "a%+b" },
  { "$", "$" },
  { "a$b", "a$b" },
  { "xyz", "^^x" },
  { "abc", "[a-" },
  { "abc", "[a" },
  { "abc", "%" },
  { "abc", "(a" },
  { "abc", "a)" },
  { "abc", "%1" },
  { "abc", "(a%1)" },
  { "abc", "%b" },
  { "abc", "%fa" },
  { "abc", "()%1" },
  { "zz[a-c]", "[a-c]" },
  { "a-z", "[a-]+" },
  { "m\xc3\xbcller", "[\x80-\xff]+" },
};

static lua_State *L;

/* The first match as Lua has it: "first last capture…", "nil", or "error". */
static char *
by_lua (PliSpan subject, PliSpan pattern)
{
  GString *text = g_string_new (NULL);

  lua_settop (L, 0);
  lua_getglobal (L, "string");
  lua_getfield (L, -1, "find");
  lua_pushlstring (L, subject.data, subject.len);
  lua_pushlstring (L, pattern.data, pattern.len);
  if (lua_pcall (L, 2, LUA_MULTRET, 0) != LUA_OK)
    g_string_assign (text, "error");
  else
    for (int i = 2; i <= lua_gettop (L); i++)
      g_string_append_printf (text, "%s;", luaL_tolstring (L, i, NULL)), lua_pop (L, 1);
  return g_string_free (text, FALSE);
}

static void
add_captures (GString *text, const PolicyMatch *m)
{
  for (guint i = 0; i < m->n_captures; i++)
    if (m->captures[i].len == POLICY_CAPTURE_PLACE)
      g_string_append_printf (text, "%d;", (int) (m->captures[i].at - m->subject.data) + 1);
    else
      g_string_append_printf (text, "%.*s;", (int) m->captures[i].len, m->captures[i].at);
}

static char *
by_us (PliSpan subject, PliSpan pattern)
{
  gboolean anchored = pattern.len > 0 && pattern.data[0] == '^';
  PolicyMatch m = { .subject = subject, .steps_max = STEPS };
  GString *text = g_string_new (NULL);
  gsize from = 0, end;

  if (policy_pattern_is_plain (pattern)) /* string.find does not ask the matcher, in Lua's library and in ours */
    {
      const char *found = memmem (subject.data, subject.len, pattern.data, pattern.len);

      if (found)
        g_string_append_printf (text, "%d;%d;", (int) (found - subject.data) + 1,
                                (int) (found - subject.data) + (int) pattern.len);
      else
        g_string_append (text, "nil;");
      return g_string_free (text, FALSE);
    }
  m.pattern = anchored ? pli_span_skip (pattern, 1) : pattern;
  for (; from <= subject.len && !m.problem; from++)
    {
      if (policy_match (&m, from, &end))
        {
          g_string_append_printf (text, "%d;%d;", (int) from + 1, (int) end);
          add_captures (text, &m);
          return g_string_free (text, FALSE);
        }
      if (anchored)
        break;
    }
  g_string_assign (text, m.problem ? "error" : "nil;");
  return g_string_free (text, FALSE);
}

static void
compare (const char *subject, const char *pattern)
{
  g_autofree char *lua = by_lua (pli_span_from (subject), pli_span_from (pattern));
  g_autofree char *ours = by_us (pli_span_from (subject), pli_span_from (pattern));

  if (!g_str_equal (lua, ours))
    g_error ("\"%s\" in \"%s\": Lua says %s, we %s", pattern, subject, lua, ours);
}

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    compare (cases[i].subject, cases[i].pattern);
}

/* Short, so that Lua's own ends. */
static void
test_random (void)
{
  static const char *const pieces[] = { "a", "b",  ".", "%a", "%d",   "[ab]",  "[^a]", "*",     "+", "-", "?", "(",
                                        ")", "%1", "$", "^",  "%b()", "%f[a]", "()",   "[a-c]", "%", "[", "]", "1" };
  static const char letters[] = "aab1()";

  for (guint i = 0; i < 200000; i++)
    {
      GString *pattern = g_string_new (NULL), *subject = g_string_new (NULL);

      for (gint n = g_test_rand_int_range (0, 7); n > 0; n--)
        g_string_append (pattern, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
      for (gint n = g_test_rand_int_range (0, 9); n > 0; n--)
        g_string_append_c (subject, letters[g_test_rand_int_range (0, sizeof letters - 1)]);
      compare (subject->str, pattern->str);
      g_string_free (pattern, TRUE);
      g_string_free (subject, TRUE);
    }
}

/* What takes exponential time ends when the steps are used up, and soon. */
static void
test_hostile (void)
{
  static const char *const items[] = { "a*", "a-", "a?", "[a]*", "(a*)", ".*" };
  g_autofree char *subject = g_strnfill (5000, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      GString *pattern = g_string_new (NULL);
      PolicyMatch m = { .subject = pli_span_from (subject), .steps_max = STEPS };
      gint64 began = g_get_monotonic_time ();
      gsize end;

      for (guint n = 0; n < 30; n++)
        g_string_append (pattern, items[i]);
      g_string_append_c (pattern, 'b');
      m.pattern = pli_span (pattern->str, pattern->len);
      g_assert_false (policy_match (&m, 0, &end));
      g_assert_nonnull (m.problem);
      g_assert_cmpuint (m.steps, <=, STEPS + 1000);
      g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_USEC_PER_SEC);
      g_string_free (pattern, TRUE);
    }
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  L = luaL_newstate ();
  luaL_openlibs (L);
  g_test_add_func ("/policy-pattern/cases", test_cases);
  g_test_add_func ("/policy-pattern/random", test_random);
  g_test_add_func ("/policy-pattern/hostile", test_hostile);
  code = g_test_run ();
  lua_close (L);
  return code;
}
