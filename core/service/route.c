/* route.c: `[route NAME]`: what queue and transports read of the routes. Loop thread. */
#include "conf/config.h"
#include "loop/instance.h"
#include "service/routes.h"
#include <pli/deliver.h>

static const char *const tls_choices[] = { "none", "opportunistic", "require", NULL };
static const char *const transports[] = { "smtp", "lmtp", NULL };

static const PliSetting rows[] = {
  PLI_TEXT (PliRouteSettings, relay, NULL, .flags = PLI_RELOAD,
            .doc = "HOST:PORT that takes all mail of this route; unset, each domain's own mail exchangers do.",
            .rfc = "RFC 5321 5.1"),
  PLI_CHOICE (PliRouteSettings, tls, "opportunistic", .choices = tls_choices, .flags = PLI_RELOAD,
              .doc = "Whether connections are encrypted; require also checks the certificate of a relay.",
              .rfc = "RFC 7435"),
  PLI_TEXT (PliRouteSettings, login, NULL, .flags = PLI_RELOAD, .doc = "Name to sign in with at the relay.",
            .rfc = "RFC 4954"),
  PLI_PATH (PliRouteSettings, password_file, NULL, .flags = PLI_RELOAD,
            .doc = "File whose first line is the password; only the room out reads it."),
  PLI_LIST (PliRouteSettings, domains, "", .flags = PLI_RELOAD,
            .doc = "Domains that take this route; .example.org means all below it; route default is for the rest."),
  PLI_CHOICE (PliRouteSettings, transport, "smtp", .choices = transports, .flags = PLI_RELOAD,
              .doc = "Protocol that the next hop speaks."),
  { 0 }
};

const PliConfigTable pli_route_table = {
  "route", PLI_GROUP_NAMED, rows, sizeof (PliSetting), sizeof (PliRouteSettings), "Where mail for other domains goes"
};

const char *
pli_route_transport (const PliRouteSettings *route)
{
  return transports[route->transport];
}

const PliRouteSettings *
pli_route_settings (PliInstance *instance, const char *route)
{
  if (!g_str_equal (route, "default") && !pli_config_has (instance->config, "route", route))
    return NULL;
  return pli_config_bind (instance->config, &pli_route_table, route, instance->root, NULL);
}

void
pli_route_settings_unref (const PliRouteSettings *settings)
{
  pli_settings_unref (settings);
}

/* How much of @domain @pattern covers: its length, 0 when it does not. */
static gsize
covers (const char *pattern, const char *domain)
{
  gsize n = strlen (pattern), len = strlen (domain);

  if (n > 0 && pattern[0] == '.')
    return len > n && g_ascii_strcasecmp (domain + len - n, pattern) == 0 ? n : 0;
  return g_ascii_strcasecmp (domain, pattern) == 0 ? n + 1 : 0;
}

char *
pli_route_of_domain (PliInstance *instance, const char *domain)
{
  g_autofree const char **names = pli_config_instances (instance->config, "route");
  const char *best = "default";
  gsize most = 0;

  for (guint i = 0; names[i]; i++)
    {
      const PliRouteSettings *route = pli_route_settings (instance, names[i]);

      for (guint k = 0; route && route->domains[k]; k++)
        {
          gsize n = covers (route->domains[k], domain);

          if (n > most)
            {
              most = n;
              best = names[i];
            }
        }
      pli_route_settings_unref (route);
    }
  return g_strdup (best);
}

const char *
pli_route_password (PliInstance *instance, const char *route)
{
  return instance->passwords ? g_hash_table_lookup (instance->passwords, route) : NULL;
}

gboolean
pli_route_relays (PliInstance *instance)
{
  g_autofree const char **names = pli_config_instances (instance->config, "listener");

  for (guint i = 0; names[i]; i++)
    if (g_strcmp0 (pli_config_text (instance->config, "listener", names[i], "role"), "relay") == 0)
      return TRUE;
  return FALSE;
}
