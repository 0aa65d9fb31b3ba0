/* connect.h: connections for plugins of other rooms: asked here, made in `out`. Internal to core. Loop thread. */
#ifndef PLI_SERVICE_CONNECT_H
#define PLI_SERVICE_CONNECT_H

#include "service/method.h"

typedef struct
{
  const char *plugin; /* for whom: its group of conf.d must name the address */
  const char *address;
  guint32 port;
} PliConnectArgs;

typedef struct
{
  gint32 fd; /* the answer's: whoever wants to keep it makes a copy */
} PliConnectOpened;

/* Does @plugin belong to the room `out`, and so connect by itself? */
gboolean pli_connect_is_own (PliPlugin *plugin);
/* @done gets a PliConnectOpened. */
PliCall *pli_connect_ask (PliPlugin *plugin, const char *address, guint port, PliDone done, gpointer user);
/* The callee's side, in `out`. */
PliStep pli_connect_open (PliOp *op, gpointer self, const void *args, void *result);

#endif
