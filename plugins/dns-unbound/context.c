/* context.c: a context of libunbound as the settings want it. Who is asked: `servers`, else the root and below when
 * `recursive`, else what resolv.conf names; that file may be replaced by one which this room cannot read, so what was read
 * last is kept. */
#include "dns-unbound.h"

#include <pli/log.h>

#define RESOLV_CONF "/etc/resolv.conf"

static gboolean
refused (GError **error, const char *what, int rc)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: %s", what, ub_strerror (rc));
  return FALSE;
}

static gboolean
set_text (struct ub_ctx *context, const char *option, const char *value, GError **error)
{
  int rc = ub_ctx_set_option (context, option, value);

  return rc == 0 || refused (error, option, rc);
}

static gboolean
set_number (struct ub_ctx *context, const char *option, guint64 value, GError **error)
{
  char text[24];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, value);
  return set_text (context, option, text, error);
}

static gboolean
set_all (struct ub_ctx *context, const DnsSettings *set, GError **error)
{
  return set_text (context, "module-config:", set->dnssec ? "validator iterator" : "iterator", error)
         && set_text (context, "do-not-query-localhost:", "no", error)
         && set_text (context, "trust-anchor-signaling:", "no", error)
         && set_number (context, "outgoing-range:", (guint64) set->sockets_max, error)
         && set_number (context, "num-queries-per-thread:", (guint64) set->queries_max, error)
         && set_number (context, "msg-cache-size:", set->cache_size / 3, error)
         && set_number (context, "rrset-cache-size:", set->cache_size - set->cache_size / 3, error)
         && set_number (context, "key-cache-size:", MIN (set->cache_size / 3, 4 * 1024 * 1024), error);
}

static void
read_resolv_conf (Dns *dns)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *found;

  if (!g_file_get_contents (RESOLV_CONF, &text, NULL, &error))
    {
      pli_log (PLI_LOG_WARNING, "dns.no-resolv-conf", "why", error->message, NULL);
      return;
    }
  lines = g_strsplit (text, "\n", -1);
  found = g_ptr_array_new ();
  for (guint i = 0; lines[i]; i++)
    {
      g_auto (GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 2);

      if (words[0] && words[1] && g_str_equal (words[0], "nameserver"))
        g_ptr_array_add (found, g_strdup (g_strstrip (words[1])));
    }
  g_ptr_array_add (found, NULL);
  g_strfreev (dns->resolvers);
  dns->resolvers = (GStrv) g_ptr_array_free (found, FALSE);
}

static gboolean
set_servers (struct ub_ctx *context, const char *const *servers, GError **error)
{
  for (guint i = 0; servers && servers[i]; i++)
    {
      int rc = ub_ctx_set_fwd (context, servers[i]);

      if (rc != 0)
        return refused (error, servers[i], rc);
    }
  return TRUE;
}

static gboolean
choose_servers (Dns *dns, struct ub_ctx *context, const DnsSettings *set, GError **error)
{
  if (set->servers[0])
    /* What the administrator's own servers say of private networks is what counts. */
    return set_text (context, "unblock-lan-zones:", "yes", error)
           && set_text (context, "insecure-lan-zones:", "yes", error) && set_servers (context, set->servers, error);
  if (set->recursive)
    return TRUE;
  read_resolv_conf (dns);
  if (!dns->resolvers || !dns->resolvers[0])
    pli_logf (PLI_LOG_WARNING, "dns.no-servers", "%s names none: the root is asked", RESOLV_CONF);
  return set_servers (context, (const char *const *) dns->resolvers, error);
}

struct ub_ctx *
dns_context_new (Dns *dns, const DnsSettings *set, GError **error)
{
  struct ub_ctx *context = ub_ctx_create_ub_event (dns->events);
  int rc;
  gboolean ok;

  if (!context)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "libunbound has no memory");
      return NULL;
    }
  ub_ctx_debugout (context, NULL);
  ok = set_all (context, set, error) && choose_servers (dns, context, set, error);
  if (ok && set->dnssec && (rc = ub_ctx_add_ta_file (context, set->trust_anchor)) != 0)
    ok = refused (error, set->trust_anchor, rc);
  /* libunbound knows by itself that there is nothing in test. (RFC 6761 6.2), but whoever has servers for it knows better.
   * This also makes it read the anchors, now. */
  if (ok && (rc = ub_ctx_zone_add (context, "test.", "transparent")) != 0)
    ok = refused (error, set->dnssec ? set->trust_anchor : "libunbound", rc);
  if (ok)
    return context;
  ub_ctx_delete (context);
  return NULL;
}
