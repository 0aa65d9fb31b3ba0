/* loop.c: epoll, a binary heap of timers, and a list of things to run soon.
 *
 * An idle room makes no system call and no wake-up. Descriptors are level-triggered. What was removed while its event
 * was on the way is skipped: watches are freed after the round. Runs on the room's one loop thread; pli_loop_soon() is
 * the only door for other threads (a mutex and an eventfd). */
#include "loop/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ROUND 64
#define SOON_ROUNDS 16 /* before descriptors get their turn again */

struct PliTimer
{
  gint64 due_us;
  guint index; /* in the heap; G_MAXUINT: not in it */
  PliLoop *loop;
  PliTimerFunc func;
  gpointer user;
};

struct PliWatch
{
  PliLoop *loop;
  int fd;
  guint32 events;
  gboolean gone;
  PliWatchFunc func;
  gpointer user;
};

typedef struct
{
  PliTimerFunc func;
  gpointer user;
} Soon;

struct PliLoop
{
  int epoll_fd, wake_fd;
  gboolean quit;
  GThread *thread;
  GPtrArray *heap;   /* PliTimer, smallest due_us first */
  GPtrArray *graves; /* PliWatch to free after the round */
  GMutex lock;       /* guards soon and woken */
  GArray *soon;
  GArray *spare; /* loop thread only: the list that was run last */
  gboolean woken;
  gint64 fake_us; /* 0: the real clock */
};

PliLoop *
pli_loop_new (void)
{
  PliLoop *loop = g_new0 (PliLoop, 1);
  struct epoll_event event = { .events = EPOLLIN };

  loop->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  loop->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_assert (loop->epoll_fd >= 0 && loop->wake_fd >= 0);
  if (epoll_ctl (loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) < 0)
    g_error ("epoll: %s", g_strerror (errno));
  loop->thread = g_thread_self ();
  loop->heap = g_ptr_array_new ();
  loop->graves = g_ptr_array_new_with_free_func (g_free);
  loop->soon = g_array_new (FALSE, FALSE, sizeof (Soon));
  loop->spare = g_array_new (FALSE, FALSE, sizeof (Soon));
  g_mutex_init (&loop->lock);
  return loop;
}

void
pli_loop_free (PliLoop *loop)
{
  if (!loop)
    return;
  for (guint i = 0; i < loop->heap->len; i++)
    g_free (loop->heap->pdata[i]);
  g_ptr_array_unref (loop->heap);
  g_ptr_array_unref (loop->graves);
  g_array_unref (loop->soon);
  g_array_unref (loop->spare);
  g_mutex_clear (&loop->lock);
  close (loop->epoll_fd);
  close (loop->wake_fd);
  g_free (loop);
}

/* Clocks */

gint64
pli_loop_clock_us (PliLoop *loop)
{
  return loop->fake_us ? loop->fake_us : g_get_monotonic_time ();
}

gint64
pli_loop_now_us (PliLoop *loop)
{
  return loop->fake_us ? loop->fake_us : g_get_real_time ();
}

void
pli_loop_fake_clock (PliLoop *loop, gint64 now_us)
{
  loop->fake_us = now_us;
}

void
pli_loop_move_clock (PliLoop *loop, gint64 by_us)
{
  g_assert (loop->fake_us != 0);
  loop->fake_us += by_us;
  pli_loop_step (loop, 0);
}

/* Timers */

static void
heap_put (PliLoop *loop, guint at, PliTimer *timer)
{
  loop->heap->pdata[at] = timer;
  timer->index = at;
}

static void
heap_up (PliLoop *loop, guint at)
{
  PliTimer *timer = loop->heap->pdata[at];

  while (at > 0)
    {
      PliTimer *parent = loop->heap->pdata[(at - 1) / 2];

      if (parent->due_us <= timer->due_us)
        break;
      heap_put (loop, at, parent);
      at = (at - 1) / 2;
    }
  heap_put (loop, at, timer);
}

static void
heap_down (PliLoop *loop, guint at)
{
  PliTimer *timer = loop->heap->pdata[at];

  for (;;)
    {
      guint child = 2 * at + 1;
      PliTimer *least;

      if (child >= loop->heap->len)
        break;
      least = loop->heap->pdata[child];
      if (child + 1 < loop->heap->len && ((PliTimer *) loop->heap->pdata[child + 1])->due_us < least->due_us)
        least = loop->heap->pdata[++child];
      if (timer->due_us <= least->due_us)
        break;
      heap_put (loop, at, least);
      at = child;
    }
  heap_put (loop, at, timer);
}

static void
heap_take (PliLoop *loop, PliTimer *timer)
{
  guint at = timer->index;
  PliTimer *last = loop->heap->pdata[loop->heap->len - 1];

  g_ptr_array_set_size (loop->heap, (gint) loop->heap->len - 1);
  timer->index = G_MAXUINT;
  if (last == timer)
    return;
  heap_put (loop, at, last);
  heap_up (loop, at);
  heap_down (loop, last->index);
}

