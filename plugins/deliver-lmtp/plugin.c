/* plugin.c: deliver-lmtp, which hands mail over to local agents by LMTP (RFC 2033); all it does is in plugins/deliver. */
#include "deliver.h"

static const DeliverKind kind = { .lmtp = TRUE,
                                  .port = 24,
                                  .taken = "deliver_lmtp_taken",
                                  .later = "deliver_lmtp_later",
                                  .never = "deliver_lmtp_never",
                                  .connections = "deliver_lmtp_connections",
                                  .reused = "deliver_lmtp_reused",
                                  .failures = "deliver_lmtp_unusable",
                                  .open = "deliver_lmtp_open",
                                  .waiting = "deliver_lmtp_waiting" };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  return deliver_load (plugin, &kind, error);
}

static const PliTransport transport = { .size = sizeof (PliTransport), .send = deliver_send, .plan = deliver_plan };
static const PliService services[] = { PLI_TRANSPORT ("lmtp", &transport), { 0 } };
static const char *const needs[] = { "dns", "connect", NULL };

PLI_PLUGIN (deliver_lmtp, .name = "deliver-lmtp", .version = "1", .summary = "Hands mail over by LMTP", .needs = needs,
            .settings = deliver_rows, .settings_size = sizeof (DeliverSettings), .services = services, .load = load,
            .unload = deliver_unload, .stop = deliver_stop, .measure = deliver_measure);
