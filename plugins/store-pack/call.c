/* call.c: see call.h. A call that can be answered at once costs no ticket and no memory. */
#include "call.h"

#include "round.h"

PackStep
pack_refuse (PackCall *call, PliErrorCode code, const char *text)
{
  g_set_error_literal (&call->error, PLI_ERROR, (gint) code, text);
  return PACK_FAIL;
}

PackStep
pack_fail (PackCall *call)
{
  g_assert (call->error);
  call->broken = TRUE;
  return PACK_FAIL;
}

PackCall *
pack_call_keep (PackCall *call)
{
  PackCall *kept;

  if (call->ticket)
    return call;
  kept = pli_arena_new0 (call->arena, PackCall);
  call->ticket = pli_op_wait (call->op);
  *kept = *call;
  return kept;
}

void
pack_call_finish (PackCall *call, GError *error)
{
  if (error)
    pli_op_fail (call->ticket, error);
  else
    pli_op_done (call->ticket);
}

/* Loop thread: the batch holds things of others, too. */
static PackStep
write_batch (PackCall *call, PackStep step)
{
  if (step != PACK_WRITTEN)
    return step;
  return pack_batch_commit (call->account, &call->error) ? PACK_DONE : pack_fail (call);
}

static PackStep
run (PackCall *call)
{
  call->account = NULL;
  if (call->pack->closed)
    return pack_refuse (call, PLI_ERROR_TRY_AGAIN, "the store is closed");
  call->account = pack_account_get (call->pack, pli_op_account (call->op), &call->error);
  if (!call->account)
    return call->error ? PACK_FAIL : PACK_ROOM;
  if (!pack_account_ready (call->account))
    return PACK_BUSY;
  return write_batch (call, call->verb (call));
}

/* Offload pool. */
static void
run_in_pool (gpointer user)
{
  PackCall *call = user;

  call->step = call->verb (call);
}

static void proceed (PackCall *call, PackStep step);

static void
pool_over (gpointer user)
{
  PackCall *call = user;
  PackAccount *account = call->account;

  account->pins++;
  account->busy = FALSE;
  call->in_pool = FALSE;
  proceed (call, write_batch (call, call->step));
  account->pins--;
  pack_account_unbusy (account);
}

static void
proceed (PackCall *call, PackStep step)
{
  PackAccount *account = call->account;
  PackWaiter waiter = { .call = call, .again = step != PACK_DURABLE };

  switch (step)
    {
    case PACK_DONE:
      pack_call_finish (call, NULL);
      break;
    case PACK_FAIL:
      if (call->broken)
        pack_account_break (account, call->error);
      call->broken = FALSE;
      pack_call_finish (call, g_steal_pointer (&call->error));
      break;
    case PACK_DURABLE:
    case PACK_AGAIN:
      pack_wait_batch (account, waiter);
      pack_round_urge (call->pack);
      break;
    case PACK_POOL:
      account->busy = TRUE;
      call->in_pool = TRUE;
      pack_offload (call->pack, run_in_pool, pool_over, call);
      break;
    case PACK_WRITTEN:
      g_assert_not_reached ();
    case PACK_AWAY:
      break;
    case PACK_BUSY:
      pack_wait_account (account, waiter);
      break;
    case PACK_ROOM:
      pack_wait_room (call->pack, waiter);
      break;
    }
}

void
pack_call_run (PackCall *call)
{
  PackStep step = run (call);
  PackAccount *account = call->account;

  proceed (call, step);
  if (account)
    pack_account_settle (account);
}

PliStep
pack_call (PliOp *op, gpointer self, PackVerb verb, const void *args, gpointer result)
{
  PackCall call = { .pack = self, .op = op, .verb = verb, .args = args, .result = result, .arena = pli_op_arena (op) };
  PackStep step = run (&call);

  if (step == PACK_FAIL && call.broken)
    pack_account_break (call.account, call.error);
  if (step != PACK_DONE && step != PACK_FAIL)
    proceed (pack_call_keep (&call), step);
  if (call.account)
    pack_account_settle (call.account);
  if (step == PACK_FAIL)
    return pli_op_take_error (op, call.error);
  return step == PACK_DONE ? PLI_DONE : PLI_WAIT;
}

void
pack_waiter_wake (const PackWaiter *waiter, const GError *error)
{
  if (waiter->delivery)
    {
      if (waiter->again && !error)
        pack_delivery_run (waiter->delivery, waiter->item);
      else
        pack_delivery_answer (waiter->delivery, waiter->item, error);
    }
  else if (error)
    pack_call_finish (waiter->call, g_error_copy (error));
  else if (waiter->again)
    pack_call_run (waiter->call);
  else
    pack_call_finish (waiter->call, NULL);
}

void
pack_wait_batch (PackAccount *account, PackWaiter waiter)
{
  gboolean under_way = account->syncing && !account->in_batch && !account->unsynced;

  g_array_append_val (under_way ? account->syncing_waiters : account->waiters, waiter);
  pack_round_gathered (account->pack);
}

void
pack_wait_account (PackAccount *account, PackWaiter waiter)
{
  waiter.again = TRUE;
  g_queue_push_tail (&account->queue, g_memdup2 (&waiter, sizeof waiter));
}

void
pack_wait_room (Pack *pack, PackWaiter waiter)
{
  waiter.again = TRUE;
  g_queue_push_tail (&pack->waiting, g_memdup2 (&waiter, sizeof waiter));
}

void
pack_turn_away (GQueue *queue, const GError *error)
{
  PackWaiter *waiter;

  while ((waiter = g_queue_pop_head (queue)))
    {
      pack_waiter_wake (waiter, error);
      g_free (waiter);
    }
}
