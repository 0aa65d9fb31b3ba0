/* deliver-test.c: a transport for tests that goes nowhere. What it does is in the address: the user part says what becomes
 * of a recipient ("later", "never", else taken), the domain what becomes of the call: "dead.test" is reached by nobody,
 * "fail.test" fails the call, "silent.test" never answers until the end. Calls are written, one a line, into the file
 * `calls` of its folder: "ROUTE DOMAIN RCPTS BYTES FIRST-RCPT UNDER-WAY". */
#include <pli/deliver.h>
#include <pli/plugin.h>
#include <stdio.h>

typedef struct
{
  gint64 delay; /* µs */
} Settings;

typedef struct
{
  PliPlugin *plugin;
  guint under_way;
  GArray *silent; /* PliTicket */
} Test;

typedef struct
{
  Test *test;
  PliTicket ticket;
} Pending;

static void
note (Test *test, const PliSendArgs *args, guint n)
{
  g_autofree char *path = g_build_filename (pli_plugin_folder (test->plugin), "calls", NULL);
  FILE *file = fopen (path, "a");

  g_assert (file);
  fprintf (file, "%s %s %u %zu %s %u\n", args->route, args->domain, n, args->message.len, args->rcpts[0],
           test->under_way);
  fclose (file);
}

static PliSent
outcome_of (const char *rcpt, const char *domain)
{
  if (g_str_equal (domain, "dead.test"))
    return (PliSent){ PLI_SEND_LATER, 0, "4.4.1", "connection refused" };
  if (strstr (rcpt, "later"))
    return (PliSent){ PLI_SEND_LATER, 451, "4.7.1", "come back in a while" };
  if (strstr (rcpt, "never"))
    return (PliSent){ PLI_SEND_NEVER, 550, "5.1.1", "no such user over there" };
  return (PliSent){ PLI_SEND_TAKEN, 250, "2.0.0", "ok" };
}

static void
answer (gpointer user)
{
  Pending *pending = user;

  pending->test->under_way--;
  pli_op_done (pending->ticket);
  g_free (pending);
}

static PliStep
send (PliOp *op, gpointer self, const PliSendArgs *args, PliSendResult *result)
{
  Test *test = self;
  const Settings *set = pli_plugin_settings (test->plugin);
  guint n = g_strv_length ((GStrv) args->rcpts);
  PliSent *rcpts = pli_arena_array (pli_op_arena (op), PliSent, n);
  Pending *pending;

  test->under_way++;
  note (test, args, n);
  for (guint i = 0; i < n; i++)
    rcpts[i] = outcome_of (args->rcpts[i], args->domain);
  *result =
      (PliSendResult){ rcpts, n, g_str_equal (args->domain, "dead.test") ? NULL : "mx.test [192.0.2.1]:25", "TLS1.3" };
  if (g_str_equal (args->domain, "silent.test"))
    {
      PliTicket ticket = pli_op_wait (op);

      g_array_append_val (test->silent, ticket);
      return PLI_WAIT;
    }
  if (g_str_equal (args->domain, "fail.test"))
    {
      test->under_way--;
      return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the transport has lost its way");
    }
  pending = g_new (Pending, 1);
  *pending = (Pending){ test, pli_op_wait (op) };
  pli_timer_after (pli_plugin_instance (test->plugin), set->delay, answer, pending);
  return PLI_WAIT;
}

static PliStep
plan (PliOp *op, gpointer self, const PliPlanArgs *args, PliPlanResult *result)
{
  (void) self;
  result->text = pli_arena_printf (pli_op_arena (op), "mx.%s by route %s", args->domain, args->route);
  return PLI_DONE;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Test *test = g_new0 (Test, 1);

  (void) error;
  test->plugin = plugin;
  test->silent = g_array_new (FALSE, FALSE, sizeof (PliTicket));
  pli_plugin_set_data (plugin, test);
  return TRUE;
}

static void
unload (PliPlugin *plugin)
{
  Test *test = pli_plugin_data (plugin);

  for (guint i = 0; i < test->silent->len; i++)
    pli_op_done (g_array_index (test->silent, PliTicket, i));
  g_array_unref (test->silent);
  g_free (test);
}

static const PliSetting settings[] = {
  PLI_DURATION (Settings, delay, "0", .doc = "Time that each call takes."),
  { 0 },
};
static const PliTransport transport = { .size = sizeof transport, .send = send, .plan = plan };
static const PliService services[] = { PLI_TRANSPORT ("smtp", &transport), { 0 } };

PLI_PLUGIN (deliver_test, .name = "deliver-test", .version = "1", .summary = "For tests: a transport to nowhere",
            .settings = settings, .settings_size = sizeof (Settings), .services = services, .load = load,
            .unload = unload);
