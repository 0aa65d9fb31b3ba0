/* cli.h: what the commands of `pli` share. Internal to the program.
 *
 * Exit codes that scripts can use: 0 done, 1 failed, 2 wrong use, 3 no such thing, 4 exists already, 5 the server does
 * not run (or runs, where it must not), 6 settings are wrong. */
#ifndef PLI_CLI_CLI_H
#define PLI_CLI_CLI_H

#include <pli/base.h>

typedef enum
{
  PLI_EXIT_OK,
  PLI_EXIT_FAILED,
  PLI_EXIT_USAGE,
  PLI_EXIT_NOT_FOUND,
  PLI_EXIT_EXISTS,
  PLI_EXIT_SERVER,
  PLI_EXIT_CONFIG,
} PliExit;

typedef struct
{
  const char *root; /* absolute; NULL: system paths */
  gboolean json;
} PliCli;

/* @argv: [0] is the command's name, NULL at the end. Returns the exit code. */
typedef int (*PliCommandFunc) (PliCli *cli, int argc, char **argv);

typedef struct
{
  const char *name;
  PliCommandFunc run;
  const char *summary; /* one line */
  const char *usage;   /* what follows the name; lines for --help */
  gboolean hidden;
} PliCommand;

/* Prints "pli NAME: text" to stderr and returns the exit code that fits. */
int pli_cli_fail (const char *name, const GError *error);
int pli_cli_usage (const char *name, const char *text);

int pli_cmd_init (PliCli *cli, int argc, char **argv);
int pli_cmd_serve (PliCli *cli, int argc, char **argv);
int pli_cmd_room (PliCli *cli, int argc, char **argv);
int pli_cmd_check (PliCli *cli, int argc, char **argv);
int pli_cmd_status (PliCli *cli, int argc, char **argv);
int pli_cmd_ops (PliCli *cli, int argc, char **argv);
int pli_cmd_reload (PliCli *cli, int argc, char **argv);
int pli_cmd_stop (PliCli *cli, int argc, char **argv);
int pli_cmd_queue (PliCli *cli, int argc, char **argv);
int pli_cmd_dns (PliCli *cli, int argc, char **argv);
int pli_cmd_route (PliCli *cli, int argc, char **argv);
int pli_cmd_store (PliCli *cli, int argc, char **argv);
int pli_cmd_explain (PliCli *cli, int argc, char **argv);
int pli_cmd_domain (PliCli *cli, int argc, char **argv);
int pli_cmd_account (PliCli *cli, int argc, char **argv);
int pli_cmd_alias (PliCli *cli, int argc, char **argv);
int pli_cmd_policy (PliCli *cli, int argc, char **argv);
int pli_cmd_plugin (PliCli *cli, int argc, char **argv);
int pli_cmd_config (PliCli *cli, int argc, char **argv);

#endif
