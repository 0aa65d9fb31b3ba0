/* misbehave-fail.c: a filter that fails each n-th call, after it has asked for edits. */
#include "misbehave.h"

static gint64 calls;

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const Misbehave *set = pli_plugin_settings (pli_op_self (op));

  (void) verdict;
  if (++calls % set->every != 0)
    return PLI_DONE;
  if (txn)
    {
      pli_txn_add_header (txn, "X-Failed", "yes");
      pli_txn_add_rcpt (txn, "failed@example.test");
    }
  return pli_op_error (op, PLI_ERROR_PERMANENT, "failed on purpose");
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES,
                                       PLI_INT (Misbehave, every, "1", .min = 1, .doc = "Which calls fail."),
                                       { 0 } };
static const char *const rights[] = { "edit-headers", "recipients", NULL };

PLI_PLUGIN (misbehave_fail, .name = "misbehave-fail", .version = "1", .summary = "For tests: fails each n-th call",
            .settings = settings, .settings_size = sizeof (Misbehave), .rights = rights, .services = services,
            .load = misbehave_load);