PliTimer *
pli_loop_timer (PliLoop *loop, gint64 delay_us, PliTimerFunc func, gpointer user)
{
  PliTimer *timer = g_new (PliTimer, 1);

  timer->due_us = pli_loop_clock_us (loop) + MAX (delay_us, 0);
  timer->loop = loop;
  timer->func = func;
  timer->user = user;
  g_ptr_array_add (loop->heap, timer);
  heap_put (loop, loop->heap->len - 1, timer);
  heap_up (loop, loop->heap->len - 1);
  return timer;
}

void
pli_timer_cancel (PliTimer *timer)
{
  if (!timer)
    return;
  heap_take (timer->loop, timer);
  g_free (timer);
}

static void
run_timers (PliLoop *loop)
{
  gint64 now = loop->heap->len > 0 ? pli_loop_clock_us (loop) : 0;

  while (loop->heap->len > 0)
    {
      PliTimer *timer = loop->heap->pdata[0];
      PliTimerFunc func = timer->func;
      gpointer user = timer->user;

      if (timer->due_us > now)
        return;
      heap_take (loop, timer);
      g_free (timer);
      func (user);
    }
}

/* Descriptors */

PliWatch *
pli_watch_new (PliLoop *loop, int fd, guint32 events, PliWatchFunc func, gpointer user)
{
  PliWatch *watch = g_new0 (PliWatch, 1);
  struct epoll_event event = { .events = events, .data.ptr = watch };

  watch->loop = loop;
  watch->fd = fd;
  watch->events = events;
  watch->func = func;
  watch->user = user;
  if (epoll_ctl (loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
    g_error ("epoll add: %s", g_strerror (errno));
  return watch;
}

void
pli_watch_set (PliWatch *watch, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  if (watch->events == events)
    return;
  watch->events = events;
  if (epoll_ctl (watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) < 0)
    g_error ("epoll change: %s", g_strerror (errno));
}

guint32
pli_watch_events (PliWatch *watch)
{
  return watch->events;
}

void
pli_watch_remove (PliWatch *watch)
{
  if (!watch || watch->gone)
    return;
  watch->gone = TRUE;
  if (epoll_ctl (watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL) < 0)
    g_error ("epoll remove: %s", g_strerror (errno));
  g_ptr_array_add (watch->loop->graves, watch);
}

/* Soon */

void
pli_loop_soon (PliLoop *loop, PliTimerFunc func, gpointer user)
{
  Soon soon = { func, user };
  gboolean wake;

  g_mutex_lock (&loop->lock);
  g_array_append_val (loop->soon, soon);
  wake = !loop->woken && g_thread_self () != loop->thread;
  loop->woken |= wake;
  g_mutex_unlock (&loop->lock);
  if (wake)
    {
      guint64 one = 1;

      if (write (loop->wake_fd, &one, sizeof one) < 0)
        g_error ("wake: %s", g_strerror (errno));
    }
}

/* Runs what waits now; what that adds waits for the next time. Returns whether there was anything. */
static gboolean
run_soon (PliLoop *loop)
{
  GArray *list;
  gboolean some;

  g_mutex_lock (&loop->lock);
  list = loop->soon;
  loop->soon = loop->spare;
  g_mutex_unlock (&loop->lock);
  loop->spare = list;
  for (guint i = 0; i < list->len; i++)
    {
      Soon *soon = &g_array_index (list, Soon, i);

      soon->func (soon->user);
    }
  some = list->len > 0;
  g_array_set_size (list, 0);
  return some;
}

static int
wait_ms (PliLoop *loop, gint64 max_wait_us)
{
  gint64 wait = max_wait_us;

  if (loop->heap->len > 0)
    {
      gint64 next = MAX (((PliTimer *) loop->heap->pdata[0])->due_us - pli_loop_clock_us (loop), 0);

      wait = wait < 0 ? next : MIN (wait, next);
    }
  return wait < 0 ? -1 : (int) MIN ((wait + 999) / 1000, G_MAXINT);
}

void
pli_loop_step (PliLoop *loop, gint64 max_wait_us)
{
  struct epoll_event events[ROUND];
  gboolean some = run_soon (loop);
  int n = epoll_wait (loop->epoll_fd, events, ROUND, some ? 0 : wait_ms (loop, loop->fake_us ? 0 : max_wait_us));

  if (n < 0 && errno != EINTR)
    g_error ("epoll: %s", g_strerror (errno));
  for (int i = 0; i < n; i++)
    {
      PliWatch *watch = events[i].data.ptr;

      if (!watch)
        {
          guint64 count;

          if (read (loop->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
            g_error ("wake: %s", g_strerror (errno));
          g_mutex_lock (&loop->lock);
          loop->woken = FALSE;
          g_mutex_unlock (&loop->lock);
        }
      else if (!watch->gone)
        watch->func (watch->user, events[i].events);
    }
  run_timers (loop);
  for (guint i = 0; i < SOON_ROUNDS && run_soon (loop); i++)
    ;
  if (loop->graves->len > 0)
    g_ptr_array_set_size (loop->graves, 0);
}

void
pli_loop_run (PliLoop *loop)
{
  loop->quit = FALSE;
  while (!loop->quit)
    pli_loop_step (loop, -1);
}

void
pli_loop_quit (PliLoop *loop)
{
  loop->quit = TRUE;
}
