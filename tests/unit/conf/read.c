/* Tests lib/conf/read.c and load.c: the grammar of settings files, their order, and what is refused with which words. */
#include "conf/config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct
{
  const char *text;
  const char *value; /* of [a] k; NULL: not set */
} Good;

static const Good good[] = {
  { "", NULL },
  { "[a]", NULL },
  { "[a]\nk = v", "v" },
  { "[a]\r\nk=v\r\n", "v" },
  { "\xef\xbb\xbf[a]\nk = v\n", "v" },
  { "  [ a ]  \n\t k\t =  v w \t\n", "v w" },
  { "[a]\n# k = x\n; k = y\nk = v\n", "v" },
  { "[a]\nk = v # not a comment\n", "v # not a comment" },
  { "[a]\nk =\n", "" },
  { "[a]\nk = \"\"\n", "" },
  { "[a]\nk = \" v \"\n", " v " },
  { "[a]\nk = \"a\\\"b\\\\c\"\n", "a\"b\\c" },
  { "[a]\nk = a = b\n", "a = b" },
  { "[a]\nk = gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f" },
  { "[a]\nk = v\n[b]\nk = w\n", "v" },
  { "[a]\nj = 1\n[b]\n[a]\nk = v\n", "v" },
  { "[a x]\nk = v\n", NULL },
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (PliConfig) config = pli_config_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("case %zu", i);
      pli_config_add (config, pli_span_from (good[i].text), "f", &error);
      g_assert_no_error (error);
      g_assert_cmpstr (pli_config_text (config, "a", NULL, "k"), ==, good[i].value);
    }
}

typedef struct
{
  const char *text;
  const char *error; /* begins with */
} Bad;

static const Bad bad[] = {
  { "k = v\n", "f:1: a key before the first [group]" },
  { "[a]\n\nk\n", "f:3: neither" },
  { "[a\nk = v\n", "f:1: the group's name is not closed" },
  { "[a] # x\n", "f:1: the group's name is not closed" },
  { "[]\n", "f:1: a group's name" },
  { "[A]\n", "f:1: a group's name" },
  { "[a b c]\n", "f:1: NAME in [group NAME]" },
  { "[a \"b\"]\n", "f:1: NAME in [group NAME]" },
  { "[a]\n= v\n", "f:2: a key has" },
  { "[a]\nK = v\n", "f:2: a key has" },
  { "[a]\nk k = v\n", "f:2: a key has" },
  { "[a]\nk = \"v\n", "f:2: the quote is not closed" },
  { "[a]\nk = \"v\" # x\n", "f:2: text behind the closing quote" },
  { "[a]\nk = \"\\n\"\n", "f:2: inside quotes" },
  { "[a]\nk = \"\\\n", "f:2: inside quotes" },
  { "[a]\nk = a\x01\n", "f:2: the line has a control character" },
  { "[a]\nk = a\rb\n", "f:2: the line has a control character" },
  { "[a]\nk = \xff\n", "f:2: the line is not UTF-8" },
  { "[a]\nk = 1\nj = 2\nk = 3\n", "f:4: \"k\" is set in line 2 already" },
  { "[a]\nk = 1\n[b]\n[a]\nk = 3\n", "f:5: \"k\" is set in line 2 already" },
};

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (PliConfig) config = pli_config_new ();
      g_autoptr (GError) error = NULL;

      g_assert_false (pli_config_add (config, pli_span_from (bad[i].text), "f", &error));
      g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
      if (!g_str_has_prefix (error->message, bad[i].error))
        g_error ("case %zu: \"%s\" does not begin with \"%s\"", i, error->message, bad[i].error);
    }
}

static void
test_limits (void)
{
  g_autoptr (PliConfig) config = pli_config_new ();
  g_autoptr (GString) text = g_string_new ("[a]\nk = ");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) many = NULL;
  g_autoptr (GError) nul = NULL;

  for (guint i = 0; i < PLI_CONFIG_LINE_MAX - 4; i++)
    g_string_append_c (text, 'x');
  g_assert_true (pli_config_add (config, pli_span (text->str, text->len), "fits", NULL));
  g_string_append_c (text, 'x');
  g_assert_false (pli_config_add (config, pli_span (text->str, text->len), "long", &error));
  g_assert_cmpstr (error->message, ==, "long:2: the line is longer than 16384 bytes");
  g_string_assign (text, "[a]\n");
  for (guint i = 0; i < 1001; i++)
    g_string_append_printf (text, "k%u = 1\n", i);
  g_assert_false (pli_config_add (config, pli_span (text->str, text->len), "many", &many));
  g_assert_cmpstr (many->message, ==, "many:1001: more than 1000 lines in one group");
  g_assert_false (pli_config_add (config, PLI_SPAN ("[b]\nk = a\0b\n"), "nul", &nul));
  g_assert_nonnull (strstr (nul->message, "control character"));
}

