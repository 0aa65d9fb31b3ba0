/* op.h: calls that may wait, from both sides.
 *
 * A *provider* (a plugin's slot) gets a PliOp. It returns PLI_DONE with the result filled in, PLI_FAIL after
 * pli_op_error(), or takes a ticket with pli_op_wait(), returns PLI_WAIT, and completes the ticket exactly once, from
 * any thread, also before the slot has returned. Arguments, arena and result live until it does, whatever happened
 * to the caller; a deadline or a hang-up answers the caller for it. A stale ticket is refused, logged and harmless.
 *
 * A *caller* uses a façade (store.h, directory.h, queue.h, ledger.h), which takes a PliDone function: it is called
 * once on the loop thread, never before the façade has returned, and not at all when the call was cancelled or its
 * session has gone. */
#ifndef PLI_OP_H
#define PLI_OP_H

#include <pli/base.h>

G_BEGIN_DECLS

typedef struct PliInstance PliInstance;
typedef struct PliOp PliOp;
/* Slot and generation; 0 is never a ticket. */
typedef guint64 PliTicket;

typedef enum
{
  PLI_DONE,
  PLI_FAIL,
  PLI_WAIT,
} PliStep;

/* Provider side. Thread: the loop thread, unless said otherwise. */

PLI_API PliTicket pli_op_wait (PliOp *op);
/* Any thread. The result struct must be filled in before. FALSE when the ticket is stale. */
PLI_API gboolean pli_op_done (PliTicket ticket);
/* Any thread. @error: (transfer full). */
PLI_API gboolean pli_op_fail (PliTicket ticket, GError *error);
/* Completes the ticket after @delay_us; dropped when the caller goes. */
PLI_API void pli_op_done_after (PliTicket ticket, gint64 delay_us);
/* Sets the error of @op (before it waits) and returns PLI_FAIL, for `return pli_op_error (…)`. */
PLI_API PliStep pli_op_error (PliOp *op, PliErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* The same with an error at hand; @error: (transfer full). */
PLI_API PliStep pli_op_take_error (PliOp *op, GError *error);
/* Lives until the op is released. While the op waits it belongs to the provider, also on another thread. */
PLI_API PliArena *pli_op_arena (PliOp *op);
/* What the plugin's load() stored with pli_plugin_set_data(). */
PLI_API gpointer pli_op_self (PliOp *op);
PLI_API PliInstance *pli_op_instance (PliOp *op);
/* The account that auth granted to the caller's session; NULL where the service is not an account's (transfer none). */
PLI_API const char *pli_op_account (PliOp *op);
/* Names the calling session over all rooms (edge room in the high 16 bits); 0 when there is none. */
PLI_API guint64 pli_op_session (PliOp *op);
/* Called once on the loop thread when a deadline or a hang-up answered for the provider; the ticket must still be completed. */
typedef void (*PliCancelFunc) (PliOp *op, gpointer user);
PLI_API void pli_op_on_cancel (PliOp *op, PliCancelFunc func, gpointer user);

/* Runs @work in the offload pool, then @after (may be NULL) on the loop thread. */
typedef void (*PliWorkFunc) (gpointer user);
PLI_API void pli_offload (PliInstance *instance, PliWorkFunc work, PliWorkFunc after, gpointer user);

/* Caller side. */

typedef struct PliCall PliCall;
/* @result: (transfer none), the method's result struct, NULL on error; valid during the call of this function only. */
typedef void (*PliDone) (gpointer user, const void *result, const GError *error);
/* @call may be NULL. The PliDone will not be called; do not use @call again. */
PLI_API void pli_call_cancel (PliCall *call);

/* Timers: one heap a room. Thread: loop. */
typedef struct PliTimer PliTimer;
typedef void (*PliTimerFunc) (gpointer user);
/* Fires once. (transfer full): valid until it has fired or pli_timer_cancel(). */
PLI_API PliTimer *pli_timer_after (PliInstance *instance, gint64 delay_us, PliTimerFunc func, gpointer user);
/* NULL is fine. */
PLI_API void pli_timer_cancel (PliTimer *timer);
/* Runs @func on the loop thread after the present event; any thread. */
PLI_API void pli_soon (PliInstance *instance, PliTimerFunc func, gpointer user);

/* Descriptors, for libraries that bring their own. Level-triggered. Thread: loop. */
typedef enum
{
  PLI_READABLE = 1, /* the numbers of poll(2) and epoll(7) */
  PLI_WRITABLE = 4,
} PliReady;
typedef struct PliWatch PliWatch;
/* @events: PliReady that are there; other bits mean an error or a hang-up, which the next read or write tells. */
typedef void (*PliWatchFunc) (gpointer user, guint32 events);
/* (transfer full): one a descriptor; pli_watch_remove() before it is closed. */
PLI_API PliWatch *pli_watch_fd (PliInstance *instance, int fd, guint32 events, PliWatchFunc func, gpointer user);
PLI_API void pli_watch_set (PliWatch *watch, guint32 events);
/* NULL is fine; no call comes any more. */
PLI_API void pli_watch_remove (PliWatch *watch);

/* The instance's clocks, which tests can set. µs since 1970-01-01 UTC; µs since some fixed moment. */
PLI_API gint64 pli_now_us (PliInstance *instance);
PLI_API gint64 pli_clock_us (PliInstance *instance);

G_END_DECLS

#endif
