/* walls.h: what a room gives up before it loads a plugin. Internal to core; Linux only.
 *
 * Order (DESIGN section 2): single-threaded, Landlock, no_new_privs, user id, limits; seccomp; then plugins are loaded; then
 * no new executable memory. Each step says whether it is in force, for `pli status`. */
#ifndef PLI_SYS_WALLS_H
#define PLI_SYS_WALLS_H

#include "loop/instance.h"

typedef struct
{
  const char *const *read_paths;  /* NULL-terminated; folders or files */
  const char *const *write_paths; /* the same; made before */
  guint32 uid;                    /* 0: stay who we are */
  guint32 gid;
  const guint32 *groups; /* more of them */
  guint32 n_groups;
  gboolean path_sockets; /* out: settings name the path of somebody's socket */
  /* host rooms */
  guint64 memory_bytes; /* beside what is mapped already; 0: no limit */
  gboolean connects;    /* to the outside */
  gboolean no_files;    /* none at all once plugins are loaded */
} PliWallSpec;

typedef struct
{
  gboolean landlock, no_new_privs, uid, seccomp, no_new_code, no_files, memory;
} PliWalls;

/* In a process of one thread, before anything else. Errors: a wall that the kernel has but refuses. */
gboolean pli_walls_raise (PliRoomKind room, const PliWallSpec *spec, PliWalls *out, GError **error);
/* After plugins are loaded and warm: no further memory may become executable. */
gboolean pli_walls_no_new_code (PliWalls *walls, GError **error);
/* "landlock uid seccomp …" */
char *pli_walls_text (const PliWalls *walls);

#endif
