/* connect.c: the method connect.open: a socket that `out` connects for a plugin of another room. The descriptor travels
 * with the answer, and bytes go straight. The asking room is not trusted: what it may reach is read from conf.d. */
#include "service/connect.h"

#include "conf/config.h"
#include "net/dial.h"
#include "net/endpoint.h"
#include "plugin/plugin-internal.h"
#include "sys/setup.h"
#include <unistd.h>

PLI_SHAPE (PliConnectArgs, F_TEXT (PliConnectArgs, plugin), F_TEXT (PliConnectArgs, address),
           F_U32 (PliConnectArgs, port));
PLI_SHAPE (PliConnectOpened, F_U32 (PliConnectOpened, fd));

#define CALLERS (PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_QUEUE) | PLI_ROOM_BIT (PLI_ROOM_HOST))

const PliMethod pli_connect_methods[] = {
  { "connect.open", PLI_SERVICE_END, PLI_ROOM_OUT, CALLERS, PLI_CALL_IDEMPOTENT | PLI_CALL_DESCRIPTOR,
    120 * (gint64) G_USEC_PER_SEC, offsetof (PliOwn, connect), &PliConnectArgs_shape, &PliConnectOpened_shape },
};

gboolean
pli_connect_is_own (PliPlugin *plugin)
{
  return (plugin->instance->rooms & pli_setup_rooms_of (plugin->info.name) & PLI_ROOM_BIT (PLI_ROOM_OUT)) != 0;
}

PliCall *
pli_connect_ask (PliPlugin *plugin, const char *address, guint port, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = plugin->instance, .done = done, .user = user };
  PliConnectArgs args = { plugin->info.name, address, port };

  return pli_method_call (PLI_METHOD_CONNECT_OPEN, &caller, &args);
}

typedef struct
{
  PliTicket ticket;
  PliOp *op;
  PliDial *dial;
  PliConnectOpened *result;
} Opening;

static void
close_fd (gpointer data)
{
  close (((PliConnectOpened *) data)->fd);
}

static void
dialled (gpointer user, int fd, const GError *error)
{
  Opening *opening = user;

  opening->dial = NULL;
  if (error)
    {
      pli_op_fail (opening->ticket, g_error_copy (error));
      return;
    }
  opening->result->fd = fd;
  pli_op_keep (opening->op, close_fd, opening->result);
  pli_op_done (opening->ticket);
}

static void
given_up (PliOp *op, gpointer user)
{
  Opening *opening = user;

  (void) op;
  if (!opening->dial)
    return;
  pli_dial_cancel (g_steal_pointer (&opening->dial));
  pli_op_fail (opening->ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "nobody waits any more"));
}

PliStep
pli_connect_open (PliOp *op, gpointer self, const void *args, void *result)
{
  PliInstance *instance = self;
  const PliConnectArgs *to = args;
  g_autofree char *where = to->plugin && to->address ? pli_endpoint_text (to->address, to->port) : NULL;
  Opening *opening;

  if (!where || to->port > G_MAXUINT16 || !(pli_setup_rooms_of (to->plugin) & CALLERS))
    return pli_op_error (op, PLI_ERROR_DENIED, "malformed question for a connection");
  if (!pli_config_group_names (instance->config, to->plugin, where))
    return pli_op_error (op, PLI_ERROR_DENIED, "[%s] of conf.d does not name %s", to->plugin, where);
  opening = pli_arena_new0 (pli_op_arena (op), Opening);
  *opening = (Opening){ pli_op_wait (op), op, NULL, result };
  opening->dial = pli_dial (instance, to->address, to->port, dialled, opening);
  pli_op_on_cancel (op, given_up, opening);
  return PLI_WAIT;
}
