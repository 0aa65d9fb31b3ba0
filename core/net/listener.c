/* listener.c: takes connections from descriptors that came bound and listening from the supervisor.
 *
 * Limits are checked before a session is made; a refused connection is closed at once. When descriptors or memory run
 * out, the listener rests for a second instead of spinning on a descriptor that stays readable. */
#include "net/listener.h"

#include "net/private.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <pli/log.h>
#include <unistd.h>

#define REST_US ((gint64) G_USEC_PER_SEC)

typedef struct
{
  PliListener *listener;
  PliWatch *watch;
  int fd;
} Door;

struct PliListener
{
  PliNet *net;
  PliGeneration *generation;
  GPtrArray *doors;
  PliTimer *rest;
  guint64 number;
  guint32 n; /* sessions */
};

static void
door_free (gpointer user)
{
  Door *door = user;

  pli_watch_remove (door->watch);
  close (door->fd);
  g_free (door);
}

static void
set_doors (PliListener *listener, guint32 events)
{
  for (guint i = 0; i < listener->doors->len; i++)
    pli_watch_set (((Door *) listener->doors->pdata[i])->watch, events);
}

static void
rest_over (gpointer user)
{
  PliListener *listener = user;

  listener->rest = NULL;
  set_doors (listener, EPOLLIN);
}

static void
rest (PliListener *listener, int error)
{
  if (listener->rest)
    return;
  pli_log (PLI_LOG_ERROR, "listener.rests", "listener", listener->generation->spec.name, "why", g_strerror (error),
           NULL);
  set_doors (listener, 0);
  listener->rest = pli_loop_timer (listener->net->instance->loop, REST_US, rest_over, listener);
}

/* What a room needs beside its connections: channels, and what large packets travel in. */
#define DESCRIPTORS_KEPT 128

static gboolean
within_limits (PliListener *listener)
{
  const PliListenerSpec *spec = &listener->generation->spec;
  PliNet *net = listener->net;
  const char *why = NULL;

  if (g_hash_table_size (net->sessions) >= (guint64) net->settings.connections_max)
    why = "connections-max of [net]";
  else if (spec->connections_max > 0 && listener->n >= spec->connections_max)
    why = "connections-max";
  else if (g_hash_table_size (net->sessions) + DESCRIPTORS_KEPT >= net->descriptors)
    why = "the limit of open descriptors";
  if (!why)
    return TRUE;
  net->counts.refused++;
  pli_log (PLI_LOG_NOTICE, "session.refused", "listener", spec->name, "why", why, NULL);
  return FALSE;
}

static void
admit (PliListener *listener, int fd, const struct sockaddr *from)
{
  PliSession *session;
  struct sockaddr_storage local;
  socklen_t len = sizeof local;
  int on = 1;

  if (!within_limits (listener))
    {
      close (fd);
      return;
    }
  /* Output is coalesced here already. Fails for sockets that are not TCP, which need no such thing. */
  if (setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 && errno != EOPNOTSUPP)
    pli_log (PLI_LOG_DEBUG, "listener.nodelay", "why", g_strerror (errno), NULL);
  session = pli_session_new (listener->net, listener->generation, &pli_stream_socket);
  session->stream.fd = fd;
  session->listener = listener;
  listener->n++;
  pli_address_from_sockaddr (from, &session->client);
  if (getsockname (fd, (struct sockaddr *) &local, &len) == 0)
    pli_address_from_sockaddr ((struct sockaddr *) &local, &session->server);
  if (!listener->generation->spec.proxy
      && !pli_net_count_origin (listener->net, session, listener->generation->spec.connections_per_address))
    pli_session_finish (session);
  else
    pli_session_begin (session);
}

static void
door_ready (gpointer user, guint32 events)
{
  Door *door = user;
  PliListener *listener = door->listener;

  (void) events;
  for (gint64 i = 0; i < listener->net->settings.accepts_per_round; i++)
    {
      struct sockaddr_storage from = { 0 };
      socklen_t len = sizeof from;
      int fd = accept4 (door->fd, (struct sockaddr *) &from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0)
        admit (listener, fd, (struct sockaddr *) &from);
      else if (errno == EAGAIN)
        return;
      else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        {
          rest (listener, errno);
          return;
        }
      else if (errno != EINTR)
        /* The rest are errors of the one connection (accept(2)): the next may be well. */
        pli_log (PLI_LOG_DEBUG, "listener.accept", "listener", listener->generation->spec.name, "why",
                 g_strerror (errno), NULL);
    }
}

void
pli_listener_add_fd (PliListener *listener, int fd)
{
  Door *door = g_new0 (Door, 1);

  door->listener = listener;
  door->fd = fd;
  door->watch = pli_watch_new (listener->net->instance->loop, fd, listener->rest ? 0 : EPOLLIN, door_ready, door);
  g_ptr_array_add (listener->doors, door);
}

PliListener *
pli_net_listen (PliNet *net, int fd, const PliListenerSpec *spec)
{
  PliListener *listener = g_new0 (PliListener, 1);

  listener->net = net;
  listener->number = ++net->last_listener;
  listener->generation = pli_generation_new (spec);
  listener->doors = g_ptr_array_new_with_free_func (door_free);
  g_ptr_array_add (net->listeners, listener);
  pli_listener_add_fd (listener, fd);
  return listener;
}

void
pli_listener_configure (PliListener *listener, const PliListenerSpec *spec)
{
  PliGeneration *old = listener->generation;

  listener->generation = pli_generation_new (spec);
  pli_generation_unref (old);
}

void
pli_listener_free (PliListener *listener)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, listener->net->sessions);
  while (listener->n > 0 && g_hash_table_iter_next (&iter, &session, NULL))
    if (((PliSession *) session)->listener == listener)
      ((PliSession *) session)->listener = NULL;
  pli_timer_cancel (listener->rest);
  g_ptr_array_unref (listener->doors);
  pli_generation_unref (listener->generation);
  g_free (listener);
}

void
pli_listener_close (PliListener *listener)
{
  g_ptr_array_remove (listener->net->listeners, listener);
}

guint64
pli_listener_number (PliListener *listener)
{
  return listener->number;
}

void
pli_listener_uncount (PliListener *listener)
{
  listener->n--;
}
