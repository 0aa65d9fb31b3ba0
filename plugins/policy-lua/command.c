/* command.c: `pli policy check` and `pli policy test`: scripts without a server. Nothing is sent or stored; names are not
 * looked up but given. */
#include "test.h"

#include <stdio.h>

#define EXIT_OK 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_CONFIG 6

typedef struct
{
  const char *script, *message;
  const char *from, *peer, *helo, *login, *role;
  GPtrArray *to; /* const char * */
  PolicyStandIn *stand_in;
} Trial;

static int
complain (int code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  fprintf (stderr, "pli policy: ");
  vfprintf (stderr, format, args);
  fprintf (stderr, "\n");
  va_end (args);
  return code;
}

static PolicyState *
load (PliPlugin *plugin, const char *path, GError **error)
{
  PolicySource *source = policy_source_new (plugin);
  g_autofree char *name = path ? g_path_get_basename (path) : NULL;
  const char *only[] = { name, NULL };
  PolicyState *state =
      policy_load_some (plugin, source, pli_plugin_settings (plugin), name ? only : NULL, FALSE, error);

  policy_source_unref (source);
  return state;
}

static int
check (PliPlugin *plugin, const char *path)
{
  g_autoptr (GError) error = NULL;
  PolicyState *state;
  guint n = 0;

  if (path && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return complain (EXIT_FAILED, "%s: there is no such file", path);
  state = load (plugin, path, &error);
  if (!state)
    return complain (EXIT_CONFIG, "%s", error->message);
  for (guint i = 0; i < POLICY_N_STAGES; i++)
    if (state->handlers[i]->len > 0)
      {
        printf ("%s%s %u", n == 0 ? "Right. Functions: " : ", ", policy_stage_names[i], state->handlers[i]->len);
        n += state->handlers[i]->len;
      }
  printf (n > 0 ? "\n" : "Right, but nothing is registered.\n");
  policy_state_unref (state);
  return EXIT_OK;
}

static void
print_answer (const char *stage, const char *rcpt, const PolicyAnswer *answer)
{
  printf ("%s%s%s: %s", stage, rcpt ? " " : "", rcpt ? rcpt : "",
          answer->kind == POLICY_NONE ? "continue" : policy_kind_names[answer->kind]);
  if (answer->code)
    printf (" %u", answer->code);
  if (answer->status)
    printf (" %s", answer->status);
  if (answer->name)
    printf (" %s", answer->name);
  for (guint i = 0; i < answer->n_to; i++)
    printf (" %s", answer->to[i]);
  if (answer->text)
    printf (" \"%s\"", answer->text);
  if (answer->where)
    printf (" (%s)", answer->where);
  printf ("\n");
}

/* One stage; *out_over: the message goes no further. FALSE after an error. */
static gboolean
try_stage (const Trial *trial, PolicyState *state, PolicyStage stage, const char *rcpt, PliSpan message,
           gboolean *out_over)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PolicyScene scene = { .peer = trial->peer,
                        .local = "192.0.2.2",
                        .role = trial->role    ? trial->role
                                : trial->login ? "submission"
                                               : "mx",
                        .login = trial->login,
                        .helo = trial->helo,
                        .id = "01hx0000000000000000000000",
                        .sender = trial->from,
                        .rcpts = (const char *const *) trial->to->pdata,
                        .rcpt = rcpt ? rcpt : "",
                        .account = rcpt,
                        .announced = message.len,
                        .received_us = g_get_real_time (),
                        .stand_in = trial->stand_in };
  PolicyAnswer answer;
  const char *problem;

  policy_scene_set_message (&scene, message, stage);
  if (policy_try (state, stage, &scene, arena, &answer, &problem) == PLI_FAIL)
    {
      printf ("%s%s%s: error: %s\n", policy_stage_names[stage], rcpt ? " " : "", rcpt ? rcpt : "", problem);
      return FALSE;
    }
  if (state->handlers[stage]->len > 0)
    print_answer (policy_stage_names[stage], rcpt, &answer);
  *out_over = stage <= POLICY_MESSAGE
              && (answer.kind == POLICY_REJECT || answer.kind == POLICY_DEFER || answer.kind == POLICY_DISCARD);
  return TRUE;
}

