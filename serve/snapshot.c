/* snapshot.c: the plugin files that rooms are started with: copies in run/gen-N, so that a room that is started again gets
 * what the others have, whatever was copied over or taken away in the meantime. A reload compares what is there now with
 * what was there then, and so knows which rooms have other plugins. Supervisor. */
#include "serve/supervisor-private.h"

#include "host/host.h"
#include "plugin/registry.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  struct stat st;
  int in = open (from, O_RDONLY | O_CLOEXEC), out = -1;
  gboolean ok = in >= 0 && fstat (in, &st) == 0;

  if (ok && (st.st_mode & S_IWOTH))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "plugin %s: others can write it; chmod o-w", from);
      close (in);
      return FALSE;
    }
  if (ok)
    {
      off_t left = st.st_size;

      out = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      ok = out >= 0;
      while (ok && left > 0)
        {
          ssize_t n = sendfile (out, in, NULL, (size_t) left);

          ok = n > 0;
          left -= ok ? n : 0;
        }
    }
  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "plugin %s: %s", from, g_strerror (errno));
  if (in >= 0)
    close (in);
  if (out >= 0)
    close (out);
  return ok;
}

/* Name -> what tells one state of its file from another, with the path at the end; 'h' in front: hosted. */
static GHashTable *
stamps_now (PliConfig *config)
{
  GHashTable *stamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) names = pli_registry_list_files ();

  for (guint i = 0; names[i]; i++)
    {
      g_autofree char *path = pli_registry_find_file (names[i]);
      struct stat st;

      if (path && !pli_host_is_idle (config, names[i]) && stat (path, &st) == 0)
        g_hash_table_insert (stamps, g_strdup (names[i]),
                             g_strdup_printf ("%c %lu %ld %ld.%09ld %s", pli_host_wanted (config, names[i]) ? 'h' : 'r',
                                              (gulong) st.st_ino, (glong) st.st_size, (glong) st.st_mtim.tv_sec,
                                              st.st_mtim.tv_nsec, path));
    }
  return stamps;
}

/* Rooms of what is in @a and not the same in @b. */
static guint32
rooms_differ (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer name, stamp;
  guint32 rooms = 0;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &name, &stamp))
    if (g_strcmp0 (g_hash_table_lookup (b, name), stamp) != 0)
      rooms |= *(const char *) stamp == 'h' ? PLI_ROOM_BIT (PLI_ROOM_HOST) : pli_setup_rooms_of (name);
  return rooms;
}

static gboolean
copy_all (GHashTable *stamps, const char *folder, GError **error)
{
  GHashTableIter iter;
  gpointer name, stamp;
  gboolean ok = g_mkdir_with_parents (folder, 0755) == 0;

  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", folder, g_strerror (errno));
  g_hash_table_iter_init (&iter, stamps);
  while (ok && g_hash_table_iter_next (&iter, &name, &stamp))
    {
      g_autofree char *file = g_strconcat (name, ".so", NULL);
      g_autofree char *to = g_build_filename (folder, file, NULL);

      ok = copy_file (strchr (stamp, '/'), to, error);
    }
  return ok;
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) files = path ? g_dir_open (path, 0, NULL) : NULL;
  const char *file;

  while (files && (file = g_dir_read_name (files)))
    {
      g_autofree char *old = g_build_filename (path, file, NULL);

      g_unlink (old);
    }
  if (files)
    g_rmdir (path);
}

gboolean
snapshot_take (Supervisor *s, PliConfig *config, guint32 *out_rooms, GError **error)
{
  GHashTable *now = stamps_now (config);
  g_autofree char *name = g_strdup_printf ("gen-%u", s->generation + 1);
  char *folder = pli_path_run (s->root, name);

  *out_rooms = s->plugins ? rooms_differ (now, s->plugins) | rooms_differ (s->plugins, now) : 0;
  if ((s->plugins && *out_rooms == 0) || !copy_all (now, folder, error))
    {
      remove_folder (folder);
      g_free (folder);
      g_hash_table_unref (now);
      return s->plugins && *out_rooms == 0;
    }
  s->plugins_before = s->plugins;
  s->folder_before = s->plugin_folder;
  s->plugins = now;
  s->plugin_folder = folder;
  return TRUE;
}

gboolean
snapshot_hosts (Supervisor *s, const char *name)
{
  const char *stamp = g_hash_table_lookup (s->plugins, name);

  return stamp && *stamp == 'h';
}

gboolean
snapshot_differs (Supervisor *s, const char *name)
{
  return s->plugins_before
         && g_strcmp0 (g_hash_table_lookup (s->plugins, name), g_hash_table_lookup (s->plugins_before, name)) != 0;
}

void
snapshot_settle (Supervisor *s, gboolean keep)
{
  if (!s->plugins_before)
    return;
  if (!keep)
    {
      g_autofree char *folder = s->plugin_folder;

      remove_folder (folder);
      g_hash_table_unref (s->plugins);
      s->plugins = g_steal_pointer (&s->plugins_before);
      s->plugin_folder = g_steal_pointer (&s->folder_before);
      return;
    }
  remove_folder (s->folder_before);
  g_clear_pointer (&s->folder_before, g_free);
  g_clear_pointer (&s->plugins_before, g_hash_table_unref);
}

void
snapshot_clean (Supervisor *s)
{
  g_autofree char *run = pli_path_run (s->root, "");
  g_autoptr (GDir) dir = g_dir_open (run, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, "gen-"))
      {
        g_autofree char *path = g_build_filename (run, name, NULL);

        remove_folder (path);
      }
}
