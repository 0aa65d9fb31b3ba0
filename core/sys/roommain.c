/* roommain.c: `pli room KIND INDEX`, started by the supervisor: reads its setup, raises its walls, loads its plugins,
 * says that it is ready, and from then on does what the supervisor's channel says. Ends when that channel closes. */
#include "sys/roommain.h"

#include "host/host.h"
#include "ipc/peer.h"
#include "log/event.h"
#include "net/signing.h"
#include "sys/control.h"
#include "sys/folders.h"
#include "sys/room.h"
#include "sys/server.h"
#include "sys/wire.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <pli/log.h>
#include <signal.h>
#include <unistd.h>

#define END_MOST_US (8 * G_USEC_PER_SEC)

typedef struct
{
  PliRoomKind kind;
  PliRoom *room;
  PliInstance *instance;
  PliChannel *channel;
  PliControl *control; /* admin */
  PliWalls walls;
  gboolean ending;
} Main;

static void
say (Main *main, PliWireType type, guint16 method, guint64 call, const char *text)
{
  PliPacketHeader header = { .type = (guint8) type, .method = method, .call = call };

  pli_channel_send (main->channel, &header, pli_span_from (text), -1);
}

static void
ended (gpointer user)
{
  Main *main = user;

  pli_loop_quit (main->instance->loop);
}

static void
end (Main *main)
{
  if (main->ending)
    return;
  main->ending = TRUE;
  pli_control_free (main->control);
  main->control = NULL;
  pli_room_end (main->room, END_MOST_US, ended, main);
}

static void
end_retired (gpointer user)
{
  end (user);
}

/* Another room does our work from now on. */
static void
retire (Main *main, gint64 most_us)
{
  if (!main->ending)
    pli_room_retire (main->room, most_us, end_retired, main);
}

static void
take_listener (Main *main, PliSpan name, int fd)
{
  g_autofree char *text = pli_span_dup (name);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (text, PLI_CONTROL_LISTENER) == 0)
    pli_control_listen (main->control, fd);
  else if (!pli_room_listen (main->room, text ? text : "", fd, &error))
    say (main, PLI_WIRE_FAILED, 0, 0, error->message);
}

static void
take_reload (Main *main, PliSpan packed)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliSetup setup = { 0 };

  if (!pli_shape_unpack (pli_setup_shape, packed, arena, &setup))
    say (main, PLI_WIRE_RELOADED, PLI_ERROR_CORRUPT, 0, "malformed setup");
  else if (pli_room_reload (main->room, &setup, &error))
    say (main, PLI_WIRE_RELOADED, 0, 0, "");
  else
    say (main, PLI_WIRE_RELOADED, (guint16) error->code, 0, error->message);
}

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Main *main = user;
  PliSpan span = pli_packet_span (body);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  (void) channel;
  switch (header->type)
    {
    case PLI_WIRE_PEER:
      pli_peers_add (main->instance->peers, (PliRoomKind) (header->call >> 8), (guint) header->call & 0xff, fd);
      return;
    case PLI_WIRE_SIGNER:
      if (main->kind == PLI_ROOM_AUTH)
        pli_signing_serve (main->instance, fd);
      else
        pli_signing_use (main->instance, fd);
      return;
    case PLI_WIRE_LISTENER:
      take_listener (main, span, fd);
      return;
    case PLI_WIRE_UNLISTEN:
      text = pli_span_dup (span);
      pli_room_unlisten (main->room, text);
      break;
    case PLI_WIRE_RELOAD:
      take_reload (main, span);
      break;
    case PLI_WIRE_STOP:
      end (main);
      break;
    case PLI_WIRE_RETIRE:
      retire (main, (gint64) header->call);
      break;
    case PLI_WIRE_UNHOST:
      g_clear_pointer (&main->instance->hosts[header->call % PLI_ROOMS_MAX], g_free);
      if (!pli_hosted_update (main->instance, &error))
        pli_log (PLI_LOG_ERROR, "room.failed", "why", error->message, NULL);
      break;
    case PLI_WIRE_STATUS:
    case PLI_WIRE_ANSWER:
      if (main->control)
        pli_control_answer (main->control, header, span);
      break;
    default:
      g_error ("the supervisor says %u, which means nothing here", header->type);
    }
  if (fd >= 0)
    g_close (fd, NULL);
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  (void) channel;
  (void) user;
  /* Without a supervisor nobody would restart us or count us: go at once, as after a crash. */
  _exit (0);
}

