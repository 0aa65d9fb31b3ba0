/* serve.c: `pli serve`: the server in the foreground; `pli room`: one of its rooms; `pli check`: would it start? */
#include "cli/cli.h"

#include "serve/check.h"
#include "serve/single.h"
#include "serve/supervisor.h"
#include "sys/roommain.h"
#include <stdio.h>
#include <sys/resource.h>

#define DESCRIPTORS_MOST 1048576

/* A connection is a descriptor: as many as the system lets us have. */
static void
raise_descriptors (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) < 0)
    return;
  files.rlim_cur = MIN (files.rlim_max, DESCRIPTORS_MOST);
  setrlimit (RLIMIT_NOFILE, &files);
}

int
pli_cmd_serve (PliCli *cli, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gboolean single = FALSE;

  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--single"))
      single = TRUE;
    else
      return pli_cli_usage (argv[0], "unknown option");
  raise_descriptors ();
  if (single ? pli_single_run (cli->root, &error) : pli_supervisor_run (cli->root, &error))
    return PLI_EXIT_OK;
  return pli_cli_fail (argv[0], error);
}

int
pli_cmd_room (PliCli *cli, int argc, char **argv)
{
  (void) cli;
  if (argc != 3)
    return pli_cli_usage (argv[0], "is started by pli serve");
  return pli_room_main (argv[1], argv[2]);
}

int
pli_cmd_check (PliCli *cli, int argc, char **argv)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free);
  g_autoptr (GError) error = NULL;
  gboolean quiet = FALSE, ok;

  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--quiet"))
      quiet = TRUE;
    else if (!g_str_equal (argv[i], "--json"))
      return pli_cli_usage (argv[0], "unknown option");
  ok = pli_check_here (cli->root, problems, &error);
  if (error)
    return pli_cli_fail (argv[0], error);
  for (guint i = 0; i < problems->len; i++)
    {
      const PliConfigProblem *problem = problems->pdata[i];

      if (!quiet || !problem->warning)
        fprintf (stderr, "%s%s\n", problem->warning ? "warning: " : "", problem->text);
    }
  if (ok && !quiet)
    printf ("The settings are right.\n");
  return ok ? PLI_EXIT_OK : PLI_EXIT_CONFIG;
}
