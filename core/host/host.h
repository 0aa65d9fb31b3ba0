/* host.h: plugins in rooms of their own. Internal to core.
 *
 * A filter, or a directory other than auth-local, whose `isolation` says so runs in a `host` room: same .so, one plugin a
 * room. Where it would have been (smtp, auth) stands a *stand-in* in the registry, which chains and façades call like any
 * plugin: it packs what the plugin may see, asks the room, checks what comes back, and does what the plugin wished.
 * Which plugins are hosted, and with which number, the supervisor decides and tells all rooms. Loop thread. */
#ifndef PLI_HOST_HOST_H
#define PLI_HOST_HOST_H

#include "net/session.h"
#include "plugin/filters.h"
#include "plugin/txn.h"
#include "service/method.h"
#include "sys/setup.h"
#include "sys/walls.h"

typedef enum
{
  PLI_ISOLATION_AUTO,
  PLI_ISOLATION_ROOM,
  PLI_ISOLATION_PROCESS,
} PliIsolation;

/* Rows of core in the group of a plugin that may be hosted. Filters have no domains and files, directories no cpu and
 * grace. */
typedef struct
{
  gint isolation;
  guint64 memory;
  gint64 cpu, grace; /* µs */
  const char *const *domains;
  const char *const *files;
} PliHostSettings;

/* Fills @out for a plugin of that name; FALSE: it is of no kind that may be hosted. */
gboolean pli_host_table (const char *plugin, PliConfigTable *out);
/* Does it run in a room of its own? */
gboolean pli_host_wanted (PliConfig *config, const char *plugin);
gboolean pli_host_is_directory (const char *plugin);
/* A directory that `[directory] sources` does not name: it is not loaded. */
gboolean pli_host_is_idle (PliConfig *config, const char *plugin);
/* What walls of a host room have beside others; @setup: the room's. */
gboolean pli_host_walls (const PliSetup *setup, PliArena *arena, PliWallSpec *spec, GError **error);

/* Where the plugin would have been: makes stand-ins for what is hosted, takes others out of service. */
gboolean pli_hosted_update (PliInstance *instance, GError **error);
/* ipc: the room of host @index has come, or gone. */
void pli_hosted_peer (PliInstance *instance, guint index, gboolean there);
/* A stand-in's descriptor, but for what it offers. */
PliPluginInfo pli_hosted_info (const char *name);
/* filter.c and directory.c */
PliPlugin *pli_hosted_filter (PliInstance *instance, const char *name, guint index, GError **error);
PliPlugin *pli_hosted_directory (PliInstance *instance, const char *name, guint index, GError **error);
void pli_hosted_filter_peer (PliPlugin *stand_in, gboolean there);
/* Asks the supervisor to end a room that does not answer. */
void pli_hosted_kill (PliInstance *instance, guint index);

/* What travels. */
typedef struct
{
  guint32 slots; /* 1 << PliStage; 1 << PLI_N_STAGES: saw_end */
  const char *const *rights;
  const char *const *facts;
} PliHostDescription;

typedef struct
{
  guint32 unused;
} PliHostNothing;

typedef struct
{
  guint32 kind; /* PliEditKind */
  const char *name, *value;
} PliHostEdit;

typedef struct
{
  guint32 stage; /* PliStage; PLI_N_STAGES: saw_end */
  PliSessionFacts session;
  const char *arg;                /* HELO name, recipient */
  const char *id, *sender, *helo; /* id NULL: no transaction */
  guint64 announced;
  gint64 received_us;
  const char *const *rcpts;
  PliSpan message;
  const PliTxnFact *facts;
  guint32 n_facts;
  guint32 kind, code; /* saw_end: the verdict */
  const char *status, *text;
} PliHostFilterArgs;

typedef struct
{
  guint32 kind, code; /* PliVerdict */
  const char *status, *text, *where;
  const PliHostEdit *edits;
  guint32 n_edits;
  const PliTxnFact *facts;
  guint32 n_facts;
  const char *const *rcpts;
} PliHostFilterResult;

/* The host's side; core's own methods. */
PliStep pli_host_describe (PliOp *op, gpointer self, const void *args, void *result);
PliStep pli_host_filter (PliOp *op, gpointer self, const void *args, void *result);

#endif
