/* control.c: see control.h. */
#include "sys/control.h"

#include "config.h"
#include "service/method.h"
#include "service/resolved.h"
#include "sys/server.h"
#include "sys/wire.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <pli/log.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MOST 64

typedef struct Client Client;

struct PliControl
{
  PliInstance *instance;
  PliChannel *supervisor;
  guint32 owner_uid;
  int fd;
  PliWatch *watch;
  GHashTable *clients; /* number -> Client; NULL once closed */
  guint64 next;
  guint refs; /* one, and one a call under way */
};

struct Client
{
  guint64 number;
  PliControl *control;
  PliChannel *channel;
};

/* A call under way; the client may go meanwhile. */
typedef struct
{
  PliControl *control;
  guint64 client;
  PliMethodNumber number;
} Calling;

static void
client_free (gpointer data)
{
  Client *client = data;

  pli_channel_free (client->channel);
  g_free (client);
}

static void
reply (Client *client, PliControlType type, guint16 method, PliSpan body)
{
  PliPacketHeader header = { .type = (guint8) type, .method = method };

  pli_channel_send (client->channel, &header, body, -1);
}

static void
reply_error (Client *client, const GError *error)
{
  guint16 code = (guint16) (error->domain == PLI_ERROR ? error->code : PLI_ERROR_TRY_AGAIN);

  reply (client, PLI_CONTROL_ERROR, code, pli_span_from (error->message));
}

static void
control_unref (PliControl *control)
{
  if (--control->refs == 0)
    g_free (control);
}

static void
called (gpointer user, const void *result, const GError *error)
{
  Calling *calling = user;
  PliControl *control = calling->control;
  Client *client = control->clients ? g_hash_table_lookup (control->clients, &calling->client) : NULL;

  if (!error && calling->number == PLI_METHOD_CHANGE)
    pli_resolved_forget (control->instance->resolved);
  if (client && error)
    reply_error (client, error);
  else if (client)
    {
      PliBuffer packed = { 0 };

      pli_shape_pack (pli_method (calling->number)->result, result, &packed);
      reply (client, PLI_CONTROL_RESULT, 0, pli_buffer_span (&packed));
      pli_buffer_clear (&packed);
    }
  g_free (calling);
  control_unref (control);
}

static gboolean
shard_valid (const PliMethod *method, guint shard)
{
  return method->room < PLI_N_ROOMS ? shard < PLI_ROOMS_MAX
                                    : shard >> 8 < PLI_N_ROOMS && (shard & 0xff) < PLI_ROOMS_MAX;
}

static void
take_call (Client *client, const PliPacketHeader *header, PliSpan body)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliControl *control = client->control;
  const PliMethod *method = header->method < PLI_N_METHODS ? pli_method (header->method) : NULL;
  PliCaller caller = { .instance = control->instance, .shard = (guint) header->call, .done = called };
  Calling *calling;
  gpointer args;

  if (!method || !(method->callers & PLI_ROOM_BIT (PLI_ROOM_ADMIN)) || !shard_valid (method, caller.shard))
    {
      reply (client, PLI_CONTROL_ERROR, PLI_ERROR_DENIED, PLI_SPAN ("no such call"));
      return;
    }
  args = pli_arena_alloc (arena, method->args->size);
  if (!pli_shape_unpack (method->args, body, arena, args))
    {
      reply (client, PLI_CONTROL_ERROR, PLI_ERROR_SYNTAX, PLI_SPAN ("malformed call"));
      return;
    }
  calling = g_new (Calling, 1);
  *calling = (Calling){ control, client->number, header->method };
  caller.user = calling;
  control->refs++;
  pli_method_call (header->method, &caller, args);
}

