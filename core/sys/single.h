/* single.h: all rooms in one process. Internal to core. */
#ifndef PLI_SYS_SINGLE_H
#define PLI_SYS_SINGLE_H

#include <pli/base.h>

/* Runs until SIGTERM or SIGINT. Errors: what kept it from starting. */
gboolean pli_single_run (const char *root, GError **error);

#endif
