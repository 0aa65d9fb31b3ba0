/* store-cut.c: power cuts: a copy of the store's folder in which each file ends where it ended at the last sync. What
 * was created later is not in it. */
#include "store-fixture.h"

#include <glib/gstdio.h>

static void
walk (const char *path, const char *below, void (*func) (const char *path, const char *below, gpointer user),
      gpointer user)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *one = g_build_filename (path, name, NULL);
      g_autofree char *relative = g_build_filename (below, name, NULL);

      if (g_file_test (one, G_FILE_TEST_IS_DIR))
        walk (one, relative, func, user);
      else
        func (one, relative, user);
    }
}

static void
add_size (const char *path, const char *below, gpointer user)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_hash_table_insert (user, g_strdup (below), GSIZE_TO_POINTER ((gsize) status.st_size + 1));
}

static char *
folder (Store *store)
{
  return g_build_filename (store->test->root, "data", store->backend, NULL);
}

GHashTable *
store_sizes (Store *store)
{
  GHashTable *sizes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path = folder (store);

  walk (path, "", add_size, sizes);
  return sizes;
}

typedef struct
{
  GHashTable *sizes;
  char *target;
} Cut;

static void
copy_cut (const char *path, const char *below, gpointer user)
{
  Cut *cut = user;
  gsize size = GPOINTER_TO_SIZE (g_hash_table_lookup (cut->sizes, below)), have;
  g_autofree char *target = g_build_filename (cut->target, below, NULL);
  g_autofree char *parent = g_path_get_dirname (target), *text = NULL;
  g_autoptr (GError) error = NULL;

  if (size == 0)
    return;
  g_assert_true (g_file_get_contents (path, &text, &have, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (target, text, (gssize) MIN (have, size - 1), &error);
  g_assert_no_error (error);
}

void
store_power_cut (Store *store, GHashTable *sizes)
{
  Cut cut = { sizes, g_build_filename (store->test->root, "cut", NULL) };
  g_autofree char *path = folder (store),
                  *old = g_strdup_printf ("%s.old-%" G_GINT64_FORMAT, path, g_get_monotonic_time ());

  walk (path, "", copy_cut, &cut);
  store_reopen_after (store, path, old, cut.target);
  g_hash_table_unref (sizes);
  g_free (cut.target);
}
