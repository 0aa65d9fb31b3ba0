/* refuse.c: how a login is refused: counted, logged, told to the ledger when a block begins, and answered after a delay
 * that grows. All refusals read the same to the client. */
#include "auth-front.h"
#include <pli/ledger.h>

typedef struct
{
  PliTicket ticket;
  PliTimer *delay;
} Refusal;

static void
refuse_now (PliTicket ticket)
{
  pli_op_fail (ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_DENIED, "login refused"));
}

static void
delay_over (gpointer user)
{
  Refusal *refusal = user;

  refusal->delay = NULL;
  refuse_now (refusal->ticket);
}

static void
gone (PliOp *op, gpointer user)
{
  Refusal *refusal = user;

  (void) op;
  if (!refusal->delay)
    return;
  pli_timer_cancel (g_steal_pointer (&refusal->delay));
  refuse_now (refusal->ticket);
}

static void
hold_back (const FrontAttempt *attempt, gint64 wait_us)
{
  Refusal *refusal = pli_arena_new0 (pli_op_arena (attempt->op), Refusal);

  refusal->ticket = attempt->ticket;
  refusal->delay = pli_timer_after (attempt->front->instance, wait_us, delay_over, refusal);
  pli_op_on_cancel (attempt->op, gone, refusal);
}

static void
tell_block (const FrontAttempt *attempt, const char *what)
{
  g_autofree char *detail = g_strdup_printf ("%s blocked after too many failed logins as %s (%s)", what, attempt->login,
                                             attempt->service ? attempt->service : "");
  PliLedgerEvent event = {
    .id = "", .what = "blocked", .by = "auth-front", .sender = attempt->login, .peer = attempt->peer, .detail = detail
  };

  pli_log (PLI_LOG_WARNING, "auth.blocked", "what", what, "login", attempt->login, "peer", attempt->peer, NULL);
  pli_ledger_tell (attempt->front->instance, &event);
}

static void
refuse (const FrontAttempt *attempt, const char *why, gint64 wait_us)
{
  pli_log (PLI_LOG_NOTICE, "auth.refused", "login", attempt->login, "service", attempt->service, "peer", attempt->peer,
           "why", why, NULL);
  if (wait_us == 0)
    refuse_now (attempt->ticket);
  else
    hold_back (attempt, wait_us);
}

void
front_refuse (const FrontAttempt *attempt, const char *why)
{
  Front *front = attempt->front;
  const char *blocked;
  gint64 wait = front_throttle_failed (front->throttle, front_settings (front), attempt->login, attempt->peer,
                                       pli_clock_us (front->instance), &blocked);

  if (blocked)
    tell_block (attempt, blocked);
  refuse (attempt, why, wait);
}

gboolean
front_admit (const FrontAttempt *attempt)
{
  Front *front = attempt->front;
  const char *why =
      front_throttle_blocked (front->throttle, attempt->login, attempt->peer, pli_clock_us (front->instance));

  if (why)
    refuse (attempt, why, front_settings (front)->failure_delay_max);
  return !why;
}
