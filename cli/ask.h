/* ask.h: the directory, asked by the commands that administer it. Internal to the program. */
#ifndef PLI_CLI_ASK_H
#define PLI_CLI_ASK_H

#include "cli/cli.h"
#include "service/method.h"

/**
 * pli_ask:
 * @result: the method's result struct; its texts are in @arena
 *
 * Asks the running server; when there is none, works on the files.
 *
 * Errors: those of the method.
 */
gboolean pli_ask (PliCli *cli, PliMethodNumber number, const void *args, PliArena *arena, void *result, GError **error);

/* One change; says what was done, with @done as its last word. @name: of the command. Returns the exit code. */
int pli_ask_change (PliCli *cli, const char *name, const PliChangeArgs *args, const char *done);
/* Prints all rows, page by page. */
int pli_ask_list (PliCli *cli, const char *name, PliDirectoryList what, const char *domain);

/* One line without its end, from stdin or asked for twice on the terminal. NULL and error. (transfer full): wipe it
 * with pli_ask_password_free(). */
char *pli_ask_password (gboolean from_stdin, GError **error);
void pli_ask_password_free (char *password);

#endif
