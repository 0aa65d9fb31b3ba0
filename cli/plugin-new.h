/* plugin-new.h: `pli plugin new`. Internal to the program. */
#ifndef PLI_CLI_PLUGIN_NEW_H
#define PLI_CLI_PLUGIN_NEW_H

#include "cli/cli.h"

/* Makes a folder called @name in the working folder. Returns the exit code. */
int pli_plugin_new (const char *command, const char *name, const char *kind);

#endif
