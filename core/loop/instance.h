/* instance.h: what a process is made of. All state hangs from one PliInstance; nothing from globals. Internal to core. */
#ifndef PLI_LOOP_INSTANCE_H
#define PLI_LOOP_INSTANCE_H

#include "loop/loop.h"

typedef enum
{
  PLI_ROOM_AUTH,
  PLI_ROOM_SMTP,
  PLI_ROOM_QUEUE,
  PLI_ROOM_STORE,
  PLI_ROOM_ACCESS,
  PLI_ROOM_OUT,
  PLI_ROOM_ADMIN,
  PLI_ROOM_HOST, /* one plugin each */
  PLI_N_ROOMS,
} PliRoomKind;

#define PLI_ROOM_BIT(kind) (1u << (kind))
#define PLI_ROOM_EDGES (PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_ACCESS))
#define PLI_ROOM_IS_EDGE(kind) ((PLI_ROOM_BIT (kind) & PLI_ROOM_EDGES) != 0)
#define PLI_ROOMS_MAX 64 /* rooms of one kind */

typedef struct PliOffload PliOffload;
typedef struct PliOpPool PliOpPool;
typedef struct PliRegistry PliRegistry; /* plugin/registry.h */
typedef struct PliGrants PliGrants;     /* ipc/grant.h */
typedef struct PliPeers PliPeers;       /* ipc/channel.h */
typedef struct PliConfig PliConfig;     /* conf/config.h */
typedef struct PliNet PliNet;           /* net/session.h */
typedef struct PliTellings PliTellings; /* service/ledger.c */
typedef struct PliSigner PliSigner;     /* net/sign.h */
typedef struct PliResolved PliResolved; /* service/resolved.h */
typedef struct PliOutward PliOutward;   /* net/outward.h */
typedef struct PliChannel PliChannel;   /* ipc/channel.h */

struct PliInstance
{
  PliLoop *loop;
  PliOffload *offload;
  PliOpPool *ops;
  guint32 rooms;    /* PLI_ROOM_BIT of what runs in this process; --single: all */
  guint room_index; /* which of its kind */
  const char *root; /* NULL: system paths */
  PliConfig *config;
  PliRegistry *registry;
  PliGrants *grants;
  PliPeers *peers;
  PliNet *net;
  PliTellings *tellings;
  PliSigner *signer;
  PliResolved *resolved;
  PliOutward *outward;        /* made with the first connection outward */
  const char *store;          /* name of the store of accounts that have none of their own; NULL: the first */
  const char *segments;       /* folder of segment files */
  char *hosts[PLI_ROOMS_MAX]; /* plugins of host rooms by their number */
  PliChannel *supervisor;     /* NULL in a single process */
  GHashTable *passwords;      /* route -> password, in `out`; else NULL */
  PliArena *scripts_arena;
  const struct PliScript *scripts; /* <pli/settings.h>; in rooms with a policy */
  guint32 n_scripts;
  GHashTable *placements; /* account -> store, of accounts that were moved; NULL: none was */
};

/* Loop, op pool and offload pool; the other parts are added by those who own them. */
PliInstance *pli_instance_new (void);
/* Frees what pli_instance_new() made; the other parts must be gone. */
void pli_instance_free (PliInstance *instance);

/* What pli_plugin_scripts() gives from now on; copied. */
void pli_instance_set_scripts (PliInstance *instance, const struct PliScript *scripts, guint32 n);

const char *pli_room_name (PliRoomKind kind);
/* PLI_N_ROOMS when there is none. */
PliRoomKind pli_room_from_name (const char *name);

#endif
