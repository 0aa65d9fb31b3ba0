/* deliver.h: transports: one message to one next hop; `deliver-*` plugins in the room `out`.
 *
 * The queue hands over a message for recipients that share a route and a domain, and hears of each recipient. A transport
 * keeps its own connections, and connects no further than its route says. Thread: loop. */
#ifndef PLI_DELIVER_H
#define PLI_DELIVER_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef struct
{
  const char *id;
  const char *sender;       /* "" for the null sender */
  const char *const *rcpts; /* NULL-terminated */
  const char *route;        /* NAME of `[route NAME]`, "default" for the rest */
  const char *domain;       /* of the recipients, in ASCII */
  PliSpan message;          /* as it is in the segment: CRLF, not dot-stuffed, Return-Path on top */
} PliSendArgs;

typedef enum
{
  PLI_SEND_TAKEN, /* the next hop answers for it */
  PLI_SEND_LATER,
  PLI_SEND_NEVER,
} PliSendOutcome;

typedef struct
{
  guint32 outcome;    /* PliSendOutcome */
  guint32 code;       /* reply code of the next hop, 0 when it never came to one */
  const char *status; /* "5.1.1"; by outcome when the reply had none */
  const char *text;   /* the reply, one line; or what went wrong before */
} PliSent;

typedef struct
{
  const PliSent *rcpts; /* one a recipient, in order */
  guint32 n_rcpts;
  const char *host; /* "mx.example.net [192.0.2.1]:25", NULL when none was reached */
  const char *tls;  /* "TLS1.3 …", NULL without */
} PliSendResult;

typedef struct
{
  const char *route, *domain;
} PliPlanArgs;

typedef struct
{
  const char *text; /* lines for a person: hosts in order with addresses, TLS policy, and why */
} PliPlanResult;

typedef struct
{
  gsize size;
  /* An error means LATER for all; answered for each recipient otherwise. */
  PliStep (*send) (PliOp *op, gpointer self, const PliSendArgs *args, PliSendResult *result);
  PliStep (*plan) (PliOp *op, gpointer self, const PliPlanArgs *args, PliPlanResult *result);
} PliTransport;

/* @transport: "smtp", "lmtp". For queues, which answer `pli route test` too. */
PLI_API PliCall *
pli_transport_send (PliInstance *i, const char *transport, const PliSendArgs *args, PliDone done, gpointer user);
PLI_API PliCall *
pli_transport_plan (PliInstance *i, const char *transport, const PliPlanArgs *args, PliDone done, gpointer user);

/* `[route NAME]`: rows are core's, since queue and transports read them. */
typedef struct
{
  const char *relay;          /* HOST:PORT, NULL: by MX */
  gint tls;                   /* PliRouteTls */
  const char *login;          /* NULL: no AUTH */
  const char *password_file;  /* its text reaches transports by pli_route_password() */
  const char *const *domains; /* "example.org", ".example.org" for what is below; empty: only by name */
  gint transport;             /* index; pli_route_transport() names it */
} PliRouteSettings;

typedef enum
{
  PLI_ROUTE_TLS_NONE,
  PLI_ROUTE_TLS_OPPORTUNISTIC,
  PLI_ROUTE_TLS_REQUIRE,
} PliRouteTls;

/* Settings of a route as they are now; NULL when there is none of that name and it is not "default". Free with
 * pli_route_settings_unref(). */
PLI_API const PliRouteSettings *pli_route_settings (PliInstance *instance, const char *route);
/* "smtp", "lmtp" */
PLI_API const char *pli_route_transport (const PliRouteSettings *route);
PLI_API void pli_route_settings_unref (const PliRouteSettings *settings);
/* First line of the route's password file, in the room `out`; NULL without. (transfer none), until the next reload. */
PLI_API const char *pli_route_password (PliInstance *instance, const char *route);
/* (transfer full): name of the route whose domains cover @domain, the longest first; "default" when none does. */
PLI_API char *pli_route_of_domain (PliInstance *instance, const char *domain);
/* Is there a listener of the role relay? Without one no session may send to other domains but by a login. */
PLI_API gboolean pli_route_relays (PliInstance *instance);

G_END_DECLS

#endif
