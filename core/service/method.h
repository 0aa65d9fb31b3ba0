/* method.h: the calls that rooms make of each other, as a table; one way out, one way in. Internal to core.
 *
 * A façade fills an args struct and calls pli_method_call(). Arguments are packed either way; when the service lives in
 * this process they are unpacked again and the slot is run here, else they cross a channel and the same happens there.
 * The callee finds out by itself who calls: the room from the channel, the account from the grant that auth gave for
 * the session. Loop thread. */
#ifndef PLI_SERVICE_METHOD_H
#define PLI_SERVICE_METHOD_H

#include "ipc/shape.h"
#include "loop/op.h"
#include <pli/directory.h>
#include <pli/ledger.h>
#include <pli/plugin.h>
#include <pli/queue.h>
#include <pli/store.h>

extern const PliShape PliRenderings_shape; /* part of several methods' structs */
extern const PliShape PliResolveArgs_shape, PliResolveResult_shape, PliVerifyArgs_shape, PliVerifyResult_shape;

typedef enum
{
  PLI_CALL_IDEMPOTENT = 1, /* asked again when the room at the other end died */
  PLI_CALL_GRANT = 2,      /* only for a signed-in session */
  PLI_CALL_SYSTEM = 4,     /* not of a session: the provider's name travels along */
  PLI_CALL_DESCRIPTOR = 8, /* the result begins with a gint32, a descriptor that travels along; closed with the op */
} PliMethodFlags;

typedef struct
{
  const char *name; /* "store.fetch" */
  PliServiceKind service;
  PliRoomKind room; /* where it is answered; PLI_N_ROOMS: the shard says */
  guint32 callers;  /* PLI_ROOM_BIT: rooms that may ask */
  guint32 flags;    /* PliMethodFlags */
  gint64 deadline_us;
  gsize slot; /* offset in the service's vtable */
  const PliShape *args, *result;
} PliMethod;

/* Numbers on the wire: the order of the tables. */
typedef enum
{
  PLI_METHOD_RESOLVE,
  PLI_METHOD_VERIFY,
  PLI_METHOD_CHANGE,
  PLI_METHOD_DIRECTORY_LIST,
  PLI_METHOD_SASL,
  PLI_METHOD_SOURCE_RESOLVE,
  PLI_METHOD_SOURCE_VERIFY,
  PLI_METHOD_SOURCE_KEYS,
  PLI_METHOD_SOURCE_CHANGE,
  PLI_METHOD_SOURCE_LIST,
  PLI_METHOD_MAILBOXES,
  PLI_METHOD_MAILBOX,
  PLI_METHOD_OPEN,
  PLI_METHOD_FETCH,
  PLI_METHOD_READ,
  PLI_METHOD_FLAGS,
  PLI_METHOD_APPEND,
  PLI_METHOD_COPY,
  PLI_METHOD_EXPUNGE,
  PLI_METHOD_CHANGES,
  PLI_METHOD_WATCH,
  PLI_METHOD_DELIVER,
  PLI_METHOD_SETTLED,
  PLI_METHOD_LIVE,
  PLI_METHOD_MIGRATE,
  PLI_METHOD_SUBMIT,
  PLI_METHOD_QUEUE_CONTROL,
  PLI_METHOD_QUEUE_LIST,
  PLI_METHOD_QUEUE_SHOW,
  PLI_METHOD_QUEUE_ROUTE,
  PLI_METHOD_RECORD,
  PLI_METHOD_EXPLAIN,
  PLI_METHOD_DNS_LOOKUP,
  PLI_METHOD_STATE_STEP,
  PLI_METHOD_SEND,
  PLI_METHOD_PLAN,
  PLI_METHOD_ROUTE,
  PLI_METHOD_PLACE,
  PLI_METHOD_REPORT,
  PLI_METHOD_CONNECT_OPEN,
  PLI_METHOD_HOST_DESCRIBE,
  PLI_METHOD_HOST_FILTER,
  PLI_METHOD_HOST_RESOLVE,
  PLI_METHOD_HOST_VERIFY,
  PLI_N_METHODS,
} PliMethodNumber;

extern const PliMethod pli_directory_methods[], pli_store_methods[], pli_queue_methods[], pli_ledger_methods[],
    pli_dns_methods[], pli_state_methods[], pli_transport_methods[], pli_router_methods[], pli_report_methods[],
    pli_connect_methods[], pli_host_methods[];
const PliMethod *pli_method (PliMethodNumber number);

/* What any room tells of itself; answered by core. The shard of such a call names the room. */
typedef enum
{
  PLI_REPORT_METRICS, /* OpenMetrics text, without its end mark */
  PLI_REPORT_OPS,     /* what waits, on whom, since when; one line each */
} PliReportKind;

#define PLI_REPORT_SHARD(room, index) ((guint) (room) << 8 | (guint) (index))

typedef struct
{
  guint32 what; /* PliReportKind */
} PliReportArgs;

typedef struct
{
  const char *text;
} PliReportResult;

/* What core answers without a plugin. */
typedef struct
{
  gsize size;
  PliSlot report, live, connect;
  PliSlot describe, filter; /* of host rooms */
} PliOwn;

PliStep pli_report (PliOp *op, gpointer self, const void *args, void *result);
PliStep pli_live (PliOp *op, gpointer self, const void *args, void *result);

/* Who calls. Either a session, or the room itself (session NULL). */
typedef struct
{
  PliInstance *instance;
  PliSession *session;
  guint shard;          /* index of the room that answers */
  const char *provider; /* PLI_CALL_SYSTEM: name of the service's implementation, NULL for the default */
  PliDone done;         /* NULL: told, not asked; nobody hears of a failure */
  gpointer user;
} PliCaller;

PliCall *pli_method_call (PliMethodNumber number, const PliCaller *caller, const void *args);

/* The callee's side, for ipc/peer.c: runs the method for what came from @room/@index. @keep is unreffed when @args is
 * no longer needed. @done is told the result. NULL and *error when the call is refused. */
typedef struct
{
  PliRoomKind room;
  guint index;
  guint64 session; /* whole name (ipc/grant.h), 0: none */
  PliSpan packed;  /* provider's name as packed text, then the args */
  GDestroyNotify unref;
  gpointer keep;
  PliDone done;
  gpointer user;
} PliIncoming;

PliOp *pli_method_incoming (PliInstance *instance, PliMethodNumber number, const PliIncoming *in, GError **error);
/* The first part of a packed call. */
void pli_method_pack (const PliMethod *method, const char *provider, const void *args, PliBuffer *out);

#endif
