/* loop/op.h: the life of a call. Internal to core; the two public sides are in <pli/op.h>.
 *
 * pli_op_new(), then pli_op_start() with the provider's slot; `done` is called once from the loop unless the call is
 * cancelled; the op is released when it was answered (or cancelled) and its provider let go. */
#ifndef PLI_LOOP_OP_INTERNAL_H
#define PLI_LOOP_OP_INTERNAL_H

#include "loop/instance.h"

typedef PliStep (*PliSlot) (PliOp *op, gpointer self, const void *args, void *result);

typedef struct
{
  const char *label;  /* literal: "store.fetch" */
  gint64 deadline_us; /* from now; 0: none */
  guint64 session;
  const char *account; /* copied; may be NULL */
  gpointer self;       /* plugin's data */
  gsize result_size;
  PliDone done; /* NULL: nobody cares */
  gpointer user;
  PliOp **owner; /* list of the owner's calls, or NULL */
} PliOpSpec;

PliOp *pli_op_new (PliInstance *instance, const PliOpSpec *spec);
/* @args: lives in the op's arena or is static; a slot of NULL fails with PERMANENT. */
void pli_op_start (PliOp *op, PliSlot slot, const void *args);
gpointer pli_op_result (PliOp *op);
/* Frees @data when the op is released. */
void pli_op_keep (PliOp *op, GDestroyNotify destroy, gpointer data);
/* Cancels all calls of a list that pli_op_new() filled. */
void pli_op_cancel_all (PliOp **owner);
/* FALSE when the ticket is stale, or its op was answered by a deadline already. Loop thread. */
PliOp *pli_op_from_ticket (PliTicket ticket);

typedef void (*PliOpVisit) (const char *label, gint64 since_us, gboolean answered, gpointer user);
/* What waits now. */
void pli_op_foreach (PliInstance *instance, PliOpVisit visit, gpointer user);
guint pli_op_waiting (PliInstance *instance);

PliOpPool *pli_op_pool_new (void);
/* All ops must be released. */
void pli_op_pool_free (PliOpPool *pool);
PliOffload *pli_offload_new (PliInstance *instance);
/* Something runs in the pool, or has not come back yet. */
gboolean pli_offload_busy (PliInstance *instance);
/* Runs the loop until nothing is in the pool and nothing waits to be run soon; not past @until_us (g_get_monotonic_time). */
void pli_loop_settle (PliInstance *instance, gint64 until_us);
/* Waits for what runs. */
void pli_offload_free (PliOffload *offload);

#endif
