/* routes.h: the rows of `[route NAME]`. Internal to core. */
#ifndef PLI_SERVICE_ROUTES_H
#define PLI_SERVICE_ROUTES_H

#include "conf/config.h"

extern const PliConfigTable pli_route_table;

#endif
