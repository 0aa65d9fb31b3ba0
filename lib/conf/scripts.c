/* scripts.c: see scripts.h. Nothing is parsed here. A file that others can write is refused, as a plugin is: whoever
 * writes it decides about everybody's mail. */
#include "conf/scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALL_MOST (128 * 1024 * 1024) /* they travel in one packet */

typedef struct
{
  const char *folder;
  guint64 file_max, all;
  PliArena *arena;
  GArray *found; /* PliScript */
} Reading;

static gboolean
refuse (const char *path, const char *why, GError **error)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "script %s: %s", path, why);
  return FALSE;
}

static gboolean
read_open (int fd, const char *path, PliArena *arena, gsize size, PliScript *out, GError **error)
{
  char *text = pli_arena_alloc (arena, size + 1);
  gsize at = 0;

  while (at < size)
    {
      ssize_t got = read (fd, text + at, size - at);

      if (got < 0)
        return refuse (path, g_strerror (errno), error);
      if (got == 0)
        break;
      at += (gsize) got;
    }
  out->text = pli_span (text, at);
  return TRUE;
}

static gboolean
read_file (Reading *r, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (r->folder, name, NULL);
  PliScript script = { .name = pli_arena_strdup (r->arena, name) };
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  gboolean ok;

  if (fd < 0 || fstat (fd, &st) < 0)
    ok = refuse (path, g_strerror (errno), error);
  else if (!S_ISREG (st.st_mode))
    ok = refuse (path, "is no file", error);
  else if (st.st_mode & S_IWOTH)
    ok = refuse (path, "others can write it; chmod o-w", error);
  else if ((guint64) st.st_size > r->file_max || r->all + (guint64) st.st_size > ALL_MOST)
    ok = refuse (path, "too big; see [server] script-max", error);
  else
    ok = read_open (fd, path, r->arena, (gsize) st.st_size, &script, error);
  if (fd >= 0)
    close (fd);
  r->all += script.text.len;
  if (ok)
    g_array_append_val (r->found, script);
  return ok;
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (((const PliScript *) a)->name, ((const PliScript *) b)->name);
}

static gboolean
read_folder (Reading *r, const char *below, const char *suffix, GError **error)
{
  g_autofree char *path = g_build_filename (r->folder, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *file;

  while (dir && (file = g_dir_read_name (dir)))
    {
      g_autofree char *name = g_build_filename (below, file, NULL);

      if (file[0] != '.' && g_str_has_suffix (file, suffix) && !read_file (r, name, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
pli_scripts_read (const char *folder, guint64 file_max, PliArena *arena, const PliScript **out, guint32 *out_n,
                  GError **error)
{
  g_autoptr (GArray) found = g_array_new (TRUE, FALSE, sizeof (PliScript));
  Reading r = { .folder = folder, .file_max = file_max, .arena = arena, .found = found };
  PliScript *all;

  if (!read_folder (&r, "", ".lua", error) || !read_folder (&r, "lib", ".lua", error)
      || !read_folder (&r, "lists", "", error))
    return FALSE;
  g_array_sort (found, by_name);
  all = pli_arena_array (arena, PliScript, found->len + 1);
  memcpy (all, found->data, found->len * sizeof (PliScript));
  *out = all;
  *out_n = found->len;
  return TRUE;
}
