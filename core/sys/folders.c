/* folders.c: see folders.h. A plugin's folder is named after it and belongs to its room; the segments are written by
 * `queue` and read by `store`, which is in their group. */
#include "sys/folders.h"

#include "host/host.h"
#include "sys/server.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_UIDS 16 /* behind those of the kinds */

guint32
pli_folders_uid (const PliSetup *setup, PliRoomKind kind)
{
  guint32 place = kind == PLI_ROOM_HOST ? HOST_UIDS + setup->index : (guint32) kind;

  return setup->uid_base ? setup->uid_base + place : 0;
}

/* An edge's plugin and a hosted filter keep nothing on disk. */
static gboolean
keeps_files (PliRoomKind kind, const char *plugin)
{
  return !PLI_ROOM_IS_EDGE (kind) && (kind != PLI_ROOM_HOST || pli_host_is_directory (plugin));
}

static char *
plugin_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  return g_strndup (base, strlen (base) - 3);
}

static gboolean
make (const char *path, guint mode, guint32 uid, guint32 gid, GError **error)
{
  if (g_mkdir_with_parents (path, (gint) mode) == 0 && g_chmod (path, (gint) mode) == 0
      && (uid == 0 || lchown (path, uid, gid) == 0))
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "folder %s: %s", path, g_strerror (errno));
  return FALSE;
}

/* A power cut must not take a folder away whose files were synced. */
static gboolean
sync_parent (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  int fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "folder %s: %s", parent, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

/* What is below may come from a run with other ids, as `init` by root does. */
static gboolean
give (const char *path, guint32 uid, guint32 gid, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *below = g_build_filename (path, name, NULL);
      struct stat st;

      if (lstat (below, &st) < 0 || (st.st_uid == uid && !S_ISDIR (st.st_mode)))
        continue;
      if (st.st_uid != uid && lchown (below, uid, gid) < 0)
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", below, g_strerror (errno));
          return FALSE;
        }
      if (S_ISDIR (st.st_mode) && st.st_uid != uid && !give (below, uid, gid, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
make_and_give (const char *path, guint mode, guint32 uid, guint32 gid, GError **error)
{
  return make (path, mode, uid, gid, error) && sync_parent (path, error) && (uid == 0 || give (path, uid, gid, error));
}

gboolean
pli_folders_make (const PliSetup *setup, PliRoomKind kind, GError **error)
{
  guint32 uid = pli_folders_uid (setup, kind);
  gboolean ok = TRUE;

  if (kind == PLI_ROOM_QUEUE)
    {
      g_autofree char *segments = pli_path_state (setup->root, "segments");

      ok = make_and_give (segments, uid ? 02750 : 0700, uid, pli_folders_uid (setup, PLI_ROOM_STORE), error);
    }
  for (guint i = 0; ok && setup->plugins[i]; i++)
    {
      g_autofree char *name = plugin_name (setup->plugins[i]);
      g_autofree char *path = pli_path_state (setup->root, name);

      if (keeps_files (kind, name))
        ok = make_and_give (path, 0700, uid, uid, error);
    }
  return ok;
}

gboolean
pli_folders_reachable (const char *root)
{
  g_autofree char *path = root ? g_strdup (root) : g_strdup (PLI_STATEDIR);

  for (;;)
    {
      struct stat st;
      char *slash;

      if (stat (path, &st) == 0 && !(st.st_mode & S_IXOTH))
        return FALSE;
      slash = strrchr (path, '/');
      if (!slash || slash == path)
        return TRUE;
      *slash = 0;
    }
}

/* Does a plugin that connects want the path of a socket? Only then may `out` make such sockets. */
static gboolean
wants_paths (const PliSetup *setup)
{
  g_autoptr (PliConfig) config = pli_config_unpack (setup->config, NULL);

  return config
         && (pli_config_lists_path (config, "filter-") || pli_config_lists_path (config, "policy-")
             || pli_config_lists_path (config, "deliver-"));
}

void
pli_folders_walls (const PliSetup *setup, PliRoomKind kind, PliArena *arena, PliWallSpec *out)
{
  guint n = 0, reads = 0, writes = 0;
  const char **read, **write;
  g_autofree char *segments = pli_path_state (setup->root, "segments");
  g_autoptr (PliConfig) config = kind == PLI_ROOM_STORE ? pli_config_unpack (setup->config, NULL) : NULL;
  g_autofree const char **volumes = config ? pli_config_instances (config, "volume") : NULL;

  while (setup->plugins[n])
    n++;
  read = pli_arena_array (arena, const char *, n + 3);
  write = pli_arena_array (arena, const char *, n + 2 + (volumes ? g_strv_length ((GStrv) volumes) : 0));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = plugin_name (setup->plugins[i]);
      g_autofree char *path = pli_path_state (setup->root, name);

      read[reads++] = setup->plugins[i];
      if (keeps_files (kind, name))
        write[writes++] = pli_arena_strdup (arena, path);
    }
  if (kind == PLI_ROOM_QUEUE)
    write[writes++] = pli_arena_strdup (arena, segments);
  else if (kind == PLI_ROOM_STORE)
    read[reads++] = pli_arena_strdup (arena, segments);
  else if (kind == PLI_ROOM_OUT)
    {
      read[reads++] = "/etc/resolv.conf";
      read[reads++] = "/usr/share/dns";
    }
  for (guint i = 0; volumes && volumes[i]; i++)
    write[writes++] = pli_arena_strdup (arena, pli_config_text (config, "volume", volumes[i], "path"));
  memset (out, 0, sizeof *out);
  out->path_sockets = kind == PLI_ROOM_OUT && wants_paths (setup);
  out->read_paths = read;
  out->write_paths = write;
  out->uid = out->gid = pli_folders_uid (setup, kind);
}
