/* plugin.c: filter-greylist, which asks strangers to come back: real mail servers do, many senders of spam do not. */
#include "greylist.h"

#include <pli/network.h>

#define DAY (86400 * (gint64) G_USEC_PER_SEC)

static const PliSetting settings[] = {
  PLI_DURATION (GreylistSettings, wait, "0s", .max = DAY, .flags = PLI_RELOAD,
                .doc = "How long a stranger is answered 451; 0: greylisting is off; 5min is usual.",
                .rfc = "RFC 6647 4"),
  PLI_DURATION (GreylistSettings, retry, "2d", .min = G_USEC_PER_SEC, .max = 30 * DAY, .flags = PLI_RELOAD,
                .doc = "How long after its first try a stranger may come back.", .rfc = "RFC 6647 4.2"),
  PLI_DURATION (GreylistSettings, white, "36d", .min = G_USEC_PER_SEC, .max = 3650 * DAY, .flags = PLI_RELOAD,
                .doc = "How long who came back is known, from its last message on; networks by auto-white too."),
  PLI_INT (GreylistSettings, auto_white, "5", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Senders of one network that came back, and whose mail was taken, after which all of it is known; 0: "
                  "never."),
  PLI_INT (GreylistSettings, network4, "24", .max = 32, .flags = PLI_RELOAD,
           .doc = "Bits of an IPv4 address that clients of one sender share.", .rfc = "RFC 6647 5"),
  PLI_INT (GreylistSettings, network6, "64", .max = 128, .flags = PLI_RELOAD,
           .doc = "Bits of an IPv6 address that clients of one sender share."),
  PLI_BOOL (GreylistSettings, key_rcpt, "no", .flags = PLI_RELOAD,
            .doc = "Whether each recipient is a new question, too; slower for people, and hardly better."),
  PLI_LIST (GreylistSettings, skip, NULL, .flags = PLI_RELOAD,
            .doc = "Networks that are never asked to come back; who is signed in is not, either."),
  PLI_LIST (
      GreylistSettings, skip_names, NULL, .flags = PLI_RELOAD,
      .doc = "Domains whose hosts are never asked to come back; by the name of the client's address, when that leads "
             "back to it."),
  { 0 }
};

static const PliFactRow facts[] = { { "greylist.result", PLI_TYPE_TEXT,
                                      "wait: answered 451; passed: came back; known: came back before; white: its "
                                      "network is; skipped: by its name; full: "
                                      "there was no room to remember it." },
                                    { 0 } };

static gboolean
wants (gpointer self, PliStage stage)
{
  const GreylistSettings *set = pli_plugin_settings (self);

  (void) stage;
  return set->wait > 0;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  const GreylistSettings *set = pli_plugin_settings (plugin);
  const char *fault = pli_networks_fault (set->skip);

  if (fault)
    g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[filter-greylist] skip: %s is no network", fault);
  pli_plugin_set_data (plugin, plugin);
  return !fault;
}

static const char *const needs[] = { "state", "dns", NULL };
static const PliFilter filter = {
  .size = sizeof (PliFilter), .on_rcpt = greylist_on_rcpt, .saw_end = greylist_saw_end, .wants = wants
};
static const PliService services[] = { PLI_FILTER ("greylist", &filter), { 0 } };

PLI_PLUGIN (filter_greylist, .name = "filter-greylist", .version = "1", .summary = "Asks strangers to come back",
            .needs = needs, .settings = settings, .settings_size = sizeof (GreylistSettings), .facts = facts,
            .services = services, .load = load);
