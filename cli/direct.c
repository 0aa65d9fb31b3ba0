/* direct.c: see direct.h. */
#include "cli/direct.h"

#include "serve/setup.h"
#include "sys/room.h"
#include "sys/server.h"

typedef struct
{
  PliMethodNumber number;
  PliArena *arena;
  void *result;
  GError **error;
  gboolean done, ok;
} Waiting;

static void
answered (gpointer user, const void *result, const GError *error)
{
  Waiting *w = user;
  const PliShape *shape = pli_method (w->number)->result;

  w->done = TRUE;
  if (error)
    g_propagate_error (w->error, g_error_copy (error));
  else
    {
      PliBuffer packed = { 0 };

      pli_shape_pack (shape, result, &packed);
      w->ok = pli_shape_unpack (shape, pli_arena_span (w->arena, pli_buffer_span (&packed)), w->arena, w->result);
      g_assert (w->ok);
      pli_buffer_clear (&packed);
    }
}

static PliRoom *
open_room (const char *root, PliArena *arena, GError **error)
{
  g_autofree char *folder = pli_path_conf (root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);
  const PliSetupSource source = { .root = root, .config = config };
  PliSetup setup;
  PliRoom *room = NULL;

  if (config && pli_setup_make (&source, PLI_ROOM_BIT (PLI_ROOM_AUTH), 0, arena, &setup, error))
    room = pli_room_new (&setup, error);
  if (room && (!pli_room_open (room, error) || !pli_room_folders (room, error) || !pli_room_load (room, error)))
    g_clear_pointer (&room, pli_room_free);
  return room;
}

gboolean
pli_direct_call (const char *root, PliMethodNumber number, const void *args, PliArena *arena, void *result,
                 GError **error)
{
  PliRoom *room = open_room (root, arena, error);
  Waiting w = { .number = number, .arena = arena, .result = result, .error = error };
  PliCaller caller = { .done = answered, .user = &w };

  if (!room)
    return FALSE;
  caller.instance = pli_room_instance (room);
  pli_method_call (number, &caller, args);
  while (!w.done)
    pli_loop_step (caller.instance->loop, -1);
  pli_room_free (room);
  return w.ok;
}
