/* misbehave-accept.c: a filter without rights that answers ACCEPT, and edits headers and recipients. */
#include "misbehave.h"

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  (void) op;
  if (txn)
    {
      pli_txn_add_header (txn, "X-Unasked", "yes");
      pli_txn_add_rcpt (txn, "unasked@example.test");
    }
  verdict->kind = PLI_ACCEPT;
  return PLI_DONE;
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_accept, .name = "misbehave-accept", .version = "1",
            .summary = "For tests: does what it has no right to", .settings = settings,
            .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load);
