/* wire.h: what supervisor and rooms say to each other over the channel that a room is born with (descriptor 3). Internal
 * to core. The supervisor reads nothing of a packet but type, call and, from a starting room, a short text for the log. */
#ifndef PLI_SYS_WIRE_H
#define PLI_SYS_WIRE_H

#include "ipc/channel.h"

#define PLI_ROOM_CHANNEL_FD 3
#define PLI_ROOM_SETUP_FD 4 /* memfd with the packed PliSetup */

typedef enum
{
  /* supervisor to room */
  PLI_WIRE_PEER,     /* call: kind << 8 | index; fd */
  PLI_WIRE_SIGNER,   /* edge: the socket to ask auth for signatures; auth: one to answer on; fd */
  PLI_WIRE_LISTENER, /* body: name; fd */
  PLI_WIRE_UNLISTEN, /* body: name */
  PLI_WIRE_RELOAD,   /* body: packed PliSetup */
  PLI_WIRE_STOP,
  PLI_WIRE_RETIRE, /* call: µs; take nothing new, end when nothing is left, or after so long */
  PLI_WIRE_UNHOST, /* call: number of a host room that ends */
  PLI_WIRE_STATUS, /* to admin: body: packed PliStatus; call: of the question */
  PLI_WIRE_ANSWER, /* to admin: call: of the question; method: 0, or PliErrorCode with a text */
  /* room to supervisor */
  PLI_WIRE_READY = 64, /* body: text of the walls */
  PLI_WIRE_FAILED,     /* body: why; the room ends */
  PLI_WIRE_RELOADED,   /* method: 0, or PliErrorCode; body: why not */
  PLI_WIRE_STUCK,      /* smtp, auth: call: number of a host room that does not answer */
  /* admin to supervisor; call: of the question */
  PLI_WIRE_ASK_STATUS,
  PLI_WIRE_ASK_RELOAD,
  PLI_WIRE_ASK_STOP,
} PliWireType;

/* Name of the listener that is the control socket. */
#define PLI_CONTROL_LISTENER "(control)"

#endif
