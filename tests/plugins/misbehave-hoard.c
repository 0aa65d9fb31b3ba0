/* misbehave-hoard.c: a filter that wants 1 GiB of memory, and writes to all of it. Only for rooms of its own:
 * tests/hostile/hosts.py. */
#include "misbehave.h"

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const gsize bytes = (gsize) 1 << 30;
  char *all = g_malloc (bytes);

  (void) op;
  (void) txn;
  (void) verdict;
  for (gsize at = 0; at < bytes; at += 4096)
    all[at] = 1;
  g_free (all);
  return PLI_DONE;
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES, { 0 } };

PLI_PLUGIN (misbehave_hoard, .name = "misbehave-hoard", .version = "1", .summary = "For tests: wants 1 GiB",
            .settings = settings, .settings_size = sizeof (Misbehave), .services = services, .load = misbehave_load);
