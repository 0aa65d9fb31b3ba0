/* fake-clamd.c: see fake-clamd.h. */
#include "fake-clamd.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Waits for more, or for the end of the test; FALSE then. */
static gboolean
wait_readable (FakeClamd *clamd, int fd)
{
  while (!g_atomic_int_get (&clamd->stopping))
    {
      struct pollfd one = { .fd = fd, .events = POLLIN };

      if (poll (&one, 1, 20) > 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
read_all (FakeClamd *clamd, int fd, void *into, gsize len)
{
  gsize have = 0;

  while (have < len)
    {
      gssize got = wait_readable (clamd, fd) ? recv (fd, (char *) into + have, len - have, 0) : 0;

      if (got <= 0)
        return FALSE;
      have += (gsize) got;
    }
  return TRUE;
}

/* The command with its NUL, then chunks to the one of no length. */
static gboolean
read_stream (FakeClamd *clamd, int fd)
{
  char c = 1;
  guint32 len = 0;

  g_string_truncate (clamd->command, 0);
  g_string_truncate (clamd->message, 0);
  clamd->chunks = clamd->largest = 0;
  while (c && read_all (clamd, fd, &c, 1))
    if (c)
      g_string_append_c (clamd->command, c);
  while (read_all (clamd, fd, &len, sizeof len) && (len = ntohl (len)) > 0)
    {
      g_autofree char *chunk = g_malloc (len);

      if (!read_all (clamd, fd, chunk, len))
        return FALSE;
      g_string_append_len (clamd->message, chunk, len);
      clamd->chunks++;
      clamd->largest = MAX (clamd->largest, len);
    }
  return len == 0;
}

static void
say (FakeClamd *clamd, int fd, const char *text, gsize len)
{
  while (len > 0 && !g_atomic_int_get (&clamd->stopping))
    {
      struct pollfd one = { .fd = fd, .events = POLLOUT };
      gssize put = poll (&one, 1, 20) > 0 ? send (fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

      if (put < 0)
        return;
      text += put;
      len -= (gsize) put;
    }
}

static void
serve (FakeClamd *clamd, int fd)
{
  g_autofree char *megabyte = NULL;
  char c;

  if (clamd->mode == CLAMD_EARLY)
    say (clamd, fd, clamd->reply, clamd->reply_len);
  if (clamd->mode == CLAMD_CLOSE)
    return;
  if (clamd->mode != CLAMD_DEAF && clamd->mode != CLAMD_EARLY && !read_stream (clamd, fd))
    return;
  switch (clamd->mode)
    {
    case CLAMD_REPLY:
      say (clamd, fd, clamd->reply, clamd->reply_len);
      break;
    case CLAMD_BYTES:
      for (gsize at = 0; at < clamd->reply_len; at++)
        say (clamd, fd, clamd->reply + at, 1);
      break;
    case CLAMD_MEGABYTE:
      megabyte = g_strnfill (1000000, 'x');
      say (clamd, fd, megabyte, 1000000);
      break;
    case CLAMD_CLOSE_LATER:
      return;
    default:
      break;
    }
  while ((clamd->mode == CLAMD_DEAF || clamd->mode == CLAMD_EARLY) && !g_atomic_int_get (&clamd->stopping))
    g_usleep (1000);
  /* Until the other side has read it and goes. */
  while (wait_readable (clamd, fd) && recv (fd, &c, 1, 0) > 0)
    ;
}

static gpointer
run (gpointer user)
{
  FakeClamd *clamd = user;

  while (wait_readable (clamd, clamd->fd))
    {
      int fd = accept (clamd->fd, NULL, NULL);

      if (fd < 0)
        continue;
      clamd->connections++;
      serve (clamd, fd);
      close (fd);
    }
  return NULL;
}

FakeClamd *
fake_clamd_start (ClamdMode mode, const char *reply, gsize reply_len)
{
  FakeClamd *clamd = g_new0 (FakeClamd, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof address;

  clamd->mode = mode;
  clamd->reply = reply;
  clamd->reply_len = reply_len;
  clamd->command = g_string_new (NULL);
  clamd->message = g_string_new (NULL);
  clamd->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (clamd->fd, >=, 0);
  g_assert_cmpint (bind (clamd->fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (listen (clamd->fd, 16), ==, 0);
  g_assert_cmpint (getsockname (clamd->fd, (struct sockaddr *) &address, &len), ==, 0);
  clamd->port = ntohs (address.sin_port);
  clamd->thread = g_thread_new ("clamd", run, clamd);
  return clamd;
}

void
fake_clamd_free (FakeClamd *clamd)
{
  g_atomic_int_set (&clamd->stopping, TRUE);
  if (clamd->thread)
    g_thread_join (clamd->thread);
  close (clamd->fd);
  g_string_free (clamd->command, TRUE);
  g_string_free (clamd->message, TRUE);
  g_free (clamd);
}