static gboolean
try_all (Trial *trial, PolicyState *state, PliSpan message)
{
  g_autoptr (GPtrArray) named = g_ptr_array_copy (trial->to, NULL, NULL);
  gboolean over = FALSE;

  for (guint stage = 0; stage < POLICY_N_STAGES && !over; stage++)
    {
      gboolean each = stage == POLICY_RCPT || stage >= POLICY_ROUTE;

      for (guint i = 0; each && i + 1 < named->len; i++)
        {
          if (!try_stage (trial, state, (PolicyStage) stage, named->pdata[i], message, &over))
            return FALSE;
          if (over) /* refused: the others go on */
            g_ptr_array_remove_index (named, i--);
          over = FALSE;
        }
      if (!each && !try_stage (trial, state, (PolicyStage) stage, NULL, message, &over))
        return FALSE;
      over |= named->len == 1;
    }
  if (trial->stand_in->edits->len > 0)
    printf ("edits:\n%s", trial->stand_in->edits->str);
  return TRUE;
}

static gboolean
take_pair (GHashTable *into, const char *text)
{
  const char *equals = strchr (text, '=');

  if (equals)
    g_hash_table_insert (into, g_strndup (text, (gsize) (equals - text)), g_strdup (equals + 1));
  return equals != NULL;
}

static gboolean
take_option (Trial *trial, const char *name, const char *value)
{
  if (g_str_equal (name, "--from"))
    trial->from = value;
  else if (g_str_equal (name, "--to"))
    g_ptr_array_add (trial->to, (gpointer) value);
  else if (g_str_equal (name, "--peer"))
    trial->peer = value;
  else if (g_str_equal (name, "--helo"))
    trial->helo = value;
  else if (g_str_equal (name, "--login"))
    trial->login = value;
  else if (g_str_equal (name, "--role"))
    trial->role = value;
  else if (g_str_equal (name, "--fact"))
    return take_pair (trial->stand_in->facts, value);
  else if (g_str_equal (name, "--answer"))
    return take_pair (trial->stand_in->answers, value);
  else
    return FALSE;
  return TRUE;
}

static int
run_trial (PliPlugin *plugin, Trial *trial)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  PolicyState *state;
  gsize len;
  gboolean ok;

  if (!g_file_test (trial->script, G_FILE_TEST_IS_REGULAR))
    return complain (EXIT_FAILED, "%s: there is no such file", trial->script);
  message = policy_message_read (trial->message, &len, &error);
  if (!message)
    return complain (EXIT_FAILED, "%s", error->message);
  state = load (plugin, trial->script, &error);
  if (!state)
    return complain (EXIT_CONFIG, "%s", error->message);
  if (trial->to->len == 0)
    g_ptr_array_add (trial->to, (gpointer) "rcpt@example.test");
  g_ptr_array_add (trial->to, NULL);
  ok = try_all (trial, state, pli_span (message, len));
  policy_state_unref (state);
  return ok ? EXIT_OK : EXIT_FAILED;
}

static int
try_message (PliPlugin *plugin, int argc, char **argv)
{
  Trial trial = { .from = "sender@example.org", .peer = "192.0.2.1", .helo = "client.example.org" };
  int code = EXIT_OK;

  trial.to = g_ptr_array_new ();
  trial.stand_in = policy_stand_in_new ();
  for (int i = 1; i < argc && code == EXIT_OK; i++)
    if (argv[i][0] != '-' && !trial.script)
      trial.script = argv[i];
    else if (argv[i][0] != '-' && !trial.message)
      trial.message = argv[i];
    else if (i + 1 < argc && take_option (&trial, argv[i], argv[i + 1]))
      i++;
    else
      code = complain (EXIT_USAGE, "what is %s? See pli policy --help", argv[i]);
  if (code == EXIT_OK)
    code = run_trial (plugin, &trial);
  g_ptr_array_unref (trial.to);
  policy_stand_in_free (trial.stand_in);
  return code;
}

/* Words that are files of tests; the program names those of the server when nobody names any. */
static int
run_tests (PliPlugin *plugin, int argc, char **argv)
{
  gboolean ok = TRUE;
  guint n = 0;

  for (int i = 1; i < argc; i++)
    ok = policy_test_file (plugin, argv[i], &n) && ok;
  printf ("1..%u\n", n);
  return ok ? EXIT_OK : EXIT_FAILED;
}

int
policy_command (PliPlugin *plugin, int argc, char **argv)
{
  if (g_str_equal (argv[0], "test"))
    return argc == 1 || g_str_has_suffix (argv[1], "_test.lua") ? run_tests (plugin, argc, argv)
                                                                : try_message (plugin, argc, argv);
  if (argc > 2)
    return complain (EXIT_USAGE, "check takes one file");
  return check (plugin, argc > 1 ? argv[1] : NULL);
}
