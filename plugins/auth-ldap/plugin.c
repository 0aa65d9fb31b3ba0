/* plugin.c: auth-ldap, users of an LDAP directory: OpenLDAP, Active Directory, and what is like them. */
#include "auth-ldap.h"

#define MS ((gint64) 1000)
#define SECONDS ((gint64) G_USEC_PER_SEC)

static const char *const presets[] = { "openldap", "ad", NULL };

static const PliSetting settings[] = {
  PLI_CHOICE (LdapSettings, preset, "openldap", .choices = presets, .flags = PLI_RELOAD,
              .doc = "What the filters and attributes below are when they are not set."),
  PLI_LIST (LdapSettings, uris, "", .flags = PLI_RELOAD,
            .doc = "Servers, ldap://HOST:PORT or ldaps://HOST:PORT; the next one is asked when one does not answer."),
  PLI_LIST (LdapSettings, domains, "", .flags = PLI_RELOAD,
            .doc = "Mail domains whose users are in this directory; it is not asked about any other."),
  PLI_TEXT (LdapSettings, base, NULL, .flags = PLI_RELOAD, .doc = "Name below which people and groups are.",
            .rfc = "RFC 4514"),
  PLI_TEXT (LdapSettings, bind_dn, NULL, .flags = PLI_RELOAD, .doc = "Who searches; unset, anybody may."),
  PLI_TEXT (LdapSettings, bind_password, NULL, .flags = PLI_RELOAD | PLI_SECRET, .doc = "Password of bind-dn."),
  PLI_TEXT (LdapSettings, bind_as, NULL, .flags = PLI_RELOAD,
            .doc = "Name to sign a user in with, such as {login} or uid={user},ou=people,dc=example,dc=org; unset, the "
                   "user is searched for first."),
  PLI_BOOL (LdapSettings, starttls, "yes", .flags = PLI_RELOAD,
            .doc = "Whether connections to ldap:// are encrypted before anything is said.", .rfc = "RFC 4513 3"),
  PLI_PATH (LdapSettings, ca_file, "/etc/ssl/certs/ca-certificates.crt", .flags = PLI_RELOAD,
            .doc = "Authorities one of which must have signed the servers' certificates."),
  PLI_TEXT (LdapSettings, address_filter, NULL, .flags = PLI_RELOAD,
            .doc = "Finds the person of {address}; {user} and {domain} are its parts.", .rfc = "RFC 4515"),
  PLI_TEXT (LdapSettings, login_filter, NULL, .flags = PLI_RELOAD,
            .doc = "Finds the person of {login}; {user} is what is before its @, {domain} what is behind it.",
            .rfc = "RFC 4515"),
  PLI_TEXT (LdapSettings, member_filter, NULL, .flags = PLI_RELOAD,
            .doc =
                "Finds the groups that have {dn} as member; with preset ad the server follows nested groups itself."),
  PLI_TEXT (LdapSettings, id_attribute, NULL, .flags = PLI_RELOAD,
            .doc = "What stays the same when a person is renamed or moved: the mailbox is named by it."),
  PLI_TEXT (LdapSettings, name_attribute, NULL, .flags = PLI_RELOAD, .doc = "The name that people read."),
  PLI_TEXT (LdapSettings, quota_attribute, NULL, .flags = PLI_RELOAD, .doc = "Bytes that a person may keep."),
  PLI_LIST (LdapSettings, address_attributes, "", .flags = PLI_RELOAD,
            .doc = "Where addresses are; the first one in a domain of ours is the main one. Empty: the preset's."),
  PLI_TEXT (LdapSettings, group, NULL, .flags = PLI_RELOAD,
            .doc = "Name of the group that one must be in to have mail here; unset, everybody has."),
  PLI_BOOL (LdapSettings, nested_groups, "yes", .flags = PLI_RELOAD, .doc = "Whether members of a group in it count."),
  PLI_INT (LdapSettings, group_depth, "8", .min = 1, .max = 50, .flags = PLI_RELOAD,
           .doc = "How deep groups in groups are followed with preset openldap."),
  PLI_INT (LdapSettings, groups_max, "500", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "How many groups one question may look at with preset openldap."),
  PLI_TEXT (LdapSettings, detail_separator, "+", .max = 1, .flags = PLI_RELOAD,
            .doc = "Character between user and detail in user+detail@domain; empty for none.", .rfc = "RFC 5233"),
  PLI_DURATION (LdapSettings, timeout, "3s", .min = 100 * MS, .max = 60 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long all servers together may take to be connected to, and a server to answer a question."),
  PLI_DURATION (LdapSettings, answer_within, "4s", .min = 100 * MS, .max = 60 * SECONDS, .flags = PLI_RELOAD,
                .doc = "After this a login or a recipient is told to try again later."),
  PLI_DURATION (LdapSettings, retry_after, "2s", .max = 600 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long no server is tried after none of them answered."),
  PLI_DURATION (LdapSettings, idle, "1min", .max = 3600 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long a connection is kept that nobody uses."),
  PLI_INT (LdapSettings, parallel, "2", .min = 1, .max = 3, .flags = PLI_RELOAD,
           .doc = "How many questions are under way at once, each on a connection of its own."),
  PLI_INT (LdapSettings, waiting_max, "500", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "How many questions may wait for that; more are told to try again later."),
  PLI_DURATION (LdapSettings, remember, "30s", .max = 3600 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long an address that was found is not searched for again; 0 for never."),
  PLI_INT (LdapSettings, remember_max, "20000", .min = 1, .max = 1000000, .flags = PLI_RELOAD,
           .doc = "How many addresses are remembered."),
  { 0 }
};

static const PliDirectory directory = {
  .size = sizeof (PliDirectory), .resolve = ldap_resolve, .verify = ldap_verify, .keys = ldap_keys
};
static const PliService services[] = { PLI_DIRECTORY ("ldap", &directory), { 0 } };
static const char *const needs[] = { "connect", NULL };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Ldap *ldap = g_new0 (Ldap, 1);

  (void) error;
  /* What ldap.conf and the environment say is not for a server. */
  g_setenv ("LDAPNOINIT", "1", TRUE);
  ldap->refs = 1;
  ldap->plugin = plugin;
  ldap->instance = pli_plugin_instance (plugin);
  ldap->cache = ldap_cache_new ();
  g_queue_init (&ldap->waiting);
  g_queue_init (&ldap->idle);
  pli_plugin_set_data (plugin, ldap);
  return TRUE;
}

static void
stop (PliPlugin *plugin)
{
  ldap_stop (pli_plugin_data (plugin));
}

static void
unload (PliPlugin *plugin)
{
  Ldap *ldap = pli_plugin_data (plugin);

  ldap->plugin = NULL; /* jobs may outlive it */
  ldap_unref (ldap);
}

PLI_PLUGIN (auth_ldap, .name = "auth-ldap", .version = "1", .summary = "Users of an LDAP directory or Active Directory",
            .needs = needs, .settings = settings, .settings_size = sizeof (LdapSettings), .services = services,
            .load = load, .unload = unload, .stop = stop);
