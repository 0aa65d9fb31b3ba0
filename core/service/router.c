/* router.c: façade of the routers, which live in the queue's own room. */
#include "plugin/registry.h"
#include "service/method.h"
#include <pli/route.h>

PLI_SHAPE (PliRouteArgs, F_TEXT (PliRouteArgs, id), F_TEXT (PliRouteArgs, sender), F_TEXT (PliRouteArgs, rcpt),
           F_TEXT (PliRouteArgs, account), F_TEXT (PliRouteArgs, original), F_TEXT (PliRouteArgs, login),
           F_TEXT (PliRouteArgs, role), F_TEXT (PliRouteArgs, peer), F_U64 (PliRouteArgs, bytes),
           F_U64 (PliRouteArgs, received_us), F_U32 (PliRouteArgs, tries), F_SPAN (PliRouteArgs, header));
PLI_SHAPE (PliRouteResult, F_U32 (PliRouteResult, kind), F_TEXT (PliRouteResult, name), F_U32 (PliRouteResult, flags),
           F_TEXTS (PliRouteResult, to), F_TEXT (PliRouteResult, status), F_TEXT (PliRouteResult, text),
           F_TEXT (PliRouteResult, where));

#define QUEUE PLI_ROOM_BIT (PLI_ROOM_QUEUE)

const PliMethod pli_router_methods[] = {
  { "router.route", PLI_SERVICE_ROUTER, PLI_ROOM_QUEUE, QUEUE, 0, 60 * G_USEC_PER_SEC, offsetof (PliRouter, route),
    &PliRouteArgs_shape, &PliRouteResult_shape },
  { "router.place", PLI_SERVICE_ROUTER, PLI_ROOM_QUEUE, QUEUE, 0, 60 * G_USEC_PER_SEC, offsetof (PliRouter, place),
    &PliRouteArgs_shape, &PliRouteResult_shape },
};

gboolean
pli_router_wants (PliInstance *instance, gboolean place)
{
  PliPlugin *plugin;
  const PliRouter *router = pli_registry_service (instance->registry, PLI_SERVICE_ROUTER, NULL, &plugin);

  return router && (place ? router->place : router->route) && (!router->wants || router->wants (plugin->data, place));
}

PliCall *
pli_router_ask (PliInstance *instance, gboolean place, const PliRouteArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = instance, .done = done, .user = user };

  return pli_method_call (place ? PLI_METHOD_PLACE : PLI_METHOD_ROUTE, &caller, args);
}
