/* serve.c: `pli serve`: the server in the foreground. */
#include "cli/cli.h"

#include "sys/single.h"

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
  (void) single;
  return pli_single_run (cli->root, &error) ? PLI_EXIT_OK : pli_cli_fail (argv[0], error);
}
