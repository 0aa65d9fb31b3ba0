/* server.c: rows of the groups that belong to core, and paths. */
#include "sys/server.h"

#include "net/settings.h"
#include "plugin/registry.h"
#include "service/routes.h"

static const char *const log_tos[] = { "stderr", "journald", "file", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "debug", "info", "notice", "warning", "error", NULL };

static const PliSetting server_rows[] = {
  PLI_TEXT (PliServerSettings, hostname, NULL, .flags = PLI_RELOAD,
            .doc = "Name in greetings and trace headers; unset, the machine's own.", .rfc = "RFC 5321 4.1.1.1"),
  PLI_TEXT (PliServerSettings, store, "pack",
            .doc = "Store of accounts whose domain names none: pack, maildir, memory."),
  PLI_CHOICE (PliServerSettings, log, "stderr", .choices = log_tos, .doc = "Where events go."),
  PLI_PATH (PliServerSettings, log_file, "run/log", .doc = "File for events when log is file."),
  PLI_CHOICE (PliServerSettings, log_format, "text", .choices = log_formats, .doc = "How an event's line looks."),
  PLI_CHOICE (PliServerSettings, log_level, "info", .choices = log_levels, .doc = "Events below this are not written."),
  PLI_INT (PliServerSettings, smtp_rooms, "1", .min = 1, .max = 32, .doc = "Processes that accept SMTP and LMTP."),
  PLI_INT (PliServerSettings, access_rooms, "1", .min = 1, .max = 32, .doc = "Processes that accept IMAP and POP3."),
  PLI_INT (PliServerSettings, store_rooms, "1", .min = 1, .max = 32,
           .doc = "Processes that keep mailboxes; accounts are spread over them, so it is fixed once there is mail."),
  PLI_INT (PliServerSettings, uid_base, "2115043328", .min = 1000, .max = 4000000000,
           .doc = "Started as root, room n runs as this user id plus n; ids that nobody else has."),
  PLI_DURATION (PliServerSettings, restart_delay_max, "30s", .min = 100000, .max = 600 * G_USEC_PER_SEC,
                .doc = "Longest pause before a room that keeps dying is started again."),
  PLI_SIZE (PliServerSettings, script_max, "1MiB", .min = 1024, .max = 64 * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Largest file of the folder lua: script, module or list."),
  PLI_INT (
      PliServerSettings, generations_max, "4", .min = 2, .max = 16, .flags = PLI_RELOAD,
      .doc =
          "With other plugins new edge rooms are started, and earlier ones end with their sessions: so many at once."),
  PLI_DURATION (PliServerSettings, retire_after, "1d", .min = G_USEC_PER_SEC, .max = 30 * 86400LL * G_USEC_PER_SEC,
                .flags = PLI_RELOAD, .doc = "Sessions of earlier edge rooms are ended when they are still there then."),
  { 0 }
};

static const PliSetting certificate_rows[] = {
  PLI_PATH (PliCertificateSettings, chain, NULL, .flags = PLI_REQUIRED | PLI_RELOAD,
            .doc = "PEM file with the certificate and those that vouch for it, leaf first."),
  PLI_PATH (PliCertificateSettings, key, NULL, .flags = PLI_REQUIRED | PLI_RELOAD,
            .doc = "PEM file with the private key; only the room auth reads it."),
  { 0 }
};

static const PliSetting domain_rows[] = {
  PLI_TEXT (PliDomainSettings, store, NULL, .flags = PLI_RELOAD, .doc = "Store of this domain's accounts."),
  PLI_TEXT (PliDomainSettings, catch_all, NULL, .flags = PLI_RELOAD,
            .doc = "Address that gets mail for unknown users; unset, it is refused."),
  { 0 }
};

typedef struct
{
  const char *path;
} Volume;
static const PliSetting volume_rows[] = {
  PLI_TEXT (
      Volume, path, NULL, .flags = PLI_REQUIRED,
      .doc = "Absolute path of a folder that stores may write to; what is in it must belong to the room store's user."),
  { 0 }
};
static const PliConfigTable volume_table = { "volume",        PLI_GROUP_NAMED,         volume_rows, sizeof (PliSetting),
                                             sizeof (Volume), "A folder for mailboxes" };
const PliConfigTable pli_server_table = {
  "server", PLI_GROUP_PLAIN, server_rows, sizeof (PliSetting), sizeof (PliServerSettings), "The server as a whole"
};
const PliConfigTable pli_certificate_table = {
  "certificate",
  PLI_GROUP_NAMED,
  certificate_rows,
  sizeof (PliSetting),
  sizeof (PliCertificateSettings),
  "A certificate; the name of the client's choice (SNI) picks one, else the first is shown"
};
const PliConfigTable pli_domain_table = {
  "domain", PLI_GROUP_NAMED, domain_rows, sizeof (PliSetting), sizeof (PliDomainSettings), "What holds for one domain"
};
const PliConfigTable pli_net_table = {
  "net", PLI_GROUP_PLAIN, pli_net_settings, sizeof (PliSetting), sizeof (PliNetSettings), "Connections and TLS"
};
const PliConfigTable pli_listener_table = { "listener",
                                            PLI_GROUP_NAMED,
                                            pli_listener_settings,
                                            sizeof (PliSetting),
                                            sizeof (PliListenerSettings),
                                            "A port that is listened on" };

GArray *
pli_server_tables (PliRegistry *registry)
{
  const PliConfigTable *const own[] = {
    &pli_server_table, &pli_net_table, &pli_certificate_table, &pli_listener_table,
    &pli_domain_table, &volume_table,  &pli_route_table,       &pli_directory_table
  };
  GArray *tables = g_array_new (FALSE, FALSE, sizeof (PliConfigTable));

  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_array_append_val (tables, *own[i]);
  for (guint i = 0; registry && i < pli_registry_n (registry); i++)
    {
      PliConfigTable of_plugin[PLI_PLUGIN_TABLES_MAX];
      guint n = pli_plugin_tables (pli_registry_nth (registry, i), of_plugin);

      g_array_append_vals (tables, of_plugin, n);
    }
  return tables;
}

char *
pli_path_conf (const char *root)
{
  return root ? g_build_filename (root, "conf.d", NULL) : g_build_filename (PLI_SYSCONFDIR, "conf.d", NULL);
}

char *
pli_path_keys (const char *root)
{
  return root ? g_build_filename (root, "keys", NULL) : g_build_filename (PLI_SYSCONFDIR, "keys", NULL);
}

char *
pli_path_lua (const char *root)
{
  return root ? g_build_filename (root, "lua", NULL) : g_build_filename (PLI_SYSCONFDIR, "lua", NULL);
}

char *
pli_path_state (const char *root, const char *name)
{
  return root ? g_build_filename (root, "data", name, NULL) : g_build_filename (PLI_STATEDIR, name, NULL);
}

char *
pli_path_run (const char *root, const char *name)
{
  return root ? g_build_filename (root, "run", name, NULL) : g_build_filename (PLI_RUNDIR, name, NULL);
}
