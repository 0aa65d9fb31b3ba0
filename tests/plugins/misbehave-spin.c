/* misbehave-spin.c: a filter that never comes back. Only for rooms of its own: tests/hostile/hosts.py. */
#include "misbehave.h"

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  (void) op;
  (void) txn;
  (void) verdict;
  for (volatile guint64 n = 0;; n++)
    ;
  return PLI_DONE;
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_spin, .name = "misbehave-spin", .version = "1", .summary = "For tests: never comes back",
            .settings = settings, .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load);
