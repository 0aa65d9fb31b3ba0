/* misbehave-silent.c: a filter that takes a ticket and does not complete it, not even when it is told to let go; only
 * when it is unloaded, so that a test can end. */
#include "misbehave.h"

static GArray *tickets;

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  PliTicket ticket = pli_op_wait (op);

  (void) txn;
  (void) verdict;
  if (!tickets)
    tickets = g_array_new (FALSE, FALSE, sizeof (PliTicket));
  g_array_append_val (tickets, ticket);
  return PLI_WAIT;
}

static void
unload (PliPlugin *plugin)
{
  (void) plugin;
  for (guint i = 0; tickets && i < tickets->len; i++)
    pli_op_done (g_array_index (tickets, PliTicket, i));
  g_clear_pointer (&tickets, g_array_unref);
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_silent, .name = "misbehave-silent", .version = "1", .summary = "For tests: never answers",
            .settings = settings, .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load,
            .unload = unload);
