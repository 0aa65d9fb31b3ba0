/* op.c: calls that may wait: tickets, deadlines, cancelling, release.
 *
 * An op has two lives that end apart: the caller's ends with the answer (done, a deadline, or a cancel), the
 * provider's with the completion of its ticket. Memory lives until both have ended. Tickets are looked up in one table
 * of the process, since they are completed from any thread; all else belongs to the loop thread. */
#include "loop/op.h"

#include <pli/log.h>
#include <stdarg.h>

#define POOL_MOST 128

typedef struct Kept Kept;
struct Kept
{
  Kept *next;
  GDestroyNotify destroy;
  gpointer data;
};

struct PliOp
{
  PliInstance *instance;
  PliOp *next, **prev;           /* in the owner's list */
  PliOp *pool_next, **pool_prev; /* in the pool's list of live ops; pool_next when free */
  PliArena *arena;
  const char *label, *account;
  guint64 session;
  gpointer self, result, user, cancel_user;
  Kept *kept;
  PliDone done;
  PliCancelFunc cancel;
  GError *error;
  PliTimer *deadline, *delay;
  PliTicket ticket;
  gint64 since_us, deadline_us;
  gboolean answered; /* the caller's life has ended */
};

struct PliOpPool
{
  PliOp *live, *spare;
  guint n_spare, n_live;
};

/* The table of tickets. A slot's generation rises each time its ticket is completed. */
typedef struct
{
  PliOp *op;
  guint32 generation;
  guint32 next_free;
} TicketSlot;

static struct
{
  GMutex lock;
  TicketSlot *slots;
  guint32 n, size, free; /* free: index + 1, 0 for none */
} table;

static PliTicket
ticket_take (PliOp *op)
{
  guint32 at;
  PliTicket ticket;

  g_mutex_lock (&table.lock);
  if (table.free)
    {
      at = table.free - 1;
      table.free = table.slots[at].next_free;
    }
  else
    {
      if (table.n == table.size)
        {
          table.size = MAX (table.size * 2, 256);
          table.slots = g_renew (TicketSlot, table.slots, table.size);
        }
      at = table.n++;
      table.slots[at].generation = 1;
    }
  table.slots[at].op = op;
  ticket = (guint64) table.slots[at].generation << 32 | at;
  g_mutex_unlock (&table.lock);
  return ticket;
}

/* Ends the ticket and returns its op, NULL when it is stale. */
static PliOp *
ticket_end (PliTicket ticket)
{
  guint32 at = (guint32) ticket, generation = (guint32) (ticket >> 32);
  PliOp *op = NULL;

  g_mutex_lock (&table.lock);
  if (at < table.n && table.slots[at].generation == generation && table.slots[at].op)
    {
      op = table.slots[at].op;
      table.slots[at].op = NULL;
      table.slots[at].generation++;
      table.slots[at].next_free = table.free;
      table.free = at + 1;
    }
  g_mutex_unlock (&table.lock);
  return op;
}

PliOp *
pli_op_from_ticket (PliTicket ticket)
{
  guint32 at = (guint32) ticket;
  PliOp *op = NULL;

  g_mutex_lock (&table.lock);
  if (at < table.n && table.slots[at].generation == (guint32) (ticket >> 32))
    op = table.slots[at].op;
  g_mutex_unlock (&table.lock);
  return op && !op->answered ? op : NULL;
}

PliOpPool *
pli_op_pool_new (void)
{
  return g_new0 (PliOpPool, 1);
}

void
pli_op_pool_free (PliOpPool *pool)
{
  g_assert (!pool->live);
  while (pool->spare)
    {
      PliOp *op = pool->spare;

      pool->spare = op->pool_next;
      pli_arena_free (op->arena);
      g_free (op);
    }
  g_free (pool);
}

static PliOp *
op_take (PliOpPool *pool)
{
  PliOp *op = pool->spare;

  if (op)
    {
      PliArena *arena = op->arena;

      pool->spare = op->pool_next;
      pool->n_spare--;
      memset (op, 0, sizeof *op);
      op->arena = arena;
    }
  else
    {
      op = g_new0 (PliOp, 1);
      op->arena = pli_arena_new ();
    }
  op->pool_next = pool->live;
  op->pool_prev = &pool->live;
  if (pool->live)
    pool->live->pool_prev = &op->pool_next;
  pool->live = op;
  pool->n_live++;
  return op;
}

static void
op_leave_owner (PliOp *op)
{
  if (!op->prev)
    return;
  *op->prev = op->next;
  if (op->next)
    op->next->prev = op->prev;
  op->prev = NULL;
}

static void
op_release (PliOp *op)
{
  PliOpPool *pool = op->instance->ops;

  op_leave_owner (op);
  pli_timer_cancel (op->deadline);
  pli_timer_cancel (op->delay);
  g_clear_error (&op->error);
  for (Kept *kept = op->kept; kept; kept = kept->next)
    kept->destroy (kept->data);
  *op->pool_prev = op->pool_next;
  if (op->pool_next)
    op->pool_next->pool_prev = op->pool_prev;
  pool->n_live--;
  if (pool->n_spare >= POOL_MOST || pli_arena_bytes (op->arena) > 64 * 1024)
    {
      pli_arena_free (op->arena);
      g_free (op);
      return;
    }
  pli_arena_reset (op->arena);
  op->pool_next = pool->spare;
  pool->spare = op;
  pool->n_spare++;
}

