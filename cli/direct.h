/* direct.h: the directory without a running server: loads the auth plugins into this process. Internal to the program. */
#ifndef PLI_CLI_DIRECT_H
#define PLI_CLI_DIRECT_H

#include "cli/cli.h"
#include "service/method.h"

/**
 * pli_direct_call:
 * @result: the method's result struct; its texts are in @arena
 *
 * Runs a method of the directory on the files. The caller holds the lock of the root.
 *
 * Errors: those of the method; %PLI_ERROR_CONFIG when the settings are wrong.
 */
gboolean pli_direct_call (const char *root, PliMethodNumber number, const void *args, PliArena *arena, void *result,
                          GError **error);

#endif
