/* instance.c: makes and frees the parts that every process has, and the public calls that only pass on to the loop. */
#include "loop/op.h"
#include "net/outward.h"

static const char *const room_names[PLI_N_ROOMS] = {
  "auth", "smtp", "queue", "store", "access", "out", "admin", "host"
};

PliInstance *
pli_instance_new (void)
{
  PliInstance *instance = g_new0 (PliInstance, 1);

  instance->loop = pli_loop_new ();
  instance->ops = pli_op_pool_new ();
  instance->offload = pli_offload_new (instance);
  return instance;
}

void
pli_instance_free (PliInstance *instance)
{
  if (!instance)
    return;
  pli_outward_free (instance->outward);
  pli_offload_free (instance->offload);
  pli_op_pool_free (instance->ops);
  pli_loop_free (instance->loop);
  g_free (instance);
}

const char *
pli_room_name (PliRoomKind kind)
{
  return kind < PLI_N_ROOMS ? room_names[kind] : "none";
}

PliRoomKind
pli_room_from_name (const char *name)
{
  guint kind = 0;

  while (kind < PLI_N_ROOMS && !g_str_equal (room_names[kind], name))
    kind++;
  return (PliRoomKind) kind;
}

gint64
pli_now_us (PliInstance *instance)
{
  return pli_loop_now_us (instance->loop);
}

gint64
pli_clock_us (PliInstance *instance)
{
  return pli_loop_clock_us (instance->loop);
}

PliTimer *
pli_timer_after (PliInstance *instance, gint64 delay_us, PliTimerFunc func, gpointer user)
{
  return pli_loop_timer (instance->loop, delay_us, func, user);
}

G_STATIC_ASSERT ((int) PLI_READABLE == (int) EPOLLIN && (int) PLI_WRITABLE == (int) EPOLLOUT);

PliWatch *
pli_watch_fd (PliInstance *instance, int fd, guint32 events, PliWatchFunc func, gpointer user)
{
  return pli_watch_new (instance->loop, fd, events, func, user);
}

void
pli_soon (PliInstance *instance, PliTimerFunc func, gpointer user)
{
  pli_loop_soon (instance->loop, func, user);
}
