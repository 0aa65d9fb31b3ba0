/* peer.c: what rooms say to each other; see peer.h. */
#include "ipc/peer.h"

#include "ipc/channel.h"
#include "net/session.h"
#include "plugin/registry.h"
#include "service/resolved.h"
#include <glib/gstdio.h>
#include <pli/log.h>

#define GRACE_US (3 * G_USEC_PER_SEC) /* how long a call waits for a room that is being restarted */

enum
{
  PACKET_CALL,
  PACKET_REPLY,  /* packed result */
  PACKET_ERROR,  /* method: PliErrorCode; body: text */
  PACKET_GRANT,  /* session: whole name; body: packed PliGrant */
  PACKET_GONE,   /* session: number in the sender */
  PACKET_NOTICE, /* session: whole name; call: mailbox */
  PACKET_CHANGED, /* from auth: the directory is another one */
};

typedef struct
{
  PliPeers *peers;
  PliRoomKind room;
  guint index;
  PliChannel *channel;
  GHashTable *pending; /* ticket -> Pending: asked and not answered */
  GQueue waiting;      /* Pending: asked while there was no channel */
  PliTimer *grace;
} Peer;

typedef struct
{
  PliTicket ticket;
  PliPacketHeader header;
  GBytes *packed; /* kept when it may be asked again */
} Pending;

struct PliPeers
{
  PliInstance *instance;
  Peer *rooms[PLI_N_ROOMS][PLI_ROOMS_MAX];
  guint counts[PLI_N_ROOMS];
};

PLI_SHAPE (PliGrant, F_TEXT (PliGrant, account), F_TEXT (PliGrant, login), F_TEXT (PliGrant, store),
           F_U32 (PliGrant, rights));

static void notice (PliInstance *instance, guint64 session, guint64 mailbox);

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_clear_pointer (&pending->packed, g_bytes_unref);
  g_free (pending);
}

static void
pending_fail (Pending *pending, Peer *peer)
{
  pli_op_fail (pending->ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the room %s/%u went away",
                                             pli_room_name (peer->room), peer->index));
  pending_free (pending);
}

static Peer *
peer_get (PliPeers *peers, PliRoomKind room, guint index)
{
  Peer *peer;

  g_assert (room < PLI_N_ROOMS && index < PLI_ROOMS_MAX);
  peer = peers->rooms[room][index];
  if (!peer)
    {
      peer = g_new0 (Peer, 1);
      peer->peers = peers;
      peer->room = room;
      peer->index = index;
      peer->pending = g_hash_table_new (g_int64_hash, g_int64_equal);
      g_queue_init (&peer->waiting);
      peers->rooms[room][index] = peer;
    }
  return peer;
}

/* Answers to others */

typedef struct
{
  Peer *peer; /* lives as long as the room */
  PliChannel *channel;
  PliMethodNumber number;
  guint64 call;
  guint64 session;
} Asked;

static void
send_error (PliChannel *channel, guint64 call, const GError *error)
{
  PliPacketHeader header = { .type = PACKET_ERROR, .call = call };

  header.method = (guint16) (error->domain == PLI_ERROR ? error->code : PLI_ERROR_TRY_AGAIN);
  pli_channel_send (channel, &header, pli_span_from (error->message), -1);
}

/* auth: the grant goes out before the answer does. */
static void
give_grant (Peer *peer, guint64 session, const PliVerifyResult *result)
{
  PliGrant grant = { result->account, result->login, result->store, result->rights };

  if (session)
    pli_peers_grant (peer->peers, session, &grant);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Asked *asked = user;
  PliPacketHeader header = { .type = PACKET_REPLY, .call = asked->call };

  if (asked->call && asked->peer->channel == asked->channel)
    {
      if (error)
        send_error (asked->channel, asked->call, error);
      else
        {
          PliBuffer packed = { 0 };

          if (asked->number == PLI_METHOD_VERIFY)
            give_grant (asked->peer, asked->session, result);
          else if (asked->number == PLI_METHOD_CHANGE)
            pli_peers_directory_changed (asked->peer->peers);
          pli_shape_pack (pli_method (asked->number)->result, result, &packed);
          pli_channel_send (asked->channel, &header, pli_buffer_span (&packed), -1);
          pli_buffer_clear (&packed);
        }
    }
  g_free (asked);
}

