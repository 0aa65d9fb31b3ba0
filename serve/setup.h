/* setup.h: where the supervisor takes a room's setup from. */
#ifndef PLI_SERVE_SETUP_H
#define PLI_SERVE_SETUP_H

#include "sys/setup.h"

/* Where a setup comes from. */
typedef struct
{
  const char *root;    /* NULL: system paths */
  PliConfig *config;   /* whole */
  const char *plugins; /* folder whose .so files are the plugins; NULL: where they are installed */
  const PliSetupHost *hosts;
  guint32 n_hosts;
} PliSetupSource;

/**
 * pli_setup_make:
 * @rooms: what will run in the process
 * @arena: owns what @out points to
 *
 * Reads certificates (and keys, only for auth) and finds the plugins of the rooms.
 *
 * Errors: %PLI_ERROR_CONFIG.
 */
gboolean pli_setup_make (const PliSetupSource *source, guint32 rooms, guint index, PliArena *arena, PliSetup *out,
                         GError **error);

#endif
