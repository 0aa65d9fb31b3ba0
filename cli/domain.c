/* domain.c: `pli domain add|list|remove`: the domains whose mail is ours. */
#include "cli/args.h"
#include "cli/ask.h"

int
pli_cmd_domain (PliCli *cli, int argc, char **argv)
{
  static const PliOption options[] = { { 0 } };
  PliChangeArgs args = { .verb = PLI_DOMAIN_ADD };

  if (!pli_args_parse (&argc, argv, options))
    return PLI_EXIT_USAGE;
  if (argc == 2 && g_str_equal (argv[1], "list"))
    return pli_ask_list (cli, argv[0], PLI_LIST_DOMAINS, NULL);
  if (argc != 3)
    return pli_cli_usage (argv[0], "add DOMAIN, list, or remove DOMAIN is wanted");
  args.name = argv[2];
  if (g_str_equal (argv[1], "add"))
    return pli_ask_change (cli, argv[0], &args, "added");
  args.verb = PLI_DOMAIN_REMOVE;
  if (g_str_equal (argv[1], "remove"))
    return pli_ask_change (cli, argv[0], &args, "removed");
  return pli_cli_usage (argv[0], "add DOMAIN, list, or remove DOMAIN is wanted");
}
