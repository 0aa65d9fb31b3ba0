/* peer.c: the channels to other rooms: asking, telling, and what happens when one goes and its successor comes. */
#include "ipc/peer-private.h"

#include "host/host.h"
#include "net/session.h"
#include "service/resolved.h"

#define TELL_BACKLOG_MAX (16 * 1024 * 1024)
#define GRACE_US (3 * G_USEC_PER_SEC) /* how long a call waits for a room that is being restarted */

PLI_SHAPE (PliGrant, F_TEXT (PliGrant, account), F_TEXT (PliGrant, login), F_TEXT (PliGrant, store),
           F_U32 (PliGrant, rights));

const PliShape *const pli_grant_shape = &PliGrant_shape;

void
pli_peer_pending_free (gpointer data)
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
  pli_peer_pending_free (pending);
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
      /* It may be what the room died of. */
      if (pending->packed && pending->lost++ == 0)
        wait_for_successor (peer, pending);
      else
        pending_fail (pending, peer);
    }
  pli_grants_remove_room (peer->peers->instance->grants, peer->room, peer->index, pli_peer_session_ends,
                          peer->peers->instance);
  if (peer->room == PLI_ROOM_HOST)
    pli_hosted_peer (peer->peers->instance, peer->index, FALSE);
}

static const PliChannelFuncs funcs = { pli_peer_packet, on_closed };

static void
send_pending (Peer *peer, Pending *pending, PliSpan packed)
{
  if (pli_channel_send (peer->channel, &pending->header, packed, -1))
    g_hash_table_insert (peer->pending, &pending->ticket, pending);
  else
    pending_fail (pending, peer);
}

static void
send_grant (Peer *to, guint64 session, const PliGrant *grant)
{
  PliPacketHeader header = { .type = PACKET_GRANT, .session = session };
  PliBuffer packed = { 0 };

  if (!to->channel)
    return; /* it gets all of them when it comes */
  pli_shape_pack (pli_grant_shape, grant, &packed);
  pli_channel_send (to->channel, &header, pli_buffer_span (&packed), -1);
  pli_buffer_clear (&packed);
}

static void
give_again (guint64 session, const PliGrant *grant, gpointer user)
{
  Peer *to = user;

  if (to->room != PLI_ROOM_STORE || to->index == pli_peers_shard (to->peers, grant->account))
    send_grant (to, session, grant);
}

static void
all_may_have_changed (PliSession *session, gpointer user)
{
  (void) user;
  if (pli_session_account (session))
    pli_session_notice (session, 0);
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
  peer->successor++;
  peer->channel = pli_channel_new (peers->instance->loop, fd, &funcs, peer);
  /* A filter that spins must not keep back the answers to calls before: they would be taken for what it spins over. */
  if (peers->instance->rooms == PLI_ROOM_BIT (PLI_ROOM_HOST))
    pli_channel_one_by_one (peer->channel);
  pli_timer_cancel (peer->grace);
  peer->grace = NULL;
  /* The sessions that its predecessor knew go on. auth's own successor hears of them from queue, which knows all. */
  if ((peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH) && (room == PLI_ROOM_QUEUE || room == PLI_ROOM_STORE))
      || (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_QUEUE) && room == PLI_ROOM_AUTH))
    pli_grants_foreach (peers->instance->grants, give_again, peer);
  if (room == PLI_ROOM_STORE && peers->instance->net)
    pli_net_foreach (peers->instance->net, all_may_have_changed, NULL);
  peer->held = FALSE;
  while ((pending = g_queue_pop_head (&peer->waiting)))
    {
      g_autoptr (GBytes) packed = g_bytes_ref (pending->packed);

      if (!(pli_method (pending->header.method)->flags & PLI_CALL_IDEMPOTENT))
        g_clear_pointer (&pending->packed, g_bytes_unref);
      send_pending (peer, pending, pli_span (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed)));
    }
  if (room == PLI_ROOM_HOST)
    pli_hosted_peer (peers->instance, index, TRUE);
}

gboolean
pli_peers_has (PliPeers *peers, PliRoomKind room, guint index)
{
  return peers->rooms[room][index] && peers->rooms[room][index]->channel;
}