static void
body_unref (gpointer body)
{
  pli_packet_unref (body);
}

/* The sender's number counts only together with who sends. */
static guint64
name_session (const Peer *peer, guint64 number)
{
  return number ? pli_grant_session (peer->room, peer->index, number) : 0;
}

static void
take_call (Peer *peer, const PliPacketHeader *header, PliPacketBody *body)
{
  g_autoptr (GError) error = NULL;
  Asked *asked;
  PliIncoming in;

  if (header->method >= PLI_N_METHODS)
    {
      pli_log (PLI_LOG_ERROR, "call.refused", "why", "no such method", "room", pli_room_name (peer->room), NULL);
      return;
    }
  asked = g_new (Asked, 1);
  *asked = (Asked){ peer, peer->channel, header->method, header->call,
                     name_session (peer, header->session) };
  in = (PliIncoming){ peer->room, peer->index, name_session (peer, header->session), pli_packet_span (body),
                      body_unref, pli_packet_ref (body), answered, asked };
  if (pli_method_incoming (peer->peers->instance, header->method, &in, &error))
    return;
  pli_packet_unref (body);
  answered (asked, NULL, error);
}

/* Answers to us */

static void
take_reply (Peer *peer, const PliPacketHeader *header, PliPacketBody *body)
{
  PliTicket ticket = header->call;
  Pending *pending = g_hash_table_lookup (peer->pending, &ticket);
  const PliMethod *method;
  PliSpan text = pli_packet_span (body);
  PliOp *op;

  if (!pending)
    return; /* of a call that this channel was not asked */
  g_hash_table_remove (peer->pending, &ticket);
  method = pli_method (pending->header.method);
  op = pli_op_from_ticket (ticket);
  if (header->type == PACKET_ERROR)
    pli_op_fail (ticket, g_error_new (PLI_ERROR, header->method, "%.*s", (int) MIN (text.len, 1000), text.data));
  else if (!op)
    pli_op_done (ticket); /* the caller has gone: nobody reads the result */
  else if (pli_shape_unpack (method->result, text, pli_op_arena (op), pli_op_result (op)))
    {
      pli_op_keep (op, body_unref, pli_packet_ref (body));
      pli_op_done (ticket);
    }
  else
    pli_op_fail (ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: malformed answer", method->name));
  pending_free (pending);
}

/* What a session had in this room ends. */
static void
session_ends (gpointer user, guint64 session)
{
  PliInstance *instance = user;

  for (guint i = 0; i < pli_registry_n (instance->registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (instance->registry, i);

      if (plugin->gone)
        plugin->gone (plugin->data, session);
    }
}

void
pli_session_ended (PliInstance *instance, guint64 session)
{
  if (pli_grants_remove (instance->grants, session))
    session_ends (instance, session);
}

static void
take_grant (Peer *peer, const PliPacketHeader *header, PliPacketBody *body)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliGrant grant = { 0 };

  if (peer->room != PLI_ROOM_AUTH || !pli_shape_unpack (&PliGrant_shape, pli_packet_span (body), arena, &grant)
      || !grant.account)
    {
      pli_log (PLI_LOG_ERROR, "grant.refused", "room", pli_room_name (peer->room), NULL);
      return;
    }
  pli_grants_add (peer->peers->instance->grants, header->session, &grant);
}

static void
notice (PliInstance *instance, guint64 session, guint64 mailbox)
{
  PliSession *to = pli_net_find (instance->net, session);

  if (to)
    pli_session_notice (to, mailbox);
}

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Peer *peer = user;
  PliInstance *instance = peer->peers->instance;

  (void) channel;
  if (fd >= 0)
    g_close (fd, NULL);
  switch (header->type)
    {
    case PACKET_CALL:
      take_call (peer, header, body);
      break;
    case PACKET_REPLY:
    case PACKET_ERROR:
      take_reply (peer, header, body);
      break;
    case PACKET_GRANT:
      take_grant (peer, header, body);
      break;
    case PACKET_GONE:
      pli_session_ended (instance, name_session (peer, header->session));
      break;
    case PACKET_NOTICE:
      if (peer->room == PLI_ROOM_STORE && instance->net)
        notice (instance, header->session, header->call);
      break;
    case PACKET_CHANGED:
      if (peer->room == PLI_ROOM_AUTH)
        pli_resolved_forget (instance->resolved);
      break;
    default:
      pli_log (PLI_LOG_ERROR, "packet.refused", "room", pli_room_name (peer->room), NULL);
    }
}

