/* places.c: where moved accounts are: a file each, `ACCOUNT.place`, with one line `FROM TO HELD BEGUN LEFT`; written anew at
 * each change, synced, renamed. Rooms that share the folder have different accounts. */
#include "migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SUFFIX ".place"

void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->account);
  g_free (place->from);
  g_free (place->to);
  g_free (place->left);
  g_free (place);
}

Place *
places_get (Migrate *migrate, const char *account)
{
  return g_hash_table_lookup (migrate->places, account);
}

static gboolean
load_one (Migrate *migrate, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (migrate->folder, name, NULL), *text = NULL;
  g_auto (GStrv) word = NULL;
  g_autoptr (GError) why = NULL;
  Place *place;

  if (!g_file_get_contents (path, &text, NULL, &why))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", path, why->message);
      return FALSE;
    }
  word = g_strsplit (g_strchomp (text), " ", -1);
  if (g_strv_length (word) != 5)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "%s: five words are wanted", path);
      return FALSE;
    }
  place = g_new0 (Place, 1);
  place->account = g_strndup (name, strlen (name) - strlen (SUFFIX));
  place->from = g_strdup (word[0]);
  place->to = g_strdup (word[1]);
  place->held = g_str_equal (word[2], "1");
  place->begun = g_str_equal (word[3], "1");
  place->left = g_strdup (word[4]);
  g_hash_table_insert (migrate->places, place->account, place);
  pli_store_place (migrate->instance, place->account, place->held ? "" : place->to);
  if (place->held)
    pli_log (PLI_LOG_WARNING, "store.held", "account", place->account, "to", place->to, NULL);
  return TRUE;
}

gboolean
places_load (Migrate *migrate, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GDir) dir = g_dir_open (migrate->folder, 0, &why);
  const char *name;

  if (!dir)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", migrate->folder, why->message);
      return FALSE;
    }
  while ((name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, SUFFIX) && !load_one (migrate, name, error))
      return FALSE;
  return TRUE;
}

static gboolean
write_synced (const char *path, const char *text)
{
  gsize len = strlen (text);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write (fd, text, len) == (gssize) len && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
place_write (Migrate *migrate, const Place *place, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s" SUFFIX, migrate->folder, place->account);
  g_autofree char *new = g_strconcat (path, ".new", NULL);
  g_autofree char *text =
      g_strdup_printf ("%s %s %d %d %s\n", place->from, place->to, place->held, place->begun, place->left);
  int fd = -1;
  gboolean ok;

  if (write_synced (new, text) && rename (new, path) == 0)
    fd = open (migrate->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ok = fd >= 0 && fsync (fd) == 0;
  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}
