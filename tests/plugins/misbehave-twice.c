/* misbehave-twice.c: a filter that completes its ticket two times. The first answer counts. */
#include "misbehave.h"

static void
again (gpointer user)
{
  PliTicket *ticket = user;

  pli_op_done (*ticket);
  g_free (ticket);
}

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  PliTicket *ticket = g_new (PliTicket, 1);

  (void) txn;
  verdict->kind = PLI_REJECT;
  verdict->text = "once";
  *ticket = pli_op_wait (op);
  pli_op_done (*ticket);
  pli_soon (pli_op_instance (op), again, ticket);
  return PLI_WAIT;
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_twice, .name = "misbehave-twice", .version = "1", .summary = "For tests: answers twice",
            .settings = settings, .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load);
