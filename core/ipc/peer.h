/* peer.h: the channels of this room to the others, and what is said over them. Internal to core.
 *
 * Calls and their answers, grants and their end, notices. A peer that died is forgotten with its calls: lookups are
 * asked again when its successor's channel comes (within a grace time), the others fail temporarily. Loop thread. */
#ifndef PLI_IPC_PEER_H
#define PLI_IPC_PEER_H

#include "ipc/grant.h"
#include "service/method.h"

PliPeers *pli_peers_new (PliInstance *instance);
void pli_peers_free (PliPeers *peers);
/* Drops all channels: what was asked fails, and nothing can be asked any more. */
void pli_peers_close (PliPeers *peers);
/* Asks all others to call no more until the next room of our name comes. */
void pli_peers_hold (PliPeers *peers);
/* They do so, and have all their answers. */
gboolean pli_peers_quiet (PliPeers *peers);
/* A channel to that room; replaces the one before. Owns @fd. */
void pli_peers_add (PliPeers *peers, PliRoomKind room, guint index, int fd);
gboolean pli_peers_has (PliPeers *peers, PliRoomKind room, guint index);

/* Names the channel to that room that is open now; 0: none is. */
guint64 pli_peers_epoch (PliPeers *peers, PliRoomKind room, guint index);
gboolean pli_peers_closed (PliPeers *peers);

/* Sends a call whose answer completes @op. */
void pli_peers_call (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, guint64 session, PliOp *op,
                     PliSpan packed);
/* The same without an answer. */
void pli_peers_tell (PliPeers *peers, PliRoomKind room, guint index, PliMethodNumber number, PliSpan packed);
/* auth: to those that must know; a single process keeps it. */
void pli_peers_grant (PliPeers *peers, guint64 session, const PliGrant *grant);
/* auth: what others remember of the directory is void. */
void pli_peers_directory_changed (PliPeers *peers);
/* queue and store: nothing of @session (whole name) is needed any more. */
void pli_session_ended (PliInstance *instance, guint64 session);
/* An edge room's session is over: tells the others. */
void pli_peers_session_gone (PliPeers *peers, guint64 number);
/* store: to the edge room of @session. */
void pli_peers_notice (PliPeers *peers, guint64 session, guint64 mailbox);
/* Handles what has come from @room already: a call may have overtaken its grant. */
void pli_peers_pump (PliPeers *peers, PliRoomKind room);
/* Bytes not yet taken by the peers. */
gsize pli_peers_backlog (PliPeers *peers);
/* How many rooms of a kind there are, as the supervisor said. */
void pli_peers_set_count (PliPeers *peers, PliRoomKind room, guint count);
guint pli_peers_count (PliPeers *peers, PliRoomKind room);
/* The shard that keeps an account. */
guint pli_peers_shard (PliPeers *peers, const char *account);

#endif
