/* loop.h: the loop of a room: descriptors (epoll), timers (one heap), things to run soon, and the instance that all
 * state hangs from. Internal to core. One thread owns a loop; only pli_soon() and the completion of tickets may come
 * from others. */
#ifndef PLI_LOOP_LOOP_H
#define PLI_LOOP_LOOP_H

#include <pli/op.h>
#include <sys/epoll.h>

typedef struct PliLoop PliLoop;

PliLoop *pli_loop_new (void);
void pli_loop_free (PliLoop *loop);
/* Runs until pli_loop_quit(). */
void pli_loop_run (PliLoop *loop);
/* Handles what is ready; waits for it at most @max_wait_us (-1: for ever). */
void pli_loop_step (PliLoop *loop, gint64 max_wait_us);
void pli_loop_quit (PliLoop *loop);

/* pli_watch_fd() without an instance; core also uses other bits of epoll. */
PliWatch *pli_watch_new (PliLoop *loop, int fd, guint32 events, PliWatchFunc func, gpointer user);
guint32 pli_watch_events (PliWatch *watch);

void pli_loop_soon (PliLoop *loop, PliTimerFunc func, gpointer user);
gint64 pli_loop_clock_us (PliLoop *loop);
PliTimer *pli_loop_timer (PliLoop *loop, gint64 delay_us, PliTimerFunc func, gpointer user);

/* Tests: the clock stands still until it is moved; moving it fires what became due. */
void pli_loop_fake_clock (PliLoop *loop, gint64 now_us);
void pli_loop_move_clock (PliLoop *loop, gint64 by_us);
gint64 pli_loop_now_us (PliLoop *loop);

#endif
