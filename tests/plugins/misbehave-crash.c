/* misbehave-crash.c: a filter that takes its room down. For servers of several processes. */
#include "misbehave.h"
#include <stdlib.h>

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  (void) op;
  (void) txn;
  (void) verdict;
  abort ();
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_crash, .name = "misbehave-crash", .version = "1", .summary = "For tests: crashes",
            .settings = settings, .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load);
