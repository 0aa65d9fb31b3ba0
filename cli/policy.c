/* policy.c: `pli policy …`: opens the policy plugin, with the scripts of the server or those beside the file that is
 * named, and lets it do the rest. Works without a server, and without settings. */
#include "cli/cli.h"

#include "conf/config.h"
#include "conf/scripts.h"
#include "plugin/registry.h"
#include "sys/server.h"
#include <glib/gstdio.h>

/* The folder of scripts: that of the first FILE.lua named, else the server's. (transfer full) */
static char *
folder_of (PliCli *cli, int argc, char **argv)
{
  for (int i = 2; i < argc; i++)
    if (g_str_has_suffix (argv[i], ".lua"))
      return g_path_get_dirname (argv[i]);
  return pli_path_lua (cli->root);
}

static PliConfig *
load_config (const char *root, GError **error)
{
  g_autofree char *folder = pli_path_conf (root);

  return g_file_test (folder, G_FILE_TEST_IS_DIR) ? pli_config_load (folder, error) : pli_config_new ();
}

static PliPlugin *
open_policy (PliInstance *instance, GError **error)
{
  g_auto (GStrv) names = pli_registry_list_files ();

  for (guint i = 0; names[i]; i++)
    {
      g_autofree char *path = g_str_has_prefix (names[i], "policy-") ? pli_registry_find_file (names[i]) : NULL;
      PliPlugin *plugin = path ? pli_registry_open (instance->registry, path, error) : NULL;

      if (path && (!plugin || plugin->info.command))
        return plugin;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "no policy plugin is installed");
  return NULL;
}

static gboolean
read_scripts (PliCli *cli, PliInstance *instance, const char *folder, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliServerSettings *server = pli_config_bind (instance->config, &pli_server_table, NULL, cli->root, error);
  const PliScript *scripts;
  guint32 n;
  gboolean ok = server && pli_scripts_read (folder, server->script_max, arena, &scripts, &n, error);

  if (ok)
    pli_instance_set_scripts (instance, scripts, n);
  pli_settings_unref (server);
  return ok;
}

/* `test` alone: with the tests of the server. */
static char **
add_tests (int argc, char **argv, const char *folder, PliInstance *instance)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (int i = 1; i < argc; i++)
    g_strv_builder_add (words, argv[i]);
  for (guint i = 0; argc == 2 && g_str_equal (argv[1], "test") && i < instance->n_scripts; i++)
    if (g_str_has_suffix (instance->scripts[i].name, "_test.lua") && !strchr (instance->scripts[i].name, '/'))
      {
        g_autofree char *path = g_build_filename (folder, instance->scripts[i].name, NULL);

        g_strv_builder_add (words, path);
      }
  return g_strv_builder_end (words);
}

int
pli_cmd_policy (PliCli *cli, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  PliInstance *instance;
  PliPlugin *plugin;
  int code;

  if (argc < 2 || (!g_str_equal (argv[1], "check") && !g_str_equal (argv[1], "test")))
    return pli_cli_usage (argv[0], "check or test");
  folder = folder_of (cli, argc, argv);
  instance = pli_instance_new ();
  instance->root = cli->root;
  instance->registry = pli_registry_new (instance);
  instance->config = load_config (cli->root, &error);
  plugin = instance->config ? open_policy (instance, &error) : NULL;
  if (plugin && pli_registry_bind (plugin, &error) && read_scripts (cli, instance, folder, &error))
    {
      g_auto (GStrv) words = add_tests (argc, argv, folder, instance);

      code = plugin->info.command (plugin, (int) g_strv_length (words), words);
    }
  else
    code = pli_cli_fail (argv[0], error);
  pli_registry_free (instance->registry);
  pli_instance_set_scripts (instance, NULL, 0);
  pli_config_unref (instance->config);
  pli_instance_free (instance);
  return code;
}