/* Files */

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  fixture->folder = g_dir_make_tmp ("pli-conf-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
}

static void
put (Fixture *fixture, const char *name, const char *text, guint mode)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, (int) mode), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  (void) unused;
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

static void
test_order (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PliConfig) config = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree const char **names = NULL;
  g_autofree char *base = g_path_get_basename (fixture->folder);
  g_autofree char *shown = g_build_filename (base, "20-b.conf", NULL);

  (void) unused;
  put (fixture, "90-c.conf", "[a]\nj = late\n[l two]\n[l one]\n", 0644);
  put (fixture, "20-b.conf", "\n[a]\nk = middle\n", 0640);
  put (fixture, "10-a.conf", "[a]\nk = early\nj = early\n[l one]\nx = 1\n", 0600);
  put (fixture, "30-x.conf.bak", "not read", 0644);
  put (fixture, ".40-x.conf", "not read", 0644);
  config = pli_config_load (fixture->folder, NULL);
  g_assert_nonnull (config);
  g_assert_cmpstr (pli_config_text (config, "a", NULL, "k"), ==, "middle");
  g_assert_cmpstr (pli_config_text (config, "a", NULL, "j"), ==, "late");
  g_assert_cmpstr (pli_config_text (config, "l", "one", "x"), ==, "1");
  g_assert_null (pli_config_text (config, "l", "two", "x"));
  g_assert_true (pli_config_has (config, "l", "two"));
  g_assert_false (pli_config_has (config, "l", NULL));
  entries = pli_config_entries (config, "a", NULL, "k");
  g_assert_cmpuint (entries->len, ==, 2);
  g_assert_cmpstr (((PliConfigEntry *) entries->pdata[1])->file, ==, shown);
  g_assert_cmpuint (((PliConfigEntry *) entries->pdata[1])->line, ==, 3);
  names = pli_config_instances (config, "l");
  g_assert_cmpstr (names[0], ==, "one");
  g_assert_cmpstr (names[1], ==, "two");
  g_assert_null (names[2]);
}

static void
expect_load_error (Fixture *fixture, PliErrorCode code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (pli_config_load (fixture->folder, &error));
  g_assert_error (error, PLI_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_permissions (Fixture *fixture, gconstpointer unused)
{
  (void) unused;
  put (fixture, "10-a.conf", "[a]\n", 0646);
  expect_load_error (fixture, PLI_ERROR_CONFIG, "10-a.conf: any user may write it");
  put (fixture, "10-a.conf", "[a]\n", 0644);
  g_assert_cmpint (g_chmod (fixture->folder, 0777), ==, 0);
  expect_load_error (fixture, PLI_ERROR_CONFIG, "any user may write it");
  g_assert_cmpint (g_chmod (fixture->folder, 0700), ==, 0);
  pli_config_unref (pli_config_load (fixture->folder, NULL));
}

static void
test_odd_files (Fixture *fixture, gconstpointer unused)
{
  Fixture nowhere = { (char *) "/nonexistent/conf.d" };
  g_autofree char *path = g_build_filename (fixture->folder, "10-dir.conf", NULL);

  (void) unused;
  expect_load_error (&nowhere, PLI_ERROR_NOT_FOUND, "pli init");
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  expect_load_error (fixture, PLI_ERROR_CONFIG, "10-dir.conf: not a regular file");
  g_assert_cmpint (g_remove (path), ==, 0);
  put (fixture, "20-big.conf", "", 0600);
  g_free (path);
  path = g_build_filename (fixture->folder, "20-big.conf", NULL);
  g_assert_cmpint (truncate (path, PLI_CONFIG_FILE_MAX + 1), ==, 0);
  expect_load_error (fixture, PLI_ERROR_CONFIG, "20-big.conf: larger than 4194304 bytes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conf/read/good", test_good);
  g_test_add_func ("/conf/read/bad", test_bad);
  g_test_add_func ("/conf/read/limits", test_limits);
  g_test_add ("/conf/load/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/conf/load/permissions", Fixture, NULL, set_up, test_permissions, tear_down);
  g_test_add ("/conf/load/odd-files", Fixture, NULL, set_up, test_odd_files, tear_down);
  return g_test_run ();
}
