/* store.c: `pli store migrate ADDRESS --to STORE`: asks for one step of a move after the other, and shows how far it is. */
#include "cli/cli.h"

#include "cli/client.h"
#include "sys/server.h"
#include <stdio.h>
#include <unistd.h>

#define BAR 40
#define BUSY_US (500 * 1000)
#define BUSY_TRIES 240

static int
fail (const GError *error, gboolean runs)
{
  int code = pli_cli_fail ("store", error);

  return runs ? code : PLI_EXIT_SERVER;
}

/* Read in pages; the name is the address in lower case. */
static char *
find_account (PliCli *cli, const char *address, gboolean *out_runs, GError **error)
{
  PliDirectoryListArgs args = { .what = PLI_LIST_ACCOUNTS };
  g_autofree char *after = NULL;
  gboolean more = TRUE;

  while (more)
    {
      g_autoptr (PliArena) arena = pli_arena_new ();
      PliDirectoryListResult list;

      args.after = after;
      if (!pli_client_call (cli->root, PLI_METHOD_DIRECTORY_LIST, 0, &args, arena, &list, out_runs, error))
        return NULL;
      for (guint32 i = 0; i < list.n_rows; i++)
        if (g_ascii_strcasecmp (list.rows[i].name, address) == 0)
          return g_strdup (list.rows[i].account);
      more = list.more && list.n_rows > 0;
      g_free (after);
      after = list.n_rows > 0 ? g_strdup (list.rows[list.n_rows - 1].name) : NULL;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "there is no account %s", address);
  return NULL;
}

/* What the directory says: the domain's store, else the server's. */
static gboolean
read_settings (PliCli *cli, const char *address, char **out_store, guint *out_rooms, GError **error)
{
  g_autofree char *folder = pli_path_conf (cli->root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);
  const char *domain = strrchr (address, '@');
  PliServerSettings *server = config ? pli_config_bind (config, &pli_server_table, NULL, cli->root, error) : NULL;
  PliDomainSettings *of_domain = NULL;

  if (!server)
    return FALSE;
  *out_rooms = (guint) server->store_rooms;
  if (domain && pli_config_has (config, "domain", domain + 1))
    of_domain = pli_config_bind (config, &pli_domain_table, domain + 1, cli->root, error);
  *out_store = g_strdup (of_domain && of_domain->store ? of_domain->store : server->store);
  if (of_domain)
    pli_settings_unref (of_domain);
  pli_settings_unref (server);
  return TRUE;
}

static void
show (PliCli *cli, const PliMigrateResult *step)
{
  guint64 most = MAX (2 * step->total, 1), now = MIN (step->copied + step->verified, most);
  int filled = (int) (now * BAR / most);

  if (cli->json || !isatty (STDOUT_FILENO))
    return;
  printf ("\r[%.*s%*s] %" G_GUINT64_FORMAT " copied, %" G_GUINT64_FORMAT " compared, of %" G_GUINT64_FORMAT " ", filled,
          "########################################", BAR - filled, "", step->copied, step->verified, step->total);
  fflush (stdout);
}

static int
migrate (PliCli *cli, const char *address, const char *to)
{
  PliMigrateResult step = { 0 };
  g_autofree char *account = NULL, *from = NULL;
  g_autoptr (GError) error = NULL;
  gboolean runs = TRUE;
  guint rooms, busy = 0;

  if (!read_settings (cli, address, &from, &rooms, &error))
    return fail (error, TRUE);
  account = find_account (cli, address, &runs, &error);
  if (!account)
    return fail (error, runs);
  while (!step.done)
    {
      g_autoptr (PliArena) arena = pli_arena_new ();
      PliMigrateArgs args = { account, from, to };

      if (pli_client_call (cli->root, PLI_METHOD_MIGRATE, g_str_hash (account) % rooms, &args, arena, &step, &runs,
                           &error))
        busy = 0;
      else if (runs && error->code == PLI_ERROR_TRY_AGAIN && ++busy < BUSY_TRIES)
        {
          g_clear_error (&error);
          g_usleep (BUSY_US);
        }
      else
        return fail (error, runs);
      show (cli, &step);
    }
  if (cli->json)
    printf ("{\"messages\":%" G_GUINT64_FORMAT "}\n", step.total);
  else
    printf ("%s%s is in store %s, %" G_GUINT64_FORMAT " messages compared\n", isatty (STDOUT_FILENO) ? "\n" : "",
            address, to, step.verified);
  return PLI_EXIT_OK;
}

int
pli_cmd_store (PliCli *cli, int argc, char **argv)
{
  const char *address = NULL, *to = NULL;

  if (argc < 2 || !g_str_equal (argv[1], "migrate"))
    return pli_cli_usage ("store", "migrate is what it can do");
  for (int i = 2; i < argc; i++)
    if (g_str_equal (argv[i], "--to") && i + 1 < argc)
      to = argv[++i];
    else if (!g_str_equal (argv[i], "--json"))
      address = argv[i];
  if (!address || !to)
    return pli_cli_usage ("store", "an address and --to STORE are wanted");
  return migrate (cli, address, to);
}
