/* filter-probe.c: a filter that asks somebody over a connection whether a sender may send: the smallest use of
 * <pli/connect.h>, for tests. It says "MAIL sender" and hears "yes" or anything else. */
#include <pli/connect.h>
#include <pli/filter.h>

typedef struct
{
  const char *scanner; /* ADDRESS:PORT or a path */
  gint64 elsewhere;    /* added to the port: where conf.d does not say */
} ProbeSettings;

typedef struct
{
  PliTicket ticket;
  PliVerdict *verdict;
  PliTxn *txn;
  PliConnection *connection;
} Probe;

static void
finish (Probe *probe, GError *error)
{
  g_clear_pointer (&probe->connection, pli_connection_free);
  if (error)
    pli_op_fail (probe->ticket, error);
  else
    pli_op_done (probe->ticket);
}

static gsize
input (PliConnection *c, gpointer user, PliSpan bytes)
{
  Probe *probe = user;

  (void) c;
  if (pli_span_find (bytes, '\n') < 0)
    return 0;
  if (!pli_span_starts (bytes, "yes"))
    *probe->verdict = (PliVerdict){ .kind = PLI_REJECT, .text = "the probe says no" };
  finish (probe, NULL);
  return bytes.len;
}

static void
closed (PliConnection *c, gpointer user, const GError *error)
{
  (void) c;
  finish (user,
          error ? g_error_copy (error) : g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "closed without an answer"));
}

static const PliConnectionFuncs funcs = { .size = sizeof funcs, .input = input, .closed = closed };

static void
gone (PliOp *op, gpointer user)
{
  Probe *probe = user;

  (void) op;
  if (probe->connection)
    finish (probe, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "nobody waits any more"));
}

static PliStep
on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  PliPlugin *plugin = pli_op_self (op);
  const ProbeSettings *set = pli_plugin_settings (plugin);
  Probe *probe = pli_arena_new0 (pli_op_arena (op), Probe);
  const char *colon = set->scanner[0] == '/' ? NULL : strrchr (set->scanner, ':');
  g_autofree char *address = colon ? g_strndup (set->scanner, (gsize) (colon - set->scanner)) : g_strdup (set->scanner);
  guint port = colon ? (guint) (g_ascii_strtoll (colon + 1, NULL, 10) + set->elsewhere) : 0;
  g_autofree char *line = g_strdup_printf ("MAIL %s\n", pli_txn_sender (txn));

  *probe = (Probe){ pli_op_wait (op), verdict, txn, pli_connection_new (plugin, address, port, &funcs, probe) };
  pli_connection_write (probe->connection, pli_span_from (line));
  pli_op_on_cancel (op, gone, probe);
  return PLI_WAIT;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  (void) error;
  pli_plugin_set_data (plugin, plugin);
  return TRUE;
}

static const PliSetting settings[] = {
  PLI_TEXT (ProbeSettings, scanner, NULL, .flags = PLI_REQUIRED | PLI_RELOAD, .doc = "ADDRESS:PORT or a path."),
  PLI_INT (ProbeSettings, elsewhere, "0", .min = 0, .max = 1000, .flags = PLI_RELOAD, .doc = "Added to the port."),
  { 0 }
};
static const PliFilter filter = { .size = sizeof (PliFilter), .on_mail = on_mail };
static const PliService services[] = { PLI_FILTER ("probe", &filter), { 0 } };
static const char *const needs[] = { "connect", NULL };

PLI_PLUGIN (filter_probe, .name = "filter-probe", .version = "1", .summary = "For tests: asks over a connection",
            .settings = settings, .settings_size = sizeof (ProbeSettings), .needs = needs, .services = services,
            .load = load);