static void
ask_supervisor (Client *client, PliWireType type)
{
  PliPacketHeader header = { .type = (guint8) type, .call = client->number };

  if (client->control->supervisor)
    pli_channel_send (client->control->supervisor, &header, pli_span (NULL, 0), -1);
  else
    reply (client, PLI_CONTROL_ERROR, PLI_ERROR_TRY_AGAIN, PLI_SPAN ("a single process has no supervisor"));
}

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Client *client = user;

  (void) channel;
  if (fd >= 0)
    close (fd);
  switch (header->type)
    {
    case PLI_CONTROL_CALL:
      take_call (client, header, pli_packet_span (body));
      break;
    case PLI_CONTROL_STATUS:
      ask_supervisor (client, PLI_WIRE_ASK_STATUS);
      break;
    case PLI_CONTROL_RELOAD:
      ask_supervisor (client, PLI_WIRE_ASK_RELOAD);
      break;
    case PLI_CONTROL_STOP:
      ask_supervisor (client, PLI_WIRE_ASK_STOP);
      break;
    default:
      reply (client, PLI_CONTROL_ERROR, PLI_ERROR_SYNTAX, PLI_SPAN ("no such question"));
    }
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  Client *client = user;

  (void) channel;
  g_hash_table_remove (client->control->clients, &client->number);
}

static const PliChannelFuncs funcs = { on_packet, on_closed };

static gboolean
may_enter (PliControl *control, int fd)
{
  struct ucred who;
  socklen_t len = sizeof who;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
    return FALSE;
  if (who.uid == 0 || who.uid == control->owner_uid)
    return TRUE;
  pli_logf (PLI_LOG_WARNING, "control.refused", "user id %u", (guint) who.uid);
  return FALSE;
}

static void
on_accept (gpointer user, guint32 events)
{
  PliControl *control = user;
  int fd = accept4 (control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  Client *client;

  (void) events;
  if (fd < 0)
    return;
  if (!may_enter (control, fd) || g_hash_table_size (control->clients) >= CLIENTS_MOST)
    {
      close (fd);
      return;
    }
  client = g_new0 (Client, 1);
  client->number = ++control->next;
  client->control = control;
  client->channel = pli_channel_new (control->instance->loop, fd, &funcs, client);
  g_hash_table_insert (control->clients, &client->number, client);
  reply (client, PLI_CONTROL_HELLO, 0, PLI_SPAN (PACKAGE_VERSION));
}

void
pli_control_answer (PliControl *control, const PliPacketHeader *header, PliSpan body)
{
  guint64 number = header->call;
  Client *client = g_hash_table_lookup (control->clients, &number);

  if (!client)
    return;
  if (header->type == PLI_WIRE_STATUS || header->method == 0)
    reply (client, PLI_CONTROL_RESULT, 0, body);
  else
    reply (client, PLI_CONTROL_ERROR, header->method, body);
}

int
pli_control_bind (const char *root, GError **error)
{
  g_autofree char *path = pli_path_run (root, "control.sock");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: too long for a socket; choose a shorter --root", path);
      return -1;
    }
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_unlink (path);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* Anybody may connect; who gets an answer is decided by may_enter(). */
  if (fd >= 0 && bind (fd, (struct sockaddr *) &address, sizeof address) == 0 && g_chmod (path, 0666) == 0
      && listen (fd, 32) == 0)
    return fd;
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

PliControl *
pli_control_new (PliInstance *instance, PliChannel *supervisor, guint32 owner_uid)
{
  PliControl *control = g_new0 (PliControl, 1);

  control->instance = instance;
  control->supervisor = supervisor;
  control->owner_uid = owner_uid;
  control->fd = -1;
  control->refs = 1;
  control->clients = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, client_free);
  return control;
}

void
pli_control_listen (PliControl *control, int fd)
{
  if (control->fd >= 0)
    {
      pli_watch_remove (control->watch);
      close (control->fd);
    }
  control->fd = fd;
  control->watch = pli_watch_new (control->instance->loop, fd, EPOLLIN, on_accept, control);
}

void
pli_control_free (PliControl *control)
{
  if (!control)
    return;
  if (control->fd >= 0)
    {
      pli_watch_remove (control->watch);
      close (control->fd);
    }
  g_clear_pointer (&control->clients, g_hash_table_unref);
  control_unref (control);
}
