/* plugin.c: `pli plugin list|describe`: what is installed, and all that it says of itself. Also makes the files that are
 * generated from setting rows (`--conf`, `--markdown`). */
#include "cli/args.h"
#include "cli/known.h"
#include "cli/plugin-new.h"
#include "conf/tools.h"
#include "sys/server.h"

#include <stdio.h>

static const char *const kinds[] = {
  [PLI_SERVICE_END] = "none",     [PLI_SERVICE_PROTOCOL] = "protocol",   [PLI_SERVICE_FILTER] = "filter",
  [PLI_SERVICE_STORE] = "store",  [PLI_SERVICE_DIRECTORY] = "directory", [PLI_SERVICE_QUEUE] = "queue",
  [PLI_SERVICE_LEDGER] = "ledger"
};

static const char *
kind_name (const PliService *service)
{
  return (guint) service->kind < G_N_ELEMENTS (kinds) ? kinds[service->kind] : "unknown";
}

static json_t *
texts_json (const char *const *texts)
{
  json_t *array = json_array ();

  for (; texts && *texts; texts++)
    json_array_append_new (array, json_string (*texts));
  return array;
}

static json_t *
plugin_json (const PliPlugin *plugin, gboolean whole)
{
  const PliPluginInfo *info = &plugin->info;
  PliConfigTable tables[PLI_PLUGIN_TABLES_MAX];
  json_t *services = json_array (), *facts = json_array (), *object;
  const PliService *service;

  for (guint n = 0; (service = pli_plugin_service (plugin, n)); n++)
    json_array_append_new (services, json_pack ("{s:s, s:s}", "kind", kind_name (service), "name", service->name));
  for (const PliFactRow *fact = info->facts; fact && fact->name; fact++)
    json_array_append_new (facts, json_pack ("{s:s, s:s?}", "name", fact->name, "doc", fact->doc));
  object = json_pack ("{s:s, s:s?, s:s?, s:s?, s:s?, s:o}", "name", info->name, "version", info->version, "summary",
                      info->summary, "licence", info->licence, "path", plugin->path, "services", services);
  if (whole)
    {
      json_object_set_new (object, "needs", texts_json (info->needs));
      json_object_set_new (object, "rights", texts_json (info->rights));
      json_object_set (object, "facts", facts);
      json_object_set_new (object, "groups", pli_describe_json (tables, pli_plugin_tables (plugin, tables)));
    }
  json_decref (facts);
  return object;
}

static void
print_json (json_t *value)
{
  json_dumpf (value, stdout, JSON_INDENT (2));
  printf ("\n");
  json_decref (value);
}

static int
list (PliCli *cli, const PliKnown *known)
{
  json_t *all = json_array ();

  for (guint i = 0; i < pli_registry_n (known->registry); i++)
    {
      const PliPlugin *plugin = pli_registry_nth (known->registry, i);

      if (cli->json)
        json_array_append_new (all, plugin_json (plugin, FALSE));
      else
        printf ("%-18s %-6s %s\n", plugin->info.name, plugin->info.version ? plugin->info.version : "",
                plugin->info.summary ? plugin->info.summary : "");
    }
  if (cli->json)
    print_json (json_incref (all));
  json_decref (all);
  return known->n_broken ? PLI_EXIT_FAILED : PLI_EXIT_OK;
}

typedef void (*Writer) (PliBuffer *out, const char *title, const char *summary, const PliConfigTable *tables,
                        gsize n_tables);

typedef struct
{
  PliCli *cli;
  gboolean conf, markdown;
  json_t *all;
} Describe;

static void
say_texts (PliBuffer *out, const char *what, const char *const *texts)
{
  for (guint i = 0; texts && texts[i]; i++)
    pli_buffer_printf (out, "%s %s", i == 0 ? what : ",", texts[i]);
  if (texts && texts[0])
    pli_buffer_add_char (out, '\n');
}

static void
say_facts (PliBuffer *out, const PliPluginInfo *info)
{
  for (const PliFactRow *fact = info->facts; fact && fact->name; fact++)
    pli_buffer_printf (out, "# fact %s: %s\n", fact->name, fact->doc ? fact->doc : "");
}

