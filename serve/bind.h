/* bind.h: the sockets of all `[listener NAME]` groups; bound by the supervisor, before anything else is started, while
 * it may still be root. Internal to `pli serve`. */
#ifndef PLI_SERVE_BIND_H
#define PLI_SERVE_BIND_H

#include "conf/config.h"
#include "loop/instance.h"

typedef struct
{
  char *name;       /* of the listener */
  char *place;      /* "[::]:25" */
  PliRoomKind room; /* which rooms accept on it */
  int fd;           /* listening, close-on-exec */
} PliBound;

/**
 * pli_bind_all:
 * @bound: (element-type PliBound): sockets of before (pli_bound_free); kept when still wanted, closed when not, new
 *   ones added; a socket that was handed in by socket activation is used in place of a bind to the same place
 *
 * Errors: %PLI_ERROR_CONFIG: names listener, place and the system's reason; @bound is unchanged then.
 */
gboolean pli_bind_all (PliConfig *config, const char *root, GPtrArray *bound, GError **error);
void pli_bound_free (gpointer bound);
/* The room in which a protocol is served. */
PliRoomKind pli_bind_room_of (const char *protocol);

#endif
