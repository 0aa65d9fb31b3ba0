/* plugin-new.c: `pli plugin new NAME --kind KIND`: a project outside this tree, from the installed templates, that builds
 * with installed headers alone, with its test on the installed harness. */
#include "cli/plugin-new.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  const char *name, *folder; /* of the plugin; where it goes */
  char *id, *brief, *sources;
  gboolean store; /* its kind */
} Project;

static const char *const kinds[] = { "filter", "auth", "store", "deliver", NULL };

static gboolean
is_name (const char *name, const char *kind)
{
  gsize len = strlen (name), prefix = strlen (kind);

  return len > prefix + 1 && len <= 64 && g_str_has_prefix (name, kind) && name[prefix] == '-'
         && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && name[len - 1] != '-';
}

/* Beside the program in a build tree; where they were installed with it; where they should have been installed. */
static char *
templates_folder (GError **error)
{
  static const char *const places[] = { "share", "../share/pli", NULL };
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *beside = g_path_get_dirname (self ? self : "/");
  g_autofree char *last = g_build_filename (PLI_DATADIR, "templates", "plugin", NULL);

  for (guint i = 0; places[i]; i++)
    {
      g_autofree char *path = g_build_filename (beside, places[i], "templates", "plugin", NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        return g_steal_pointer (&path);
    }
  if (g_file_test (last, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&last);
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "%s is missing: install Pli's templates", last);
  return NULL;
}

static gboolean
copy (const Project *project, const char *from, const char *to, GError **error)
{
  g_autofree char *path = g_build_filename (project->folder, to, NULL), *text = NULL;
  g_autoptr (GString) filled = NULL;
  gsize len;

  if (!g_file_get_contents (from, &text, &len, error))
    return FALSE;
  filled = g_string_new_len (text, (gssize) len);
  g_string_replace (filled, "@NAME@", project->name, 0);
  g_string_replace (filled, "@ID@", project->id, 0);
  g_string_replace (filled, "@SHORT@", project->brief, 0);
  g_string_replace (filled, "@SOURCES@", project->sources ? project->sources : "", 0);
  /* The template of a store is a store of ours, as it is. */
  if (project->store)
    {
      g_autofree char *service = g_strdup_printf ("\"%s\"", project->brief);

      g_string_replace (filled, "store-memory", project->name, 0);
      g_string_replace (filled, "store_memory", project->id, 0);
      g_string_replace (filled, "\"memory\"", service, 0);
    }
  return g_file_set_contents (path, filled->str, (gssize) filled->len, error);
}

static gboolean
copy_one (const Project *project, const char *folder, const char *from, const char *to, GError **error)
{
  g_autofree char *path = g_build_filename (folder, from, NULL);

  return copy (project, path, to, error);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A store is many files. */
static gboolean
copy_store (Project *project, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "store", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".c") || g_str_has_suffix (name, ".h"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_texts);
  for (guint i = 0; i < names->len; i++)
    if (!copy_one (project, path, names->pdata[i], names->pdata[i], error))
      return FALSE;
  g_ptr_array_add (names, NULL);
  project->sources = g_strjoinv (" ", (char **) names->pdata);
  return dir != NULL;
}

static gboolean
write_all (Project *project, const char *kind, GError **error)
{
  static const char *const common[][2] = { { "configure.ac.in", "configure.ac" },
                                           { "Makefile.am.in", "Makefile.am" },
                                           { "README.md.in", "README.md" } };
  g_autofree char *folder = templates_folder (error);
  g_autofree char *source = g_strconcat (kind, ".c.in", NULL), *test = g_strconcat (kind, "-test.c.in", NULL);
  g_autofree char *conf = g_strconcat (project->name, ".conf", NULL);
  g_autofree char *m4 = g_build_filename (project->folder, "m4", NULL);

  if (!folder)
    return FALSE;
  if (g_mkdir (project->folder, 0777) < 0 || g_mkdir (m4, 0777) < 0)
    {
      g_set_error (error, PLI_ERROR, errno == EEXIST ? PLI_ERROR_EXISTS : PLI_ERROR_PERMANENT, "%s: %s",
                   project->folder, g_strerror (errno));
      return FALSE;
    }
  if (project->store)
    {
      if (!copy_store (project, folder, error))
        return FALSE;
    }
  else
    {
      project->sources = g_strdup ("plugin.c");
      if (!copy_one (project, folder, source, "plugin.c", error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    if (!copy_one (project, folder, common[i][0], common[i][1], error))
      return FALSE;
  return copy_one (project, folder, test, "test.c", error) && copy_one (project, folder, "plugin.conf.in", conf, error);
}

int
pli_plugin_new (const char *command, const char *name, const char *kind)
{
  Project project = { .name = name, .folder = name, .store = g_strcmp0 (kind, "store") == 0 };
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (!kind || !g_strv_contains (kinds, kind))
    return pli_cli_usage (command, "--kind is one of filter, auth, store, deliver");
  if (!is_name (name, kind))
    {
      g_autofree char *text =
          g_strdup_printf ("the name of a plugin of this kind is %s-SOMETHING, in a-z, 0-9 and -", kind);

      return pli_cli_usage (command, text);
    }
  project.id = g_strdelimit (g_strdup (name), "-", '_');
  project.brief = g_strdelimit (g_strdup (name + strlen (kind) + 1), "-", '_');
  ok = write_all (&project, kind, &error);
  g_free (project.id);
  g_free (project.brief);
  g_free (project.sources);
  if (!ok)
    return pli_cli_fail (command, error);
  printf ("%s is there. Next:\n  cd %s && autoreconf -i && ./configure && make check && make install\n"
          "then copy %s.conf into conf.d, and `pli reload`.\n",
          name, name, name);
  return PLI_EXIT_OK;
}
