/* supervisor-private.h: the supervisor's state, shared by supervisor.c (life of rooms), links.c (who talks to whom) and
 * reload.c. */
#ifndef PLI_SYS_SUPERVISOR_PRIVATE_H
#define PLI_SYS_SUPERVISOR_PRIVATE_H

#include "ipc/channel.h"
#include "sys/bind.h"
#include "sys/server.h"
#include "sys/setup.h"
#include "sys/wire.h"

typedef struct Supervisor Supervisor;

typedef struct
{
  Supervisor *supervisor;
  PliRoomKind kind;
  guint index;
  int pid; /* 0: not running */
  PliChannel *channel;
  gboolean ready;
  guint restarts;
  gint64 started_us; /* clock */
  gint64 since_us;   /* wall */
  gint64 delay_us;   /* before the next start */
  PliTimer *timer;
  char *walls;
} Child;

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
  guint reload_waits;                      /* rooms that have not said RELOADED */
  char *reload_problem;                    /* the first one's */
  GPtrArray *reload_names, *reload_places; /* listeners before it; while auth alone has been told */
  guint64 reload_asker;                    /* client of the control socket, 0: a signal */
  PliTimer *end_timer;
};

/* supervisor.c */
char *supervisor_child_name (const Child *child); /* "smtp/0" */
Child *supervisor_find (Supervisor *s, PliRoomKind kind, guint index);
void supervisor_say (Child *child, PliWireType type, guint16 method, guint64 call, PliSpan body, int fd);
gboolean supervisor_setup (Supervisor *s, PliConfig *config, PliRoomKind kind, guint index, PliArena *arena,
                           PliSetup *out, GError **error);
void supervisor_end (Supervisor *s);

/* links.c: channels between rooms, and listeners */
void links_of (Child *child);
void links_listeners (Child *child);

/* reload.c */
void reload_begin (Supervisor *s, guint64 asker);
void reload_answered (Supervisor *s, Child *child, guint16 code, PliSpan text);
/* A room ended before it answered. */
void reload_lost (Supervisor *s, Child *child);
/* Copies the plugins into run/gen-N, refusing what others can write; changes the paths in @setup. */
gboolean reload_snapshot_plugins (Supervisor *s, PliArena *arena, PliSetup *setup, GError **error);

/* report.c */
void report_status (Supervisor *s, guint64 asker);

#endif
