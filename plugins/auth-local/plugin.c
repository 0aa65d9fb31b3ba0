/* plugin.c: auth-local, the embedded directory: domains, accounts and aliases in one SQLite file. */
#include "auth-local.h"

#define SECONDS ((gint64) G_USEC_PER_SEC)

static const PliSetting settings[] = {
  PLI_INT (LocalSettings, alias_depth, "10", .min = 1, .max = 100, .flags = PLI_RELOAD,
           .doc = "How many aliases may follow each other; mail that goes deeper is refused."),
  PLI_INT (LocalSettings, targets_max, "1000", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "How many recipients one address may stand for; mail to one that has more is refused."),
  PLI_TEXT (LocalSettings, detail_separator, "+", .max = 1, .flags = PLI_RELOAD,
            .doc = "Character between user and detail in user+detail@domain; empty for none.", .rfc = "RFC 5233"),
  PLI_TEXT (LocalSettings, default_domain, NULL, .flags = PLI_RELOAD,
            .doc = "Domain of logins and of a postmaster without one; unset, the domain added first."),
  PLI_TEXT (LocalSettings, postmaster, NULL, .flags = PLI_RELOAD,
            .doc = "Address that gets the postmaster mail of domains without one; unset, the default domain's.",
            .rfc = "RFC 5321 4.5.1"),
  PLI_INT (LocalSettings, hash_cost, "5", .min = 1, .max = 11, .flags = PLI_RELOAD,
           .doc = "Cost of new yescrypt password hashes; each step doubles time and memory of a login."),
  PLI_INT (LocalSettings, hash_parallel, "2", .min = 1, .max = 4, .flags = PLI_RELOAD,
           .doc = "How many passwords are hashed at once."),
  PLI_INT (LocalSettings, logins_waiting_max, "500", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "How many logins may wait for that; more are told to try again later."),
  PLI_INT (LocalSettings, password_min, "6", .min = 1, .max = 128, .flags = PLI_RELOAD,
           .doc = "Fewest bytes of a new password."),
  PLI_DURATION (LocalSettings, login_memory, "10min", .max = 24 * 3600 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long a right login is remembered, so that its repetition costs no hash; 0 for never."),
  { 0 }
};

static const PliDirectory directory = { .size = sizeof (PliDirectory),
                                        .resolve = local_resolve,
                                        .verify = local_verify,
                                        .change = local_change,
                                        .list = local_list,
                                        .keys = local_keys };
static const PliService services[] = { PLI_DIRECTORY ("local", &directory), { 0 } };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Local *local = local_new (plugin, error);

  pli_plugin_set_data (plugin, local);
  return local != NULL;
}

static void
unload (PliPlugin *plugin)
{
  Local *local = pli_plugin_data (plugin);

  local->plugin = NULL; /* jobs may outlive it */
  local_unref (local);
}

PLI_PLUGIN (auth_local, .name = "auth-local", .version = "1", .summary = "Directory of users in one SQLite file",
            .settings = settings, .settings_size = sizeof (LocalSettings), .services = services, .load = load,
            .unload = unload);
