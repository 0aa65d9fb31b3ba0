/* single.h: all rooms in one process. Internal to `pli serve`. */
#ifndef PLI_SERVE_SINGLE_H
#define PLI_SERVE_SINGLE_H

#include <pli/base.h>

/* Runs until SIGTERM or SIGINT. Errors: what kept it from starting. */
gboolean pli_single_run (const char *root, GError **error);

#endif
