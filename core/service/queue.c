/* queue.c: façade of the queue. */
#include "net/session.h"
#include "service/method.h"

PLI_SHAPE (PliSubmitArgs, F_TEXT (PliSubmitArgs, id), F_TEXT (PliSubmitArgs, sender), F_TEXTS (PliSubmitArgs, rcpts),
           F_U64 (PliSubmitArgs, received_us), F_SPAN (PliSubmitArgs, message),
           F_INNER (PliSubmitArgs, renderings, PliRenderings), F_TEXT (PliSubmitArgs, message_id),
           F_TEXT (PliSubmitArgs, peer), F_TEXT (PliSubmitArgs, login), F_TEXT (PliSubmitArgs, role),
           F_TEXT (PliSubmitArgs, mailbox));
PLI_SHAPE (PliSubmitResult, F_U64 (PliSubmitResult, segment), F_U64 (PliSubmitResult, offset));
PLI_SHAPE (PliQueueControlArgs, F_U32 (PliQueueControlArgs, verb), F_TEXT (PliQueueControlArgs, id),
           F_TEXT (PliQueueControlArgs, by), F_TEXT (PliQueueControlArgs, domain));
PLI_SHAPE (PliQueueControlResult, F_U32 (PliQueueControlResult, n));
PLI_SHAPE (PliQueueListArgs, F_TEXT (PliQueueListArgs, id), F_TEXT (PliQueueListArgs, after),
           F_U32 (PliQueueListArgs, max));
PLI_SHAPE (PliQueueRow, F_TEXT (PliQueueRow, id), F_TEXT (PliQueueRow, sender), F_TEXT (PliQueueRow, rcpt),
           F_U64 (PliQueueRow, received_us), F_U64 (PliQueueRow, next_us), F_U64 (PliQueueRow, bytes),
           F_U32 (PliQueueRow, tries), F_TEXT (PliQueueRow, reason), F_TEXT (PliQueueRow, route),
           F_U32 (PliQueueRow, queued));
PLI_SHAPE (PliQueueListResult, F_ROWS (PliQueueListResult, rows, n_rows, PliQueueRow), F_U32 (PliQueueListResult, more),
           F_U64 (PliQueueListResult, open), F_U64 (PliQueueListResult, unaccounted));
PLI_SHAPE (PliQueueShowArgs, F_TEXT (PliQueueShowArgs, id));
PLI_SHAPE (PliQueueShowResult, F_SPAN (PliQueueShowResult, message), F_U64 (PliQueueShowResult, bytes));
PLI_SHAPE (PliQueueRouteArgs, F_TEXT (PliQueueRouteArgs, address), F_TEXT (PliQueueRouteArgs, sender));
PLI_SHAPE (PliQueueRouteResult, F_TEXT (PliQueueRouteResult, text));

#define ADMIN PLI_ROOM_BIT (PLI_ROOM_ADMIN)
#define SECONDS(n) ((n) *G_USEC_PER_SEC)

const PliMethod pli_queue_methods[] = {
  { "queue.submit", PLI_SERVICE_QUEUE, PLI_ROOM_QUEUE, PLI_ROOM_BIT (PLI_ROOM_SMTP) | ADMIN, 0, SECONDS (300),
    offsetof (PliQueue, submit), &PliSubmitArgs_shape, &PliSubmitResult_shape },
  { "queue.control", PLI_SERVICE_QUEUE, PLI_ROOM_QUEUE, ADMIN, 0, SECONDS (60), offsetof (PliQueue, control),
    &PliQueueControlArgs_shape, &PliQueueControlResult_shape },
  { "queue.list", PLI_SERVICE_QUEUE, PLI_ROOM_QUEUE, ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (60),
    offsetof (PliQueue, list), &PliQueueListArgs_shape, &PliQueueListResult_shape },
  { "queue.show", PLI_SERVICE_QUEUE, PLI_ROOM_QUEUE, ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (60),
    offsetof (PliQueue, show), &PliQueueShowArgs_shape, &PliQueueShowResult_shape },
  { "queue.route", PLI_SERVICE_QUEUE, PLI_ROOM_QUEUE, ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (120),
    offsetof (PliQueue, route), &PliQueueRouteArgs_shape, &PliQueueRouteResult_shape },
};

PliCall *
pli_queue_submit (PliSession *session, const PliSubmitArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = pli_session_instance (session), .session = session, .done = done, .user = user };

  return pli_method_call (PLI_METHOD_SUBMIT, &caller, args);
}

static PliCall *
call (PliInstance *instance, PliMethodNumber number, const void *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = instance, .done = done, .user = user };

  return pli_method_call (number, &caller, args);
}

PliCall *
pli_queue_control (PliInstance *instance, const PliQueueControlArgs *args, PliDone done, gpointer user)
{
  return call (instance, PLI_METHOD_QUEUE_CONTROL, args, done, user);
}

PliCall *
pli_queue_list (PliInstance *instance, const PliQueueListArgs *args, PliDone done, gpointer user)
{
  return call (instance, PLI_METHOD_QUEUE_LIST, args, done, user);
}

PliCall *
pli_queue_show (PliInstance *instance, const PliQueueShowArgs *args, PliDone done, gpointer user)
{
  return call (instance, PLI_METHOD_QUEUE_SHOW, args, done, user);
}
