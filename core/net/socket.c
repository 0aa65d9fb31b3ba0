/* socket.c: the stream backend for a connected, non-blocking socket. The descriptor's watch is made by session.c. */
#include "net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static gssize
socket_read (PliStream *stream, char *data, gsize len)
{
  gssize got;

  do
    got = recv (stream->fd, data, len, 0);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

static gssize
socket_write (PliStream *stream, const char *data, gsize len)
{
  gssize sent;

  do
    sent = send (stream->fd, data, len, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

static void
socket_interest (PliStream *stream, guint32 events)
{
  pli_watch_set (stream->watch, events);
}

static gboolean
socket_finish (PliStream *stream)
{
  /* ENOTCONN: the client is gone already, so nothing is on its way. */
  return shutdown (stream->fd, SHUT_WR) == 0;
}

static void
socket_close (PliStream *stream)
{
  pli_watch_remove (stream->watch);
  stream->watch = NULL;
  if (stream->fd >= 0)
    close (stream->fd);
  stream->fd = -1;
}

const PliStreamBackend pli_stream_socket = {
  .read = socket_read,
  .write = socket_write,
  .interest = socket_interest,
  .finish = socket_finish,
  .close = socket_close,
};