static void
give_up (gpointer user)
{
  Peer *peer = user;
  Pending *pending;

  peer->grace = NULL;
  while ((pending = g_queue_pop_head (&peer->waiting)))
    pending_fail (pending, peer);
}

static void
wait_for_successor (Peer *peer, Pending *pending)
{
  g_queue_push_tail (&peer->waiting, pending);
  if (!peer->grace)
    peer->grace = pli_loop_timer (peer->peers->instance->loop, GRACE_US, give_up, peer);
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  Peer *peer = user;
  GHashTableIter iter;
  gpointer value;

  pli_channel_free (channel);
  peer->channel = NULL;
  g_hash_table_iter_init (&iter, peer->pending);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Pending *pending = value;

      g_hash_table_iter_remove (&iter);
      if (pending->packed)
        wait_for_successor (peer, pending);
      else
        pending_fail (pending, peer);
    }
  pli_grants_remove_room (peer->peers->instance->grants, peer->room, peer->index, session_ends, peer->peers->instance);
}

static const PliChannelFuncs funcs = { on_packet, on_closed };

static void
send_pending (Peer *peer, Pending *pending, PliSpan packed)
{
  g_hash_table_insert (peer->pending, &pending->ticket, pending);
  pli_channel_send (peer->channel, &pending->header, packed, -1);
}

void
pli_peers_add (PliPeers *peers, PliRoomKind room, guint index, int fd)
{
  Peer *peer = peer_get (peers, room, index);
  Pending *pending;

  if (peer->channel)
    on_closed (peer->channel, peer);
  if (room == PLI_ROOM_AUTH)
    pli_resolved_forget (peers->instance->resolved);
  peer->channel = pli_channel_new (peers->instance->loop, fd, &funcs, peer);
  pli_timer_cancel (peer->grace);
  peer->grace = NULL;
  while ((pending = g_queue_pop_head (&peer->waiting)))
    send_pending (peer, pending,
                  pli_span (g_bytes_get_data (pending->packed, NULL), g_bytes_get_size (pending->packed)));
}

gboolean
pli_peers_has (PliPeers *peers, PliRoomKind room, guint index)
{
  return peers->rooms[room][index] && peers->rooms[room][index]->channel;
}

void
pli_peers_call (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, guint64 session, PliOp *op,
                PliSpan packed)
{
  Peer *peer = peer_get (peers, room, index);
  gboolean again = (pli_method (number)->flags & PLI_CALL_IDEMPOTENT) != 0;
  Pending *pending = g_new0 (Pending, 1);

  pending->ticket = pli_op_wait (op);
  pending->header
    = (PliPacketHeader){ .type = PACKET_CALL, .method = number, .call = pending->ticket, .session = session };
  if (again)
    pending->packed = g_bytes_new (packed.data, packed.len);
  if (peer->channel)
    send_pending (peer, pending, packed);
  else if (again)
    wait_for_successor (peer, pending);
  else
    pending_fail (pending, peer);
}

void
pli_peers_tell (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, PliSpan packed)
{
  Peer *peer = peer_get (peers, room, index);
  PliPacketHeader header = { .type = PACKET_CALL, .method = number };

  if (peer->channel)
    pli_channel_send (peer->channel, &header, packed, -1);
}