guint64
pli_peers_epoch (PliPeers *peers, PliRoomKind room, guint index)
{
  return pli_peers_has (peers, room, index) ? peers->rooms[room][index]->successor : 0;
}

gboolean
pli_peers_closed (PliPeers *peers)
{
  return peers->closed;
}

void
pli_peers_call (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, guint64 session, PliOp *op,
                PliSpan packed)
{
  Peer *peer = peer_get (peers, room, index);
  gboolean open = peer->channel && !peer->held;
  Pending *pending = g_new0 (Pending, 1);

  pending->ticket = pli_op_wait (op);
  pending->header =
      (PliPacketHeader){ .type = PACKET_CALL, .method = number, .call = pending->ticket, .session = session };
  /* What was never sent can wait for the next room, whatever it is. */
  if (!open || (pli_method (number)->flags & PLI_CALL_IDEMPOTENT))
    pending->packed = g_bytes_new (packed.data, packed.len);
  if (open)
    send_pending (peer, pending, packed);
  else if (!peers->closed)
    wait_for_successor (peer, pending);
  else
    pending_fail (pending, peer);
}

void
pli_peers_tell (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, PliSpan packed)
{
  Peer *peer = peer_get (peers, room, index);
  PliPacketHeader header = { .type = PACKET_CALL, .method = number };

  /* Better a gap in the story than a room that grows without end. */
  if (peer->channel && pli_channel_backlog (peer->channel) < TELL_BACKLOG_MAX)
    pli_channel_send (peer->channel, &header, packed, -1);
}

void
pli_peers_grant (PliPeers *peers, guint64 session, const PliGrant *grant)
{
  pli_grants_add (peers->instance->grants, session, grant);
  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_STORE))
    return;
  send_grant (peer_get (peers, PLI_ROOM_QUEUE, 0), session, grant);
  send_grant (peer_get (peers, PLI_ROOM_STORE, pli_peers_shard (peers, grant->account)), session, grant);
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
  static const PliRoomKind keepers[] = { PLI_ROOM_AUTH, PLI_ROOM_QUEUE, PLI_ROOM_STORE };
  PliPacketHeader header = { .type = PACKET_GONE, .session = number };

  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_STORE))
    pli_session_ended (peers->instance, number);
  for (guint k = 0; k < G_N_ELEMENTS (keepers); k++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (pli_peers_has (peers, keepers[k], i))
        pli_channel_send (peers->rooms[keepers[k]][i]->channel, &header, pli_span (NULL, 0), -1);
}

void
pli_peers_notice (PliPeers *peers, guint64 session, guint64 mailbox)
{
  guint index;
  guint64 number;
  PliRoomKind room = pli_grant_session_room (session, &index, &number);
  PliPacketHeader header = { .type = PACKET_NOTICE, .session = session, .call = mailbox };

  if (peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_ACCESS))
    pli_peer_notice (peers->instance, session, mailbox);
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
pli_peers_hold (PliPeers *peers)
{
  PliPacketHeader header = { .type = PACKET_HOLD };

  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (pli_peers_has (peers, (PliRoomKind) room, i))
        peers->rooms[room][i]->asks =
            pli_channel_send (peers->rooms[room][i]->channel, &header, pli_span (NULL, 0), -1);
}

gboolean
pli_peers_quiet (PliPeers *peers)
{
  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (pli_peers_has (peers, (PliRoomKind) room, i)
          && (peers->rooms[room][i]->asks || peers->rooms[room][i]->calls > 0))
        return FALSE;
  return pli_peers_backlog (peers) == 0;
}

void
pli_peers_close (PliPeers *peers)
{
  peers->closed = TRUE;
  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      {
        Peer *peer = peers->rooms[room][i];

        if (!peer)
          continue;
        if (peer->channel)
          on_closed (peer->channel, peer);
        pli_timer_cancel (peer->grace);
        give_up (peer);
      }
}

void
pli_peers_free (PliPeers *peers)
{
  if (!peers)
    return;
  pli_peers_close (peers);
  for (guint room = 0; room < PLI_N_ROOMS; room++)
    for (guint i = 0; i < PLI_ROOMS_MAX; i++)
      if (peers->rooms[room][i])
        {
          g_hash_table_unref (peers->rooms[room][i]->pending);
          g_free (peers->rooms[room][i]);
        }
  g_free (peers);
}
