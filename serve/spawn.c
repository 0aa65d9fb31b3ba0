/* spawn.c: see spawn.h. Between fork and exec only what is safe there. */
#include "serve/spawn.h"

#include "sys/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int
setup_memfd (const PliSetup *setup)
{
  PliBuffer packed = { 0 };
  int fd = memfd_create ("pli-setup", MFD_CLOEXEC);
  gboolean ok;

  pli_shape_pack (pli_setup_shape, setup, &packed);
  ok = fd >= 0 && write (fd, packed.data, packed.len) == (ssize_t) packed.len && lseek (fd, 0, SEEK_SET) == 0;
  pli_buffer_clear (&packed);
  if (!ok)
    g_error ("memfd: %s", g_strerror (errno));
  return fd;
}

static void
become_room (const char *self, const char *kind, const char *index, int channel, int setup, pid_t parent)
{
  char *const argv[] = { (char *) "pli", (char *) "room", (char *) kind, (char *) index, NULL };
  sigset_t none;
  /* Moved out of the way of the two numbers first. */
  int a = fcntl (channel, F_DUPFD, 10), b = fcntl (setup, F_DUPFD, 10);

  if (a < 0 || b < 0 || dup2 (a, PLI_ROOM_CHANNEL_FD) < 0 || dup2 (b, PLI_ROOM_SETUP_FD) < 0
      || close_range (PLI_ROOM_SETUP_FD + 1, ~0u, 0) < 0)
    _exit (126);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (126);
  execv (self, argv);
  _exit (127);
}

int
pli_spawn (PliRoomKind kind, const PliSetup *setup, int *out_channel, GError **error)
{
  int pair[2], memfd;
  char index[8];
  g_autofree char *self = g_file_read_link ("/proc/self/exe", error);
  pid_t parent = getpid (), pid;

  if (!self)
    return 0;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "socketpair: %s", g_strerror (errno));
      return 0;
    }
  memfd = setup_memfd (setup);
  g_snprintf (index, sizeof index, "%u", setup->index);
  pid = fork ();
  if (pid == 0)
    become_room (self, pli_room_name (kind), index, pair[1], memfd, parent);
  close (memfd);
  close (pair[1]);
  if (pid < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "fork: %s", g_strerror (errno));
      close (pair[0]);
      return 0;
    }
  *out_channel = pair[0];
  return pid;
}