void
pli_peers_grant (PliPeers *peers, guint64 session, const PliGrant *grant)
{
  PliBuffer packed = { 0 };
  PliPacketHeader header = { .type = PACKET_GRANT, .session = session };
  Peer *to[2];

  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_STORE))
    {
      pli_grants_add (peers->instance->grants, session, grant);
      return;
    }
  to[0] = peer_get (peers, PLI_ROOM_QUEUE, 0);
  to[1] = peer_get (peers, PLI_ROOM_STORE, pli_peers_shard (peers, grant->account));
  pli_shape_pack (&PliGrant_shape, grant, &packed);
  for (guint i = 0; i < G_N_ELEMENTS (to); i++)
    if (to[i]->channel)
      pli_channel_send (to[i]->channel, &header, pli_buffer_span (&packed), -1);
  pli_buffer_clear (&packed);
}

void
pli_peers_directory_changed (PliPeers *peers)
{
  PliPacketHeader header = { .type = PACKET_CHANGED };

  pli_resolved_forget (peers->instance->resolved);
  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (pli_peers_has (peers, (PliRoomKind) room, i))
        pli_channel_send (peers->rooms[room][i]->channel, &header, pli_span (NULL, 0), -1);
}

void
pli_peers_session_gone (PliPeers *peers, guint64 number)
{
  PliPacketHeader header = { .type = PACKET_GONE, .session = number };

  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_STORE))
    pli_session_ended (peers->instance, number);
  for (guint i = 0; i < PLI_ROOMS_MAX; i++)
    if (peers->rooms[PLI_ROOM_STORE][i] && peers->rooms[PLI_ROOM_STORE][i]->channel)
      pli_channel_send (peers->rooms[PLI_ROOM_STORE][i]->channel, &header, pli_span (NULL, 0), -1);
  if (pli_peers_has (peers, PLI_ROOM_QUEUE, 0))
    pli_channel_send (peers->rooms[PLI_ROOM_QUEUE][0]->channel, &header, pli_span (NULL, 0), -1);
}

void
pli_peers_notice (PliPeers *peers, guint64 session, guint64 mailbox)
{
  guint index;
  guint64 number;
  PliRoomKind room = pli_grant_session_room (session, &index, &number);
  PliPacketHeader header = { .type = PACKET_NOTICE, .session = session, .call = mailbox };

  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_ACCESS))
    notice (peers->instance, session, mailbox);
  else if (room < PLI_N_ROOMS && index < PLI_ROOMS_MAX && pli_peers_has (peers, room, index))
    pli_channel_send (peers->rooms[room][index]->channel, &header, pli_span (NULL, 0), -1);
}

void
pli_peers_pump (PliPeers *peers, PliRoomKind room)
{
  for (guint i = 0; i < PLI_ROOMS_MAX; i++)
    if (peers->rooms[room][i] && peers->rooms[room][i]->channel)
      pli_channel_pump (peers->rooms[room][i]->channel);
}

gsize
pli_peers_backlog (PliPeers *peers)
{
  gsize bytes = 0;

  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (peers->rooms[room][i] && peers->rooms[room][i]->channel)
        bytes += pli_channel_backlog (peers->rooms[room][i]->channel);
  return bytes;
}

void
pli_peers_set_count (PliPeers *peers, PliRoomKind room, guint count)
{
  peers->counts[room] = count;
}

guint
pli_peers_count (PliPeers *peers, PliRoomKind room)
{
  return MAX (peers->counts[room], 1);
}

guint
pli_peers_shard (PliPeers *peers, const char *account)
{
  return g_str_hash (account) % pli_peers_count (peers, PLI_ROOM_STORE);
}

PliPeers *
pli_peers_new (PliInstance *instance)
{
  PliPeers *peers = g_new0 (PliPeers, 1);

  peers->instance = instance;
  return peers;
}

void
pli_peers_free (PliPeers *peers)
{
  if (!peers)
    return;
  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (peers->rooms[room][i])
        {
          Peer *peer = peers->rooms[room][i];

          if (peer->channel)
            on_closed (peer->channel, peer);
          pli_timer_cancel (peer->grace);
          peer->grace = NULL;
          give_up (peer);
          g_hash_table_unref (peer->pending);
          g_free (peer);
        }
  g_free (peers);
}
