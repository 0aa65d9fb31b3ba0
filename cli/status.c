/* status.c: `pli status`, `pli ops`, `pli reload`, `pli stop`. */
#include "cli/cli.h"

#include "cli/client.h"
#include "sys/server.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static void
print_json (const PliStatus *status)
{
  json_t *rooms = json_array ();
  json_t *all = json_pack ("{s:s,s:i,s:I,s:o}", "version", status->version, "generation", (int) status->generation,
                           "since_us", (json_int_t) status->since_us, "rooms", rooms);

  for (guint i = 0; i < status->n_rooms; i++)
    {
      const PliRoomStatus *room = &status->rooms[i];

      json_array_append_new (rooms, json_pack ("{s:s,s:i,s:b,s:i,s:I,s:s}", "room", room->room, "pid", (int) room->pid,
                                               "ready", room->ready, "restarts", (int) room->restarts, "since_us",
                                               (json_int_t) room->since_us, "walls", room->walls ? room->walls : ""));
    }
  json_dumpf (all, stdout, JSON_INDENT (2));
  printf ("\n");
  json_decref (all);
}

static void
print_text (const PliStatus *status)
{
  printf ("Pli %s, settings generation %u\n\n%-10s %8s %8s  %s\n", status->version, status->generation, "room", "pid",
          "restarts", "walls");
  for (guint i = 0; i < status->n_rooms; i++)
    {
      const PliRoomStatus *room = &status->rooms[i];

      printf ("%-10s %8u %8u  %s\n", room->room, room->pid, room->restarts, room->ready ? room->walls : "(not ready)");
    }
}

/* A question to the supervisor; prints the failure. Returns the exit code. */
static int
ask (PliCli *cli, const char *name, PliControlType type, PliBuffer *reply)
{
  PliPacketHeader question = { .type = (guint8) type };
  g_autoptr (GError) error = NULL;
  gboolean runs;
  int code;

  if (pli_client_ask (cli->root, &question, pli_span (NULL, 0), reply, &runs, &error))
    return PLI_EXIT_OK;
  code = pli_cli_fail (name, error);
  return runs ? code : PLI_EXIT_SERVER;
}

static gboolean
read_status (PliCli *cli, PliArena *arena, PliStatus *out, int *out_code)
{
  g_auto (PliBuffer) reply = { 0 };

  memset (out, 0, sizeof *out);
  *out_code = ask (cli, "status", PLI_CONTROL_STATUS, &reply);
  if (*out_code != PLI_EXIT_OK)
    return FALSE;
  if (pli_shape_unpack (pli_status_shape, pli_arena_span (arena, pli_buffer_span (&reply)), arena, out))
    return TRUE;
  fprintf (stderr, "pli status: malformed answer\n");
  *out_code = PLI_EXIT_FAILED;
  return FALSE;
}

/* OpenMetrics wants all samples of a metric together, its description once in front. */
static void
print_metrics (const GPtrArray *texts)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < texts->len; i++)
    {
      g_auto (GStrv) part = g_strsplit (texts->pdata[i], "\n", -1);

      for (guint k = 0; part[k]; k++)
        if (*part[k])
          g_ptr_array_add (lines, g_strdup (part[k]));
    }
  for (guint i = 0; i < lines->len; i++)
    {
      g_auto (GStrv) word = g_strsplit (lines->pdata[i], " ", 4); /* # TYPE name kind */

      if (!g_str_has_prefix (lines->pdata[i], "# TYPE ") || !g_hash_table_add (seen, g_strdup (word[2])))
        continue;
      printf ("%s\n%s\n", (char *) lines->pdata[i], i + 1 < lines->len ? (char *) lines->pdata[i + 1] : "");
      for (guint k = 0; k + 2 < lines->len; k++)
        {
          g_auto (GStrv) other = g_strsplit (lines->pdata[k], " ", 4);

          if (g_str_has_prefix (lines->pdata[k], "# TYPE ") && g_str_equal (word[2], other[2]))
            printf ("%s\n", (char *) lines->pdata[k + 2]);
        }
    }
  printf ("# EOF\n");
}

/* Text that each room tells of itself, one after the other. */
static int
print_reports (PliCli *cli, const char *name, PliReportKind what)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  PliReportArgs args = { what };
  PliStatus status;
  int code;

  if (!read_status (cli, arena, &status, &code))
    return code;
  for (guint i = 0; i < status.n_rooms; i++)
    {
      g_auto (GStrv) part = g_strsplit (status.rooms[i].room, "/", 2);
      guint shard = PLI_REPORT_SHARD (pli_room_from_name (part[0]), (guint) g_ascii_strtoull (part[1], NULL, 10));
      g_autoptr (GError) error = NULL;
      PliReportResult result;
      gboolean runs;

      if (!pli_client_call (cli->root, PLI_METHOD_REPORT, shard, &args, arena, &result, &runs, &error))
        code = pli_cli_fail (name, error);
      else if (result.text && what == PLI_REPORT_OPS)
        fputs (result.text, stdout);
      else if (result.text)
        g_ptr_array_add (texts, (gpointer) result.text);
    }
  if (what == PLI_REPORT_METRICS)
    print_metrics (texts);
  return code;
}

int
pli_cmd_status (PliCli *cli, int argc, char **argv)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliStatus status;
  int code;

  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--metrics"))
      return print_reports (cli, argv[0], PLI_REPORT_METRICS);
    else if (!g_str_equal (argv[i], "--json"))
      return pli_cli_usage (argv[0], "unknown option");
  if (!read_status (cli, arena, &status, &code))
    return code;
  if (cli->json)
    print_json (&status);
  else
    print_text (&status);
  return PLI_EXIT_OK;
}

int
pli_cmd_ops (PliCli *cli, int argc, char **argv)
{
  (void) argc;
  return print_reports (cli, argv[0], PLI_REPORT_OPS);
}

int
pli_cmd_reload (PliCli *cli, int argc, char **argv)
{
  g_auto (PliBuffer) reply = { 0 };

  (void) argc;
  return ask (cli, argv[0], PLI_CONTROL_RELOAD, &reply);
}

/* The server's lock is free when it has gone. */
static int
wait_for_lock (PliCli *cli)
{
  g_autofree char *path = pli_path_run (cli->root, "lock");
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  while (fd >= 0 && flock (fd, LOCK_EX) < 0 && errno == EINTR)
    ;
  if (fd >= 0)
    close (fd);
  return PLI_EXIT_OK;
}

int
pli_cmd_stop (PliCli *cli, int argc, char **argv)
{
  g_auto (PliBuffer) reply = { 0 };
  int code;

  (void) argc;
  code = ask (cli, argv[0], PLI_CONTROL_STOP, &reply);
  return code == PLI_EXIT_OK ? wait_for_lock (cli) : code;
}
