/* known.c: see known.h. */
#include "cli/known.h"

#include "conf/suggest.h"
#include "loop/instance.h"
#include "sys/server.h"

#include <stdio.h>

PliKnown *
pli_known_new (const char *root)
{
  PliKnown *known = g_new0 (PliKnown, 1);
  g_auto (GStrv) names = pli_registry_list_files ();

  known->instance = pli_instance_new ();
  known->instance->root = root;
  known->registry = pli_registry_new (known->instance);
  for (guint i = 0; names[i]; i++)
    {
      g_autofree char *path = pli_registry_find_file (names[i]);
      g_autoptr (GError) error = NULL;

      if (path && pli_registry_open (known->registry, path, &error))
        continue;
      known->n_broken++;
      fprintf (stderr, "pli: plugin %s: %s\n", names[i], error ? error->message : "is gone");
    }
  known->tables = pli_server_tables (known->registry);
  return known;
}

void
pli_known_free (PliKnown *known)
{
  if (!known)
    return;
  g_array_unref (known->tables);
  pli_registry_free (known->registry);
  pli_instance_free (known->instance);
  g_free (known);
}

static void
no_group (const PliKnown *known, const char *group, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, known->tables->len + 1);
  const char *near;

  for (guint i = 0; i < known->tables->len; i++)
    names[i] = g_array_index (known->tables, PliConfigTable, i).group;
  near = pli_suggest (group, names);
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "there is no group [%s]%s%s%s", group,
               near ? "; did you mean \"" : "; `pli plugin list` shows the plugins there are", near ? near : "",
               near ? "\"?" : "");
}

const PliConfigTable *
pli_known_find (const PliKnown *known, const char *group, const char *key, GError **error)
{
  const PliConfigTable *first = NULL;
  PliSetting row;

  for (guint i = 0; i < known->tables->len; i++)
    {
      const PliConfigTable *table = &g_array_index (known->tables, PliConfigTable, i);

      if (!g_str_equal (table->group, group))
        continue;
      if (!key || pli_config_row_find (table, key, &row))
        return table;
      first = first ? first : table;
    }
  /* Who asks for the key in the first table is told which one is near. */
  if (!first)
    no_group (known, group, error);
  return first;
}
