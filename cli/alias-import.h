/* alias-import.h: `pli alias import`. Internal to the program. */
#ifndef PLI_CLI_ALIAS_IMPORT_H
#define PLI_CLI_ALIAS_IMPORT_H

#include "cli/cli.h"

/* @domain: of names without one. Returns the exit code. */
int pli_alias_import (PliCli *cli, const char *command, const char *file, const char *domain);

#endif
