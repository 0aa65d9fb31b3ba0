/* report.c: what `pli status` learns from the supervisor. */
#include "serve/supervisor-private.h"

#include "config.h"
#include "ipc/status.h"

void
report_status (Supervisor *s, guint64 asker)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliRoomStatus *rooms = pli_arena_array (arena, PliRoomStatus, s->children->len + 1);
  PliStatus status = { .version = PACKAGE_VERSION,
                       .root = s->root,
                       .generation = s->generation,
                       .since_us = s->since_us,
                       .rooms = rooms,
                       .n_rooms = s->children->len };
  Child *admin = supervisor_find (s, PLI_ROOM_ADMIN, 0);
  PliBuffer packed = { 0 };

  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];
      g_autofree char *name = supervisor_child_name (child);

      rooms[i] = (PliRoomStatus){ .room = pli_arena_strdup (arena, name),
                                  .pid = (guint32) child->pid,
                                  .restarts = child->restarts,
                                  .since_us = child->since_us,
                                  .ready = child->ready,
                                  .walls = child->retiring ? pli_arena_printf (arena, "retiring, %s", child->walls)
                                                           : child->walls };
    }
  pli_shape_pack (pli_status_shape, &status, &packed);
  supervisor_say (admin, PLI_WIRE_STATUS, 0, asker, pli_buffer_span (&packed), -1);
  pli_buffer_clear (&packed);
}
