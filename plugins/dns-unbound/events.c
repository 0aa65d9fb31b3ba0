/* events.c: libunbound's pluggable events (unbound-event.h) on the room's loop: one watch or timer an event. Without
 * them it would want a thread or a process of its own. Methods that it says it does not call are not there. */
#include "dns-unbound.h"

#include <sys/time.h>

typedef void (*EventFunc) (int fd, short bits, void *arg);

typedef struct
{
  struct ub_event_base super;
  PliInstance *instance;
} Base;

typedef struct
{
  struct ub_event super;
  PliInstance *instance;
  int fd;
  short bits;
  EventFunc func;
  void *arg;
  PliWatch *watch;
  PliTimer *timer;
  gint64 timeout_us; /* of `timer`, for an event that stays */
} Event;

static void
stop (Event *event)
{
  pli_watch_remove (g_steal_pointer (&event->watch));
  pli_timer_cancel (g_steal_pointer (&event->timer));
}

static void timed_out (gpointer user);

static void
start_timer (Event *event)
{
  pli_timer_cancel (event->timer);
  event->timer = pli_timer_after (event->instance, event->timeout_us, timed_out, event);
}

/* The event may be freed in its function. */
static void
timed_out (gpointer user)
{
  Event *event = user;

  event->timer = NULL;
  if (!(event->bits & UB_EV_PERSIST))
    stop (event);
  event->func (event->fd, UB_EV_TIMEOUT, event->arg);
}

static void
ready (gpointer user, guint32 events)
{
  Event *event = user;
  short what = 0;

  /* An error is told by the next read or write. */
  if ((events & PLI_READABLE) || (events & ~(guint32) (PLI_READABLE | PLI_WRITABLE)))
    what |= UB_EV_READ;
  if ((events & PLI_WRITABLE) || (events & ~(guint32) (PLI_READABLE | PLI_WRITABLE)))
    what |= UB_EV_WRITE;
  what &= event->bits;
  if (!(event->bits & UB_EV_PERSIST))
    stop (event);
  else if (event->timer)
    start_timer (event);
  event->func (event->fd, what, event->arg);
}

static void
event_add_bits (struct ub_event *super, short bits)
{
  ((Event *) super)->bits |= bits;
}

static void
event_del_bits (struct ub_event *super, short bits)
{
  ((Event *) super)->bits &= (short) ~bits;
}

static void
event_set_fd (struct ub_event *super, int fd)
{
  ((Event *) super)->fd = fd;
}

static int
event_del (struct ub_event *super)
{
  stop ((Event *) super);
  return 0;
}

static void
event_free (struct ub_event *super)
{
  stop ((Event *) super);
  g_free (super);
}

static int
event_add (struct ub_event *super, struct timeval *after)
{
  Event *event = (Event *) super;
  guint32 events = (event->bits & UB_EV_READ ? PLI_READABLE : 0) | (event->bits & UB_EV_WRITE ? PLI_WRITABLE : 0);

  stop (event);
  if (event->fd >= 0 && events)
    event->watch = pli_watch_fd (event->instance, event->fd, events, ready, event);
  if (after)
    {
      event->timeout_us = after->tv_sec * (gint64) G_USEC_PER_SEC + after->tv_usec;
      start_timer (event);
    }
  return 0;
}

static int
event_add_timer (struct ub_event *super, struct ub_event_base *base, EventFunc func, void *arg, struct timeval *after)
{
  Event *event = (Event *) super;

  (void) base;
  event->func = func;
  event->arg = arg;
  return event_add (super, after);
}

static struct ub_event_vmt event_methods = {
  .add_bits = event_add_bits,
  .del_bits = event_del_bits,
  .set_fd = event_set_fd,
  .free = event_free,
  .add = event_add,
  .del = event_del,
  .add_timer = event_add_timer,
  .del_timer = event_del,
};

static struct ub_event *
event_new (struct ub_event_base *super, int fd, short bits, EventFunc func, void *arg)
{
  Event *event = g_new0 (Event, 1);

  event->super.magic = UB_EVENT_MAGIC;
  event->super.vmt = &event_methods;
  event->instance = ((Base *) super)->instance;
  event->fd = fd;
  event->bits = bits;
  event->func = func;
  event->arg = arg;
  return &event->super;
}

static int
loop_exit (struct ub_event_base *super, struct timeval *after)
{
  (void) super;
  (void) after;
  return 0; /* the loop is not libunbound's to end */
}

static struct ub_event_base_vmt base_methods = { .loopexit = loop_exit, .new_event = event_new };

struct ub_event_base *
dns_events_new (PliInstance *instance)
{
  Base *base = g_new0 (Base, 1);

  base->super.magic = UB_EVENT_MAGIC;
  base->super.vmt = &base_methods;
  base->instance = instance;
  return &base->super;
}
