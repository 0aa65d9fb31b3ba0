/* alias.c: `pli alias add|list|remove|import`: addresses that stand for others. */
#include "cli/alias-import.h"
#include "cli/args.h"
#include "cli/ask.h"

int
pli_cmd_alias (PliCli *cli, int argc, char **argv)
{
  const char *domain = NULL;
  const PliOption options[] = { { "--domain", NULL, &domain }, { 0 } };
  PliChangeArgs args = { .verb = PLI_ALIAS_ADD };
  int code = PLI_EXIT_OK;

  if (!pli_args_parse (&argc, argv, options))
    return PLI_EXIT_USAGE;
  if ((argc == 2 || argc == 3) && g_str_equal (argv[1], "list"))
    return pli_ask_list (cli, argv[0], PLI_LIST_ALIASES, argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "import"))
    return pli_alias_import (cli, argv[0], argv[2], domain);
  if (argc >= 4 && g_str_equal (argv[1], "add"))
    {
      args.name = argv[2];
      for (int i = 3; i < argc && code == PLI_EXIT_OK; i++)
        {
          args.target = argv[i];
          code = pli_ask_change (cli, argv[0], &args, "added");
        }
      return code;
    }
  if ((argc != 3 && argc != 4) || !g_str_equal (argv[1], "remove"))
    return pli_cli_usage (argv[0],
                          "add ADDRESS TARGET…, list [DOMAIN], remove ADDRESS [TARGET] or import FILE is wanted");
  args.verb = PLI_ALIAS_REMOVE;
  args.name = argv[2];
  args.target = argv[3];
  return pli_ask_change (cli, argv[0], &args, "removed");
}
