/* queue.c: `pli queue list|show|retry|delete|bounce`. */
#include "cli/cli.h"

#include "cli/client.h"
#include <jansson.h>
#include <stdio.h>

/* Prints the failure; returns the exit code. */
static int
call (PliCli *cli, PliMethodNumber number, const void *args, PliArena *arena, void *result)
{
  g_autoptr (GError) error = NULL;
  gboolean runs;
  int code;

  if (pli_client_call (cli->root, number, 0, args, arena, result, &runs, &error))
    return PLI_EXIT_OK;
  code = pli_cli_fail ("queue", error);
  return runs ? code : PLI_EXIT_SERVER;
}

static void
time_text (gint64 us, char *out, gsize size)
{
  time_t seconds = (time_t) (us / G_USEC_PER_SEC);
  struct tm tm;

  gmtime_r (&seconds, &tm);
  strftime (out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static const char *
next_text (const PliQueueRow *row, char out[32])
{
  if (row->queued)
    return "in line";
  if (row->next_us == 0)
    return "now";
  time_text (row->next_us, out, 32);
  return out;
}

static void
print_row (PliCli *cli, const PliQueueRow *row)
{
  char arrived[32], next[32];
  const char *reason = row->reason ? row->reason : "", *route = row->route ? row->route : "";

  time_text (row->received_us, arrived, sizeof arrived);
  if (cli->json)
    {
      json_t *o = json_pack ("{s:s,s:s,s:s,s:s,s:s,s:I,s:i,s:s,s:s}", "id", row->id, "from", row->sender, "to",
                             row->rcpt, "arrived", arrived, "next", next_text (row, next), "bytes",
                             (json_int_t) row->bytes, "tries", (int) row->tries, "reason", reason, "route", route);

      json_dumpf (o, stdout, JSON_COMPACT);
      printf ("\n");
      json_decref (o);
      return;
    }
  printf ("%s  %s  %" G_GUINT64_FORMAT "\n  from <%s>\n  to   <%s>\n", row->id, arrived, row->bytes, row->sender,
          row->rcpt);
  if (*route)
    printf ("  route %s\n", route);
  printf ("  %s, %u tries, next %s\n",
          *reason       ? reason
          : row->queued ? "waits for its turn"
                        : "under way",
          row->tries, next_text (row, next));
}

static int
list (PliCli *cli, const char *id, gboolean count)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliQueueListArgs args = { .id = id };
  PliQueueListResult result;
  int code;

  do
    {
      code = call (cli, PLI_METHOD_QUEUE_LIST, &args, arena, &result);
      if (code != PLI_EXIT_OK)
        return code;
      for (guint i = 0; i < result.n_rows; i++)
        print_row (cli, &result.rows[i]);
      args.after = result.n_rows > 0 ? result.rows[result.n_rows - 1].id : NULL;
    }
  while (result.more);
  if (!cli->json && count)
    printf ("%" G_GUINT64_FORMAT " open, %" G_GUINT64_FORMAT " unaccounted\n", result.open, result.unaccounted);
  return PLI_EXIT_OK;
}

static int
show (PliCli *cli, const char *id)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliQueueShowArgs args = { id };
  PliQueueShowResult result;
  int code = call (cli, PLI_METHOD_QUEUE_SHOW, &args, arena, &result);

  if (code != PLI_EXIT_OK)
    return code;
  code = list (cli, id, FALSE);
  if (code == PLI_EXIT_OK && !cli->json)
    printf ("\n");
  if (code == PLI_EXIT_OK && !cli->json)
    fwrite (result.message.data, 1, result.message.len, stdout);
  return code;
}

static int
control (PliCli *cli, PliQueueVerb verb, const char *id, const char *domain)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliQueueControlArgs args = { verb, id, g_get_user_name (), domain };
  PliQueueControlResult result;
  int code = call (cli, PLI_METHOD_QUEUE_CONTROL, &args, arena, &result);

  if (code == PLI_EXIT_OK)
    printf (cli->json ? "{\"recipients\":%u}\n" : "%u recipients\n", result.n);
  return code;
}

int
pli_cmd_queue (PliCli *cli, int argc, char **argv)
{
  const char *verb = argc > 1 ? argv[1] : "", *id = NULL, *domain = NULL;
  gboolean all = FALSE;

  for (int i = 2; i < argc; i++)
    if (g_str_equal (argv[i], "--all"))
      all = TRUE;
    else if (g_str_equal (argv[i], "--domain") && i + 1 < argc)
      domain = argv[++i];
    else if (!g_str_equal (argv[i], "--json"))
      id = argv[i];
  if (g_str_equal (verb, "list"))
    return list (cli, id, TRUE);
  if (g_str_equal (verb, "retry"))
    return control (cli, PLI_QUEUE_RETRY, id, domain);
  if (g_str_equal (verb, "show") && id)
    return show (cli, id);
  if (g_str_equal (verb, "delete") && (id || domain || all))
    return control (cli, PLI_QUEUE_DELETE, id, domain);
  if (g_str_equal (verb, "bounce") && (id || domain))
    return control (cli, PLI_QUEUE_BOUNCE, id, domain);
  return pli_cli_usage (argv[0], "needs list, show ID, retry, delete ID or bounce ID");
}
