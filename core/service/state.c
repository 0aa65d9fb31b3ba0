/* state.c: façade of shared state (room admin). */
#include "plugin/plugin-internal.h"
#include "service/method.h"
#include <pli/state.h>

PLI_SHAPE (PliStateArgs, F_TEXT (PliStateArgs, space), F_U32 (PliStateArgs, verb), F_TEXT (PliStateArgs, key),
           F_SPAN (PliStateArgs, value), F_U64 (PliStateArgs, add), F_U64 (PliStateArgs, ttl_us));
PLI_SHAPE (PliStateResult, F_U32 (PliStateResult, found), F_SPAN (PliStateResult, value), F_U64 (PliStateResult, count),
           F_U64 (PliStateResult, made_us), F_U64 (PliStateResult, expires_us));

const PliMethod pli_state_methods[] = {
  { "state.step", PLI_SERVICE_STATE, PLI_ROOM_ADMIN,
    PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_ACCESS) | PLI_ROOM_BIT (PLI_ROOM_AUTH)
        | PLI_ROOM_BIT (PLI_ROOM_QUEUE) | PLI_ROOM_BIT (PLI_ROOM_OUT) | PLI_ROOM_BIT (PLI_ROOM_ADMIN)
        | PLI_ROOM_BIT (PLI_ROOM_HOST),
    0, 30 * G_USEC_PER_SEC, offsetof (PliState, step), &PliStateArgs_shape, &PliStateResult_shape },
};

PliCall *
pli_state_step (PliPlugin *plugin, const PliStateArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = plugin->instance, .done = done, .user = user };
  PliStateArgs mine = *args;

  mine.space = plugin->info.name;
  return pli_method_call (PLI_METHOD_STATE_STEP, &caller, &mine);
}
