/* endpoint.c: see endpoint.h. */
#include "net/endpoint.h"

char *
pli_endpoint_text (const char *address, guint port)
{
  if (address[0] == '/')
    return g_strdup (address);
  return g_strdup_printf (strchr (address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}

socklen_t
pli_sockaddr_fill (PliSockaddr *to, const char *address, guint port)
{
  memset (to, 0, sizeof *to);
  if (address[0] == '/')
    {
      to->path.sun_family = AF_UNIX;
      return g_strlcpy (to->path.sun_path, address, sizeof to->path.sun_path) < sizeof to->path.sun_path
                 ? sizeof to->path
                 : 0;
    }
  if (inet_pton (AF_INET, address, &to->four.sin_addr) == 1)
    {
      to->four.sin_family = AF_INET;
      to->four.sin_port = htons ((guint16) port);
      return sizeof to->four;
    }
  if (inet_pton (AF_INET6, address, &to->six.sin6_addr) == 1)
    {
      to->six.sin6_family = AF_INET6;
      to->six.sin6_port = htons ((guint16) port);
      return sizeof to->six;
    }
  return 0;
}
