/* room.h: what every room process runs between its walls, and what a single process runs for all rooms. Internal to
 * core. Loop thread. */
#ifndef PLI_SYS_ROOM_H
#define PLI_SYS_ROOM_H

#include "sys/setup.h"

typedef struct PliRoom PliRoom;

/* Prepares what plugins call; opens none, listens to nothing. The walls come after this. */
PliRoom *pli_room_new (const PliSetup *setup, GError **error);
/* Opens the .so files of @setup; then their load(). */
gboolean pli_room_open (PliRoom *room, GError **error);
/* Makes the data folders of what was opened; for processes without a supervisor. */
gboolean pli_room_folders (PliRoom *room, GError **error);
gboolean pli_room_load (PliRoom *room, GError **error);
PliInstance *pli_room_instance (PliRoom *room);
/* A bound descriptor of `[listener NAME]`; owned by the room from now on. */
gboolean pli_room_listen (PliRoom *room, const char *name, int fd, GError **error);
/* New settings and certificates; listeners that are not named any more are closed by pli_room_unlisten(). On an error
 * the old ones stay in force. */
gboolean pli_room_reload (PliRoom *room, const PliSetup *setup, GError **error);
void pli_room_unlisten (PliRoom *room, const char *name);
/* Stops listening and asks not to be called; @done is called when no session and no call is left, or after @most_us. */
void pli_room_retire (PliRoom *room, gint64 most_us, PliTimerFunc done, gpointer user);
/* Stops listening, says goodbye to sessions; @done is called when all have gone, at most after @most_us. */
void pli_room_end (PliRoom *room, gint64 most_us, PliTimerFunc done, gpointer user);
/* After the end: unloads the plugins, which sync and close. */
void pli_room_free (PliRoom *room);

#endif
