/* folders.h: who may touch what on disk: data folders and their owners, and the walls that follow from them. Internal to
 * core. */
#ifndef PLI_SYS_FOLDERS_H
#define PLI_SYS_FOLDERS_H

#include "sys/setup.h"
#include "sys/walls.h"

/* Makes the folders of a room's plugins (and the segments) and, where rooms have user ids of their own, gives them to
 * them. Supervisor. */
gboolean pli_folders_make (const PliSetup *setup, PliRoomKind kind, GError **error);
/* Can other user ids get to the root's folders at all? */
gboolean pli_folders_reachable (const char *root);
/* User id of a room, 0 when it keeps the supervisor's. */
guint32 pli_folders_uid (const PliSetup *setup, PliRoomKind kind);
/* Fills the wall's paths and ids; texts are in @arena. */
void pli_folders_walls (const PliSetup *setup, PliRoomKind kind, PliArena *arena, PliWallSpec *out);

#endif
