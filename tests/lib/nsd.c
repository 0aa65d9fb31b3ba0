/* nsd.c: see nsd.h. */
#include "nsd.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static guint
free_port (void)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof at;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &at, sizeof at), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &at, &len), ==, 0);
  close (fd);
  return ntohs (at.sin_port);
}

static char *
find_nsd (void)
{
  char *found = g_find_program_in_path ("nsd");

  return found ? found : g_file_test ("/usr/sbin/nsd", G_FILE_TEST_IS_EXECUTABLE) ? g_strdup ("/usr/sbin/nsd") : NULL;
}

PliTestNsd *
pli_test_nsd_new (void)
{
  g_autofree char *program = find_nsd ();
  PliTestNsd *nsd;

  if (!program)
    return NULL;
  nsd = g_new0 (PliTestNsd, 1);
  nsd->folder = g_dir_make_tmp ("pli-nsd-XXXXXX", NULL);
  g_assert_nonnull (nsd->folder);
  return nsd;
}

static void
write_file (PliTestNsd *nsd, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (nsd->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Asks for the root's SOA, which it refuses; any answer will do. */
static gboolean
answers (guint port)
{
  static const guint8 question[] = { 0x70, 0x6c, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1 };
  struct sockaddr_in to = { .sin_family = AF_INET,
                            .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                            .sin_port = htons ((guint16) port) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct pollfd come = { .fd = fd, .events = POLLIN };
  guint8 answer[512];
  gboolean ok;

  g_assert_cmpint (connect (fd, (struct sockaddr *) &to, sizeof to), ==, 0);
  ok = send (fd, question, sizeof question, 0) == sizeof question && poll (&come, 1, 200) == 1
       && recv (fd, answer, sizeof answer, 0) > 11;
  close (fd);
  return ok;
}

/* A test that fails aborts: its name server must not stay. */
static void
die_with_parent (gpointer user)
{
  (void) user;
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

void
pli_test_nsd_start (PliTestNsd *nsd, const PliTestZone *zones)
{
  g_autoptr (GString) conf = g_string_new (NULL);
  g_autofree char *program = find_nsd (), *path = g_build_filename (nsd->folder, "nsd.conf", NULL);
  const char *const argv[] = { program, "-d", "-c", path, NULL };
  gint64 until = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  g_autoptr (GError) error = NULL;

  nsd->port = free_port ();
  g_string_printf (conf,
                   "server:\n ip-address: 127.0.0.1@%u\n username: \"\"\n chroot: \"\"\n database: \"\"\n do-ip6: no\n"
                   " zonesdir: \"%s\"\n pidfile: \"%s/pid\"\n logfile: \"%s/log\"\n zonelistfile: \"%s/list\"\n"
                   " xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n server-count: 1\n rrl-ratelimit: 0\n"
                   "remote-control:\n control-enable: no\n",
                   nsd->port, nsd->folder, nsd->folder, nsd->folder, nsd->folder, nsd->folder, nsd->folder);
  for (; zones->name; zones++)
    {
      g_string_append_printf (conf, "zone:\n name: \"%s\"\n zonefile: \"%s\"\n", zones->name, zones->name);
      if (zones->text)
        write_file (nsd, zones->name, zones->text);
    }
  write_file (nsd, "nsd.conf", conf->str);
  g_spawn_async (NULL, (char **) argv, NULL,
                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, die_with_parent,
                 NULL, &nsd->pid, &error);
  g_assert_no_error (error);
  while (!answers (nsd->port))
    if (g_get_monotonic_time () > until || waitpid (nsd->pid, NULL, WNOHANG) != 0)
      {
        g_autofree char *log_path = g_build_filename (nsd->folder, "log", NULL), *log = NULL;

        g_file_get_contents (log_path, &log, NULL, NULL);
        g_error ("nsd does not answer: %s", log ? log : "");
      }
}

void
pli_test_nsd_free (PliTestNsd *nsd)
{
  g_autoptr (GDir) dir = g_dir_open (nsd->folder, 0, NULL);
  const char *name;

  if (nsd->pid)
    {
      kill (nsd->pid, SIGTERM);
      waitpid (nsd->pid, NULL, 0);
    }
  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (nsd->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (nsd->folder);
  g_free (nsd->folder);
  g_free (nsd);
}
