/* Tests lib/conf (set.c, write.c, describe.c) and lib/conf/suggest.c: writing back changes one line and nothing else; generated
 * text reads back as what it was generated from. */
#include "conf/suggest.h"
#include "conf/tools.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct
{
  gint64 port;
  const char *name;
  gint mode;
} Sample;

static const char *const modes[] = { "a|b", "c", NULL };
static const PliSetting rows[] = {
  PLI_INT (Sample, port, "25", .min = 1, .max = 65535, .flags = PLI_RELOAD, .doc = "Port to listen on."),
  PLI_TEXT (Sample, name, NULL,
            .doc = "Name that is shown to clients in greetings, in Received fields and in every "
                   "other place where a name is wanted.",
            .rfc = "RFC 5321 4.2"),
  PLI_CHOICE (Sample, mode, "c", .choices = modes, .doc = "Mode."),
  { 0 }
};
static const PliConfigTable door = { "door", PLI_GROUP_NAMED, rows, sizeof (PliSetting), sizeof (Sample), "A door" };
static const PliConfigTable house = { "house", PLI_GROUP_PLAIN, rows, sizeof (PliSetting), sizeof (Sample), NULL };

typedef struct
{
  char *folder, *first, *local;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  fixture->folder = g_dir_make_tmp ("pli-set-XXXXXX", NULL);
  fixture->first = g_build_filename (fixture->folder, "10-a.conf", NULL);
  fixture->local = g_build_filename (fixture->folder, PLI_CONFIG_LOCAL, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  g_remove (fixture->first);
  g_remove (fixture->local);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0); /* nothing temporary is left */
  g_free (fixture->folder);
  g_free (fixture->first);
  g_free (fixture->local);
}

typedef struct
{
  const char *first, *local; /* files before; NULL: none */
  const char *instance, *key, *value;
  const char *first_after, *local_after;
  guint line;
} Case;

static const Case cases[] = {
  /* the line that wins is changed in place */
  { "# top\n[door in]\n  # why\n  port = 25\nname = x\n", NULL, "in", "port", "26",
    "# top\n[door in]\n  # why\n  port = 26\nname = x\n", NULL, 4 },
  { "[door in]\r\nport = 25\r\n", NULL, "in", "port", "26", "[door in]\r\nport = 26\r\n", NULL, 2 },
  { "[door in]\nport = 25", NULL, "in", "port", "26", "[door in]\nport = 26", NULL, 2 },
  { "[door in]\nport = 25\n", "[door in]\nport = 30\n", "in", "port", "26", "[door in]\nport = 25\n",
    "[door in]\nport = 26\n", 2 },
  /* else it goes to the local file */
  { "[door out]\nport = 25\n", NULL, "in", "port", "26", "[door out]\nport = 25\n", "[door in]\nport = 26\n", 2 },
  { "#port = 25\n", "# mine\n", "in", "port", "26", "#port = 25\n", "# mine\n\n[door in]\nport = 26\n", 4 },
  { NULL, "[door in]\nname = x\n\n# next\n[door out]\nname = y\n", "in", "port", "26", NULL,
    "[door in]\nname = x\nport = 26\n\n# next\n[door out]\nname = y\n", 3 },
  { NULL, "[door in]", "in", "port", "26", NULL, "[door in]\nport = 26\n", 2 },
  { NULL, "[house]\nname = x", NULL, "port", "26", NULL, "[house]\nname = x\nport = 26\n", 3 },
  { NULL, NULL, NULL, "name", " \"a\\b\" ", NULL, "[house]\nname = \" \\\"a\\\\b\\\" \"\n", 2 },
  { NULL, NULL, NULL, "name", "", NULL, "[house]\nname = \n", 2 },
};

static void
assert_file (const char *path, const char *text)
{
  g_autofree char *have = NULL;

  if (!text)
    {
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
      return;
    }
  g_assert_true (g_file_get_contents (path, &have, NULL, NULL));
  g_assert_cmpstr (have, ==, text);
}

static void
run_case (Fixture *fixture, const Case *at)
{
  const PliConfigTable *table = at->instance ? &door : &house;
  g_autoptr (PliConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  guint line = 0;

  if (at->first)
    g_assert_true (g_file_set_contents (fixture->first, at->first, -1, NULL));
  if (at->local)
    g_assert_true (g_file_set_contents (fixture->local, at->local, -1, NULL));
  pli_config_set (fixture->folder, table, at->instance, at->key, at->value, &file, &line, &error);
  g_assert_no_error (error);
  assert_file (fixture->first, at->first_after);
  assert_file (fixture->local, at->local_after);
  g_assert_cmpuint (line, ==, at->line);
  config = pli_config_load (fixture->folder, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pli_config_text (config, table->group, at->instance, at->key), ==, at->value);
  g_remove (fixture->first);
  g_remove (fixture->local);
}

static void
test_set (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %zu", i);
      run_case (fixture, &cases[i]);
    }
}