PliOp *
pli_op_new (PliInstance *instance, const PliOpSpec *spec)
{
  PliOp *op = op_take (instance->ops);

  op->instance = instance;
  op->label = spec->label;
  op->account = pli_arena_strdup (op->arena, spec->account);
  op->session = spec->session;
  op->self = spec->self;
  op->done = spec->done;
  op->user = spec->user;
  op->since_us = pli_loop_clock_us (instance->loop);
  if (spec->result_size > 0)
    op->result = pli_arena_alloc (op->arena, spec->result_size);
  if (spec->owner)
    {
      op->next = *spec->owner;
      op->prev = spec->owner;
      if (op->next)
        op->next->prev = &op->next;
      *spec->owner = op;
    }
  op->deadline_us = spec->deadline_us;
  return op;
}

static void
op_answer (PliOp *op, const GError *error)
{
  if (op->answered)
    return;
  op->answered = TRUE;
  op_leave_owner (op);
  pli_timer_cancel (op->deadline);
  op->deadline = NULL;
  if (op->done)
    op->done (op->user, error ? NULL : op->result, error);
}

/* Runs from the loop when the provider has let go. */
static void
op_finish (gpointer user)
{
  PliOp *op = user;

  op_answer (op, op->error);
  op_release (op);
}

static void
op_give_up (PliOp *op)
{
  if (op->cancel)
    op->cancel (op, op->cancel_user);
}

static void
op_deadline (gpointer user)
{
  PliOp *op = user;
  g_autoptr (GError) error = NULL;

  op->deadline = NULL;
  pli_log (PLI_LOG_WARNING, "op.deadline", "label", op->label, NULL);
  error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s did not answer in time", op->label);
  op_answer (op, error);
  op_give_up (op);
}

void
pli_op_start (PliOp *op, PliSlot slot, const void *args)
{
  PliStep step = slot ? slot (op, op->self, args, op->result)
                      : pli_op_error (op, PLI_ERROR_PERMANENT, "%s is not offered here", op->label);

  if ((step == PLI_WAIT) != (op->ticket != 0))
    g_error ("%s: the slot returned %d, which its ticket contradicts", op->label, step);
  if (step == PLI_WAIT)
    {
      if (op->deadline_us > 0 && !op->answered)
        op->deadline = pli_loop_timer (op->instance->loop, op->deadline_us, op_deadline, op);
      return;
    }
  if (step == PLI_FAIL && !op->error)
    op->error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s failed without a reason", op->label);
  pli_loop_soon (op->instance->loop, op_finish, op);
}

gpointer
pli_op_result (PliOp *op)
{
  return op->result;
}

void
pli_op_keep (PliOp *op, GDestroyNotify destroy, gpointer data)
{
  Kept *kept = pli_arena_new0 (op->arena, Kept);

  *kept = (Kept){ op->kept, destroy, data };
  op->kept = kept;
}

/* Provider side */

PliTicket
pli_op_wait (PliOp *op)
{
  g_assert (op->ticket == 0);
  op->ticket = ticket_take (op);
  return op->ticket;
}

static gboolean
complete (PliTicket ticket, GError *error)
{
  PliOp *op = ticket_end (ticket);

  if (!op)
    {
      pli_logf (PLI_LOG_ERROR, "op.stale", "ticket %" G_GINT64_MODIFIER "x was completed twice or never given", ticket);
      g_clear_error (&error);
      return FALSE;
    }
  op->error = error;
  pli_loop_soon (op->instance->loop, op_finish, op);
  return TRUE;
}

gboolean
pli_op_done (PliTicket ticket)
{
  return complete (ticket, NULL);
}

gboolean
pli_op_fail (PliTicket ticket, GError *error)
{
  g_assert (error);
  return complete (ticket, error);
}

static void
delay_over (gpointer user)
{
  PliOp *op = user;

  op->delay = NULL;
  pli_op_done (op->ticket);
}

void
pli_op_done_after (PliTicket ticket, gint64 delay_us)
{
  PliOp *op = pli_op_from_ticket (ticket);

  g_assert (op && !op->delay);
  op->delay = pli_loop_timer (op->instance->loop, delay_us, delay_over, op);
}

PliStep
pli_op_error (PliOp *op, PliErrorCode code, const char *format, ...)
{
  va_list args;

  g_assert (op->ticket == 0 && !op->error);
  va_start (args, format);
  op->error = g_error_new_valist (PLI_ERROR, (gint) code, format, args);
  va_end (args);
  return PLI_FAIL;
}

PliStep
pli_op_take_error (PliOp *op, GError *error)
{
  g_assert (op->ticket == 0 && !op->error);
  op->error = error;
  return PLI_FAIL;
}

PliArena *
pli_op_arena (PliOp *op)
{
  return op->arena;
}

gpointer
pli_op_self (PliOp *op)
{
  return op->self;
}

PliInstance *
pli_op_instance (PliOp *op)
{
  return op->instance;
}

const char *
pli_op_account (PliOp *op)
{
  return op->account;
}

guint64
pli_op_session (PliOp *op)
{
  return op->session;
}

void
pli_op_on_cancel (PliOp *op, PliCancelFunc func, gpointer user)
{
  op->cancel = func;
  op->cancel_user = user;
}

/* Caller side: a PliCall is the op itself. */

void
pli_call_cancel (PliCall *call)
{
  PliOp *op = (PliOp *) call;

  if (!op || op->answered)
    return;
  op->done = NULL;
  op_answer (op, NULL);
  op_give_up (op);
}

void
pli_op_cancel_all (PliOp **owner)
{
  while (*owner)
    pli_call_cancel ((PliCall *) *owner);
}

void
pli_op_foreach (PliInstance *instance, PliOpVisit visit, gpointer user)
{
  for (PliOp *op = instance->ops->live; op; op = op->pool_next)
    visit (op->label, op->since_us, op->answered, user);
}

guint
pli_op_waiting (PliInstance *instance)
{
  return instance->ops->n_live;
}
