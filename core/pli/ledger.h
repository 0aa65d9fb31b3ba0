/* ledger.h: what was decided about each message, by whom, on which facts; kept by `ledger-*` in the room `admin`.
 *
 * Events are told, not asked: pli_ledger_tell() never waits and never fails the caller; batches leave a room every
 * 100 ms. Refused mail and refused sessions are told too. */
#ifndef PLI_LEDGER_H
#define PLI_LEDGER_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 at_us;
  const char *id;     /* message id of the queue, "" for a session that had none */
  const char *what;   /* "accepted", "refused", "deferred", "delivered", "bounced", "discarded", "held", "queued" … */
  const char *by;     /* plugin or part of core */
  const char *sender; /* or NULL */
  const char *rcpt;   /* or NULL when it is about the whole message */
  const char *peer;   /* client or next hop, or NULL */
  const char *session; /* or NULL */
  const char *message_id;
  const char *detail; /* reply text, reason, facts "name=value; name=value" */
} PliLedgerEvent;

typedef struct
{
  const PliLedgerEvent *events;
  guint32 n_events;
} PliRecordArgs;

typedef struct
{
  guint32 n;
} PliRecordResult;

typedef struct
{
  const char *what; /* queue id, Message-ID with or without <>, or an address */
  gint64 since_us;
  guint32 max; /* rows, 0: 500 */
} PliExplainArgs;

typedef struct
{
  const PliLedgerEvent *events; /* by time */
  guint32 n_events;
} PliExplainResult;

typedef struct
{
  gsize size;
  PliStep (*record) (PliOp *op, gpointer self, const PliRecordArgs *args, PliRecordResult *result);
  PliStep (*explain) (PliOp *op, gpointer self, const PliExplainArgs *args, PliExplainResult *result);
} PliLedger;

/* Copies what it needs. at_us 0: now. Thread: loop. */
PLI_API void pli_ledger_tell (PliInstance *instance, const PliLedgerEvent *event);
PLI_API PliCall *pli_ledger_explain (PliInstance *instance, const PliExplainArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