static void
describe_plugin (Describe *describe, const PliPlugin *plugin)
{
  const PliPluginInfo *info = &plugin->info;
  Writer writer = describe->markdown ? pli_describe_markdown : pli_describe_conf;
  PliConfigTable tables[PLI_PLUGIN_TABLES_MAX];
  g_auto (PliBuffer) out = { 0 };
  const PliService *service;

  if (describe->cli->json)
    {
      json_array_append_new (describe->all, plugin_json (plugin, TRUE));
      return;
    }
  writer (&out, info->name, info->summary, tables, pli_plugin_tables (plugin, tables));
  if (!describe->conf && !describe->markdown)
    {
      pli_buffer_printf (&out, "\n# version %s, %s, %s\n", info->version ? info->version : "?",
                         info->licence ? info->licence : "?", plugin->path ? plugin->path : "linked in");
      for (guint n = 0; (service = pli_plugin_service (plugin, n)); n++)
        pli_buffer_printf (&out, "# offers %s %s\n", kind_name (service), service->name);
      say_texts (&out, "# needs", info->needs);
      say_texts (&out, "# rights", info->rights);
      say_facts (&out, info);
      pli_buffer_add_char (&out, '\n');
    }
  fwrite (out.data, 1, out.len, stdout);
}

static void
describe_core (Describe *describe)
{
  static const char title[] = "pli", summary[] = "The server itself";
  g_autoptr (GArray) tables = pli_server_tables (NULL);
  const PliConfigTable *rows = (const PliConfigTable *) tables->data;
  g_auto (PliBuffer) out = { 0 };

  if (describe->cli->json)
    {
      json_array_append_new (describe->all, json_pack ("{s:s, s:s, s:o}", "name", "core", "summary", summary, "groups",
                                                       pli_describe_json (rows, tables->len)));
      return;
    }
  if (describe->markdown)
    pli_describe_markdown (&out, title, summary, rows, tables->len);
  else
    pli_describe_conf (&out, title, summary, rows, tables->len);
  fwrite (out.data, 1, out.len, stdout);
}

static int
describe (Describe *describe, const PliKnown *known, const char *name)
{
  gboolean found = FALSE;

  describe->all = json_array ();
  if (!name || g_str_equal (name, "core"))
    {
      describe_core (describe);
      found = name != NULL;
    }
  for (guint i = 0; i < pli_registry_n (known->registry); i++)
    {
      const PliPlugin *plugin = pli_registry_nth (known->registry, i);

      if (name && !g_str_equal (plugin->info.name, name))
        continue;
      describe_plugin (describe, plugin);
      found = TRUE;
    }
  if (describe->cli->json && found)
    print_json (json_incref (name ? json_array_get (describe->all, 0) : describe->all));
  json_decref (describe->all);
  if (found || !name)
    return known->n_broken && !name ? PLI_EXIT_FAILED : PLI_EXIT_OK;
  fprintf (stderr, "pli plugin: there is no plugin %s; `pli plugin list` shows them\n", name);
  return PLI_EXIT_NOT_FOUND;
}

int
pli_cmd_plugin (PliCli *cli, int argc, char **argv)
{
  Describe how = { .cli = cli };
  const char *kind = NULL;
  const PliOption options[] = {
    { "--conf", &how.conf, NULL }, { "--markdown", &how.markdown, NULL }, { "--kind", NULL, &kind }, { 0 }
  };
  g_autoptr (PliKnown) known = NULL;

  if (!pli_args_parse (&argc, argv, options))
    return PLI_EXIT_USAGE;
  if (argc == 2 && g_str_equal (argv[1], "list"))
    {
      known = pli_known_new (cli->root);
      return list (cli, known);
    }
  if (argc == 3 && g_str_equal (argv[1], "new"))
    return pli_plugin_new (argv[0], argv[2], kind);
  if (argc < 2 || argc > 3 || !g_str_equal (argv[1], "describe"))
    return pli_cli_usage (argv[0], "list, describe or new NAME is wanted");
  known = pli_known_new (cli->root);
  return describe (&how, known, argv[2]);
}
