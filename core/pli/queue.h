/* queue.h: accepted messages until each recipient has come to one of the five ends; answered by `queue-*` in `queue`.
 *
 * submit() takes a message for good: when it is done the message survives power loss and every recipient is an open
 * entry of the books. Ids are PLI_ID_LEN characters, made by the edge room. */
#ifndef PLI_QUEUE_H
#define PLI_QUEUE_H

#include <pli/mail.h>
#include <pli/op.h>
#include <pli/protocol.h>

G_BEGIN_DECLS

typedef struct
{
  const char *id;
  const char *sender;       /* "" for the null sender */
  const char *const *rcpts; /* NULL-terminated, in order, no duplicates */
  gint64 received_us;
  PliSpan message; /* as it is served: CRLF, trace headers in front */
  PliRenderings renderings;
  const char *message_id; /* header field, for explain; may be NULL */
  const char *peer;
  const char *login;   /* NULL for mail from outside */
  const char *role;    /* of the listener */
  const char *mailbox; /* for local recipients, as in #PliDelivery; NULL: INBOX */
} PliSubmitArgs;

typedef struct
{
  guint64 segment, offset; /* where it lies */
} PliSubmitResult;

typedef enum
{
  PLI_QUEUE_RETRY,  /* try now */
  PLI_QUEUE_DELETE, /* discard without a bounce; the ledger names who */
  PLI_QUEUE_BOUNCE,
} PliQueueVerb;

typedef struct
{
  guint32 verb;
  const char *id;     /* NULL: all */
  const char *by;     /* who asks, for the ledger */
  const char *domain; /* only recipients in it, or NULL */
} PliQueueControlArgs;

typedef struct
{
  guint32 n; /* recipients acted on */
} PliQueueControlResult;

typedef struct
{
  const char *id;    /* only this message, or NULL */
  const char *after; /* ids greater than this */
  guint32 max;       /* rows; 0: 500 */
} PliQueueListArgs;

typedef struct
{
  const char *id;
  const char *sender;
  const char *rcpt;
  gint64 received_us, next_us; /* next_us 0: under way now */
  guint64 bytes;
  guint32 tries;
  const char *reason; /* why it waits: last reply or error */
  const char *route;  /* last one taken, or NULL */
  gboolean queued;    /* waits for its turn at the next hop */
} PliQueueRow;

typedef struct
{
  const PliQueueRow *rows; /* one an open recipient */
  guint32 n_rows;
  gboolean more;
  guint64 open; /* entries open altogether */
  guint64 unaccounted;
} PliQueueListResult;

typedef struct
{
  const char *id;
} PliQueueShowArgs;

typedef struct
{
  PliSpan message; /* first 64 KiB */
  guint64 bytes;
} PliQueueShowResult;

typedef struct
{
  const char *address, *sender; /* sender: "" or NULL for the null sender */
} PliQueueRouteArgs;

typedef struct
{
  const char *text; /* lines for a person: what would become of a message, by which settings and rules */
} PliQueueRouteResult;

typedef struct
{
  gsize size;
  /* PLI_ERROR_TRY_AGAIN: 451 (lagging, write error); PLI_ERROR_QUOTA: 452 4.3.1, disk full; PLI_ERROR_DENIED: 550
   * (a foreign recipient without a grant for submission). */
  PliStep (*submit) (PliOp *op, gpointer self, const PliSubmitArgs *args, PliSubmitResult *result);
  PliStep (*control) (PliOp *op, gpointer self, const PliQueueControlArgs *args, PliQueueControlResult *result);
  PliStep (*list) (PliOp *op, gpointer self, const PliQueueListArgs *args, PliQueueListResult *result);
  PliStep (*show) (PliOp *op, gpointer self, const PliQueueShowArgs *args, PliQueueShowResult *result);
  PliStep (*route) (PliOp *op, gpointer self, const PliQueueRouteArgs *args, PliQueueRouteResult *result);
} PliQueue;

PLI_API PliCall *pli_queue_submit (PliSession *session, const PliSubmitArgs *args, PliDone done, gpointer user);
PLI_API PliCall *
pli_queue_control (PliInstance *instance, const PliQueueControlArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_queue_list (PliInstance *instance, const PliQueueListArgs *args, PliDone done, gpointer user);
PLI_API PliCall *pli_queue_show (PliInstance *instance, const PliQueueShowArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
