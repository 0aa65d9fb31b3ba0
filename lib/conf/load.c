/* load.c: the files of conf.d, in order of name, and questions to what they say.
 *
 * Settings decide who reads mail, so a file or folder that any user may write is refused. Called at start, at reload
 * and by the commands. Blocks on the disk. */
#include "conf/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (GError **error, const char *shown, const char *why)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", shown, why);
  return FALSE;
}

static gboolean
check_stat (const struct stat *info, const char *shown, GError **error)
{
  if (info->st_mode & S_IWOTH)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG,
                   "%s: any user may write it, so it is not read; run chmod o-w on it", shown);
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_all (int fd, const char *shown, PliBuffer *out, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) < 0)
    return fail (error, shown, g_strerror (errno));
  if (!S_ISREG (info.st_mode))
    return fail (error, shown, "not a regular file");
  if (!check_stat (&info, shown, error))
    return FALSE;
  while (out->len <= PLI_CONFIG_FILE_MAX)
    {
      ssize_t got = read (fd, pli_buffer_reserve (out, 4096), 4096);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return fail (error, shown, g_strerror (errno));
      if (got == 0)
        return TRUE;
      out->len += (gsize) got;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: larger than %d bytes; split it", shown, PLI_CONFIG_FILE_MAX);
  return FALSE;
}

gboolean
pli_config_read_file (const char *path, const char *shown, PliBuffer *out, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  gboolean well;

  if (fd < 0)
    return fail (error, shown, g_strerror (errno));
  well = read_all (fd, shown, out, error);
  close (fd);
  return well;
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_files (const char *folder, const char *shown, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = NULL;
  struct stat info;
  const char *name;

  if (g_stat (folder, &info) < 0)
    {
      g_set_error (error, PLI_ERROR, errno == ENOENT ? PLI_ERROR_NOT_FOUND : PLI_ERROR_CONFIG,
                   "%s: %s; `pli init --domain D` makes it", folder, g_strerror (errno));
      return NULL;
    }
  if (!check_stat (&info, shown, error) || !(dir = g_dir_open (folder, 0, error)))
    return NULL;
  while ((name = g_dir_read_name (dir)))
    if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (names, g_strdup (name));
  if (names->len > PLI_CONFIG_FILES_MAX)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: more than %d files", shown, PLI_CONFIG_FILES_MAX);
      return NULL;
    }
  g_ptr_array_sort (names, by_name);
  return g_steal_pointer (&names);
}

PliConfig *
pli_config_load (const char *folder, GError **error)
{
  g_autoptr (PliConfig) config = pli_config_new ();
  g_autofree char *shown_folder = g_path_get_basename (folder);
  g_autoptr (GPtrArray) names = list_files (folder, shown_folder, error);

  for (guint i = 0; names && i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);
      g_autofree char *shown = g_build_filename (shown_folder, names->pdata[i], NULL);
      g_auto (PliBuffer) text = { 0 };

      if (!pli_config_read_file (path, shown, &text, error)
          || !pli_config_add (config, pli_buffer_span (&text), shown, error))
        return NULL;
    }
  return names ? g_steal_pointer (&config) : NULL;
}

/* Questions */

const char **
pli_config_instances (const PliConfig *config, const char *group)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < config->groups->len; i++)
    {
      const PliConfigGroup *at = config->groups->pdata[i];

      if (at->instance && g_str_equal (at->name, group))
        g_ptr_array_add (names, (gpointer) at->instance);
    }
  g_ptr_array_add (names, NULL);
  return (const char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

gboolean
pli_config_has (const PliConfig *config, const char *group, const char *instance)
{
  return pli_config_group (config, group, instance) != NULL;
}

/* @value: NULL for any absolute path. */
static gboolean
lists (const char *text, const char *value)
{
  gsize len = value ? strlen (value) : 0;

  while (*text)
    {
      gsize n = strcspn (text, ", \t");

      if (value ? n == len && memcmp (text, value, len) == 0 : *text == '/')
        return TRUE;
      text += n + (text[n] != 0);
    }
  return FALSE;
}

gboolean
pli_config_group_names (const PliConfig *config, const char *group, const char *value)
{
  const PliConfigGroup *at = pli_config_group (config, group, NULL);

  for (guint i = 0; at && i < at->entries->len; i++)
    {
      const PliConfigEntry *entry = at->entries->pdata[i];

      if (lists (entry->value, value) && pli_config_winner (config, group, NULL, entry->key) == entry)
        return TRUE;
    }
  return FALSE;
}

gboolean
pli_config_lists_path (const PliConfig *config, const char *prefix)
{
  for (guint i = 0; i < config->groups->len; i++)
    {
      const PliConfigGroup *group = config->groups->pdata[i];

      for (guint k = 0; g_str_has_prefix (group->name, prefix) && k < group->entries->len; k++)
        if (lists (((PliConfigEntry *) group->entries->pdata[k])->value, NULL))
          return TRUE;
    }
  return FALSE;
}

const PliConfigEntry *
pli_config_winner (const PliConfig *config, const char *group, const char *instance, const char *key)
{
  const PliConfigGroup *at = pli_config_group (config, group, instance);

  for (guint i = at ? at->entries->len : 0; i > 0; i--)
    {
      const PliConfigEntry *entry = at->entries->pdata[i - 1];

      if (g_str_equal (entry->key, key))
        return entry;
    }
  return NULL;
}

const char *
pli_config_text (const PliConfig *config, const char *group, const char *instance, const char *key)
{
  const PliConfigEntry *entry = pli_config_winner (config, group, instance, key);

  return entry ? entry->value : NULL;
}

GPtrArray *
pli_config_entries (const PliConfig *config, const char *group, const char *instance, const char *key)
{
  GPtrArray *found = g_ptr_array_new ();
  const PliConfigGroup *at = pli_config_group (config, group, instance);

  for (guint i = 0; at && i < at->entries->len; i++)
    if (g_str_equal (((PliConfigEntry *) at->entries->pdata[i])->key, key))
      g_ptr_array_add (found, at->entries->pdata[i]);
  return found;
}
