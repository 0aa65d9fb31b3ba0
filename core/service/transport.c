/* transport.c: façade of the transports (room out). */
#include "service/method.h"
#include <pli/deliver.h>

PLI_SHAPE (PliSendArgs, F_TEXT (PliSendArgs, id), F_TEXT (PliSendArgs, sender), F_TEXTS (PliSendArgs, rcpts),
           F_TEXT (PliSendArgs, route), F_TEXT (PliSendArgs, domain), F_SPAN (PliSendArgs, message));
PLI_SHAPE (PliSent, F_U32 (PliSent, outcome), F_U32 (PliSent, code), F_TEXT (PliSent, status), F_TEXT (PliSent, text));
PLI_SHAPE (PliSendResult, F_ROWS (PliSendResult, rcpts, n_rcpts, PliSent), F_TEXT (PliSendResult, host),
           F_TEXT (PliSendResult, tls));
PLI_SHAPE (PliPlanArgs, F_TEXT (PliPlanArgs, route), F_TEXT (PliPlanArgs, domain));
PLI_SHAPE (PliPlanResult, F_TEXT (PliPlanResult, text));

#define SECONDS(n) ((gint64) (n) *G_USEC_PER_SEC)

/* Longer than the longest conversation: the time-outs of RFC 5321 4.5.3.2 are the transport's. */
const PliMethod pli_transport_methods[] = {
  { "transport.send", PLI_SERVICE_TRANSPORT, PLI_ROOM_OUT, PLI_ROOM_BIT (PLI_ROOM_QUEUE), PLI_CALL_SYSTEM,
    SECONDS (7200), offsetof (PliTransport, send), &PliSendArgs_shape, &PliSendResult_shape },
  { "transport.plan", PLI_SERVICE_TRANSPORT, PLI_ROOM_OUT, PLI_ROOM_BIT (PLI_ROOM_QUEUE),
    PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (60), offsetof (PliTransport, plan), &PliPlanArgs_shape,
    &PliPlanResult_shape },
};

PliCall *
pli_transport_send (PliInstance *i, const char *transport, const PliSendArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = i, .provider = transport, .done = done, .user = user };

  return pli_method_call (PLI_METHOD_SEND, &caller, args);
}

PliCall *
pli_transport_plan (PliInstance *i, const char *transport, const PliPlanArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = i, .provider = transport, .done = done, .user = user };

  return pli_method_call (PLI_METHOD_PLAN, &caller, args);
}