static const PliChannelFuncs funcs = { on_packet, on_closed };

static gboolean
read_setup (PliArena *arena, PliSetup *out)
{
  PliBuffer packed = { 0 };
  gboolean ok;
  ssize_t got;

  do
    {
      got = read (PLI_ROOM_SETUP_FD, pli_buffer_reserve (&packed, 64 * 1024), 64 * 1024);
      packed.len += got > 0 ? (gsize) got : 0;
    }
  while (got > 0 || (got < 0 && errno == EINTR));
  close (PLI_ROOM_SETUP_FD);
  ok = pli_shape_unpack (pli_setup_shape, pli_arena_span (arena, pli_buffer_span (&packed)), arena, out);
  if (packed.data)
    explicit_bzero (packed.data, packed.size);
  pli_buffer_clear (&packed);
  return ok;
}

static gboolean
prepare_log (const char *kind, const char *index, const PliSetup *setup, GError **error)
{
  g_autofree char *who = g_strdup_printf ("%s/%s", kind, index);
  g_autoptr (PliConfig) config = pli_config_unpack (setup->config, error);
  PliServerSettings *set = config ? pli_config_bind (config, &pli_server_table, NULL, setup->root, error) : NULL;

  if (!set)
    return FALSE;
  pli_log_setup (STDERR_FILENO, set->log_format == 1, (PliLogLevel) set->log_level, who);
  pli_settings_unref (set);
  return TRUE;
}

static gboolean
start (Main *main, const PliSetup *setup, PliArena *arena, GError **error)
{
  PliWallSpec spec;

  pli_folders_walls (setup, main->kind, arena, &spec);
  if (main->kind == PLI_ROOM_HOST && !pli_host_walls (setup, arena, &spec, error))
    return FALSE;
  if (!pli_walls_raise (main->kind, &spec, &main->walls, error))
    return FALSE;
  main->room = pli_room_new (setup, error);
  if (!main->room)
    return FALSE;
  main->instance = pli_room_instance (main->room);
  main->channel = pli_channel_new (main->instance->loop, PLI_ROOM_CHANNEL_FD, &funcs, main);
  main->instance->supervisor = main->channel;
  if (main->kind == PLI_ROOM_ADMIN)
    main->control = pli_control_new (main->instance, main->channel, setup->owner_uid);
  return pli_room_open (main->room, error) && pli_room_load (main->room, error)
         && pli_walls_no_new_code (&main->walls, error);
}

/* Idle memory goes back to the system; one arena, since one thread does nearly all. */
static void
tune_memory (void)
{
  mallopt (M_ARENA_MAX, 2);
  mallopt (M_TRIM_THRESHOLD, 256 * 1024);
  mallopt (M_MMAP_THRESHOLD, 256 * 1024);
}

int
pli_room_main (const char *kind, const char *index)
{
  Main main = { .kind = pli_room_from_name (kind) };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *walls = NULL;
  PliSetup setup = { 0 };

  signal (SIGPIPE, SIG_IGN);
  tune_memory ();
  if (main.kind == PLI_N_ROOMS || !read_setup (arena, &setup) || !prepare_log (kind, index, &setup, &error))
    {
      pli_log (PLI_LOG_ERROR, "room.failed", "why", error ? error->message : "bad setup", NULL);
      return 1;
    }
  if (!start (&main, &setup, arena, &error))
    {
      pli_log (PLI_LOG_ERROR, "room.failed", "why", error->message, NULL);
      return 1;
    }
  walls = pli_walls_text (&main.walls);
  say (&main, PLI_WIRE_READY, 0, 0, walls);
  pli_loop_run (main.instance->loop);
  pli_control_free (main.control);
  pli_room_free (main.room);
  return 0;
}
