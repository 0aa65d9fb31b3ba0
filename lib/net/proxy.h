/* proxy.h: the grammar of the PROXY protocol, versions 1 and 2, as load balancers send it in front of a connection.
 *
 * No I/O: give it all bytes that have come. Specification: "The PROXY protocol", Willy Tarreau, 2020/03/05. Whoever
 * can reach such a port can claim any address, so a listener either requires the header or does not look for it. */
#ifndef PLI_NET_PROXY_H
#define PLI_NET_PROXY_H

#include "net/address.h"

/* Version 1 ends within 107 bytes; version 2 says its length, and balancers send some TLVs. */
#define PLI_PROXY_MOST 4096

typedef enum
{
  PLI_PROXY_MORE,  /* a header's beginning */
  PLI_PROXY_DONE,  /* addresses are set */
  PLI_PROXY_LOCAL, /* well-formed, without addresses: the connection's own count (health checks) */
  PLI_PROXY_BAD,
} PliProxyResult;

typedef struct
{
  gsize len; /* of the header */
  PliAddress client, server;
} PliProxyHeader;

PliProxyResult pli_proxy_parse (PliSpan bytes, PliProxyHeader *out);

#endif
