/* supervisor.h: `pli serve`: binds, starts rooms, restarts them, reloads. Internal to `pli serve`.
 *
 * Loads no plugin and reads nothing that came from the network; reads settings and key files, which only their owner can
 * write. May be root; everything it starts is not. */
#ifndef PLI_SERVE_SUPERVISOR_H
#define PLI_SERVE_SUPERVISOR_H

#include <pli/base.h>

/* Runs until SIGTERM or SIGINT. Errors: what kept it from starting. */
gboolean pli_supervisor_run (const char *root, GError **error);

#endif
