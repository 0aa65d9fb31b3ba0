/* spawn.h: starts one room process. Internal to core; supervisor only. */
#ifndef PLI_SERVE_SPAWN_H
#define PLI_SERVE_SPAWN_H

#include "sys/setup.h"

/**
 * pli_spawn:
 * @out_channel: (out): our end of the room's channel
 *
 * Forks and executes this program again as `pli room KIND INDEX`, with a channel and its setup; nothing else of ours is
 * inherited but stderr.
 *
 * Returns: the pid; 0 on error.
 */
int pli_spawn (PliRoomKind kind, const PliSetup *setup, int *out_channel, GError **error);

#endif
