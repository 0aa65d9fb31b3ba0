/* plugin.h: the one const descriptor that a plugin exports, and what core does with it.
 *
 * libltdl opens the .so by absolute path and looks up `<id>_LTX_pli_plugin`, <id> being the file's name with '_' for
 * what is not a letter or digit. Core checks magic, ABI and sizes before it reads anything else. Rows and services are
 * arrays that end with a zeroed row, and have their stride in the descriptor, so that rows may grow at the tail. */
#ifndef PLI_PLUGIN_H
#define PLI_PLUGIN_H

#include <pli/log.h>
#include <pli/op.h>
#include <pli/settings.h>

G_BEGIN_DECLS

#define PLI_PLUGIN_MAGIC 0x31696c50u /* "Pli1" */
#define PLI_ABI_MAJOR 1
#define PLI_ABI_MINOR 0

typedef enum
{
  PLI_SERVICE_END,
  PLI_SERVICE_PROTOCOL,  /* PliProtocol, protocol.h */
  PLI_SERVICE_FILTER,    /* PliFilter, filter.h */
  PLI_SERVICE_STORE,     /* PliStore, store.h */
  PLI_SERVICE_DIRECTORY, /* PliDirectory, directory.h */
  PLI_SERVICE_QUEUE,     /* PliQueue, queue.h */
  PLI_SERVICE_LEDGER,    /* PliLedger, ledger.h */
  PLI_SERVICE_DNS,       /* PliDns, dns.h */
  PLI_SERVICE_STATE,     /* PliState, state.h */
  PLI_SERVICE_TRANSPORT, /* PliTransport, deliver.h */
  PLI_SERVICE_ROUTER,    /* PliRouter, route.h */
  PLI_SERVICE_MIGRATOR,  /* PliMigrator, store.h */
} PliServiceKind;

typedef struct
{
  PliServiceKind kind;
  const char *name;   /* "smtp", "pack", "local"… */
  const void *vtable; /* starts with gsize size */
} PliService;

#define PLI_PROTOCOL(name, vtable)                                                                                     \
  {                                                                                                                    \
    PLI_SERVICE_PROTOCOL, name, vtable                                                                                 \
  }
#define PLI_FILTER(name, vtable)                                                                                       \
  {                                                                                                                    \
    PLI_SERVICE_FILTER, name, vtable                                                                                   \
  }
#define PLI_STORE(name, vtable)                                                                                        \
  {                                                                                                                    \
    PLI_SERVICE_STORE, name, vtable                                                                                    \
  }
#define PLI_DIRECTORY(name, vtable)                                                                                    \
  {                                                                                                                    \
    PLI_SERVICE_DIRECTORY, name, vtable                                                                                \
  }
#define PLI_QUEUE(name, vtable)                                                                                        \
  {                                                                                                                    \
    PLI_SERVICE_QUEUE, name, vtable                                                                                    \
  }
#define PLI_LEDGER(name, vtable)                                                                                       \
  {                                                                                                                    \
    PLI_SERVICE_LEDGER, name, vtable                                                                                   \
  }
#define PLI_DNS(name, vtable)                                                                                          \
  {                                                                                                                    \
    PLI_SERVICE_DNS, name, vtable                                                                                      \
  }
#define PLI_STATE(name, vtable)                                                                                        \
  {                                                                                                                    \
    PLI_SERVICE_STATE, name, vtable                                                                                    \
  }
#define PLI_TRANSPORT(name, vtable)                                                                                    \
  {                                                                                                                    \
    PLI_SERVICE_TRANSPORT, name, vtable                                                                                \
  }
#define PLI_ROUTER(name, vtable)                                                                                       \
  {                                                                                                                    \
    PLI_SERVICE_ROUTER, name, vtable                                                                                   \
  }

/* A fact that the plugin publishes about a message ("spf.result"). */
typedef struct
{
  const char *name;
  PliType type;
  const char *doc;
} PliFactRow;

typedef struct PliPlugin PliPlugin; /* a loaded plugin in one instance */

typedef struct
{
  guint32 magic;
  guint16 abi_major, abi_minor;
  guint32 size;           /* of this descriptor */
  guint16 setting_stride; /* sizeof (PliSetting) when it was compiled */
  guint16 service_stride;
  const char *name; /* "filter-headers" = folder = .so = conf file */
  const char *version;
  const char *summary;
  const char *licence;
  const char *const *needs;  /* "dns", "connect", "state", "volume"; NULL-terminated, or NULL */
  const char *const *rights; /* "read-body", "edit-headers", "edit-body", "recipients", "accept" */
  const PliSetting *settings;
  gsize settings_size;
  const PliFactRow *facts;
  const PliService *services;
  /* May be NULL. Both on the loop thread. load() may fail: the room then does not start. */
  gboolean (*load) (PliPlugin *plugin, GError **error);
  void (*unload) (PliPlugin *plugin);
  /* May be NULL. No further calls will come; core runs the loop until nothing is in the offload pool, then unloads. */
  void (*stop) (PliPlugin *plugin);
  /* May be NULL. Metrics are about to be read: set the gauges that are not kept up to date all the time. */
  void (*measure) (PliPlugin *plugin);
  /* May be NULL. Settings and scripts are new. When it fails the plugin goes on as before, and who asked for the reload
   * hears why. */
  gboolean (*reload) (PliPlugin *plugin, GError **error);
  /* May be NULL. Would load() succeed with these settings and scripts? Asked before a start and a reload, and by
   * `pli check`, in a process of its own, in which load() is not called. */
  gboolean (*check) (PliPlugin *plugin, GError **error);
  /* May be NULL. A command for those who administer: `pli policy …` of a policy-* plugin; in a process of its own as well.
   * @argv[0] is the command's name. Returns the exit code. */
  int (*command) (PliPlugin *plugin, int argc, char **argv);
} PliPluginInfo;

#define PLI_PLUGIN(id, ...)                                                                                            \
  PLI_API extern const PliPluginInfo id##_LTX_pli_plugin;                                                              \
  const PliPluginInfo id##_LTX_pli_plugin = { .magic = PLI_PLUGIN_MAGIC,                                               \
                                              .abi_major = PLI_ABI_MAJOR,                                              \
                                              .abi_minor = PLI_ABI_MINOR,                                              \
                                              .size = sizeof (PliPluginInfo),                                          \
                                              .setting_stride = sizeof (PliSetting),                                   \
                                              .service_stride = sizeof (PliService),                                   \
                                              .licence = "MIT",                                                        \
                                              __VA_ARGS__ }

PLI_API PliInstance *pli_plugin_instance (PliPlugin *plugin);
/* The settings in force now; a session's own generation is pli_session_settings(). (transfer none) */
PLI_API const void *pli_plugin_settings (PliPlugin *plugin);
PLI_API void pli_plugin_set_data (PliPlugin *plugin, gpointer data);
PLI_API gpointer pli_plugin_data (PliPlugin *plugin);
/* Absolute path of a folder that only this plugin's room may write: below data/ of the root. (transfer none) */
PLI_API const char *pli_plugin_folder (PliPlugin *plugin);
/* For policy-* plugins, which get the texts with their settings and open no file. By name, (transfer none), until the
 * next reload. */
PLI_API const PliScript *pli_plugin_scripts (PliPlugin *plugin, guint *out_n);
/* What conf.d says for @key in `[group instance]`, as text, NULL when it is silent: for groups that are not the plugin's
 * own, such as `[domain D]`. A room sees only the groups it needs. (transfer none), until the next reload. */
PLI_API const char *pli_plugin_text (PliPlugin *plugin, const char *group, const char *instance, const char *key);

G_END_DECLS

#endif
