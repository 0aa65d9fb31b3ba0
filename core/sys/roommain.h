/* roommain.h: a room's process, from exec to exit. Internal to core. */
#ifndef PLI_SYS_ROOMMAIN_H
#define PLI_SYS_ROOMMAIN_H

/* Returns the exit code. */
int pli_room_main (const char *kind, const char *index);

#endif
