/* group.c: is a person in the group that mail needs? Active Directory follows nested groups itself; elsewhere the groups
 * that have the person as member are asked for, then those that have these, level by level. In a thread of the pool. */
#include "auth-ldap.h"

static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };

/* Whether an entry is there that fits; a base that is not there fits nothing. */
static gboolean
fits (LdapLink *link, const char *base, const char *pattern, const LdapWord *words, gboolean *out, GError **error)
{
  g_autofree char *filter = ldap_pattern_fill (pattern, words, LDAP_ESCAPE_FILTER);
  LDAPMessage *found;
  GError *why = NULL;

  if (!filter)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "[auth-ldap]: the filter %s cannot be filled in", pattern);
      return FALSE;
    }
  found = ldap_link_search (link, base, LDAP_SCOPE_BASE, filter, nothing, 1, &why);
  if (!found && !g_error_matches (why, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, why);
      return FALSE;
    }
  g_clear_error (&why);
  *out = found && ldap_count_entries (link->ld, found) > 0;
  if (found)
    ldap_msgfree (found);
  return TRUE;
}

/* Adds the groups that have @dn as member to @level, those in @seen left out. */
static gboolean
add_groups (LdapLink *link, const char *dn, GHashTable *seen, GPtrArray *level, GError **error)
{
  const LdapConfig *config = link->config;
  const LdapWord words[] = { { "dn", dn }, { "group", config->group }, { NULL, NULL } };
  g_autofree char *filter = ldap_pattern_fill (config->member_filter, words, LDAP_ESCAPE_FILTER);
  LDAPMessage *found =
      filter ? ldap_link_search (link, config->base, LDAP_SCOPE_SUBTREE, filter, nothing, 0, error) : NULL;

  if (!found)
    return FALSE;
  for (LDAPMessage *entry = ldap_first_entry (link->ld, found); entry; entry = ldap_next_entry (link->ld, entry))
    {
      char *group = ldap_get_dn (link->ld, entry);

      if (group && g_hash_table_size (seen) < config->groups_max && g_hash_table_add (seen, g_strdup (group)))
        g_ptr_array_add (level, g_strdup (group));
      ldap_memfree (group);
    }
  ldap_msgfree (found);
  return TRUE;
}

static gboolean
climb (LdapLink *link, const char *dn, gboolean *out_member, GError **error)
{
  const LdapConfig *config = link->config;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) level = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (level, g_strdup (dn));
  for (gint64 depth = 0; depth <= config->group_depth && level->len > 0; depth++)
    {
      g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func (g_free);

      for (guint i = 0; i < level->len; i++)
        {
          const LdapWord words[] = { { "dn", level->pdata[i] }, { "group", config->group }, { NULL, NULL } };

          if (!fits (link, config->group, config->member_filter, words, out_member, error))
            return FALSE;
          if (*out_member)
            return TRUE;
        }
      for (guint i = 0; config->nested_groups && i < level->len; i++)
        if (!add_groups (link, level->pdata[i], seen, next, error))
          return FALSE;
      g_ptr_array_unref (level);
      level = g_steal_pointer (&next);
    }
  *out_member = FALSE;
  return TRUE;
}

gboolean
ldap_group_has (LdapLink *link, const char *dn, gboolean *out_member, GError **error)
{
  const LdapConfig *config = link->config;
  const LdapWord words[] = { { "dn", dn }, { "group", config->group }, { NULL, NULL } };

  if (!config->chain_rule)
    return climb (link, dn, out_member, error);
  return fits (link, dn, config->nested_groups ? "(memberOf:1.2.840.113556.1.4.1941:={group})" : config->member_filter,
               words, out_member, error);
}
