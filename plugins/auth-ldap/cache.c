/* cache.c: addresses that were found a short while ago: mail to one person often comes in numbers. Refusals are not kept, so
 * that a person added now gets mail now. Loop thread. */
#include "auth-ldap.h"

struct LdapCache
{
  GHashTable *by_address; /* text → LdapFound */
};

static void
found_free (gpointer data)
{
  LdapFound *found = data;

  g_free ((char *) found->account);
  g_free ((char *) found->address);
  g_free (found);
}

LdapCache *
ldap_cache_new (void)
{
  LdapCache *cache = g_new (LdapCache, 1);

  cache->by_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, found_free);
  return cache;
}

void
ldap_cache_free (LdapCache *cache)
{
  g_hash_table_unref (cache->by_address);
  g_free (cache);
}

void
ldap_cache_forget (LdapCache *cache)
{
  g_hash_table_remove_all (cache->by_address);
}

const LdapFound *
ldap_cache_find (LdapCache *cache, const char *address, gint64 now_us)
{
  const LdapFound *found = g_hash_table_lookup (cache->by_address, address);

  return found && found->until_us > now_us ? found : NULL;
}

static gboolean
is_over (gpointer address, gpointer found, gpointer now_us)
{
  (void) address;
  return ((const LdapFound *) found)->until_us <= *(const gint64 *) now_us;
}

void
ldap_cache_add (LdapCache *cache, const LdapConfig *config, const char *address, const LdapPerson *person,
                gint64 now_us)
{
  LdapFound *found;

  if (config->remember == 0)
    return;
  if (g_hash_table_size (cache->by_address) >= config->remember_max
      && g_hash_table_foreach_remove (cache->by_address, is_over, &now_us) == 0)
    ldap_cache_forget (cache);
  found = g_new (LdapFound, 1);
  *found = (LdapFound){ now_us + config->remember, g_strdup (person->id), g_strdup (person->address) };
  g_hash_table_replace (cache->by_address, g_strdup (address), found);
}
