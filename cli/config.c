/* config.c: `pli config show|why|set`: what is in force, where it comes from, and changing it with a check before. Works
 * on the files; a running server takes them at `pli reload`. */
#include "conf/config.h"
#include "conf/tools.h"

#include "cli/args.h"
#include "cli/known.h"
#include "sys/server.h"

#include <jansson.h>
#include <stdio.h>

typedef struct
{
  PliCli *cli;
  PliKnown *known;
  PliConfig *config;
  const char *group, *instance, *key; /* what is asked about; NULL for all */
  gboolean all;                       /* defaults too */
  json_t *out;
} Show;

static char *
place (const PliConfigEntry *entry)
{
  return entry ? g_strdup_printf ("%s:%u", entry->file, entry->line) : g_strdup ("default");
}

static void
show_row (Show *show, const PliConfigTable *table, const char *instance, const PliSetting *row, gboolean *titled)
{
  g_autofree char *key = pli_config_row_key (row), *from = NULL;
  g_autoptr (PliConfigWhy) why = pli_config_why (show->config, table, instance, key, NULL);

  if (!why->origin && !show->all && !show->group)
    return;
  from = place (why->origin);
  if (show->cli->json)
    {
      json_array_append_new (show->out, json_pack ("{s:s, s:s?, s:s, s:s?, s:s}", "group", table->group, "name",
                                                   instance, "key", key, "value", why->value, "origin", from));
      return;
    }
  if (!*titled)
    printf ("[%s%s%s]\n", table->group, instance ? " " : "", instance ? instance : "");
  *titled = TRUE;
  printf ("# %s\n%s%s = %s\n", from, why->value ? "" : "#", key, why->value ? why->value : "");
}

static void
show_instance (Show *show, const PliConfigTable *table, const char *instance)
{
  gboolean titled = FALSE;
  PliSetting row;

  if (show->instance && g_strcmp0 (show->instance, instance) != 0)
    return;
  for (guint i = 0; pli_config_row (table, i, &row); i++)
    show_row (show, table, instance, &row, &titled);
  if (titled)
    printf ("\n");
}

static int
run_show (Show *show, GError **error)
{
  const PliConfigTable *wanted = show->group ? pli_known_find (show->known, show->group, NULL, error) : NULL;

  if (show->group && !wanted)
    return PLI_EXIT_NOT_FOUND;
  if (show->instance && !pli_config_has (show->config, show->group, show->instance))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "no file has a group [%s %s]", show->group, show->instance);
      return PLI_EXIT_NOT_FOUND;
    }
  show->out = json_array ();
  for (guint i = 0; i < show->known->tables->len; i++)
    {
      const PliConfigTable *table = &g_array_index (show->known->tables, PliConfigTable, i);
      g_autofree const char **instances = pli_config_instances (show->config, table->group);

      if (show->group && !g_str_equal (table->group, show->group))
        continue;
      if (table->kind == PLI_GROUP_PLAIN)
        show_instance (show, table, NULL);
      for (guint at = 0; table->kind == PLI_GROUP_NAMED && instances[at]; at++)
        show_instance (show, table, instances[at]);
    }
  if (show->cli->json)
    {
      json_dumpf (show->out, stdout, JSON_INDENT (2));
      printf ("\n");
    }
  json_decref (show->out);
  return PLI_EXIT_OK;
}

static void
print_why_json (const PliConfigWhy *why, const PliSetting *row)
{
  g_autofree char *from = place (why->origin);
  json_t *overridden = json_array (), *object;

  for (guint i = 0; i < why->overridden->len; i++)
    {
      g_autofree char *at = place (why->overridden->pdata[i]);

      json_array_append_new (overridden, json_string (at));
    }
  object = json_pack ("{s:s?, s:s, s:s?, s:s?, s:o}", "value", why->value, "origin", from, "default",
                      row->flags & PLI_SECRET ? NULL : row->value, "doc", row->doc, "overridden", overridden);
  json_dumpf (object, stdout, JSON_INDENT (2));
  printf ("\n");
  json_decref (object);
}

