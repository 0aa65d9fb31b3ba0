/* connect-scene.c: see connect-scene.h. */
#include "connect-scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_US (30 * G_USEC_PER_SEC)

static gboolean
happened (Caller *caller, char what)
{
  g_assert_false (caller->closed);
  if (what != 'I')
    g_string_append_c (caller->journal, what);
  if (caller->free_at != what)
    return TRUE;
  g_clear_pointer (&caller->c, pli_connection_free);
  return FALSE;
}

static void
opened (PliConnection *c, gpointer user)
{
  Caller *caller = user;

  if (happened (caller, 'O') && caller->at_once)
    pli_connection_start_tls (c, caller->at_once);
}

static gsize
input (PliConnection *c, gpointer user, PliSpan bytes)
{
  Caller *caller = user;

  g_assert_cmpuint (bytes.len, >, 0);
  g_string_append_len (caller->got, bytes.data, (gssize) bytes.len);
  if (!happened (caller, 'I'))
    return bytes.len;
  if (caller->tls_at && strstr (caller->got->str, caller->tls_at))
    {
      const char *at = strstr (caller->got->str, caller->tls_at) + strlen (caller->tls_at);
      gsize after = strlen (at);

      caller->tls_at = NULL;
      pli_connection_start_tls (c, caller->tls);
      return bytes.len - after;
    }
  return bytes.len;
}

static void
secured (PliConnection *c, gpointer user)
{
  (void) c;
  happened (user, 'S');
}

static void
drained (PliConnection *c, gpointer user)
{
  (void) c;
  happened (user, 'D');
}

static void
closed (PliConnection *c, gpointer user, const GError *error)
{
  Caller *caller = user;

  (void) c;
  if (error)
    caller->error = g_error_copy (error);
  happened (caller, 'C');
  caller->closed = TRUE;
}

static const PliConnectionFuncs funcs = { sizeof funcs, opened, input, secured, drained, closed };

void
caller_init (Caller *caller, PliInstance *instance, const char *plugin)
{
  memset (caller, 0, sizeof *caller);
  caller->instance = instance;
  caller->plugin.instance = instance;
  caller->plugin.info.name = plugin;
  caller->journal = g_string_new (NULL);
  caller->got = g_string_new (NULL);
}

void
caller_connect (Caller *caller, const char *address, guint port)
{
  caller->c = pli_connection_new (&caller->plugin, address, port, &funcs, caller);
  g_assert_cmpstr (caller->journal->str, ==, "");
}

void
caller_step (Caller *caller)
{
  pli_loop_step (caller->instance->loop, 1000);
  if (caller->other)
    pli_loop_step (caller->other->loop, 1000);
}

void
caller_expect (Caller *caller, const char *text)
{
  gint64 until = g_get_monotonic_time () + PATIENCE_US;

  while (!g_str_has_suffix (caller->got->str, text))
    {
      if (caller->closed || g_get_monotonic_time () > until)
        g_error ("\"%s\" instead of \"%s\" (%s)", caller->got->str, text, caller->error ? caller->error->message : "");
      caller_step (caller);
    }
  g_string_truncate (caller->got, 0);
}

void
caller_send (Caller *caller, const char *text)
{
  pli_connection_write (caller->c, pli_span_from (text));
}

void
caller_until_closed (Caller *caller)
{
  gint64 until = g_get_monotonic_time () + PATIENCE_US;

  while (!caller->closed)
    {
      if (g_get_monotonic_time () > until)
        g_error ("not closed: \"%s\" \"%s\"", caller->journal->str, caller->got->str);
      caller_step (caller);
    }
}

void
caller_clear (Caller *caller)
{
  pli_connection_free (caller->c);
  /* Nothing may come any more. */
  caller->closed = TRUE;
  for (guint i = 0; i < 20; i++)
    pli_loop_step (caller->instance->loop, 0);
  g_string_free (caller->journal, TRUE);
  g_string_free (caller->got, TRUE);
  g_clear_error (&caller->error);
}

int
bare_listen (const char *path, int backlog, guint *out_port)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  socklen_t len = sizeof at;
  int fd = socket (path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (path)
    g_strlcpy (un.sun_path, path, sizeof un.sun_path);
  g_assert_cmpint (bind (fd, path ? (struct sockaddr *) &un : (struct sockaddr *) &at, path ? sizeof un : sizeof at),
                   ==, 0);
  g_assert_cmpint (backlog < 0 ? 0 : listen (fd, backlog), ==, 0);
  if (!path)
    {
      g_assert_cmpint (getsockname (fd, (struct sockaddr *) &at, &len), ==, 0);
      *out_port = ntohs (at.sin_port);
    }
  return fd;
}

int
bare_accept (Caller *caller, int fd)
{
  struct pollfd come = { .fd = fd, .events = POLLIN };
  gint64 until = g_get_monotonic_time () + PATIENCE_US;
  int got;

  while (poll (&come, 1, 0) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, until);
      caller_step (caller);
    }
  got = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (got, >=, 0);
  return got;
}

void
bare_send (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==, (gssize) strlen (text));
}
