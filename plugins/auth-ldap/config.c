/* config.c: the settings with the preset's values in the gaps, copied, since threads use them while they are set anew. Made
 * and unreffed on the loop thread. */
#include "auth-ldap.h"

typedef struct
{
  const char *address_filter, *login_filter, *member_filter;
  const char *id_attribute, *name_attribute, *quota_attribute;
  const char *address_attributes[4];
  gboolean chain_rule; /* MS-ADTS 3.1.1.3.4.4.3: LDAP_MATCHING_RULE_IN_CHAIN */
} Preset;

static const Preset presets[] = {
  { .address_filter = "(&(objectClass=person)(|(mail={address})(mailAlternateAddress={address})"
                      "(mailLocalAddress={address})))",
    .login_filter = "(&(objectClass=person)(|(uid={user})(mail={login})))",
    .member_filter = "(|(member={dn})(uniqueMember={dn}))",
    .id_attribute = "entryUUID",
    .name_attribute = "displayName",
    .quota_attribute = "mailQuota",
    .address_attributes = { "mail", "mailAlternateAddress", "mailLocalAddress" } },
  { .address_filter = "(&(objectCategory=person)(objectClass=user)(|(mail={address})(proxyAddresses=smtp:{address})"
                      "(userPrincipalName={address})))",
    .login_filter = "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={user})(userPrincipalName={login})"
                    "(mail={login})))",
    .member_filter = "(memberOf={group})",
    .id_attribute = "objectGUID",
    .name_attribute = "displayName",
    .quota_attribute = "mDBOverQuotaLimit",
    .address_attributes = { "mail", "proxyAddresses", "userPrincipalName" },
    .chain_rule = TRUE },
};

static char *
pick (const char *set, const char *of_preset)
{
  return g_strdup (set ? set : of_preset);
}

LdapConfig *
ldap_config_new (const LdapSettings *set)
{
  const Preset *preset = &presets[set->preset];
  const char *const *addresses = set->address_attributes[0] ? set->address_attributes : preset->address_attributes;
  LdapConfig *config = g_new0 (LdapConfig, 1);

  *config = (LdapConfig){ .refs = 1,
                          .from = *set,
                          .uris = g_strdupv ((char **) set->uris),
                          .domains = g_strdupv ((char **) set->domains),
                          .address_attributes = g_strdupv ((char **) addresses),
                          .base = g_strdup (set->base ? set->base : ""),
                          .bind_dn = g_strdup (set->bind_dn),
                          .bind_password = g_strdup (set->bind_password),
                          .bind_as = g_strdup (set->bind_as),
                          .ca_file = g_strdup (set->ca_file),
                          .address_filter = pick (set->address_filter, preset->address_filter),
                          .login_filter = pick (set->login_filter, preset->login_filter),
                          .member_filter = pick (set->member_filter, preset->member_filter),
                          .id_attribute = pick (set->id_attribute, preset->id_attribute),
                          .name_attribute = pick (set->name_attribute, preset->name_attribute),
                          .quota_attribute = pick (set->quota_attribute, preset->quota_attribute),
                          .group = g_strdup (set->group),
                          .starttls = set->starttls,
                          .nested_groups = set->nested_groups,
                          .chain_rule = preset->chain_rule && !set->member_filter,
                          .group_depth = set->group_depth,
                          .groups_max = set->groups_max,
                          .timeout = set->timeout,
                          .answer_within = set->answer_within,
                          .retry_after = set->retry_after,
                          .idle = set->idle,
                          .remember = set->remember,
                          .parallel = (guint) set->parallel,
                          .waiting_max = (guint) set->waiting_max,
                          .remember_max = (guint) set->remember_max,
                          .separator = set->detail_separator ? set->detail_separator[0] : 0 };
  return config;
}

LdapConfig *
ldap_config_ref (LdapConfig *config)
{
  config->refs++;
  return config;
}

void
ldap_config_unref (LdapConfig *config)
{
  if (!config || --config->refs > 0)
    return;
  g_strfreev (config->uris);
  g_strfreev (config->domains);
  g_strfreev (config->address_attributes);
  g_free (config->base);
  g_free (config->bind_dn);
  g_free (config->bind_password);
  g_free (config->bind_as);
  g_free (config->ca_file);
  g_free (config->address_filter);
  g_free (config->login_filter);
  g_free (config->member_filter);
  g_free (config->id_attribute);
  g_free (config->name_attribute);
  g_free (config->quota_attribute);
  g_free (config->group);
  g_free (config);
}

gboolean
ldap_config_has_domain (const LdapConfig *config, const char *address)
{
  const char *at = strrchr (address, '@');

  for (guint i = 0; at && config->domains[i]; i++)
    if (g_ascii_strcasecmp (config->domains[i], at + 1) == 0)
      return TRUE;
  return FALSE;
}
