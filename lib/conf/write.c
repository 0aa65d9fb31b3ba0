/* write.c: replaces a small file so that after a crash either the old or the new text is there, never a part. Blocks on
 * the disk. */
#include "conf/tools.h"

#include "conf/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (GError **error, const char *path)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: cannot be written: %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
write_all (int fd, PliSpan text)
{
  while (text.len > 0)
    {
      ssize_t wrote = write (fd, text.data, text.len);

      if (wrote < 0 && errno != EINTR)
        return FALSE;
      if (wrote > 0)
        text = pli_span_skip (text, (gsize) wrote);
    }
  return TRUE;
}

/* Mode and owner of what is replaced. */
static gboolean
dress (int fd, const char *path, guint mode)
{
  struct stat old, new;

  if (stat (path, &old) < 0)
    return errno == ENOENT && fchmod (fd, mode) == 0;
  if (fstat (fd, &new) < 0)
    return FALSE;
  if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) && fchown (fd, old.st_uid, old.st_gid) < 0)
    return FALSE;
  return fchmod (fd, old.st_mode & 07777) == 0;
}

static gboolean
sync_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean well = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return well;
}

static gboolean
replace (const char *path, PliSpan text, guint mode, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path), *base = g_path_get_basename (path);
  g_autofree char *temp = g_strdup_printf ("%s/.%s.XXXXXX", folder, base);
  int fd = g_mkstemp_full (temp, O_WRONLY | O_CLOEXEC, 0600);
  gboolean well;

  if (fd < 0)
    return fail (error, path);
  well = (dress (fd, path, mode) && write_all (fd, text) && fsync (fd) == 0) || fail (error, path);
  if (close (fd) < 0 && well)
    well = fail (error, path);
  if (well && (g_rename (temp, path) < 0 || !sync_folder (folder)))
    well = fail (error, path);
  if (!well)
    g_unlink (temp);
  return well;
}

gboolean
pli_config_write_file (const char *path, PliSpan text, guint mode, GError **error)
{
  /* A link stays a link: what it points to is replaced. */
  char *real = realpath (path, NULL);
  gboolean well = replace (real ? real : path, text, mode, error);

  free (real);
  return well;
}
