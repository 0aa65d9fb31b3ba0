/* endpoint.h: where a connection goes to: an address and a port, or the path of a socket. No I/O; any thread. */
#ifndef PLI_NET_ENDPOINT_H
#define PLI_NET_ENDPOINT_H

#include <arpa/inet.h>
#include <pli/base.h>
#include <sys/un.h>

typedef union
{
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  struct sockaddr_un path;
} PliSockaddr;

/* @address: IPv4 or IPv6 as text, or an absolute path. Length of what was filled in; 0 when it is none of them. */
socklen_t pli_sockaddr_fill (PliSockaddr *to, const char *address, guint port);
/* (transfer full): "192.0.2.1:25", "[2001:db8::1]:25" or the path. */
char *pli_endpoint_text (const char *address, guint port);

#endif
