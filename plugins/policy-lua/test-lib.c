/* test-lib.c: pli.test (name, function (t) … end) of *_test.lua, which run under `pli policy test`. `t.run { stage = …, … }`
 * runs the handlers of a stage on what the table says, and returns what they decided; assert() does the rest. */
#include "test.h"

#include <stdio.h>

static const char *const text_fields[] = { "peer", "local",  "tls",  "role",    "login",    "helo",
                                           "id",   "sender", "rcpt", "account", "original", NULL };
static const char *const other_fields[] = { "stage", "file",  "message",  "facts",    "answers", "rcpts",
                                            "size",  "tries", "received", "loopback", NULL };

/* What a test file's run hangs from: upvalue 1 of t.run. */
typedef struct
{
  PolicyState *state;
  PolicyStandIn *stand_in;
  PliArena *arena;
  const char *folder;
} Bench;

static const char *
text_of (lua_State *L, const char *field, const char *otherwise)
{
  const char *text = otherwise;

  if (lua_getfield (L, 1, field) != LUA_TNIL)
    text = luaL_checkstring (L, -1);
  lua_pop (L, 1); /* the table at 1 keeps it */
  return text;
}

static void
take_pairs (lua_State *L, const char *field, GHashTable *into)
{
  g_hash_table_remove_all (into);
  if (lua_getfield (L, 1, field) != LUA_TNIL)
    {
      luaL_checktype (L, -1, LUA_TTABLE);
      lua_pushnil (L);
      while (lua_next (L, -2))
        {
          luaL_checktype (L, -2, LUA_TSTRING);
          g_hash_table_insert (into, g_strdup (lua_tostring (L, -2)), g_strdup (luaL_checkstring (L, -1)));
          lua_pop (L, 1);
        }
    }
  lua_pop (L, 1);
}

static const char *const *
rcpts_of (lua_State *L, PliArena *arena, const char *rcpt)
{
  const char **rcpts;
  guint n;

  if (lua_getfield (L, 1, "rcpts") == LUA_TNIL)
    {
      lua_pop (L, 1);
      rcpts = pli_arena_array (arena, const char *, 2);
      rcpts[0] = rcpt;
      return rcpts;
    }
  luaL_checktype (L, -1, LUA_TTABLE);
  n = (guint) lua_rawlen (L, -1);
  rcpts = pli_arena_array (arena, const char *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      lua_rawgeti (L, -1, (lua_Integer) i + 1);
      rcpts[i] = pli_arena_strdup (arena, luaL_checkstring (L, -1));
      lua_pop (L, 1);
    }
  lua_pop (L, 1);
  return rcpts;
}

static PliSpan
message_of (lua_State *L, Bench *bench)
{
  const char *file = text_of (L, "file", NULL), *text = text_of (L, "message", NULL);
  char *path, *message = NULL, *problem = NULL;
  GError *error = NULL;
  PliSpan kept;
  gsize len = 0;

  if (file)
    {
      path = g_build_filename (bench->folder, file, NULL);
      message = policy_message_read (path, &len, &error);
      g_free (path);
      if (error)
        problem = pli_arena_strdup (bench->arena, error->message);
      g_clear_error (&error);
    }
  else if (text)
    message = policy_message_lines (pli_span_from (text), &len);
  kept = pli_arena_span (bench->arena, pli_span (message, len));
  g_free (message);
  if (problem)
    policy_error_at (L, 1, "%s", problem);
  return kept;
}

static PolicyStage
stage_of (lua_State *L)
{
  const char *name = text_of (L, "stage", NULL);

  for (guint i = 0; name && i < POLICY_N_STAGES; i++)
    if (g_str_equal (name, policy_stage_names[i]))
      return (PolicyStage) i;
  return (PolicyStage) policy_error_at (L, 1, "t.run: there is no stage \"%s\"", name ? name : "nil");
}

static void
check_fields (lua_State *L)
{
  lua_pushnil (L);
  while (lua_next (L, 1))
    {
      const char *key = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : "?";

      if (!g_strv_contains (text_fields, key) && !g_strv_contains (other_fields, key))
        policy_error_at (L, 1, "t.run has no option \"%s\"", key);
      lua_pop (L, 1);
    }
}

