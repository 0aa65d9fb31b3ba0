/* route.h: rules that say where an accepted message goes; `policy-*` plugins in the room `queue`.
 *
 * route() is asked once a remote recipient and try, place() once a local delivery. Answers are returned, never raised;
 * a failure puts the recipient off. A plugin without a slot has no opinion there. Thread: loop. */
#ifndef PLI_ROUTE_H
#define PLI_ROUTE_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef struct
{
  const char *id, *sender, *rcpt; /* rcpt: "user+detail@domain" as it is now */
  const char *account;            /* place(): of the mailbox; else NULL */
  const char *original;           /* what the client named */
  const char *login;              /* account that submitted it, NULL: from outside */
  const char *role, *peer;        /* of the session that brought it; may be NULL */
  guint64 bytes;
  gint64 received_us;
  guint32 tries;
  PliSpan header; /* of the message, with its empty line; at most 256 KiB */
} PliRouteArgs;

typedef enum
{
  PLI_ROUTE_NO_OPINION,
  PLI_ROUTE_TO,       /* route(): `name` is a transport's route */
  PLI_ROUTE_FILE,     /* place(): into mailbox `name` with `flags` */
  PLI_ROUTE_REDIRECT, /* to `to` instead */
  PLI_ROUTE_COPY,     /* to `to` as well, and go on as without a rule; place(): `name` and `flags` count too */
  PLI_ROUTE_REJECT,   /* a report goes back */
  PLI_ROUTE_DEFER,
  PLI_ROUTE_DISCARD,
} PliRouteKind;

typedef struct
{
  guint32 kind;          /* PliRouteKind */
  const char *name;      /* of a `[route NAME]`; or of a mailbox, made when missing */
  guint32 flags;         /* PliFlags of <pli/store.h> */
  const char *const *to; /* addresses, NULL-terminated */
  const char *status, *text;
  const char *where; /* "policy.lua:12": what `pli explain` shows */
} PliRouteResult;

typedef struct
{
  gsize size;
  PliStep (*route) (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result);
  PliStep (*place) (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result);
  /* May be NULL: then both are asked. Whether route() (place(), with @place) would have anything to say now: lets the
   * queue skip reading headers. */
  gboolean (*wants) (gpointer self, gboolean place);
} PliRouter;

/* For queues, in their own room: whether there is a router that wants to be asked. */
PLI_API gboolean pli_router_wants (PliInstance *instance, gboolean place);
PLI_API PliCall *
pli_router_ask (PliInstance *instance, gboolean place, const PliRouteArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
