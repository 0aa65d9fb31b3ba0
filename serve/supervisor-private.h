/* supervisor-private.h: the supervisor's state, shared by supervisor.c (life of rooms), links.c (who talks to whom) and
 * reload.c. */
#ifndef PLI_SERVE_SUPERVISOR_PRIVATE_H
#define PLI_SERVE_SUPERVISOR_PRIVATE_H

#include "ipc/channel.h"
#include "serve/bind.h"
#include "serve/setup.h"
#include "sys/server.h"
#include "sys/wire.h"

typedef struct Supervisor Supervisor;

typedef struct
{
  Supervisor *supervisor;
  PliRoomKind kind;
  guint index;
  char *plugin; /* of a host */
  int pid;      /* 0: not running */
  PliChannel *channel;
  gboolean ready;
  gboolean awaited;  /* a reload waits for its RELOADED or READY */
  gboolean fresh;    /* of a generation that is not in force yet */
  gboolean replaced; /* it ends, and is then started again with other plugins */
  gboolean retiring; /* of an earlier generation: it ends when its sessions have */
  guint restarts;
  gint64 started_us; /* clock */
  gint64 since_us;   /* wall */
  gint64 delay_us;   /* before the next start */
  PliTimer *timer;
  char *walls;
} Child;

/* What a reload does next, when nobody is awaited any more. */
typedef enum
{
  RELOAD_NONE,
  RELOAD_HOSTS, /* rooms of plugins that come or go */
  RELOAD_AUTH,
  RELOAD_OTHERS,     /* all rooms but auth */
  RELOAD_SUCCESSORS, /* edge rooms with other plugins */
  RELOAD_END,
} ReloadStep;

struct Supervisor
{
  PliInstance *instance; /* for loop and timers only */
  char *root;
  PliConfig *config;
  PliServerSettings *server;
  GPtrArray *children; /* Child */
  GPtrArray *bound;    /* PliBound */
  int signal_fd, control_fd;
  struct PliLock *lock;
  guint generation;
  gint64 since_us;
  guint8 ticket_key[64];
  gboolean ending, announced;
  GHashTable *plugins, *plugins_before; /* name -> stamp of what rooms are started with; before this reload, or NULL */
  char *plugin_folder, *folder_before;
  ReloadStep reload_step;
  guint32 reload_rooms;                    /* PLI_ROOM_BIT: with other plugins than before */
  guint reload_waits;                      /* rooms that are awaited */
  char *reload_problem;                    /* the first one's */
  GPtrArray *reload_names, *reload_places; /* listeners before it; while auth alone has been told */
  guint64 reload_asker;                    /* client of the control socket, 0: a signal */
  PliTimer *end_timer;
};

/* supervisor.c */
char *supervisor_child_name (const Child *child); /* "smtp/0" */
Child *supervisor_find (Supervisor *s, PliRoomKind kind, guint index);
/* The lowest number that no room of the kind has; PLI_ROOMS_MAX when all are taken. */
guint supervisor_free_index (Supervisor *s, PliRoomKind kind);
/* Adds host rooms of plugins that have none. They are not started. */
void supervisor_add_hosts (Supervisor *s);
void supervisor_say (Child *child, PliWireType type, guint16 method, guint64 call, PliSpan body, int fd);
gboolean supervisor_setup (Supervisor *s, PliConfig *config, PliRoomKind kind, guint index, PliArena *arena,
                           PliSetup *out, GError **error);
/* A new room, which is not started yet. */
Child *supervisor_add (Supervisor *s, PliRoomKind kind, guint index);
/* Starts it now; without a pid: it could not be, and is tried again later. */
void supervisor_start (Child *child);
void supervisor_remove (Child *child);
void supervisor_end (Supervisor *s);

/* links.c: channels between rooms, and listeners */
void links_of (Child *child);
void links_listeners (Child *child);

/* reload.c */
void reload_begin (Supervisor *s, guint64 asker);
/* A room that may be awaited has said RELOADED or READY (code 0), or failed to. */
void reload_answered (Child *child, guint16 code, PliSpan text);

/* snapshot.c */
/* Copies the plugins into run/gen-N when they are not what they were, refusing what others can write. @out_rooms: those
 * that have other ones now. */
gboolean snapshot_take (Supervisor *s, PliConfig *config, guint32 *out_rooms, GError **error);
/* Does the plugin run in a room of its own? Is it another one than before this reload? */
gboolean snapshot_hosts (Supervisor *s, const char *name);
gboolean snapshot_differs (Supervisor *s, const char *name);
/* Forgets what was before, or goes back to it. */
void snapshot_settle (Supervisor *s, gboolean keep);
/* Removes what an earlier run left. */
void snapshot_clean (Supervisor *s);

/* report.c */
void report_status (Supervisor *s, guint64 asker);

#endif
