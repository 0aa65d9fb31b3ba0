/* login.h: the rows of `[directory]`. Internal to core. */
#ifndef PLI_SERVICE_LOGIN_H
#define PLI_SERVICE_LOGIN_H

#include "conf/config.h"
#include <pli/directory.h>

extern const PliConfigTable pli_directory_table;

#endif
