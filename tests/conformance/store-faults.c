/* store-faults.c: makes the world fail: syncs and writes of the store under test.
 *
 * The program is looked at before the C library when a plugin's symbols are resolved, so that syncs of plugin and
 * SQLite come here. */
#include "store-fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static gint failing, syncs, on_loop;
static GThread *loop_thread;

__attribute__ ((constructor)) static void
remember_thread (void)
{
  loop_thread = g_thread_self ();
}

static gboolean
sync_fails (void)
{
  g_atomic_int_inc (&syncs);
  if (g_thread_self () == loop_thread)
    g_atomic_int_inc (&on_loop);
  if (g_atomic_int_get (&failing) <= 0)
    return FALSE;
  g_atomic_int_add (&failing, -1);
  errno = EIO;
  return TRUE;
}

#define REAL(name) ((int (*) (int)) dlsym (RTLD_NEXT, name))

__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  return sync_fails () ? -1 : REAL ("fdatasync") (fd);
}

__attribute__ ((visibility ("default"))) int
fsync (int fd)
{
  return sync_fails () ? -1 : REAL ("fsync") (fd);
}

__attribute__ ((visibility ("default"))) int
syncfs (int fd)
{
  return sync_fails () ? -1 : REAL ("syncfs") (fd);
}

void
store_fail_syncs (gint n)
{
  g_atomic_int_set (&failing, n);
}

guint
store_syncs (guint *out_on_loop)
{
  *out_on_loop = (guint) g_atomic_int_and ((guint *) &on_loop, 0);
  return (guint) g_atomic_int_and ((guint *) &syncs, 0);
}

void
store_limit_files (guint64 bytes)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes ? bytes : limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}
