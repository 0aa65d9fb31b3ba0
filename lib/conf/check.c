/* check.c: everything that is wrong with the settings, at once, in order of file and line: unknown groups and keys
 * (with the nearest known one), bad values, missing required ones, deprecated ones. For `pli check`, start and reload.
 * */
#include "conf/internal.h"
#include "conf/suggest.h"

typedef struct
{
  const PliConfig *config;
  const PliConfigTable *tables;
  gsize n_tables;
  GPtrArray *problems;
} Check;

void
pli_config_problem_free (PliConfigProblem *problem)
{
  if (!problem)
    return;
  g_free (problem->file);
  g_free (problem->text);
  g_free (problem);
}

/* @text: (transfer full): without file and line. */
static void
add (Check *check, const char *file, guint line, gboolean warning, char *text)
{
  PliConfigProblem *problem = g_new0 (PliConfigProblem, 1);

  problem->file = g_strdup (file);
  problem->line = line;
  problem->warning = warning;
  problem->text = file ? g_strdup_printf ("%s:%u: %s", file, line, text) : g_strdup (text);
  g_free (text);
  g_ptr_array_add (check->problems, problem);
}

static char *
title (const PliConfigGroup *group)
{
  return g_strconcat ("[", group->name, group->instance ? " " : "", group->instance ? group->instance : "", "]", NULL);
}

static void
unknown_group (Check *check, const PliConfigGroup *group)
{
  g_autofree const char **names = g_new0 (const char *, check->n_tables + 1);
  g_autofree char *shown = title (group);
  const char *near;

  for (gsize i = 0; i < check->n_tables; i++)
    names[i] = check->tables[i].group;
  near = pli_suggest (group->name, names);
  add (check, group->file, group->line, FALSE,
       near ? g_strdup_printf ("there is no group %s; did you mean \"%s\"?", shown, near)
            : g_strdup_printf ("there is no group %s; `pli plugin list` shows the plugins there are", shown));
}

static void
unknown_key (Check *check, const PliConfigGroup *group, const PliConfigEntry *entry)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *shown = title (group);
  const char *near;
  PliSetting row;

  for (gsize i = 0; i < check->n_tables; i++)
    for (guint at = 0;
         g_str_equal (check->tables[i].group, group->name) && pli_config_row (&check->tables[i], at, &row); at++)
      g_ptr_array_add (keys, pli_config_row_key (&row));
  g_ptr_array_add (keys, NULL);
  near = pli_suggest (entry->key, (const char *const *) keys->pdata);
  add (check, entry->file, entry->line, FALSE,
       near ? g_strdup_printf ("%s has no key \"%s\"; did you mean \"%s\"?", shown, entry->key, near)
            : g_strdup_printf ("%s has no key \"%s\"; `pli config show %s` lists its keys", shown, entry->key,
                               group->name));
}

static void
check_entry (Check *check, const PliConfigGroup *group, const PliConfigEntry *entry)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = title (group);
  gboolean known = FALSE;
  PliSetting row;

  for (gsize i = 0; i < check->n_tables && !known; i++)
    known =
        g_str_equal (check->tables[i].group, group->name) && pli_config_row_find (&check->tables[i], entry->key, &row);
  if (!known)
    {
      unknown_key (check, group, entry);
      return;
    }
  if (!pli_config_value_valid (&row, entry->value, &error))
    add (check, entry->file, entry->line, FALSE,
         row.flags & PLI_SECRET ? g_strdup_printf ("%s %s: %s", shown, entry->key, error->message)
                                : g_strdup_printf ("%s %s = %s: %s", shown, entry->key, entry->value, error->message));
  if (row.flags & PLI_DEPRECATED)
    add (check, entry->file, entry->line, TRUE,
         g_strdup_printf ("%s %s is deprecated: %s", shown, entry->key, row.doc ? row.doc : "do not use it"));
}

static void
check_group (Check *check, const PliConfigGroup *group)
{
  const PliConfigTable *table = NULL;

  for (gsize i = 0; i < check->n_tables && !table; i++)
    if (g_str_equal (check->tables[i].group, group->name))
      table = &check->tables[i];
  if (!table)
    {
      unknown_group (check, group);
      return;
    }
  if (table->kind == PLI_GROUP_NAMED && !group->instance)
    add (check, group->file, group->line, FALSE,
         g_strdup_printf ("[%s] needs a name; write [%s NAME]", group->name, group->name));
  if (table->kind == PLI_GROUP_PLAIN && group->instance)
    add (check, group->file, group->line, FALSE,
         g_strdup_printf ("[%s %s] takes no name; write [%s]", group->name, group->instance, group->name));
  for (guint i = 0; i < group->entries->len; i++)
    check_entry (check, group, group->entries->pdata[i]);
}

static void
check_required (Check *check, const PliConfigTable *table, const char *instance)
{
  const PliConfigGroup *group = pli_config_group (check->config, table->group, instance);
  PliSetting row;

  for (guint i = 0; pli_config_row (table, i, &row); i++)
    {
      g_autofree char *key = pli_config_row_key (&row);

      if ((row.flags & PLI_REQUIRED) && !pli_config_winner (check->config, table->group, instance, key))
        add (check, group ? group->file : NULL, group ? group->line : 0, FALSE,
             g_strdup_printf ("[%s%s%s] needs \"%s\" (%s)", table->group, instance ? " " : "", instance ? instance : "",
                              key, row.doc ? row.doc : "required"));
    }
}

static int
by_place (gconstpointer a, gconstpointer b)
{
  const PliConfigProblem *left = *(PliConfigProblem *const *) a, *right = *(PliConfigProblem *const *) b;
  int order = (left->file ? 0 : 1) - (right->file ? 0 : 1);

  if (order == 0)
    order = g_strcmp0 (left->file, right->file);
  return order ? order : (left->line > right->line) - (left->line < right->line);
}

gboolean
pli_config_check (const PliConfig *config, const PliConfigTable *tables, gsize n_tables, GPtrArray *problems)
{
  Check check = { config, tables, n_tables, problems };

  for (guint i = 0; i < config->groups->len; i++)
    check_group (&check, config->groups->pdata[i]);
  for (gsize i = 0; i < n_tables; i++)
    {
      g_autofree const char **instances =
          tables[i].kind == PLI_GROUP_NAMED ? pli_config_instances (config, tables[i].group) : NULL;

      if (!instances)
        check_required (&check, &tables[i], NULL);
      for (gsize at = 0; instances && instances[at]; at++)
        check_required (&check, &tables[i], instances[at]);
    }
  g_ptr_array_sort (problems, by_place);
  for (guint i = 0; i < problems->len; i++)
    if (!((PliConfigProblem *) problems->pdata[i])->warning)
      return FALSE;
  return TRUE;
}
