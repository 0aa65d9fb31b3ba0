/* scripts.h: the texts that policy-* plugins run: read by the supervisor, which opens files, and handed to rooms, which do
 * not, with their settings. Internal to core and commands. */
#ifndef PLI_CONF_SCRIPTS_H
#define PLI_CONF_SCRIPTS_H

#include <pli/settings.h>

G_BEGIN_DECLS

/**
 * pli_scripts_read:
 * @folder: which may be missing
 * @file_max: bytes of one file
 * @arena: owns what @out points to
 *
 * Reads the files NAME.lua, lib/NAME.lua and lists/NAME below @folder, in order of name.
 *
 * Errors: %PLI_ERROR_CONFIG: too big, not readable, or others can write it.
 */
gboolean pli_scripts_read (const char *folder, guint64 file_max, PliArena *arena, const PliScript **out, guint32 *out_n,
                           GError **error);

G_END_DECLS

#endif
