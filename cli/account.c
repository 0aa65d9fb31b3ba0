/* account.c: `pli account add|list|passwd|disable|enable|unblock|remove`: the people who have mailboxes here. */
#include "cli/args.h"
#include "cli/ask.h"

typedef struct
{
  const char *name;
  PliDirectoryVerb verb;
  gboolean password;
  const char *done;
} Verb;

static const Verb verbs[] = {
  { "add", PLI_ACCOUNT_ADD, TRUE, "added" },
  { "passwd", PLI_ACCOUNT_PASSWORD, TRUE, "password changed" },
  { "disable", PLI_ACCOUNT_DISABLE, FALSE, "disabled" },
  { "enable", PLI_ACCOUNT_ENABLE, FALSE, "enabled" },
  { "unblock", PLI_ACCOUNT_UNBLOCK, FALSE, "unblocked" },
  { "remove", PLI_ACCOUNT_REMOVE, FALSE, "removed; its mailboxes stay until they are deleted" },
};

static int
change (PliCli *cli, char **argv, const Verb *verb, const char *display, gboolean from_stdin, gboolean without)
{
  g_autoptr (GError) error = NULL;
  char *password = verb->password && !without ? pli_ask_password (from_stdin, &error) : NULL;
  PliChangeArgs args = {
    .verb = verb->verb, .name = argv[2], .display = display, .password = pli_span_from (password)
  };
  int code;

  if (error)
    return error->code == PLI_ERROR_SYNTAX ? pli_cli_usage (argv[0], error->message) : pli_cli_fail (argv[0], error);
  code = pli_ask_change (cli, argv[0], &args, verb->done);
  pli_ask_password_free (password);
  return code;
}

int
pli_cmd_account (PliCli *cli, int argc, char **argv)
{
  const char *display = NULL;
  gboolean from_stdin = FALSE, without = FALSE;
  const PliOption options[] = {
    { "--password-stdin", &from_stdin, NULL }, { "--no-password", &without, NULL }, { "--name", NULL, &display }, { 0 }
  };

  if (!pli_args_parse (&argc, argv, options))
    return PLI_EXIT_USAGE;
  if ((argc == 2 || argc == 3) && g_str_equal (argv[1], "list"))
    return pli_ask_list (cli, argv[0], PLI_LIST_ACCOUNTS, argv[2]);
  for (guint i = 0; argc == 3 && i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (argv[1], verbs[i].name))
      return change (cli, argv, &verbs[i], display, from_stdin, without && verbs[i].verb == PLI_ACCOUNT_ADD);
  return pli_cli_usage (argv[0],
                        "add, passwd, disable, enable, unblock or remove ADDRESS, or list [DOMAIN], is wanted");
}
