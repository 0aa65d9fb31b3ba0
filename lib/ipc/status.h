/* status.h: what the supervisor knows of its rooms, for `pli status`. Internal to core. */
#ifndef PLI_IPC_STATUS_H
#define PLI_IPC_STATUS_H

#include "ipc/shape.h"

typedef struct
{
  const char *room; /* "smtp/0" */
  guint32 pid;
  guint32 restarts;
  gint64 since_us; /* µs since 1970 */
  gboolean ready;
  const char *walls;
} PliRoomStatus;

typedef struct
{
  const char *version;
  const char *root;
  guint32 generation;
  gint64 since_us;
  const PliRoomStatus *rooms;
  guint32 n_rooms;
} PliStatus;

extern const PliShape *const pli_status_shape;

#endif
