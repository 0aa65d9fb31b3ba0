/* run.c: from an op of core's to a call and back: answers at once where it can, else takes a ticket and completes it when
 * the last thing that was looked up has come. For filter.c and router.c. */
#include "policy.h"

#include <pli/log.h>

void
policy_renew (Policy *policy)
{
  PolicyState *old = policy->state;
  g_autoptr (GError) error = NULL;
  PolicyState *new = policy_load (policy->plugin, old->source, &old->set, &error);

  pli_log (PLI_LOG_WARNING, "policy.out-of-memory", "then", new ? "the scripts begin anew" : "the old state stays",
           "why", error ? error->message : NULL, NULL);
  old->refused = FALSE;
  if (!new)
    return;
  policy->state = new;
  policy_state_unref (old);
}

static void
end (PolicyCall *call)
{
  Policy *policy = pli_plugin_data (call->state->plugin);
  gboolean spoiled = call->state->refused && policy->state == call->state;

  policy_call_clear (call);
  if (spoiled)
    policy_renew (policy);
}

void
policy_call_finished (PolicyCall *call, gboolean ok)
{
  PliTicket ticket = call->ticket;
  GError *error = ok ? NULL : g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, call->error);

  if (ok)
    call->take (call);
  end (call);
  if (ok)
    pli_op_done (ticket);
  else
    pli_op_fail (ticket, error);
}

/* Nobody waits for the answer any more. */
static void
cancelled (PliOp *op, gpointer user)
{
  PolicyCall *call = user;
  PliTicket ticket = call->ticket;

  (void) op;
  end (call);
  pli_op_done (ticket);
}

PliStep
policy_run (PliOp *op, PolicyStage stage, const PolicyScene *scene, void (*take) (PolicyCall *call), void *result)
{
  Policy *policy = pli_op_self (op);
  PolicyCall *call;
  PliStep step;

  if (policy->state->handlers[stage]->len == 0)
    return PLI_DONE;
  call = pli_arena_new0 (pli_op_arena (op), PolicyCall);
  call->stage = stage;
  call->scene = *scene;
  call->arena = pli_op_arena (op);
  call->take = take;
  call->verdict = result;
  step = policy_call_start (call, policy->state);
  if (step == PLI_WAIT)
    {
      call->ticket = pli_op_wait (op);
      pli_op_on_cancel (op, cancelled, call);
      return PLI_WAIT;
    }
  if (step == PLI_DONE)
    take (call);
  end (call);
  return step == PLI_DONE ? PLI_DONE : pli_op_error (op, PLI_ERROR_TRY_AGAIN, "%s", call->error);
}
