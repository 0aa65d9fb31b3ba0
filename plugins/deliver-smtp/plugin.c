/* plugin.c: deliver-smtp, which takes mail to other hosts by SMTP; all it does is in plugins/deliver. */
#include "deliver.h"

static const DeliverKind kind = { .port = 25,
                                  .taken = "deliver_smtp_taken",
                                  .later = "deliver_smtp_later",
                                  .never = "deliver_smtp_never",
                                  .connections = "deliver_smtp_connections",
                                  .reused = "deliver_smtp_reused",
                                  .failures = "deliver_smtp_unusable",
                                  .open = "deliver_smtp_open",
                                  .waiting = "deliver_smtp_waiting" };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  return deliver_load (plugin, &kind, error);
}

static const PliTransport transport = { .size = sizeof (PliTransport), .send = deliver_send, .plan = deliver_plan };
static const PliService services[] = { PLI_TRANSPORT ("smtp", &transport), { 0 } };
static const char *const needs[] = { "dns", "connect", NULL };

PLI_PLUGIN (deliver_smtp, .name = "deliver-smtp", .version = "1", .summary = "Sends mail to other hosts by SMTP",
            .needs = needs, .settings = deliver_rows, .settings_size = sizeof (DeliverSettings), .services = services,
            .load = load, .unload = deliver_unload, .stop = deliver_stop, .measure = deliver_measure);
