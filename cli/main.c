/* main.c: the program `pli`: finds the command and hands over. Options before the command are global. */
#include "cli/cli.h"

#include "config.h"
#include <stdio.h>
#include <stdlib.h>

static const PliCommand commands[] = {
  { "init", pli_cmd_init, "make a new server",
    "--domain D [--port-base N]\nWrites settings, a certificate and a postmaster account.", FALSE },
  { "serve", pli_cmd_serve, "run the server",
    "[--single]\nStays in the foreground; --single: one process for all rooms.", FALSE },
  { "check", pli_cmd_check, "are the settings right?", "[--quiet]", FALSE },
  { "status", pli_cmd_status, "the rooms of a running server", "[--metrics]\n--metrics: OpenMetrics text.", FALSE },
  { "reload", pli_cmd_reload, "take new settings and certificates", "", FALSE },
  { "stop", pli_cmd_stop, "stop the server", "", FALSE },
  { "queue", pli_cmd_queue, "mail that is not delivered yet",
    "list [ID]\nshow ID\nretry [ID | --domain DOMAIN | --all]\ndelete ID | --domain DOMAIN | --all\n"
    "bounce ID | --domain DOMAIN",
    FALSE },
  { "route", pli_cmd_route, "where mail to an address would go", "test ADDRESS [--sender ADDRESS]", FALSE },
  { "explain", pli_cmd_explain, "what happened to a message", "ID | MESSAGE-ID | ADDRESS", FALSE },
  { "dns", pli_cmd_dns, "look a name up as the server does", "NAME [A | AAAA | MX | TXT | PTR | TLSA | CNAME]", FALSE },
  { "ops", pli_cmd_ops, "what waits, on whom, since when", "", FALSE },
  { "room", pli_cmd_room, "one room; started by serve", "", TRUE },
  { "domain", pli_cmd_domain, "domains whose mail is ours", "add DOMAIN | list | remove DOMAIN", FALSE },
  { "account", pli_cmd_account, "people who have mailboxes here",
    "add ADDRESS [--name TEXT] [--password-stdin | --no-password]\n"
    "list [DOMAIN]\npasswd ADDRESS [--password-stdin]\ndisable ADDRESS\nenable ADDRESS\nunblock LOGIN|CLIENT\nremove "
    "ADDRESS",
    FALSE },
  { "alias", pli_cmd_alias, "addresses that stand for others",
    "add ADDRESS TARGET...\nlist [DOMAIN]\nremove ADDRESS [TARGET]\nimport FILE --domain DOMAIN\n"
    "import takes over /etc/aliases; names without a domain get DOMAIN.",
    FALSE },
  { "policy", pli_cmd_policy, "the rules in DIR/lua",
    "check [FILE.lua]\n"
    "test FILE.lua MESSAGE.eml [--from A] [--to A]... [--peer ADDRESS] [--helo NAME] [--login A] [--fact "
    "NAME=VALUE]...\n"
    "test [FILE_test.lua...]",
    FALSE },
  { "store", pli_cmd_store, "where mailboxes are kept",
    "migrate ADDRESS --to STORE\nMoves an account to another store of this server. Until it is done its mail waits and "
    "its\n"
    "sessions are told to try again; when it is cut short, give the same command again.",
    FALSE },
  { "plugin", pli_cmd_plugin, "what is installed",
    "list\ndescribe [NAME | core] [--conf | --markdown]\nnew NAME --kind filter|auth|store|deliver\n"
    "--conf and --markdown print what conf.d and docs/settings have of it; new writes a project outside Pli's tree.",
    FALSE },
  { "config", pli_cmd_config, "settings, and where they come from",
    "show [--all] [GROUP [NAME]]\nwhy GROUP [NAME] KEY\nset GROUP [NAME] KEY VALUE", FALSE },
};

int
pli_cli_usage (const char *name, const char *text)
{
  fprintf (stderr, "pli %s: %s; see pli %s --help\n", name, text, name);
  return PLI_EXIT_USAGE;
}

int
pli_cli_fail (const char *name, const GError *error)
{
  fprintf (stderr, "pli %s: %s\n", name, error->message);
  if (error->domain != PLI_ERROR)
    return PLI_EXIT_FAILED;
  switch (error->code)
    {
    case PLI_ERROR_NOT_FOUND:
      return PLI_EXIT_NOT_FOUND;
    case PLI_ERROR_EXISTS:
      return PLI_EXIT_EXISTS;
    case PLI_ERROR_CONFIG:
      return PLI_EXIT_CONFIG;
    default:
      return PLI_EXIT_FAILED;
    }
}

static int
help (void)
{
  printf ("usage: pli [--root DIR] [--json] COMMAND\n\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (!commands[i].hidden)
      printf ("  %-10s %s\n", commands[i].name, commands[i].summary);
  printf ("\nWithout --root the server of the system is meant (%s).\n", PLI_SYSCONFDIR);
  return PLI_EXIT_OK;
}

static int
help_for (const PliCommand *command)
{
  printf ("usage: pli [--root DIR] [--json] %s %s\n", command->name, command->usage);
  return PLI_EXIT_OK;
}

static int
dispatch (PliCli *cli, int argc, char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (!g_str_equal (argv[0], commands[i].name))
        continue;
      for (int k = 1; k < argc; k++)
        {
          if (g_str_equal (argv[k], "--help"))
            return help_for (&commands[i]);
          if (g_str_equal (argv[k], "--json"))
            cli->json = TRUE;
        }
      return commands[i].run (cli, argc, argv);
    }
  fprintf (stderr, "pli: no command \"%s\"; see pli --help\n", argv[0]);
  return PLI_EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  PliCli cli = { 0 };
  int at = 1;

  for (; at < argc && argv[at][0] == '-'; at++)
    if (g_str_equal (argv[at], "--root") && at + 1 < argc)
      cli.root = g_canonicalize_filename (argv[++at], NULL);
    else if (g_str_has_prefix (argv[at], "--root="))
      cli.root = g_canonicalize_filename (argv[at] + strlen ("--root="), NULL);
    else if (g_str_equal (argv[at], "--json"))
      cli.json = TRUE;
    else if (g_str_equal (argv[at], "--version"))
      {
        printf ("pli %s\n", PACKAGE_VERSION);
        return PLI_EXIT_OK;
      }
    else
      return g_str_equal (argv[at], "--help") ? help () : pli_cli_usage ("", "unknown option");
  if (at == argc)
    {
      help ();
      return PLI_EXIT_USAGE;
    }
  return dispatch (&cli, argc - at, argv + at);
}
