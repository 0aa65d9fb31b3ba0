/* body.h: the bytes of messages: read from the queue's segments or the account's packs, appended to packs. */
#ifndef STORE_PACK_BODY_H
#define STORE_PACK_BODY_H

#include "call.h"

PackBodies *pack_bodies_new (void);
void pack_bodies_free (PackBodies *bodies);
/* Closes what is kept of segments that nothing here refers to. */
void pack_bodies_forget (PackBodies *bodies, guint64 below);
/* Place of a message; @segment < 0: the account's pack -segment. PACK_AWAY when the bytes are not in memory: they are
 * read in the offload pool, and the call is finished after that. */
PackStep pack_body_read (PackCall *call, gint64 segment, guint64 offset, guint32 length, PliReadResult *result);
/* The pack that is appended to is open, and goes into the next round. */
gboolean pack_body_open (PackAccount *account, GError **error);
/* Reserves room for @bytes there. */
gboolean pack_body_place (PackAccount *account, gsize bytes, gint64 *out_segment, guint64 *out_offset, GError **error);
/* Writes all; any thread. FALSE: errno. */
gboolean pack_body_write (int fd, PliSpan bytes, guint64 offset);

#endif
