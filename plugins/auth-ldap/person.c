/* person.c: a person's entry: found by a filter that must fit one only, and read: id, addresses, name, and whether the account
 * is closed. In a thread of the pool. MS-ADA3: userAccountControl, accountExpires; draft-behera-ldap-password-policy. */
#include "auth-ldap.h"

#define ACCOUNT_DISABLED 2 /* ADS_UF_ACCOUNTDISABLE */
#define NEVER G_GINT64_CONSTANT (0x7fffffffffffffff)
/* 100 ns from 1601 to 1970. */
#define EPOCH_1601 G_GINT64_CONSTANT (116444736000000000)

void
ldap_person_clear (LdapPerson *person)
{
  g_free (person->dn);
  g_free (person->id);
  g_free (person->address);
  g_free (person->name);
  memset (person, 0, sizeof *person);
}

/* (transfer full): first value as text, NULL without one. */
static char *
first_text (LDAP *ld, LDAPMessage *entry, const char *name)
{
  struct berval **values = ldap_get_values_len (ld, entry, name);
  char *text = values && values[0] ? g_strndup (values[0]->bv_val, values[0]->bv_len) : NULL;

  ldap_value_free_len (values);
  return text;
}

/* 16 bytes of "6ba7b810-9dad-11d1-80b4-00c04fd430c8". */
static gboolean
uuid_parse (const struct berval *value, guint8 out[16])
{
  gsize n = 0;

  for (gsize i = 0; i < value->bv_len; i++)
    {
      int digit = g_ascii_xdigit_value (value->bv_val[i]);

      if (digit < 0 && value->bv_val[i] == '-')
        continue;
      if (digit < 0 || n >= 32)
        return FALSE;
      out[n / 2] = (guint8) (n % 2 ? out[n / 2] | digit : digit << 4);
      n++;
    }
  return n == 32;
}

/* "ldap" and 26 letters and digits (base 32) of a UUID, as text or as its bytes; of anything else, of a digest. The prefix
 * keeps accounts of sources apart. */
static char *
id_of (const struct berval *value)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  GString *id = g_string_new ("ldap");
  guint8 bytes[32];
  gsize len = sizeof bytes;
  guint bits = 0, have = 0;

  if (value->bv_len == 16)
    memcpy (bytes, value->bv_val, 16);
  else if (!uuid_parse (value, bytes))
    {
      GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);

      g_checksum_update (sum, (const guchar *) value->bv_val, (gssize) value->bv_len);
      g_checksum_get_digest (sum, bytes, &len);
      g_checksum_free (sum);
    }
  for (guint i = 0; i < 16 || have > 0;)
    {
      if (have < 5 && i < 16)
        {
          bits = bits << 8 | bytes[i++];
          have += 8;
          continue;
        }
      g_string_append_c (id, letters[(have >= 5 ? bits >> (have - 5) : bits << (5 - have)) & 31]);
      have = have >= 5 ? have - 5 : 0;
    }
  return g_string_free (id, FALSE);
}

/* proxyAddresses are "SMTP:main@…", "smtp:other@…", "x500:…"; others are addresses as they are. NULL: none of ours. */
static char *
address_of (const LdapConfig *config, const struct berval *value, gboolean only_main)
{
  g_autofree char *text = g_strndup (value->bv_val, value->bv_len);
  const char *colon = strchr (text, ':'), *address = colon ? colon + 1 : text;

  if (colon && g_ascii_strncasecmp (text, "smtp:", 5) != 0)
    return NULL;
  if ((colon && only_main && strncmp (text, "SMTP:", 5) != 0) || !ldap_config_has_domain (config, address)
      || !g_utf8_validate (address, -1, NULL))
    return NULL;
  return g_ascii_strdown (address, -1);
}

static char *
main_address (const LdapConfig *config, LDAP *ld, LDAPMessage *entry)
{
  char *address = NULL;

  for (guint i = 0; !address && config->address_attributes[i]; i++)
    {
      struct berval **values = ldap_get_values_len (ld, entry, config->address_attributes[i]);

      for (guint round = 0; round < 2; round++)
        for (guint k = 0; !address && values && values[k]; k++)
          address = address_of (config, values[k], round == 0);
      ldap_value_free_len (values);
    }
  return address;
}

