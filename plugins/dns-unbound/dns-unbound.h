/* dns-unbound.h: the parts of the plugin: a context of libunbound for each reading of the settings, driven by the room's
 * loop (events.c), questions (lookup.c), and what answers say (answer.c). Everything runs on the loop thread. */
#ifndef DNS_UNBOUND_H
#define DNS_UNBOUND_H

#include <pli/dns.h>
#include <pli/plugin.h>
#include <unbound.h>

#include <unbound-event.h>

typedef struct
{
  const char *const *servers;
  gboolean recursive;
  gboolean dnssec;
  const char *trust_anchor;
  gint64 timeout;
  guint64 cache_size;
  gint64 queries_max;
  gint64 sockets_max;
  gint64 records_max;
} DnsSettings;

typedef struct Query Query;

typedef struct
{
  PliPlugin *plugin;
  const DnsSettings *made_with; /* settings that `context` was made with; only compared */
  struct ub_event_base *events;
  struct ub_ctx *context;
  GStrv resolvers; /* of resolv.conf, when it could be read last */
  Query *queries;  /* asked and not answered by libunbound */
  guint n_queries;
  gboolean deleting; /* a context that goes answers what it was asked, with SERVFAIL: that does not count */
} Dns;

/* context.c. Errors: %PLI_ERROR_CONFIG. */
struct ub_ctx *dns_context_new (Dns *dns, const DnsSettings *set, GError **error);

/* events.c: (transfer full): freed with g_free() when no context uses it. */
struct ub_event_base *dns_events_new (PliInstance *instance);

/* lookup.c */
Dns *dns_new (PliPlugin *plugin, GError **error);
void dns_free (Dns *dns);
PliStep dns_lookup (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result);

#endif
