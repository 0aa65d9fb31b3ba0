/* check.h: are the settings right? Needs the rows of all plugins, so it runs in a process of its own: the supervisor opens
 * no plugin. Internal to `pli serve`. */
#ifndef PLI_SERVE_CHECK_H
#define PLI_SERVE_CHECK_H

#include "conf/config.h"

/* In a fresh process: opens (does not load) all plugins. @problems: as pli_config_check() fills it. FALSE: errors among
 * them, or a file could not be read (@error). */
gboolean pli_check_here (const char *root, GPtrArray *problems, GError **error);
/* Runs `pli check --quiet` of this binary and waits. Errors: %PLI_ERROR_CONFIG with its text. */
gboolean pli_check_in_child (const char *root, GError **error);

#endif
