/* plugin.c: dns-unbound, name look-ups by libunbound, in the room `out`. */
#include "dns-unbound.h"

#define SECONDS ((gint64) G_USEC_PER_SEC)
#define MIB (1024 * 1024)

static const PliSetting settings[] = {
  PLI_LIST (DnsSettings, servers, "", .flags = PLI_RELOAD,
            .doc = "Resolvers to ask, as ADDRESS or ADDRESS@PORT; empty, those of /etc/resolv.conf."),
  PLI_BOOL (DnsSettings, recursive, "no", .flags = PLI_RELOAD,
            .doc = "Without servers: ask the root and what is below it, and no resolver.", .rfc = "RFC 1034 5.3.1"),
  PLI_BOOL (DnsSettings, dnssec, "no", .flags = PLI_RELOAD,
            .doc = "Check signatures; resolvers that leave them out make all signed names unknown then.",
            .rfc = "RFC 4035"),
  PLI_PATH (DnsSettings, trust_anchor, "/usr/share/dns/root.key", .flags = PLI_RELOAD,
            .doc = "Keys that signatures begin with; another file must lie in data/dns-unbound.",
            .rfc = "RFC 4035 4.4"),
  PLI_DURATION (DnsSettings, timeout, "10s", .min = SECONDS / 10, .max = 30 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long one name may take; whoever asks is told to try again then."),
  PLI_SIZE (DnsSettings, cache_size, "16MiB", .min = MIB, .max = 4096LL * MIB, .flags = PLI_RELOAD,
            .doc = "Memory for answers that are remembered."),
  PLI_INT (DnsSettings, queries_max, "4096", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Names that may be looked up at once; for more, whoever asks is told to try again."),
  PLI_INT (DnsSettings, sockets_max, "256", .min = 16, .max = 8192, .flags = PLI_RELOAD,
           .doc = "Questions to resolvers that may be on their way at once; each has a socket with a port of its own.",
           .rfc = "RFC 5452 9.2"),
  PLI_INT (DnsSettings, records_max, "1000", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "Records of the type asked for that one answer may have."),
  { 0 }
};

static const PliDns dns = { .size = sizeof (PliDns), .lookup = dns_lookup };
static const PliService services[] = { PLI_DNS ("unbound", &dns), { 0 } };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  pli_plugin_set_data (plugin, dns_new (plugin, error));
  return pli_plugin_data (plugin) != NULL;
}

static void
unload (PliPlugin *plugin)
{
  dns_free (pli_plugin_data (plugin));
}

PLI_PLUGIN (dns_unbound, .name = "dns-unbound", .version = "1", .summary = "Looks names up by libunbound",
            .settings = settings, .settings_size = sizeof (DnsSettings), .services = services, .load = load,
            .unload = unload);
