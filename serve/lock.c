/* lock.c: a flock on run/lock, which goes with the process, and a watch on that file. */
#include "serve/lock.h"

#include "sys/server.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct PliLock
{
  int fd, notify_fd;
  PliWatch *watch;
  PliTimerFunc gone;
  gpointer user;
};

static void
on_notify (gpointer user, guint32 events)
{
  PliLock *lock = user;
  char buffer[4096];
  struct stat st;

  (void) events;
  while (read (lock->notify_fd, buffer, sizeof buffer) > 0)
    ;
  if (fstat (lock->fd, &st) < 0 || st.st_nlink > 0 || !lock->gone)
    return;
  lock->gone (lock->user);
  lock->gone = NULL;
}

PliLock *
pli_lock_take (PliLoop *loop, const char *root, PliTimerFunc gone, gpointer user, GError **error)
{
  g_autofree char *path = pli_path_run (root, "lock");
  g_autofree char *folder = g_path_get_dirname (path);
  PliLock *lock = g_new0 (PliLock, 1);

  lock->fd = lock->notify_fd = -1;
  lock->gone = gone;
  lock->user = user;
  if (g_mkdir_with_parents (folder, 0755) == 0)
    lock->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock->fd < 0 || flock (lock->fd, LOCK_EX | LOCK_NB) < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", path,
                   errno == EWOULDBLOCK ? "a server runs here already" : g_strerror (errno));
      pli_lock_free (lock);
      return NULL;
    }
  lock->notify_fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (lock->notify_fd >= 0 && inotify_add_watch (lock->notify_fd, path, IN_ATTRIB | IN_DELETE_SELF) >= 0)
    lock->watch = pli_watch_new (loop, lock->notify_fd, EPOLLIN, on_notify, lock);
  return lock;
}

void
pli_lock_free (PliLock *lock)
{
  if (!lock)
    return;
  pli_watch_remove (lock->watch);
  if (lock->notify_fd >= 0)
    close (lock->notify_fd);
  if (lock->fd >= 0)
    close (lock->fd);
  g_free (lock);
}
