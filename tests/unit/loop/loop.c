/* loop.c: timers in order, the fake clock, soon from other threads, descriptors that go away in the middle. */
#include "loop/op.h"

#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GString *order;
  char name;
  PliLoop *loop;
} Mark;

static void
mark (gpointer user)
{
  Mark *m = user;

  g_string_append_c (m->order, m->name);
}

static void
test_timers_fire_in_order (void)
{
  PliLoop *loop = pli_loop_new ();
  g_autoptr (GString) order = g_string_new ("");
  Mark marks[26];
  PliTimer *timers[26];

  pli_loop_fake_clock (loop, 1000000);
  for (int i = 0; i < 26; i++)
    {
      /* 7 is prime to 26: every delay once, out of order. */
      marks[i] = (Mark){ order, (char) ('a' + i * 7 % 26), loop };
      timers[i] = pli_loop_timer (loop, (i * 7 % 26 + 1) * 10, mark, &marks[i]);
    }
  pli_timer_cancel (timers[3]); /* 'v' */
  pli_loop_move_clock (loop, 9);
  g_assert_cmpstr (order->str, ==, "");
  pli_loop_move_clock (loop, 1);
  g_assert_cmpstr (order->str, ==, "a");
  pli_loop_move_clock (loop, 1000);
  g_assert_cmpstr (order->str, ==, "abcdefghijklmnopqrstuwxyz");
  pli_loop_free (loop);
}

typedef struct
{
  PliLoop *loop;
  gint n;
} Counter;

static void
count (gpointer user)
{
  ((Counter *) user)->n++;
}

static gpointer
push_many (gpointer user)
{
  Counter *c = user;

  for (int i = 0; i < 1000; i++)
    pli_loop_soon (c->loop, count, c);
  return NULL;
}

static void
test_soon_from_threads (void)
{
  PliLoop *loop = pli_loop_new ();
  Counter c = { loop, 0 };
  GThread *threads[4];

  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new ("push", push_many, &c);
  while (c.n < 4000)
    pli_loop_step (loop, 1000 * 1000);
  for (int i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (c.n, ==, 4000);
  pli_loop_free (loop);
}

static void
again (gpointer user)
{
  Counter *c = user;

  if (++c->n < 5)
    pli_loop_soon (c->loop, again, c);
}

/* What was queued by something queued runs before the loop sleeps: a step with nothing else to do must not hang. */
static void
test_soon_from_soon_does_not_sleep (void)
{
  PliLoop *loop = pli_loop_new ();
  Counter c = { loop, 0 };

  pli_loop_soon (loop, again, &c);
  while (c.n < 5)
    pli_loop_step (loop, -1);
  pli_loop_free (loop);
}

typedef struct
{
  PliWatch *mine, *other;
  int *fired;
} Pair;

static void
remove_other (gpointer user, guint32 events)
{
  Pair *pair = user;

  (void) events;
  ++*pair->fired;
  pli_watch_remove (pair->other);
  pli_watch_remove (pair->mine);
}

static void
test_watch_removed_in_round (void)
{
  PliLoop *loop = pli_loop_new ();
  int a[2], b[2], fired = 0;
  Pair first = { .fired = &fired }, second = { .fired = &fired };

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, a), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, b), ==, 0);
  first.mine = second.other = pli_watch_new (loop, a[0], EPOLLIN, remove_other, &first);
  second.mine = first.other = pli_watch_new (loop, b[0], EPOLLIN, remove_other, &second);
  g_assert_cmpint (write (a[1], "x", 1), ==, 1);
  g_assert_cmpint (write (b[1], "x", 1), ==, 1);
  pli_loop_step (loop, 1000 * 1000);
  g_assert_cmpint (fired, ==, 1);
  pli_loop_free (loop);
  for (int i = 0; i < 2; i++)
    {
      close (a[i]);
      close (b[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/timers-fire-in-order", test_timers_fire_in_order);
  g_test_add_func ("/loop/soon-from-threads", test_soon_from_threads);
  g_test_add_func ("/loop/soon-from-soon-does-not-sleep", test_soon_from_soon_does_not_sleep);
  g_test_add_func ("/loop/watch-removed-in-round", test_watch_removed_in_round);
  return g_test_run ();
}
