/* plugin.c: filter-dnsbl, which asks DNS block lists about clients and domains. */
#include "dnsbl.h"

#include <pli/network.h>

static const PliSetting settings[] = {
  PLI_LIST (DnsblSettings, lists, NULL, .flags = PLI_RELOAD,
            .doc = "Lists of addresses: zone[:answer[-answer]][=weight], such as zen.example=2 or "
                   "dnsbl.example:127.0.0.2-127.0.0.5=3; a negative weight speaks for the client.",
            .rfc = "RFC 5782 2.1"),
  PLI_LIST (DnsblSettings, sender_lists, NULL, .flags = PLI_RELOAD,
            .doc = "Lists of domains that the sender's is looked up in; written as lists.", .rfc = "RFC 5782 2.2"),
  PLI_LIST (DnsblSettings, helo_lists, NULL, .flags = PLI_RELOAD,
            .doc = "Lists of domains that the name which a client gives itself is looked up in; written as lists."),
  PLI_INT (DnsblSettings, reject, "1", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Sum of weights from which recipients are refused; 0: never."),
  PLI_INT (DnsblSettings, quarantine, "0", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Sum of weights from which a message goes to quarantine; 0: never."),
  PLI_INT (DnsblSettings, mark, "0", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Sum of weights from which a message gets a field X-Pli-Dnsbl; 0: never."),
  PLI_LIST (DnsblSettings, skip, NULL, .flags = PLI_RELOAD,
            .doc = "Networks that no list is asked about; who is signed in is not asked about, either."),
  PLI_LIST (DnsblSettings, skip_rcpts, "postmaster abuse", .flags = PLI_RELOAD,
            .doc = "Recipients that take mail from everybody: addresses, or names before the @.",
            .rfc = "RFC 5321 4.5.1"),
  PLI_BOOL (DnsblSettings, reason, "yes", .flags = PLI_RELOAD,
            .doc = "Whether a client is told the text that the list gives.", .rfc = "RFC 5782 2.1"),
  PLI_DURATION (DnsblSettings, cache, "5min", .max = 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "How long what the lists said is used again."),
  PLI_INT (DnsblSettings, clients_max, "10000", .min = 1, .max = 10000000, .flags = PLI_RELOAD,
           .doc = "Addresses and domains that a room keeps an answer for."),
  PLI_INT (DnsblSettings, lookups_max, "256", .min = 1, .max = 65536, .flags = PLI_RELOAD,
           .doc = "Lookups of a room at the same time; further ones wait."),
  { 0 }
};

static const PliFactRow facts[] = { { "dnsbl.listed", PLI_TYPE_BOOL, "yes when a list has it; else not there." },
                                    { "dnsbl.zone", PLI_TYPE_TEXT, "The lists that have it, with commas." },
                                    { "dnsbl.score", PLI_TYPE_INT, "Sum of their weights." },
                                    { 0 } };

static gboolean
wants (gpointer self, PliStage stage)
{
  const DnsblSettings *set = pli_plugin_settings (((const Dnsbl *) self)->plugin);

  switch (stage)
    {
    case PLI_STAGE_CONNECT:
      return *set->lists != NULL;
    case PLI_STAGE_HELLO:
      return *set->helo_lists != NULL;
    case PLI_STAGE_MAIL:
      return *set->sender_lists != NULL;
    default:
      return *set->lists || *set->helo_lists || *set->sender_lists;
    }
}

static gboolean
check (const char *key, const char *const *words, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  DnsblList list;

  for (; *words; words++)
    if (!dnsbl_list_parse (*words, arena, &list))
      {
        g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG,
                     "[filter-dnsbl] %s: \"%s\" is no list; write zone[:answer[-answer]][=weight]", key, *words);
        return FALSE;
      }
  return TRUE;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  const DnsblSettings *set = pli_plugin_settings (plugin);
  const char *fault = pli_networks_fault (set->skip);

  if (!check ("lists", set->lists, error) || !check ("sender-lists", set->sender_lists, error)
      || !check ("helo-lists", set->helo_lists, error))
    return FALSE;
  if (fault)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[filter-dnsbl] skip: %s is no network", fault);
      return FALSE;
    }
  pli_plugin_set_data (plugin, dnsbl_new (plugin));
  return TRUE;
}

static void
unload (PliPlugin *plugin)
{
  dnsbl_free (pli_plugin_data (plugin));
}

static const char *const needs[] = { "dns", NULL };
static const char *const rights[] = { "edit-headers", NULL };
static const PliFilter filter = { .size = sizeof (PliFilter),
                                  .on_connect = dnsbl_on_connect,
                                  .on_hello = dnsbl_on_hello,
                                  .on_mail = dnsbl_on_mail,
                                  .on_rcpt = dnsbl_on_rcpt,
                                  .wants = wants };
static const PliService services[] = { PLI_FILTER ("dnsbl", &filter), { 0 } };

PLI_PLUGIN (filter_dnsbl, .name = "filter-dnsbl", .version = "1", .summary = "Asks DNS block lists", .needs = needs,
            .rights = rights, .settings = settings, .settings_size = sizeof (DnsblSettings), .facts = facts,
            .services = services, .load = load, .unload = unload);
