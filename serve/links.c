/* links.c: who may talk to whom: only rooms in this table get a channel. Each gets its end over its own channel with the
 * supervisor; a room that comes back gets new ones, and so do those it talks to. */
#include "serve/supervisor-private.h"

#include "host/host.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct
{
  PliRoomKind a, b;
} pairs[] = {
  { PLI_ROOM_AUTH, PLI_ROOM_SMTP },   { PLI_ROOM_AUTH, PLI_ROOM_ACCESS },  { PLI_ROOM_AUTH, PLI_ROOM_QUEUE },
  { PLI_ROOM_AUTH, PLI_ROOM_STORE },  { PLI_ROOM_AUTH, PLI_ROOM_ADMIN },   { PLI_ROOM_SMTP, PLI_ROOM_QUEUE },
  { PLI_ROOM_SMTP, PLI_ROOM_ADMIN },  { PLI_ROOM_ACCESS, PLI_ROOM_STORE }, { PLI_ROOM_ACCESS, PLI_ROOM_ADMIN },
  { PLI_ROOM_QUEUE, PLI_ROOM_STORE }, { PLI_ROOM_QUEUE, PLI_ROOM_ADMIN },  { PLI_ROOM_STORE, PLI_ROOM_ADMIN },
  { PLI_ROOM_OUT, PLI_ROOM_QUEUE },   { PLI_ROOM_OUT, PLI_ROOM_ADMIN },    { PLI_ROOM_OUT, PLI_ROOM_SMTP },
  { PLI_ROOM_HOST, PLI_ROOM_SMTP },   { PLI_ROOM_HOST, PLI_ROOM_AUTH },    { PLI_ROOM_HOST, PLI_ROOM_ADMIN },
  { PLI_ROOM_HOST, PLI_ROOM_OUT },
};

/* A directory is asked by auth alone and asks nobody; auth knows no filter. */
static gboolean
suits (const Child *child, PliRoomKind other)
{
  return child->kind != PLI_ROOM_HOST || other == PLI_ROOM_ADMIN
         || pli_host_is_directory (child->plugin) == (other == PLI_ROOM_AUTH);
}

static gboolean
may_talk (PliRoomKind a, PliRoomKind b)
{
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if ((pairs[i].a == a && pairs[i].b == b) || (pairs[i].a == b && pairs[i].b == a))
      return TRUE;
  return FALSE;
}

static void
give_pair (Child *a, Child *b, PliWireType type)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (type == PLI_WIRE_PEER ? SOCK_NONBLOCK : 0), 0, pair) < 0)
    g_error ("socketpair: %s", g_strerror (errno));
  supervisor_say (a, type, 0, (guint64) b->kind << 8 | b->index, pli_span (NULL, 0), pair[0]);
  supervisor_say (b, type, 0, (guint64) a->kind << 8 | a->index, pli_span (NULL, 0), pair[1]);
  close (pair[0]);
  close (pair[1]);
}

void
links_of (Child *child)
{
  Supervisor *s = child->supervisor;

  for (guint i = 0; i < s->children->len; i++)
    {
      Child *other = s->children->pdata[i];

      if (other == child || !other->channel || !may_talk (child->kind, other->kind) || !suits (child, other->kind)
          || !suits (other, child->kind))
        continue;
      give_pair (child, other, PLI_WIRE_PEER);
      if ((PLI_ROOM_IS_EDGE (child->kind) && other->kind == PLI_ROOM_AUTH)
          || (PLI_ROOM_IS_EDGE (other->kind) && child->kind == PLI_ROOM_AUTH))
        give_pair (child, other, PLI_WIRE_SIGNER);
    }
}

void
links_listeners (Child *child)
{
  Supervisor *s = child->supervisor;

  for (guint i = 0; i < s->bound->len; i++)
    {
      PliBound *bound = s->bound->pdata[i];

      if (bound->room == child->kind && !child->retiring)
        supervisor_say (child, PLI_WIRE_LISTENER, 0, 0, pli_span_from (bound->name), bound->fd);
    }
  if (child->kind == PLI_ROOM_ADMIN)
    supervisor_say (child, PLI_WIRE_LISTENER, 0, 0, PLI_SPAN (PLI_CONTROL_LISTENER), s->control_fd);
}
