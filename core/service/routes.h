/* routes.h: the rows of `[route NAME]` and of `[directory]`. Internal to core. */
#ifndef PLI_SERVICE_ROUTES_H
#define PLI_SERVICE_ROUTES_H

#include "conf/config.h"

extern const PliConfigTable pli_route_table, pli_directory_table;

#endif
