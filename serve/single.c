/* single.c: `pli serve --single`: all rooms in one process, without walls; for debuggers, sanitizers and tiny machines. */
#include "serve/single.h"

#include "serve/bind.h"
#include "serve/lock.h"
#include "serve/setup.h"
#include "sys/control.h"
#include "sys/room.h"
#include "sys/server.h"
#include <fcntl.h>
#include <pli/log.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define END_MOST_US (10 * G_USEC_PER_SEC)

typedef struct
{
  const char *root;
  PliRoom *room;
  GPtrArray *bound;
  int signal_fd;
  PliControl *control;
  gboolean ending;
} Single;

static void
ended (gpointer user)
{
  Single *single = user;

  pli_loop_quit (pli_room_instance (single->room)->loop);
}

static gboolean
make_setup (Single *single, PliArena *arena, PliSetup *setup, GError **error)
{
  g_autofree char *folder = pli_path_conf (single->root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);

  const PliSetupSource source = { .root = single->root, .config = config };

  return config && pli_setup_make (&source, (1u << PLI_N_ROOMS) - 1, 0, arena, setup, error)
         && pli_bind_all (config, single->root, single->bound, error);
}

static void
reload (Single *single)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliSetup setup;

  if (!make_setup (single, arena, &setup, &error) || !pli_room_reload (single->room, &setup, &error))
    pli_log (PLI_LOG_ERROR, "reload.failed", "why", error->message, NULL);
  else
    pli_log (PLI_LOG_NOTICE, "reload.done", NULL);
}

static void
end (gpointer user)
{
  Single *single = user;

  if (single->ending)
    return;
  single->ending = TRUE;
  pli_room_end (single->room, END_MOST_US, ended, single);
}

static void
on_signal (gpointer user, guint32 events)
{
  Single *single = user;
  struct signalfd_siginfo info;

  (void) events;
  if (read (single->signal_fd, &info, sizeof info) != sizeof info)
    return;
  if (info.ssi_signo == SIGHUP)
    reload (single);
  else
    end (single);
}

static int
open_signals (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGHUP);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static gboolean
listen_all (Single *single, GError **error)
{
  for (guint i = 0; i < single->bound->len; i++)
    {
      PliBound *bound = single->bound->pdata[i];

      if (!pli_room_listen (single->room, bound->name, fcntl (bound->fd, F_DUPFD_CLOEXEC, 10), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
open_control (Single *single, GError **error)
{
  int fd = pli_control_bind (single->root, error);

  if (fd < 0)
    return FALSE;
  pli_control_listen (single->control, fd);
  return TRUE;
}

gboolean
pli_single_run (const char *root, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  Single single = { .root = root, .bound = g_ptr_array_new_with_free_func (pli_bound_free) };
  PliLock *lock = NULL;
  PliWatch *watch;
  PliSetup setup;
  gboolean ok = FALSE;

  signal (SIGPIPE, SIG_IGN);
  single.signal_fd = open_signals ();
  if (make_setup (&single, arena, &setup, error))
    single.room = pli_room_new (&setup, error);
  if (single.room)
    {
      PliInstance *instance = pli_room_instance (single.room);

      watch = pli_watch_new (instance->loop, single.signal_fd, EPOLLIN, on_signal, &single);
      single.control = pli_control_new (instance, NULL, setup.owner_uid);
      lock = pli_lock_take (instance->loop, root, end, &single, error);
      ok = lock && pli_room_open (single.room, error) && pli_room_folders (single.room, error)
           && pli_room_load (single.room, error) && listen_all (&single, error) && open_control (&single, error);
      if (ok)
        {
          pli_log (PLI_LOG_NOTICE, "server.ready", "root", root, NULL);
          pli_loop_run (instance->loop);
        }
      pli_watch_remove (watch);
      pli_lock_free (lock);
      pli_control_free (single.control);
      pli_room_free (single.room);
    }
  g_ptr_array_unref (single.bound);
  close (single.signal_fd);
  return ok;
}
