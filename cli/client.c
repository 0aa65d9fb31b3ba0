/* client.c: see client.h. */
#include "cli/client.h"

#include "sys/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Longer than the deadline of any method. */
#define WAIT_US (150 * (gint64) G_USEC_PER_SEC)

typedef struct
{
  PliBuffer *reply;
  GError *error;
  gboolean welcome, done;
  PliTimer *late;
} Asking;

static int
connect_to (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
  strcpy (address.sun_path, path);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    {
      int why = errno;

      close (fd);
      errno = why;
      return -1;
    }
  return fd;
}

/* A path that is too long for a socket's address is reached through a descriptor of its folder. */
static int
open_socket (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path), *name = g_path_get_basename (path);
  char shorter[64];
  int fd = connect_to (path), why = errno, at;

  if (fd >= 0 || why != ENAMETOOLONG)
    return fd;
  at = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at < 0)
    return -1;
  g_snprintf (shorter, sizeof shorter, "/proc/self/fd/%d/%s", at, name);
  fd = connect_to (shorter);
  why = errno;
  close (at);
  errno = why;
  return fd;
}

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Asking *asking = user;
  PliSpan text = pli_packet_span (body);

  (void) channel;
  if (fd >= 0)
    close (fd);
  if (header->type == PLI_CONTROL_HELLO)
    {
      asking->welcome = TRUE;
      return;
    }
  if (asking->done)
    return;
  asking->done = TRUE;
  if (header->type == PLI_CONTROL_RESULT)
    pli_buffer_add_span (asking->reply, text);
  else
    asking->error = g_error_new (PLI_ERROR, header->method, "%.*s", (int) text.len, text.data);
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  Asking *asking = user;

  (void) channel;
  if (!asking->done)
    asking->error =
        asking->welcome
            ? g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the server went before it answered")
            : g_error_new_literal (PLI_ERROR, PLI_ERROR_DENIED, "the server refuses you; be root, or who started it");
  asking->done = TRUE;
}

static void
on_late (gpointer user)
{
  Asking *asking = user;

  asking->late = NULL;
  asking->error = g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the server does not answer");
  asking->done = TRUE;
}

static gboolean
exchange (int fd, const PliPacketHeader *header, PliSpan body, PliBuffer *out_reply, GError **error)
{
  static const PliChannelFuncs funcs = { on_packet, on_closed };
  PliLoop *loop = pli_loop_new ();
  Asking asking = { .reply = out_reply };
  PliChannel *channel = pli_channel_new (loop, fd, &funcs, &asking);

  asking.late = pli_loop_timer (loop, WAIT_US, on_late, &asking);
  pli_channel_send (channel, header, body, -1);
  while (!asking.done)
    pli_loop_step (loop, -1);
  pli_timer_cancel (asking.late);
  pli_channel_free (channel);
  pli_loop_step (loop, 0); /* what is freed from the loop only */
  pli_loop_free (loop);
  if (!asking.error)
    return TRUE;
  g_propagate_error (error, asking.error);
  return FALSE;
}

gboolean
pli_client_ask (const char *root, const PliPacketHeader *header, PliSpan body, PliBuffer *out_reply, gboolean *out_runs,
                GError **error)
{
  g_autofree char *path = pli_path_run (root, "control.sock");
  int fd = open_socket (path);

  *out_runs = fd >= 0 || (errno != ENOENT && errno != ECONNREFUSED);
  if (fd >= 0)
    return exchange (fd, header, body, out_reply, error);
  if (*out_runs)
    g_set_error (error, PLI_ERROR, errno == EACCES ? PLI_ERROR_DENIED : PLI_ERROR_TRY_AGAIN, "%s: %s", path,
                 g_strerror (errno));
  else
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "no server runs%s%s; start it with pli serve",
                 root ? " in " : "", root ? root : "");
  return FALSE;
}

gboolean
pli_client_call (const char *root, PliMethodNumber number, guint shard, const void *args, PliArena *arena, void *result,
                 gboolean *out_runs, GError **error)
{
  const PliMethod *method = pli_method (number);
  PliPacketHeader header = { .type = PLI_CONTROL_CALL, .method = (guint16) number, .call = shard };
  g_auto (PliBuffer) packed = { 0 }, reply = { 0 };

  pli_shape_pack (method->args, args, &packed);
  if (!pli_client_ask (root, &header, pli_buffer_span (&packed), &reply, out_runs, error))
    return FALSE;
  if (pli_shape_unpack (method->result, pli_arena_span (arena, pli_buffer_span (&reply)), arena, result))
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "the server runs another version; start it again");
  return FALSE;
}
