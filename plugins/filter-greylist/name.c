/* name.c: the client's name, believed only when it leads back to the client's address; anybody may write any name into the
 * reverse zone of his own network. What DNS cannot tell now counts as no. */
#include "greylist.h"

#include <pli/dns.h>
#include <pli/network.h>

#define NAMES_MAX 4 /* of one address that are followed */

struct GreylistName
{
  PliInstance *instance;
  PliArena *arena;
  const char *peer;
  const char *const *domains;
  GreylistNamed named;
  gpointer user;
  PliCall *call;
  const char *names[NAMES_MAX];
  guint n_names, at;
};

static void follow (GreylistName *name);

/* "mail.example.org" is in "example.org", and so is "example.org" itself. */
static gboolean
is_below (const char *host, const char *domain)
{
  gsize host_len = strlen (host), len = strlen (domain);

  return host_len >= len && g_ascii_strcasecmp (host + host_len - len, domain) == 0
         && (host_len == len || host[host_len - len - 1] == '.');
}

static gboolean
is_wanted (const GreylistName *name, const char *host)
{
  for (const char *const *domain = name->domains; *domain; domain++)
    if (is_below (host, **domain == '.' ? *domain + 1 : *domain))
      return TRUE;
  return FALSE;
}

static gboolean
leads_back (const GreylistName *name, const PliDnsResult *result)
{
  for (guint32 i = 0; i < result->n_rows; i++)
    {
      const char *const one[] = { result->rows[i].text, NULL };

      if (one[0] && pli_networks_contain (one, name->peer))
        return TRUE;
    }
  return FALSE;
}

static void
got_addresses (gpointer user, const void *result, const GError *error)
{
  GreylistName *name = user;

  name->call = NULL;
  if (!error && leads_back (name, result))
    name->named (name->user, TRUE);
  else
    follow (name);
}

/* Asks for the addresses of the next name. */
static void
follow (GreylistName *name)
{
  const PliDnsArgs args = { name->at < name->n_names ? name->names[name->at] : NULL,
                            strchr (name->peer, ':') ? PLI_DNS_AAAA : PLI_DNS_A };

  if (!args.name)
    {
      name->named (name->user, FALSE);
      return;
    }
  name->at++;
  name->call = pli_dns_lookup (name->instance, &args, got_addresses, name);
}

static void
got_names (gpointer user, const void *answer, const GError *error)
{
  GreylistName *name = user;
  const PliDnsResult *result = answer;

  name->call = NULL;
  for (guint32 i = 0; !error && i < result->n_rows && name->n_names < NAMES_MAX; i++)
    if (result->rows[i].text && is_wanted (name, result->rows[i].text))
      name->names[name->n_names++] = pli_arena_strdup (name->arena, result->rows[i].text);
  follow (name);
}

GreylistName *
greylist_name_ask (PliInstance *instance, PliArena *arena, const char *peer, const char *const *domains,
                   GreylistNamed named, gpointer user)
{
  GreylistName *name = pli_arena_new0 (arena, GreylistName);
  const PliDnsArgs args = { peer, PLI_DNS_PTR };
  guint n = g_strv_length ((GStrv) domains);
  const char **copies = pli_arena_array (arena, const char *, n + 1); /* a reload may come while we wait */

  for (guint i = 0; i < n; i++)
    copies[i] = pli_arena_strdup (arena, domains[i]);
  *name = (GreylistName){
    .instance = instance, .arena = arena, .peer = peer, .domains = copies, .named = named, .user = user
  };
  name->call = pli_dns_lookup (instance, &args, got_names, name);
  return name;
}

void
greylist_name_cancel (GreylistName *name)
{
  if (name)
    pli_call_cancel (name->call);
}
