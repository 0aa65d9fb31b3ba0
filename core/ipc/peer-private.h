/* peer-private.h: a peer as peer.c (sending, life) and peer-take.c (what comes in) share it. */
#ifndef PLI_IPC_PEER_PRIVATE_H
#define PLI_IPC_PEER_PRIVATE_H

#include "ipc/channel.h"
#include "ipc/peer.h"

enum
{
  PACKET_CALL,
  PACKET_REPLY,   /* packed result */
  PACKET_ERROR,   /* method: PliErrorCode; body: text */
  PACKET_GRANT,   /* session: whole name; body: packed PliGrant */
  PACKET_GONE,    /* session: number in the sender */
  PACKET_NOTICE,  /* session: whole name; call: mailbox */
  PACKET_CHANGED, /* from auth: the directory is another one */
  PACKET_HOLD,    /* the sender will be replaced: call it no more */
  PACKET_HELD,    /* answer: no further call comes on this channel */
};

typedef struct
{
  PliPeers *peers;
  PliRoomKind room;
  guint index;
  PliChannel *channel;
  guint64 successor;   /* counts the channels: an answer belongs to the one that asked */
  guint calls;         /* of theirs, under way here */
  gboolean held;       /* it said HOLD: calls wait for its successor */
  gboolean asks;       /* we said HOLD, it has not said HELD */
  GHashTable *pending; /* ticket -> Pending: asked and not answered */
  GQueue waiting;      /* Pending: asked while there was no channel */
  PliTimer *grace;
} Peer;

typedef struct
{
  PliTicket ticket;
  PliPacketHeader header;
  GBytes *packed; /* kept when it may be asked again */
  guint lost;     /* rooms that went away over it */
} Pending;

struct PliPeers
{
  PliInstance *instance;
  Peer *rooms[PLI_N_ROOMS][PLI_ROOMS_MAX];
  guint counts[PLI_N_ROOMS];
  gboolean closed;
};

extern const PliShape *const pli_grant_shape;

/* A packet has come from @user, a Peer. */
void pli_peer_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user);
/* A hint for a session of this process. */
void pli_peer_notice (PliInstance *instance, guint64 session, guint64 mailbox);
/* What a session had in this room ends; @user is the PliInstance. */
void pli_peer_session_ends (gpointer user, guint64 session);
/* Frees a call that has been answered. */
void pli_peer_pending_free (gpointer pending);

#endif
