/* bind.c: see bind.h. Socket activation: descriptors from 3 on when LISTEN_PID is ours (sd_listen_fds(3)); told apart by
 * the address that they are bound to. */
#include "serve/bind.h"

#include "net/settings.h"
#include "sys/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define FIRST_FD 3

typedef union
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

PliRoomKind
pli_bind_room_of (const char *protocol)
{
  return g_str_equal (protocol, "smtp") ? PLI_ROOM_SMTP : PLI_ROOM_ACCESS;
}

void
pli_bound_free (gpointer data)
{
  PliBound *bound = data;

  if (bound->fd >= 0)
    close (bound->fd);
  g_free (bound->name);
  g_free (bound->place);
  g_free (bound);
}

static gboolean
parse (const char *text, guint port, Address *out, socklen_t *len)
{
  g_autofree char *bare = g_strdup (text);
  gsize n = strlen (bare);

  memset (out, 0, sizeof *out);
  if (n > 2 && bare[0] == '[' && bare[n - 1] == ']')
    {
      bare[n - 1] = 0;
      memmove (bare, bare + 1, n - 1);
    }
  if (inet_pton (AF_INET, bare, &out->v4.sin_addr) == 1)
    {
      out->v4.sin_family = AF_INET;
      out->v4.sin_port = htons ((guint16) port);
      *len = sizeof out->v4;
      return TRUE;
    }
  if (inet_pton (AF_INET6, bare, &out->v6.sin6_addr) != 1)
    return FALSE;
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons ((guint16) port);
  *len = sizeof out->v6;
  return TRUE;
}

static int
take_activated (const Address *want)
{
  const char *pid = g_getenv ("LISTEN_PID"), *count = g_getenv ("LISTEN_FDS");
  int n = count && pid && atol (pid) == getpid () ? atoi (count) : 0;

  for (int fd = FIRST_FD; fd < FIRST_FD + MIN (n, 64); fd++)
    {
      Address have;
      socklen_t len = sizeof have;
      gboolean same;

      memset (&have, 0, sizeof have);
      if (getsockname (fd, &have.any, &len) < 0 || have.any.sa_family != want->any.sa_family)
        continue;
      same = want->any.sa_family == AF_INET
                 ? have.v4.sin_port == want->v4.sin_port && have.v4.sin_addr.s_addr == want->v4.sin_addr.s_addr
                 : have.v6.sin6_port == want->v6.sin6_port
                       && memcmp (&have.v6.sin6_addr, &want->v6.sin6_addr, sizeof have.v6.sin6_addr) == 0;
      if (same)
        return fcntl (fd, F_DUPFD_CLOEXEC, 10);
    }
  return -1;
}

static int
bind_one (const Address *address, socklen_t len)
{
  int one = 1, fd = take_activated (address);

  if (fd >= 0)
    return fd;
  fd = socket (address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  if (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0
      && (address->any.sa_family == AF_INET || setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0)
      && bind (fd, &address->any, len) == 0 && listen (fd, BACKLOG) == 0)
    return fd;
  {
    int why = errno;

    close (fd);
    errno = why;
  }
  return -1;
}

static PliBound *
find (GPtrArray *all, const char *place)
{
  for (guint i = 0; i < all->len; i++)
    if (g_str_equal (((PliBound *) all->pdata[i])->place, place))
      return all->pdata[i];
  return NULL;
}

static gboolean
bind_place (const char *name, const char *protocol, const char *text, guint port, GPtrArray *before, GPtrArray *now,
            GError **error)
{
  g_autofree char *place = g_strdup_printf ("%s:%u", text, port);
  PliBound *have = find (before, place), *bound;
  Address address;
  socklen_t len;
  int fd = -1;

  if (!parse (text, port, &address, &len))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[listener %s]: \"%s\" is no IPv4 or IPv6 address", name, text);
      return FALSE;
    }
  if (have)
    fd = fcntl (have->fd, F_DUPFD_CLOEXEC, 10);
  else
    fd = bind_one (&address, len);
  /* A machine without IPv6 is no error where the default asks for both. */
  if (fd < 0 && errno == EAFNOSUPPORT && address.any.sa_family == AF_INET6)
    return TRUE;
  if (fd < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[listener %s]: cannot listen on %s: %s", name, place,
                   g_strerror (errno));
      return FALSE;
    }
  bound = g_new (PliBound, 1);
  *bound = (PliBound){ g_strdup (name), g_steal_pointer (&place), pli_bind_room_of (protocol), fd };
  g_ptr_array_add (now, bound);
  return TRUE;
}

gboolean
pli_bind_all (PliConfig *config, const char *root, GPtrArray *bound, GError **error)
{
  g_autofree const char **names = pli_config_instances (config, "listener");
  g_autoptr (GPtrArray) now = g_ptr_array_new_with_free_func (pli_bound_free);

  for (guint i = 0; names[i]; i++)
    {
      PliListenerSettings *set = pli_config_bind (config, &pli_listener_table, names[i], root, error);
      gboolean ok = set != NULL;

      for (guint k = 0; ok && set->address[k]; k++)
        ok = bind_place (names[i], set->protocol, set->address[k], (guint) set->port, bound, now, error);
      pli_settings_unref (set);
      if (!ok)
        return FALSE;
    }
  g_ptr_array_set_size (bound, 0);
  for (guint i = 0; i < now->len; i++)
    g_ptr_array_add (bound, now->pdata[i]);
  g_ptr_array_set_free_func (now, NULL);
  return TRUE;
}
