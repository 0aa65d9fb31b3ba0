/* peer-take.c: what other rooms say: calls, answers, grants, ends of sessions, notices. Each is believed only as far as the
 * channel it came from allows. */
#include "ipc/peer-private.h"

#include "net/session.h"
#include "plugin/registry.h"
#include "service/resolved.h"
#include <glib/gstdio.h>
#include <pli/log.h>

#define HOST_ANSWER_MAX (4 * 1024 * 1024)
#define CALLS_MOST 100000 /* of one peer, under way here: more than all sessions of a room can have */

/* Answers to others */

typedef struct
{
  Peer *peer; /* lives as long as the room */
  guint64 successor;
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

static void
send_failure (PliChannel *channel, guint64 call)
{
  g_autoptr (GError) error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the answer could not be sent");

  send_error (channel, call, error);
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
  const PliMethod *method = pli_method (asked->number);

  asked->peer->calls--;
  if (asked->call && asked->peer->channel && asked->peer->successor == asked->successor)
    {
      if (error)
        send_error (asked->peer->channel, asked->call, error);
      else
        {
          PliBuffer packed = { 0 };

          if (asked->number == PLI_METHOD_VERIFY)
            give_grant (asked->peer, asked->session, result);
          else if (asked->number == PLI_METHOD_SASL && ((const PliSaslResult *) result)->done)
            give_grant (asked->peer, asked->session, &((const PliSaslResult *) result)->who);
          else if (asked->number == PLI_METHOD_CHANGE)
            pli_peers_directory_changed (asked->peer->peers);
          pli_shape_pack (method->result, result, &packed);
          if (!pli_channel_send (asked->peer->channel, &header, pli_buffer_span (&packed),
                                 method->flags & PLI_CALL_DESCRIPTOR ? *(const gint32 *) result : -1))
            send_failure (asked->peer->channel, asked->call);
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
  if (peer->calls >= CALLS_MOST)
    {
      error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "too many calls are under way");
      send_error (peer->channel, header->call, error);
      return;
    }
  peer->calls++;
  asked = g_new (Asked, 1);
  *asked = (Asked){ peer, peer->successor, header->method, header->call, name_session (peer, header->session) };
  in = (PliIncoming){ peer->room,
                      peer->index,
                      name_session (peer, header->session),
                      pli_packet_span (body),
                      body_unref,
                      pli_packet_ref (body),
                      answered,
                      asked };
  if (pli_method_incoming (peer->peers->instance, header->method, &in, &error))
    return;
  pli_packet_unref (body);
  answered (asked, NULL, error);
}

/* Answers to us */

static void
close_fd (gpointer fd)
{
  g_close (GPOINTER_TO_INT (fd), NULL);
}

/* The descriptor in the result is the one that came, whatever the sender's number for it is. FALSE: none came. */
static gboolean
take_descriptor (PliOp *op, const PliMethod *method, int *fd)
{
  if (!(method->flags & PLI_CALL_DESCRIPTOR))
    return TRUE;
  if (*fd < 0)
    return FALSE;
  *(gint32 *) pli_op_result (op) = *fd;
  pli_op_keep (op, close_fd, GINT_TO_POINTER (*fd));
  *fd = -1;
  return TRUE;
}

/* @fd: -1, or what came along; taken when it belongs to the answer. */
static void
take_reply (Peer *peer, const PliPacketHeader *header, PliPacketBody *body, int *fd)
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
  else if (peer->room == PLI_ROOM_HOST && text.len > HOST_ANSWER_MAX)
    pli_op_fail (ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: too long an answer", method->name));
  else if (pli_shape_unpack (method->result, text, pli_op_arena (op), pli_op_result (op))
           && take_descriptor (op, method, fd))
    {
      pli_op_keep (op, body_unref, pli_packet_ref (body));
      pli_op_done (ticket);
    }
  else
    pli_op_fail (ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: malformed answer", method->name));
  pli_peer_pending_free (pending);
}

/* What a session had in this room ends. */
void
pli_peer_session_ends (gpointer user, guint64 session)
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
    pli_peer_session_ends (instance, session);
}

static void
take_grant (Peer *peer, const PliPacketHeader *header, PliPacketBody *body)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliGrant grant = { 0 };
  gboolean again = peer->room == PLI_ROOM_QUEUE && (peer->peers->instance->rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH));

  if ((peer->room != PLI_ROOM_AUTH && !again)
      || !pli_shape_unpack (pli_grant_shape, pli_packet_span (body), arena, &grant) || !grant.account)
    {
      pli_log (PLI_LOG_ERROR, "grant.refused", "room", pli_room_name (peer->room), NULL);
      return;
    }
  if (!again)
    pli_grants_add (peer->peers->instance->grants, header->session, &grant);
  else if (!pli_grants_find (peer->peers->instance->grants, header->session))
    pli_peers_grant (peer->peers, header->session, &grant); /* a store may have come before it */
}

void
pli_peer_notice (PliInstance *instance, guint64 session, guint64 mailbox)
{
  PliSession *to = pli_net_find (instance->net, session);

  if (to)
    pli_session_notice (to, mailbox);
}

void
pli_peer_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Peer *peer = user;
  PliInstance *instance = peer->peers->instance;

  switch (header->type)
    {
    case PACKET_CALL:
      take_call (peer, header, body);
      break;
    case PACKET_REPLY:
    case PACKET_ERROR:
      take_reply (peer, header, body, &fd);
      break;
    case PACKET_GRANT:
      take_grant (peer, header, body);
      break;
    case PACKET_GONE:
      pli_session_ended (instance, name_session (peer, header->session));
      break;
    case PACKET_NOTICE:
      if (peer->room == PLI_ROOM_STORE && instance->net)
        pli_peer_notice (instance, header->session, header->call);
      break;
    case PACKET_CHANGED:
      if (peer->room == PLI_ROOM_AUTH)
        pli_resolved_forget (instance->resolved);
      break;
    case PACKET_HOLD:
      peer->held = TRUE;
      pli_channel_send (channel, &(PliPacketHeader){ .type = PACKET_HELD }, pli_span (NULL, 0), -1);
      break;
    case PACKET_HELD:
      peer->asks = FALSE;
      break;
    default:
      pli_log (PLI_LOG_ERROR, "packet.refused", "room", pli_room_name (peer->room), NULL);
    }
  if (fd >= 0)
    g_close (fd, NULL);
}
