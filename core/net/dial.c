/* dial.c: see dial.h. */
#include "net/dial.h"

#include "net/endpoint.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct PliDial
{
  char *where;
  int fd;    /* -1: there is none */
  int error; /* errno of what failed at once */
  PliWatch *watch;
  PliTimer *timer; /* reports what is known at once */
  PliDialed done;
  gpointer user;
};

static void
report (PliDial *dial, int error)
{
  g_autoptr (GError) why = NULL;
  PliDialed done = dial->done;
  gpointer user = dial->user;
  int fd = -1;

  /* The wall of `out` was made without paths (sys/walls.c). */
  if (error)
    why = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", dial->where,
                       error == ENOSYS ? "no setting named a path when the server started: restart it"
                                       : g_strerror (error));
  else
    {
      fd = dial->fd;
      dial->fd = -1;
      pli_watch_remove (dial->watch);
      dial->watch = NULL;
    }
  pli_dial_cancel (dial);
  done (user, fd, why);
}

static void
ready (gpointer user, guint32 events)
{
  PliDial *dial = user;
  int error = 0;
  socklen_t len = sizeof error;

  (void) events;
  if (getsockopt (dial->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
    error = errno;
  report (dial, error);
}

static void
at_once (gpointer user)
{
  PliDial *dial = user;

  dial->timer = NULL;
  report (dial, dial->error);
}

PliDial *
pli_dial (PliInstance *instance, const char *address, guint port, PliDialed done, gpointer user)
{
  PliDial *dial = g_new0 (PliDial, 1);
  PliSockaddr to;
  socklen_t len = pli_sockaddr_fill (&to, address, port);
  int on = 1;

  dial->where = pli_endpoint_text (address, port);
  dial->done = done;
  dial->user = user;
  dial->fd = len > 0 ? socket (to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
  if (dial->fd < 0)
    dial->error = len > 0 ? errno : EADDRNOTAVAIL;
  else
    {
      /* What is written leaves in one piece already. Not every socket knows the option, and it is only for speed. */
      setsockopt (dial->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      dial->error = connect (dial->fd, &to.any, len) < 0 ? errno : 0;
    }
  if (dial->error == EINPROGRESS)
    dial->watch = pli_watch_new (instance->loop, dial->fd, EPOLLOUT, ready, dial);
  else
    dial->timer = pli_loop_timer (instance->loop, 0, at_once, dial);
  return dial;
}

void
pli_dial_cancel (PliDial *dial)
{
  if (!dial)
    return;
  pli_watch_remove (dial->watch);
  pli_timer_cancel (dial->timer);
  if (dial->fd >= 0)
    close (dial->fd);
  g_free (dial->where);
  g_free (dial);
}