static void
expect_refusal (Fixture *fixture, const char *instance, const char *key, const char *value, PliErrorCode code,
                const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      pli_config_set (fixture->folder, instance ? &door : &house, instance, key, value, NULL, NULL, &error));
  g_assert_error (error, PLI_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_false (g_file_test (fixture->local, G_FILE_TEST_EXISTS));
}

static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  expect_refusal (fixture, NULL, "prot", "26", PLI_ERROR_NOT_FOUND, "did you mean \"port\"?");
  expect_refusal (fixture, NULL, "port", "0", PLI_ERROR_CONFIG, "[house] port: write 1 to 65535");
  expect_refusal (fixture, NULL, "name", "a\nport = 1", PLI_ERROR_CONFIG, "one line");
  expect_refusal (fixture, "a]b", "port", "1", PLI_ERROR_CONFIG, "NAME");
  g_assert_true (g_file_set_contents (fixture->first, "broken", -1, NULL));
  expect_refusal (fixture, NULL, "port", "26", PLI_ERROR_CONFIG, "10-a.conf:1:");
  assert_file (fixture->first, "broken");
}

static void
test_mode_kept (Fixture *fixture, gconstpointer unused)
{
  struct stat info;

  (void) unused;
  g_assert_true (g_file_set_contents (fixture->first, "[house]\nport = 1\n", -1, NULL));
  g_assert_cmpint (g_chmod (fixture->first, 0604), ==, 0);
  g_assert_true (pli_config_set (fixture->folder, &house, NULL, "port", "2", NULL, NULL, NULL));
  g_assert_cmpint (g_stat (fixture->first, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0604);
  g_assert_true (pli_config_set (fixture->folder, &house, NULL, "name", "n", NULL, NULL, NULL));
  g_assert_cmpint (g_stat (fixture->local, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0640);
}

static void
test_link_kept (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *target = g_build_filename (fixture->folder, "target", NULL);

  (void) unused;
  g_assert_true (g_file_set_contents (target, "[house]\nport = 1\n", -1, NULL));
  g_assert_cmpint (symlink ("target", fixture->first), ==, 0);
  g_assert_true (pli_config_set (fixture->folder, &house, NULL, "port", "2", NULL, NULL, NULL));
  g_assert_true (g_file_test (fixture->first, G_FILE_TEST_IS_SYMLINK));
  assert_file (target, "[house]\nport = 2\n");
  g_assert_cmpint (g_remove (target), ==, 0);
}

/* Generated text */

static const char template[] = "# proto-door: Opens doors.\n"
                               "# Every setting is here with its default, commented out. Generated; write your own "
                               "values into\n# another file, such as 90-local.conf (`pli config set` does).\n"
                               "\n[house]\n"
                               "\n# Port to listen on.\n# (number, 1 to 65535)\n#port = 25\n"
                               "\n# Name that is shown to clients in greetings, in Received fields and in every other "
                               "place where a\n# name is wanted.\n# (text; RFC 5321 4.2; needs a restart)\n#name =\n"
                               "\n# Mode.\n# (choice: a|b or c; needs a restart)\n#mode = c\n";

static void
test_template (void)
{
  g_auto (PliBuffer) out = { 0 };
  g_autoptr (GString) uncommented = g_string_new (NULL);
  g_autoptr (PliConfig) config = pli_config_new ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free);

  pli_describe_conf (&out, "proto-door", "Opens doors", &house, 1);
  pli_buffer_add_char (&out, '\0');
  g_assert_cmpstr (out.data, ==, template);
  /* With its settings made real it says what the defaults say. */
  g_string_append (uncommented, out.data);
  g_string_replace (uncommented, "\n#port", "\nport", 0);
  g_string_replace (uncommented, "\n#mode", "\nmode", 0);
  g_assert_true (pli_config_add (config, pli_span (uncommented->str, uncommented->len), "t", NULL));
  g_assert_true (pli_config_check (config, &house, 1, problems));
  g_assert_cmpstr (pli_config_text (config, "house", NULL, "port"), ==, "25");
}

static void
test_markdown (void)
{
  g_auto (PliBuffer) out = { 0 };

  pli_describe_markdown (&out, "proto-door", "Opens doors", &door, 1);
  pli_buffer_add_char (&out, '\0');
  g_assert_true (g_str_has_prefix (out.data, "# proto-door\n\nOpens doors. Generated from the setting rows.\n"
                                             "\n## [door NAME]\n\nA door.\n\n| Key | Default | Type | Meaning |\n"));
  g_assert_nonnull (strstr (out.data, "\n| `port` | `25` | number, 1 to 65535 | Port to listen on. |\n"));
  g_assert_nonnull (strstr (out.data, "| choice: a\\|b or c; needs a restart | Mode. |\n"));
}

static void
test_json (void)
{
  PliConfigTable tables[] = { door, house };
  json_t *groups = pli_describe_json (tables, 2);
  json_t *port = json_array_get (json_object_get (json_array_get (groups, 0), "settings"), 0);
  json_t *mode = json_array_get (json_object_get (json_array_get (groups, 1), "settings"), 2);

  g_assert_cmpuint (json_array_size (groups), ==, 2);
  g_assert_true (json_is_true (json_object_get (json_array_get (groups, 0), "named")));
  g_assert_cmpstr (json_string_value (json_object_get (port, "key")), ==, "port");
  g_assert_cmpstr (json_string_value (json_object_get (port, "type")), ==, "int");
  g_assert_cmpint (json_integer_value (json_object_get (port, "max")), ==, 65535);
  g_assert_true (json_is_true (json_object_get (port, "reload")));
  g_assert_cmpuint (json_array_size (json_object_get (mode, "choices")), ==, 2);
  json_decref (groups);
}

/* Two tables of one group make one group. */
static void
test_one_group (void)
{
  static const PliSetting more[] = { PLI_INT (Sample, port, "1", .doc = "More."), { 0 } };
  PliConfigTable tables[] = { house, house, door };
  g_auto (PliBuffer) conf = { 0 }, markdown = { 0 };
  json_t *groups;

  tables[1].rows = more;
  groups = pli_describe_json (tables, 3);
  g_assert_cmpuint (json_array_size (groups), ==, 2);
  g_assert_cmpuint (json_array_size (json_object_get (json_array_get (groups, 0), "settings")), ==, 4);
  json_decref (groups);
  pli_describe_conf (&conf, "x", NULL, tables, 3);
  pli_buffer_add_char (&conf, '\0');
  g_assert_cmpuint (g_strrstr (conf.data, "[house]") - conf.data, ==, strstr (conf.data, "[house]") - conf.data);
  g_assert_nonnull (strstr (conf.data, "# More.\n"));
  pli_describe_markdown (&markdown, "x", NULL, tables, 3);
  pli_buffer_add_char (&markdown, '\0');
  g_assert_true (g_strrstr (markdown.data, "## [house]") == strstr (markdown.data, "## [house]"));
}

typedef struct
{
  PliType type;
  gint64 value;
  const char *text;
} Number;

static const Number numbers[] = {
  { PLI_TYPE_SIZE, 4096, "4KiB" },
  { PLI_TYPE_SIZE, 1000, "1000" },
  { PLI_TYPE_SIZE, 25 << 20, "25MiB" },
  { PLI_TYPE_SIZE, 0, "0" },
  { PLI_TYPE_DURATION, 0, "0" },
  { PLI_TYPE_DURATION, 7, "7us" },
  { PLI_TYPE_DURATION, 90000000, "90s" },
  { PLI_TYPE_DURATION, 300000000, "5min" },
  { PLI_TYPE_INT, -3, "-3" },
};

static void
test_numbers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      pli_describe_number (&out, numbers[i].type, numbers[i].value);
      pli_buffer_add_char (&out, '\0');
      g_assert_cmpstr (out.data, ==, numbers[i].text);
    }
}

