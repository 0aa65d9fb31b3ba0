/* ask.c: see ask.h. */
#include "cli/ask.h"

#include "cli/client.h"
#include "cli/direct.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX 1024

gboolean
pli_ask (PliCli *cli, PliMethodNumber number, const void *args, PliArena *arena, void *result, GError **error)
{
  g_autoptr (GError) why = NULL;
  gboolean runs;

  if (pli_client_call (cli->root, number, 0, args, arena, result, &runs, &why))
    return TRUE;
  if (!runs)
    return pli_direct_call (cli->root, number, args, arena, result, error);
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

int
pli_ask_change (PliCli *cli, const char *name, const PliChangeArgs *args, const char *done)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliChangeResult result = { 0 };

  if (!pli_ask (cli, PLI_METHOD_CHANGE, args, arena, &result, &error))
    return pli_cli_fail (name, error);
  if (cli->json)
    {
      json_t *object = json_pack ("{s:s, s:s, s:s?, s:s?}", "done", done, "name", args->name, "target", args->target,
                                  "account", result.account);

      json_dumpf (object, stdout, 0);
      printf ("\n");
      json_decref (object);
    }
  else
    printf ("%s%s%s: %s\n", args->name, args->target ? " to " : "", args->target ? args->target : "", done);
  return PLI_EXIT_OK;
}

static json_t *
row_json (const PliDirectoryRow *row, PliDirectoryList what)
{
  json_t *object = json_pack ("{s:s, s:s?, s:s?, s:s?}", "name", row->name, "account", row->account, "target",
                              row->target, "display", row->display);

  if (what == PLI_LIST_ACCOUNTS)
    json_object_set_new (object, "disabled", json_boolean (row->disabled));
  return object;
}

static void
print_row (const PliDirectoryRow *row, PliDirectoryList what)
{
  if (what == PLI_LIST_DOMAINS)
    printf ("%s\n", row->name);
  else if (what == PLI_LIST_ALIASES)
    printf ("%s\t%s\n", row->name, row->target);
  else
    printf ("%s\t%s\t%s\t%s\n", row->name, row->account, row->disabled ? "disabled" : "active",
            row->display ? row->display : "");
}

int
pli_ask_list (PliCli *cli, const char *name, PliDirectoryList what, const char *domain)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliDirectoryListArgs args = { .what = what, .domain = domain, .max = 10000 };
  PliDirectoryListResult page = { .more = TRUE };
  json_t *all = json_array ();

  while (page.more && !error)
    {
      if (!pli_ask (cli, PLI_METHOD_DIRECTORY_LIST, &args, arena, &page, &error))
        break;
      for (guint32 i = 0; i < page.n_rows; i++)
        if (cli->json)
          json_array_append_new (all, row_json (&page.rows[i], what));
        else
          print_row (&page.rows[i], what);
      if (page.n_rows > 0)
        args.after = page.rows[page.n_rows - 1].name;
    }
  if (cli->json && !error)
    {
      json_dumpf (all, stdout, JSON_INDENT (2));
      printf ("\n");
    }
  json_decref (all);
  return error ? pli_cli_fail (name, error) : PLI_EXIT_OK;
}

/* Passwords */

void
pli_ask_password_free (char *password)
{
  if (password)
    explicit_bzero (password, strlen (password));
  g_free (password);
}

static char *
read_line (FILE *from, GError **error)
{
  char line[PASSWORD_MAX + 3];
  gboolean got = fgets (line, sizeof line, from) != NULL;
  gsize len = got ? strcspn (line, "\r\n") : 0;
  char *copy = NULL;

  if (!got || len > PASSWORD_MAX)
    g_set_error (error, PLI_ERROR, PLI_ERROR_SYNTAX, got ? "the password is too long" : "no password came");
  else
    copy = g_strndup (line, len);
  explicit_bzero (line, sizeof line);
  return copy;
}

static char *
ask_once (FILE *terminal, const char *prompt, GError **error)
{
  struct termios before, quiet;
  char *line;

  fprintf (terminal, "%s: ", prompt);
  fflush (terminal);
  if (tcgetattr (fileno (terminal), &before) < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "terminal: %s", g_strerror (errno));
      return NULL;
    }
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (fileno (terminal), TCSAFLUSH, &quiet);
  line = read_line (terminal, error);
  tcsetattr (fileno (terminal), TCSAFLUSH, &before);
  fprintf (terminal, "\n");
  return line;
}

char *
pli_ask_password (gboolean from_stdin, GError **error)
{
  FILE *terminal = from_stdin ? NULL : fopen ("/dev/tty", "r+e");
  char *first, *second;

  if (from_stdin)
    return read_line (stdin, error);
  if (!terminal)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX,
                           "there is no terminal to ask for a password on; "
                           "use --password-stdin");
      return NULL;
    }
  first = ask_once (terminal, "Password", error);
  second = first ? ask_once (terminal, "Once more", error) : NULL;
  fclose (terminal);
  if (first && second && !g_str_equal (first, second))
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX, "the two passwords differ");
      pli_ask_password_free (g_steal_pointer (&first));
    }
  if (!second)
    pli_ask_password_free (g_steal_pointer (&first));
  pli_ask_password_free (second);
  return first;
}