static gint64
number_of (LDAP *ld, LDAPMessage *entry, const char *name)
{
  g_autofree char *text = first_text (ld, entry, name);

  return text ? g_ascii_strtoll (text, NULL, 10) : 0;
}

static const char *
why_disabled (LDAP *ld, LDAPMessage *entry)
{
  gint64 expires = number_of (ld, entry, "accountExpires");
  gint64 now = g_get_real_time () * 10 + EPOCH_1601;
  g_autofree char *locked = first_text (ld, entry, "pwdAccountLockedTime");
  g_autofree char *lock = first_text (ld, entry, "nsAccountLock");

  if (number_of (ld, entry, "userAccountControl") & ACCOUNT_DISABLED)
    return "disabled (userAccountControl)";
  if (expires > 0 && expires != NEVER && expires <= now)
    return "expired (accountExpires)";
  if (locked)
    return "locked (pwdAccountLockedTime)";
  return lock && g_ascii_strcasecmp (lock, "true") == 0 ? "locked (nsAccountLock)" : NULL;
}

static gboolean
read_entry (LdapLink *link, LDAPMessage *entry, LdapPerson *out, GError **error)
{
  const LdapConfig *config = link->config;
  LDAP *ld = link->ld;
  struct berval **ids = ldap_get_values_len (ld, entry, config->id_attribute);
  char *dn = ldap_get_dn (ld, entry);

  memset (out, 0, sizeof *out);
  out->dn = g_strdup (dn);
  ldap_memfree (dn);
  if (ids && ids[0] && ids[0]->bv_len > 0)
    out->id = id_of (ids[0]);
  ldap_value_free_len (ids);
  out->address = main_address (config, ld, entry);
  out->name = first_text (ld, entry, config->name_attribute);
  out->quota_bytes = (guint64) MAX (number_of (ld, entry, config->quota_attribute), 0);
  out->disabled = why_disabled (ld, entry);
  if (out->dn && out->id && out->address)
    return TRUE;
  g_set_error (error, PLI_ERROR, out->id ? PLI_ERROR_NOT_FOUND : PLI_ERROR_DENIED, "%s: %s",
               out->dn ? out->dn : "(no name)",
               out->id ? "has no address in the domains of [auth-ldap]" : "has no id that may be read");
  ldap_person_clear (out);
  return FALSE;
}

static const char **
wanted (const LdapConfig *config)
{
  static const char *const fixed[] = { "userAccountControl", "accountExpires", "pwdAccountLockedTime",
                                       "nsAccountLock" };
  guint n = g_strv_length (config->address_attributes), at = 0;
  const char **names = g_new0 (const char *, n + G_N_ELEMENTS (fixed) + 4);

  names[at++] = config->id_attribute;
  names[at++] = config->name_attribute;
  names[at++] = config->quota_attribute;
  for (guint i = 0; i < n; i++)
    names[at++] = config->address_attributes[i];
  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    names[at++] = fixed[i];
  return names;
}

gboolean
ldap_person_find (LdapLink *link, const char *pattern, const LdapWord *words, LdapPerson *out, GError **error)
{
  g_autofree char *filter = ldap_pattern_fill (pattern, words, LDAP_ESCAPE_FILTER);
  g_autofree const char **names = wanted (link->config);
  LDAPMessage *found;
  gboolean ok = FALSE;
  int n;

  if (!filter)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "[auth-ldap]: the filter %s cannot be filled in", pattern);
      return FALSE;
    }
  found = ldap_link_search (link, link->config->base, LDAP_SCOPE_SUBTREE, filter, names, 2, error);
  if (!found)
    {
      /* A base that is not there is a wrong setting: it must not refuse anybody's mail. */
      if (error && (*error)->code == PLI_ERROR_NOT_FOUND)
        (*error)->code = PLI_ERROR_TRY_AGAIN;
      return FALSE;
    }
  n = ldap_count_entries (link->ld, found);
  if (n == 1)
    ok = read_entry (link, ldap_first_entry (link->ld, found), out, error);
  else
    g_set_error (error, PLI_ERROR, n == 0 ? PLI_ERROR_NOT_FOUND : PLI_ERROR_DENIED, "%s: %s", filter,
                 n == 0 ? "nobody is found" : "more than one is found");
  ldap_msgfree (found);
  return ok;
}
