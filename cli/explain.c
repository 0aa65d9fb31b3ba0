/* explain.c: `pli explain ID|MESSAGE-ID|ADDRESS`: the story of a message, one line an event. */
#include "cli/cli.h"

#include "cli/client.h"
#include <jansson.h>
#include <stdio.h>

static void
print_text (const PliLedgerEvent *e)
{
  time_t seconds = (time_t) (e->at_us / G_USEC_PER_SEC);
  struct tm tm;
  char at[32];

  gmtime_r (&seconds, &tm);
  strftime (at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
  printf ("%s.%03dZ %s %s by %s", at, (int) (e->at_us % G_USEC_PER_SEC / 1000), e->id && *e->id ? e->id : "-", e->what,
          e->by ? e->by : "-");
  if (e->sender)
    printf (" from=<%s>", e->sender);
  if (e->rcpt)
    printf (" to=<%s>", e->rcpt);
  if (e->peer)
    printf (" peer=%s", e->peer);
  if (e->message_id)
    printf (" message-id=%s", e->message_id);
  if (e->detail && *e->detail)
    printf (": %s", e->detail);
  printf ("\n");
}

static void
print_json (const PliLedgerEvent *e)
{
  const struct
  {
    const char *name, *text;
  } fields[] = { { "id", e->id },           { "what", e->what },
                 { "by", e->by },           { "from", e->sender },
                 { "to", e->rcpt },         { "peer", e->peer },
                 { "session", e->session }, { "message_id", e->message_id },
                 { "detail", e->detail } };
  json_t *o = json_object ();

  json_object_set_new (o, "at_us", json_integer (e->at_us));
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].text)
      json_object_set_new (o, fields[i].name, json_string (fields[i].text));
  json_dumpf (o, stdout, JSON_COMPACT);
  printf ("\n");
  json_decref (o);
}

int
pli_cmd_explain (PliCli *cli, int argc, char **argv)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliExplainArgs args = { 0 };
  PliExplainResult result;
  gboolean runs;

  for (int i = 1; i < argc; i++)
    if (!g_str_equal (argv[i], "--json"))
      args.what = argv[i];
  if (!args.what)
    return pli_cli_usage (argv[0], "needs an id, a Message-ID or an address");
  if (!pli_client_call (cli->root, PLI_METHOD_EXPLAIN, 0, &args, arena, &result, &runs, &error))
    {
      int code = pli_cli_fail (argv[0], error);

      return runs ? code : PLI_EXIT_SERVER;
    }
  for (guint i = 0; i < result.n_events; i++)
    if (cli->json)
      print_json (&result.events[i]);
    else
      print_text (&result.events[i]);
  if (result.n_events == 0)
    fprintf (stderr, "pli explain: nothing is known of %s\n", args.what);
  return result.n_events > 0 ? PLI_EXIT_OK : PLI_EXIT_NOT_FOUND;
}
