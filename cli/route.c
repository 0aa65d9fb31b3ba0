/* route.c: `pli route test ADDRESS`: where mail to an address would go, and why. */
#include "cli/cli.h"

#include "cli/client.h"
#include <jansson.h>
#include <stdio.h>

int
pli_cmd_route (PliCli *cli, int argc, char **argv)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliQueueRouteArgs args = { NULL, "" };
  PliQueueRouteResult result;
  gboolean runs;

  for (int i = 2; i < argc; i++)
    if (g_str_equal (argv[i], "--sender") && i + 1 < argc)
      args.sender = argv[++i];
    else if (!g_str_equal (argv[i], "--json"))
      args.address = argv[i];
  if (argc < 2 || !g_str_equal (argv[1], "test") || !args.address)
    return pli_cli_usage (argv[0], "needs test ADDRESS");
  if (!pli_client_call (cli->root, PLI_METHOD_QUEUE_ROUTE, 0, &args, arena, &result, &runs, &error))
    {
      int code = pli_cli_fail (argv[0], error);

      return runs ? code : PLI_EXIT_SERVER;
    }
  if (cli->json)
    {
      json_t *o = json_pack ("{s:s,s:s}", "address", args.address, "plan", result.text ? result.text : "");

      json_dumpf (o, stdout, JSON_COMPACT);
      printf ("\n");
      json_decref (o);
    }
  else
    fputs (result.text ? result.text : "", stdout);
  return PLI_EXIT_OK;
}
