/* setup.h: all that a room is told before it begins and at each reload: its settings, its certificates, how many rooms
 * there are. Made by the supervisor, which reads the files; packed, it travels over the supervisor's channel.
 * Internal to core. */
#ifndef PLI_SYS_SETUP_H
#define PLI_SYS_SETUP_H

#include "conf/config.h"
#include "ipc/shape.h"
#include "loop/instance.h"

typedef struct
{
  const char *name;
  PliSpan chain; /* PEM; edge rooms */
  PliSpan key;   /* PEM; auth */
} PliSetupCertificate;

typedef struct
{
  const char *route, *password; /* of `[route NAME] password-file`; room out */
} PliSetupPassword;

typedef struct
{
  const char *name;
  guint32 index; /* of its host room */
} PliSetupHost;

typedef struct
{
  const char *root; /* NULL: system paths */
  guint32 rooms;    /* PLI_ROOM_BIT of what to run */
  guint32 index;
  guint32 generation;
  guint32 smtp_rooms, access_rooms, store_rooms;
  PliSpan config; /* pli_config_pack() of the groups this room may see */
  const PliSetupCertificate *certificates;
  guint32 n_certificates;
  const char *const *plugins; /* absolute paths of the .so files to load */
  PliSpan ticket_key;
  const PliSetupPassword *passwords;
  guint32 n_passwords;
  const PliScript *scripts; /* of DIR/lua; rooms with a policy */
  guint32 n_scripts;
  const PliSetupHost *hosts;
  guint32 n_hosts;
  guint32 uid_base;  /* 0: rooms keep the supervisor's user id */
  guint32 owner_uid; /* beside root, who may use the control socket */
} PliSetup;

extern const PliShape *const pli_setup_shape;

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
/* Rooms that load a plugin, by the prefix of its name; 0 for none. */
guint32 pli_setup_rooms_of (const char *plugin);

#endif
