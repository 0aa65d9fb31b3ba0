/* plugin.c: filter-clamav, which has messages scanned by clamd. */
#include "clamav.h"

#include "reply.h"

static const char *const infected_choices[] = { "reject", "quarantine", NULL };
static const char *const too_big_choices[] = { "pass", "reject", "quarantine", NULL };

static const PliSetting settings[] = {
  PLI_LIST (
      ClamavSettings, address, NULL, .flags = PLI_RELOAD,
      .doc = "Where clamd listens: /run/clamav/clamd.ctl, 192.0.2.1:3310 or [2001:db8::1]:3310; several are tried in "
             "order; none: no message is scanned."),
  PLI_CHOICE (ClamavSettings, infected, "reject", .choices = infected_choices, .flags = PLI_RELOAD,
              .doc = "What becomes of an infected message; what is submitted is rejected in either case."),
  PLI_SIZE (ClamavSettings, size_max, "25MiB", .min = 1024, .max = 0xffffffff, .flags = PLI_RELOAD,
            .doc = "Largest message that is scanned; not more than StreamMaxLength of clamd.conf."),
  PLI_CHOICE (ClamavSettings, too_big, "pass", .choices = too_big_choices, .flags = PLI_RELOAD,
              .doc = "What becomes of a larger one."),
  PLI_TEXT (ClamavSettings, mark, "[infected]", .flags = PLI_RELOAD,
            .doc = "What is put in front of the subject of a message in quarantine, in ASCII; empty: nothing."),
  PLI_SIZE (ClamavSettings, chunk, "64KiB", .min = 1, .max = 16777216, .flags = PLI_RELOAD,
            .doc = "How much is sent to clamd at once, and waits for it at most."),
  PLI_SIZE (ClamavSettings, reply_max, "4KiB", .min = 64, .max = 65536, .flags = PLI_RELOAD,
            .doc = "Longest reply of clamd."),
  PLI_DURATION (ClamavSettings, connect, "3s", .min = 1000, .max = 600 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "How long a connection to one clamd may take to open; the scan itself may take the filter's "
                       "deadline."),
  { 0 }
};

static const PliFactRow facts[] = { { "clamav.result", PLI_TYPE_TEXT,
                                      "clean, infected or too-big; not there when nothing was scanned." },
                                    { "clamav.signature", PLI_TYPE_TEXT, "What clamd calls it; when infected." },
                                    { 0 } };

static gboolean
wants (gpointer self, PliStage stage)
{
  const ClamavSettings *set = pli_plugin_settings (self);

  (void) stage;
  return *set->address != NULL;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  const ClamavSettings *set = pli_plugin_settings (plugin);
  g_autoptr (PliArena) arena = pli_arena_new ();
  const char *address;
  guint port;

  for (const char *const *word = set->address; *word; word++)
    if (!clamav_address_parse (*word, arena, &address, &port))
      {
        g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[filter-clamav] address: %s is no ADDRESS:PORT and no path",
                     *word);
        return FALSE;
      }
  pli_plugin_set_data (plugin, plugin);
  return TRUE;
}

static const char *const needs[] = { "connect", NULL };
static const char *const rights[] = { "read-body", "edit-headers", NULL };
static const PliFilter filter = { .size = sizeof (PliFilter), .on_message = clamav_on_message, .wants = wants };
static const PliService services[] = { PLI_FILTER ("clamav", &filter), { 0 } };

PLI_PLUGIN (filter_clamav, .name = "filter-clamav", .version = "1", .summary = "Has messages scanned by clamd",
            .needs = needs, .rights = rights, .settings = settings, .settings_size = sizeof (ClamavSettings),
            .facts = facts, .services = services, .load = load);
