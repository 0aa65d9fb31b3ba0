/* args.h: options of a command, in any order among its words. Internal to the program. */
#ifndef PLI_CLI_ARGS_H
#define PLI_CLI_ARGS_H

#include "cli/cli.h"

typedef struct
{
  const char *name;   /* "--password-stdin" */
  gboolean *flag;     /* set when it is there */
  const char **value; /* or: takes what follows, also as --name=VALUE */
} PliOption;

/**
 * pli_args_parse:
 * @argc: (inout)
 * @argv: (inout): afterwards the words without options; [0] stays
 * @options: ends with a zeroed row
 *
 * `--json` is known by every command; what follows `--` is no option.
 *
 * Returns: FALSE after saying what is wrong.
 */
gboolean pli_args_parse (int *argc, char **argv, const PliOption *options);

#endif
