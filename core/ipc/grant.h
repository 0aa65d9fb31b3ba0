/* grant.h: which session of which edge room acts for which account. Given by auth alone, which keeps them to give them
 * again to a queue or store that was restarted; kept by queue and store (and by a single process for itself). A broken edge room can use the grants of its own sessions, and no others. */
#ifndef PLI_IPC_GRANT_H
#define PLI_IPC_GRANT_H

#include "loop/instance.h"

typedef struct
{
  const char *account, *login, *store; /* store may be NULL */
  guint32 rights;                      /* PliRights */
} PliGrant;

PliGrants *pli_grants_new (void);
void pli_grants_free (PliGrants *grants);
/* Name of a session over all rooms: the edge room in the high 16 bits. */
guint64 pli_grant_session (PliRoomKind room, guint index, guint64 number);
PliRoomKind pli_grant_session_room (guint64 session, guint *out_index, guint64 *out_number);
/* Copies. A second grant for a session replaces the first. */
void pli_grants_add (PliGrants *grants, guint64 session, const PliGrant *grant);
/* NULL when there is none. (transfer none) until the next change */
const PliGrant *pli_grants_find (PliGrants *grants, guint64 session);
gboolean pli_grants_remove (PliGrants *grants, guint64 session);
/* All of an edge room that died; @gone hears each. */
void pli_grants_remove_room (PliGrants *grants, PliRoomKind room, guint index,
                             void (*gone) (gpointer user, guint64 session), gpointer user);
typedef void (*PliGrantVisit) (guint64 session, const PliGrant *grant, gpointer user);
void pli_grants_foreach (PliGrants *grants, PliGrantVisit visit, gpointer user);
guint pli_grants_count (PliGrants *grants);

#endif