static void
test_suggest (void)
{
  static const char *const words[] = { "size-max", "idle", "hostname", NULL };
  static const char *const pairs[][2] = { { "sizemax", "size-max" },
                                          { "size_max", "size-max" },
                                          { "siez-max", "size-max" },
                                          { "idel", "idle" },
                                          { "hostnam", "hostname" },
                                          { "hots-name", "hostname" },
                                          { "banner", NULL },
                                          { "x", NULL },
                                          { "", NULL } };
  g_autofree char *huge = g_strnfill (5000, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_assert_cmpstr (pli_suggest (pairs[i][0], words), ==, pairs[i][1]);
  g_assert_null (pli_suggest (huge, words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/conf/set/lines", Fixture, NULL, set_up, test_set, tear_down);
  g_test_add ("/conf/set/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/conf/set/mode-kept", Fixture, NULL, set_up, test_mode_kept, tear_down);
  g_test_add ("/conf/set/link-kept", Fixture, NULL, set_up, test_link_kept, tear_down);
  g_test_add_func ("/conf/describe/template", test_template);
  g_test_add_func ("/conf/describe/markdown", test_markdown);
  g_test_add_func ("/conf/describe/json", test_json);
  g_test_add_func ("/conf/describe/one-group", test_one_group);
  g_test_add_func ("/conf/describe/numbers", test_numbers);
  g_test_add_func ("/conf/suggest", test_suggest);
  return g_test_run ();
}
