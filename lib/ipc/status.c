/* status.c: the table that packs a status. */
#include "ipc/status.h"

PLI_SHAPE (PliRoomStatus, F_TEXT (PliRoomStatus, room), F_U32 (PliRoomStatus, pid), F_U32 (PliRoomStatus, restarts),
           F_U64 (PliRoomStatus, since_us), F_U32 (PliRoomStatus, ready), F_TEXT (PliRoomStatus, walls));
PLI_SHAPE (PliStatus, F_TEXT (PliStatus, version), F_TEXT (PliStatus, root), F_U32 (PliStatus, generation),
           F_U64 (PliStatus, since_us), F_ROWS (PliStatus, rooms, n_rooms, PliRoomStatus));

const PliShape *const pli_status_shape = &PliStatus_shape;