static lua_Integer
number_of (lua_State *L, const char *field)
{
  lua_Integer number = 0;

  if (lua_getfield (L, 1, field) != LUA_TNIL)
    number = (lua_Integer) luaL_checknumber (L, -1);
  lua_pop (L, 1);
  return number;
}

static void
fill_scene (lua_State *L, Bench *bench, PolicyStage stage, PolicyScene *scene)
{
  *scene = (PolicyScene){ .peer = text_of (L, "peer", "192.0.2.1"),
                          .local = text_of (L, "local", "192.0.2.2"),
                          .tls = text_of (L, "tls", NULL),
                          .role = text_of (L, "role", "mx"),
                          .login = text_of (L, "login", NULL),
                          .helo = text_of (L, "helo", "client.example.org"),
                          .id = text_of (L, "id", "01hx0000000000000000000000"),
                          .sender = text_of (L, "sender", "sender@example.org"),
                          .rcpt = text_of (L, "rcpt", "rcpt@example.test"),
                          .account = text_of (L, "account", NULL),
                          .original = text_of (L, "original", NULL),
                          .announced = (guint64) number_of (L, "size"),
                          .tries = (guint) number_of (L, "tries"),
                          .received_us = number_of (L, "received") * (gint64) G_USEC_PER_SEC,
                          .loopback = (lua_getfield (L, 1, "loopback"), lua_toboolean (L, -1)),
                          .stand_in = bench->stand_in };
  lua_pop (L, 1);
  scene->rcpts = rcpts_of (L, bench->arena, scene->rcpt);
  take_pairs (L, "facts", bench->stand_in->facts);
  take_pairs (L, "answers", bench->stand_in->answers);
  g_string_truncate (bench->stand_in->edits, 0);
  policy_scene_set_message (scene, message_of (L, bench), stage);
  if (stage >= POLICY_HEADERS && scene->announced > 0)
    scene->bytes = scene->announced; /* as if it were so large */
}

static void
set_text (lua_State *L, const char *field, const char *value)
{
  policy_push_text (L, value);
  lua_setfield (L, -2, field);
}

static int
t_run (lua_State *L)
{
  Bench *bench = lua_touserdata (L, lua_upvalueindex (1));
  PolicyScene scene;
  PolicyStage stage;
  PolicyAnswer answer;
  const char *problem;
  PliStep step;

  luaL_checktype (L, 1, LUA_TTABLE);
  lua_settop (L, 1);
  check_fields (L);
  stage = stage_of (L);
  fill_scene (L, bench, stage, &scene);
  step = policy_try (bench->state, stage, &scene, bench->arena, &answer, &problem);
  lua_newtable (L);
  set_text (L, "kind", step == PLI_FAIL ? "error" : policy_kind_names[answer.kind]);
  set_text (L, "text", step == PLI_FAIL ? problem : answer.text);
  set_text (L, "status", answer.status);
  set_text (L, "name", answer.name);
  set_text (L, "where", answer.where);
  set_text (L, "edits", bench->stand_in->edits->str);
  lua_pushinteger (L, answer.code);
  lua_setfield (L, -2, "code");
  lua_pushinteger (L, answer.flags);
  lua_setfield (L, -2, "flags");
  lua_newtable (L);
  for (guint i = 0; i < answer.n_to; i++)
    {
      lua_pushstring (L, answer.to[i]);
      lua_rawseti (L, -2, (lua_Integer) i + 1);
    }
  lua_setfield (L, -2, "to");
  return 1;
}

/* pli.test ("name", function (t) … end) */
static int
pli_test (lua_State *L)
{
  PolicyState *state = policy_state_of (L);
  PolicyHandler *test;

  if (!state->testing)
    return policy_error_at (L, 1, "pli.test is for files that end in _test.lua, under `pli policy test`");
  luaL_checktype (L, 2, LUA_TFUNCTION);
  luaL_checkstring (L, 1);
  lua_settop (L, 2);
  test = g_new0 (PolicyHandler, 1);
  test->ref = luaL_ref (L, LUA_REGISTRYINDEX);
  test->where = g_strdup (lua_tostring (L, 1));
  g_ptr_array_add (state->tests, test);
  return 0;
}

