/* channel.h: packets between two rooms over one socketpair (SOCK_SEQPACKET). Internal to core.
 *
 * The descriptor is the identity: what comes out of it comes from that room and no other. Sends never block; what does
 * not fit waits in a queue here. Bodies up to 60 KiB travel in the packet, larger ones in a sealed memfd. A channel
 * whose peer died is closed by its owner. Loop thread. */
#ifndef PLI_IPC_CHANNEL_H
#define PLI_IPC_CHANNEL_H

#include "loop/instance.h"

#define PLI_PACKET_INLINE_MAX (60 * 1024)
#define PLI_PACKET_BODY_MAX (512 * 1024 * 1024)

typedef struct
{
  guint8 type; /* the user's */
  guint8 flags;
  guint16 method;
  guint32 body_len;
  guint64 call;
  guint64 session;
} PliPacketHeader;

/* Body of a packet received. Whoever keeps it longer than the callback takes a ref. */
typedef struct PliPacketBody PliPacketBody;
PliSpan pli_packet_span (const PliPacketBody *body);
PliPacketBody *pli_packet_ref (PliPacketBody *body);
void pli_packet_unref (PliPacketBody *body);

typedef struct
{
  /* @fd: descriptor that came along, or -1; the callee owns it. */
  void (*packet) (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user);
  /* The peer is gone, or broke the framing; free the channel in here or later. */
  void (*closed) (PliChannel *channel, gpointer user);
} PliChannelFuncs;

/* Owns @fd. */
PliChannel *pli_channel_new (PliLoop *loop, int fd, const PliChannelFuncs *funcs, gpointer user);
/* What waits to be sent is dropped. NULL is fine. */
void pli_channel_free (PliChannel *channel);
/* What a packet brings about is done, and answers have left, before the next one is taken. */
void pli_channel_one_by_one (PliChannel *channel);
/* header->body_len is set here. @fd: -1, or a descriptor to send along (not closed; only with small bodies). FALSE: not
 * sent, for the channel is dead or no descriptor was left for a large body. */
gboolean pli_channel_send (PliChannel *channel, const PliPacketHeader *header, PliSpan body, int fd);
/* Handles what has arrived now, without waiting for the loop. */
void pli_channel_pump (PliChannel *channel);
/* Bytes that wait here to be sent. */
gsize pli_channel_backlog (const PliChannel *channel);

#endif
