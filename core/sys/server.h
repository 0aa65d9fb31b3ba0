/* server.h: settings of the server as a whole, and where its files are. Internal to core.
 *
 * With `--root DIR` everything is below DIR: conf.d, keys, lua, data, run. Without it: /etc/pli, /var/lib/pli, /run/pli. */
#ifndef PLI_SYS_SERVER_H
#define PLI_SYS_SERVER_H

#include "conf/config.h"
#include "loop/instance.h"

typedef enum
{
  PLI_LOG_TO_STDERR,
  PLI_LOG_TO_JOURNALD,
  PLI_LOG_TO_FILE,
} PliLogTo;

/* `[server]` */
typedef struct
{
  const char *hostname;
  const char *store;
  gint log;
  const char *log_file;
  gint log_format; /* 0 text, 1 json */
  gint log_level;  /* PliLogLevel */
  gint64 smtp_rooms;
  gint64 access_rooms;
  gint64 store_rooms;
  gint64 uid_base;
  gint64 restart_delay_max;
  guint64 script_max;
  gint64 generations_max;
  gint64 retire_after;
} PliServerSettings;

/* `[certificate NAME]` */
typedef struct
{
  const char *chain;
  const char *key;
} PliCertificateSettings;

extern const PliConfigTable pli_server_table, pli_certificate_table, pli_net_table, pli_listener_table,
    pli_domain_table;

/* `[domain D]` as core knows it. */
typedef struct
{
  const char *store;
  const char *catch_all;
} PliDomainSettings;

/* (transfer full): absolute paths. @root: NULL for the system's. */
char *pli_path_conf (const char *root);
char *pli_path_state (const char *root, const char *name);
char *pli_path_run (const char *root, const char *name);
char *pli_path_keys (const char *root);
char *pli_path_lua (const char *root);

/* All tables that conf.d may use, those of core first; @registry: (nullable): plugins opened. (transfer container) */
GArray *pli_server_tables (PliRegistry *registry);

#endif
