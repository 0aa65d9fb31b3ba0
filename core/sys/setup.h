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

/* Rooms that load a plugin, by the prefix of its name; 0 for none. */
guint32 pli_setup_rooms_of (const char *plugin);

#endif