static int
run_why (Show *show, GError **error)
{
  const PliConfigTable *table = pli_known_find (show->known, show->group, show->key, error);
  g_autoptr (PliConfigWhy) why = table ? pli_config_why (show->config, table, show->instance, show->key, error) : NULL;
  g_autofree char *from = why ? place (why->origin) : NULL;
  PliSetting row;

  if (!why)
    return PLI_EXIT_NOT_FOUND;
  pli_config_row_find (table, show->key, &row);
  if (show->cli->json)
    {
      print_why_json (why, &row);
      return PLI_EXIT_OK;
    }
  printf ("%s = %s\n  from      %s\n", show->key, why->value ? why->value : "(not set)", from);
  for (guint i = 0; i < why->overridden->len; i++)
    {
      const PliConfigEntry *entry = why->overridden->pdata[i];

      printf ("  not from  %s:%u (%s)\n", entry->file, entry->line, row.flags & PLI_SECRET ? "***" : entry->value);
    }
  if (why->origin && row.value && !(row.flags & PLI_SECRET))
    printf ("  default   %s\n", row.value);
  printf ("  %s%s%s%s\n", row.doc ? row.doc : "", row.rfc ? " (" : "", row.rfc ? row.rfc : "", row.rfc ? ")" : "");
  return PLI_EXIT_OK;
}

static int
run_set (Show *show, const char *value, GError **error)
{
  const PliConfigTable *table = pli_known_find (show->known, show->group, show->key, error);
  g_autofree char *folder = pli_path_conf (show->cli->root), *file = NULL;
  guint line;
  PliSetting row;

  if (!table || !pli_config_set (folder, table, show->instance, show->key, value, &file, &line, error))
    return PLI_EXIT_FAILED;
  pli_config_row_find (table, show->key, &row);
  if (show->cli->json)
    printf ("{\"file\": \"%s\", \"line\": %u, \"reload\": %s}\n", file, line,
            row.flags & PLI_RELOAD ? "true" : "false");
  else
    printf ("%s:%u: written; takes effect %s\n", file, line,
            row.flags & PLI_RELOAD ? "after pli reload" : "when the server is started again");
  return PLI_EXIT_OK;
}

/* GROUP [NAME] and the words behind it: whether there is a NAME depends on the group. Returns the index of the word
 * behind; 0 and error. */
static int
take_group (Show *show, int argc, char **argv, int words_behind, GError **error)
{
  const PliConfigTable *table = pli_known_find (show->known, argv[2], NULL, error);
  int named = table && table->kind == PLI_GROUP_NAMED;

  if (!table)
    return 0;
  if (argc != 3 + named + words_behind)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_SYNTAX, "%s wants [%s%s]%s", argv[1], argv[2], named ? " NAME" : "",
                   words_behind == 1   ? " and a key: GROUP [NAME] KEY"
                   : words_behind == 2 ? ", a key and a value: GROUP [NAME] KEY VALUE"
                                       : "");
      return 0;
    }
  show->group = argv[2];
  show->instance = named ? argv[3] : NULL;
  return 3 + named;
}

static int
run (Show *show, int argc, char **argv, GError **error)
{
  g_autofree char *folder = pli_path_conf (show->cli->root);
  gboolean set = g_str_equal (argv[1], "set"), why = g_str_equal (argv[1], "why");
  int at = 0;

  show->config = pli_config_load (folder, error);
  if (!show->config || ((set || why) && !(at = take_group (show, argc, argv, set ? 2 : 1, error))))
    return PLI_EXIT_FAILED;
  if (set || why)
    {
      show->key = argv[at];
      return set ? run_set (show, argv[at + 1], error) : run_why (show, error);
    }
  show->group = argc > 2 ? argv[2] : NULL;
  show->instance = argc > 3 ? argv[3] : NULL;
  return run_show (show, error);
}

int
pli_cmd_config (PliCli *cli, int argc, char **argv)
{
  Show show = { .cli = cli };
  const PliOption options[] = { { "--all", &show.all, NULL }, { 0 } };
  g_autoptr (GError) error = NULL;
  int code;

  if (!pli_args_parse (&argc, argv, options))
    return PLI_EXIT_USAGE;
  if (!((argc >= 2 && argc <= 4 && g_str_equal (argv[1], "show"))
        || (argc >= 4 && argc <= 5 && g_str_equal (argv[1], "why"))
        || (argc >= 5 && argc <= 6 && g_str_equal (argv[1], "set"))))
    return pli_cli_usage (argv[0],
                          "show [GROUP [NAME]], why GROUP [NAME] KEY, or set GROUP [NAME] KEY VALUE is wanted");
  show.known = pli_known_new (cli->root);
  code = run (&show, argc, argv, &error);
  pli_config_unref (show.config);
  pli_known_free (show.known);
  if (error && error->code == PLI_ERROR_SYNTAX)
    return pli_cli_usage (argv[0], error->message);
  return error ? pli_cli_fail (argv[0], error) : code;
}