void
policy_open_tests (lua_State *L)
{
  lua_pushcfunction (L, pli_test);
  lua_setfield (L, -2, "test");
}

/* Runs test @i of the file; NULL when it passes. (transfer full) */
static char *
run_test (Bench *bench, guint i)
{
  PolicyState *state = bench->state;
  const PolicyHandler *test = state->tests->pdata[i];
  PolicyCall call = { .state = state, .stage = POLICY_N_STAGES, .arena = bench->arena };
  PolicyCall *before;
  char *problem = NULL;
  int n, status;

  call.scene.stand_in = bench->stand_in;
  call.co = lua_newthread (state->L);
  call.steps_max = (guint64) state->set.instructions * 100;
  call.cpu_us = -state->set.time * 99;
  lua_rawgeti (call.co, LUA_REGISTRYINDEX, test->ref);
  lua_newtable (call.co);
  lua_pushlightuserdata (call.co, bench);
  lua_pushcclosure (call.co, t_run, 1);
  lua_setfield (call.co, -2, "run");
  before = policy_budget_enter (state, &call, call.co);
  status = lua_resume (call.co, NULL, 1, &n);
  policy_budget_leave (state, before);
  if (status != LUA_OK)
    problem =
        g_strdup (lua_type (call.co, -1) == LUA_TSTRING ? lua_tostring (call.co, -1) : "an error that is no text");
  lua_pop (state->L, 1);
  return problem;
}

/* X_test.lua is about X.lua; without such a file, about all. */
static PolicyState *
load_for (PliPlugin *plugin, const char *name, GError **error)
{
  PolicySource *source = policy_source_new (plugin);
  g_autofree char *bare = g_strndup (name, strlen (name) - strlen ("_test.lua"));
  g_autofree char *script = g_strconcat (bare, ".lua", NULL);
  const char *only[] = { script, NULL };
  gboolean has = FALSE;
  PolicyState *state;

  for (guint i = 0; i < source->n; i++)
    has |= g_str_equal (source->scripts[i].name, script);
  state = policy_load_some (plugin, source, pli_plugin_settings (plugin), has ? only : NULL, TRUE, error);
  policy_source_unref (source);
  return state;
}

static void
test_free (gpointer data)
{
  g_free (((PolicyHandler *) data)->where);
  g_free (data);
}

static gboolean
run_tests (Bench *bench, const char *name, guint *n)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < bench->state->tests->len; i++)
    {
      const PolicyHandler *test = bench->state->tests->pdata[i];
      g_autofree char *problem = run_test (bench, i);

      printf ("%s %u - %s: %s\n", problem ? "not ok" : "ok", ++*n, name, test->where);
      if (problem)
        printf ("# %s\n", problem);
      ok = ok && !problem;
    }
  if (bench->state->tests->len > 0)
    return ok;
  printf ("not ok %u - %s: has no pli.test ()\n", ++*n, name);
  return FALSE;
}

gboolean
policy_test_file (PliPlugin *plugin, const char *path, guint *n)
{
  g_autofree char *folder = g_path_get_dirname (path), *name = g_path_get_basename (path), *text = NULL;
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  Bench bench = { .arena = arena, .folder = folder };
  gsize len;
  gboolean ok = FALSE;

  bench.stand_in = policy_stand_in_new ();
  if (g_file_get_contents (path, &text, &len, &error))
    bench.state = load_for (plugin, name, &error);
  if (bench.state)
    g_ptr_array_set_free_func (bench.state->tests, test_free);
  if (bench.state && policy_run_text (bench.state, name, pli_span (text, len), &error))
    {
      bench.state->loading = FALSE;
      ok = run_tests (&bench, name, n);
    }
  else
    printf ("not ok %u - %s: %s\n", ++*n, name, error->message);
  policy_state_unref (bench.state);
  policy_stand_in_free (bench.stand_in);
  return ok;
}
