/* plugin.c: auth-front, which answers for all directories: asks the sources in order, leads SASL, slows down guessing. */
#include "auth-front.h"

#define SECONDS ((gint64) G_USEC_PER_SEC)
#define DAY (24 * 3600 * SECONDS)

static const PliSetting settings[] = {
  PLI_DURATION (FrontSettings, failure_delay, "500ms", .max = 10 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long the answer to a first wrong login is held back; doubled by each further one."),
  PLI_DURATION (FrontSettings, failure_delay_max, "8s", .max = 30 * SECONDS, .flags = PLI_RELOAD,
                .doc = "Longest such delay."),
  PLI_DURATION (FrontSettings, failure_memory, "15min", .max = DAY, .flags = PLI_RELOAD,
                .doc = "How long failures of a login or a client address are remembered after the last one."),
  PLI_INT (FrontSettings, login_failures_max, "20", .max = 1000000, .flags = PLI_RELOAD,
           .doc =
               "Failures after which a login is blocked, but for clients that signed in with it before; 0 for never."),
  PLI_INT (FrontSettings, client_failures_max, "50", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Failures after which a client address (IPv6: its /64) is blocked for other logins than those that "
                  "it signed in with before; 0 for never."),
  PLI_DURATION (FrontSettings, block_time, "15min", .max = 30 * DAY, .flags = PLI_RELOAD,
                .doc = "How long a login or a client address is blocked; `pli account unblock` ends it."),
  PLI_DURATION (FrontSettings, known_client_memory, "30d", .max = 366 * DAY, .flags = PLI_RELOAD,
                .doc = "How long it is remembered that a client signed in with a login."),
  PLI_INT (FrontSettings, conversations_max, "2000", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "How many SASL conversations may be under way; more are told to try again later."),
  PLI_DURATION (FrontSettings, conversation_time, "2min", .min = SECONDS, .max = 3600 * SECONDS, .flags = PLI_RELOAD,
                .doc = "How long a SASL conversation may take."),
  PLI_INT (FrontSettings, steps_max, "8", .min = 4, .max = 100, .flags = PLI_RELOAD,
           .doc = "How many steps a SASL conversation may have.", .rfc = "RFC 4422"),
  PLI_SIZE (FrontSettings, response_max, "8KiB", .min = 1024, .max = 65536, .flags = PLI_RELOAD,
            .doc = "How much a client may say in all steps together."),
  { 0 }
};

static const PliDirectory directory = { .size = sizeof (PliDirectory),
                                        .resolve = front_resolve,
                                        .verify = front_verify,
                                        .change = front_change,
                                        .list = front_list,
                                        .sasl = front_sasl };
static const PliService services[] = { PLI_DIRECTORY ("front", &directory), { 0 } };

const FrontSettings *
front_settings (const Front *front)
{
  return pli_plugin_settings (front->plugin);
}

static void
unload (PliPlugin *plugin)
{
  Front *front = pli_plugin_data (plugin);

  front_throttle_free (front->throttle);
  front_talks_free (front->talks);
  explicit_bzero (front->secret, sizeof front->secret);
  g_free (front);
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Front *front = g_new0 (Front, 1);

  front->plugin = plugin;
  front->instance = pli_plugin_instance (plugin);
  front->throttle = front_throttle_new ();
  front->talks = front_talks_new ();
  pli_plugin_set_data (plugin, front);
  if (front_secret_load (front, error))
    return TRUE;
  unload (plugin);
  return FALSE;
}

PLI_PLUGIN (auth_front, .name = "auth-front", .version = "1",
            .summary = "Asks the directories in order, leads SASL, slows guessing down", .settings = settings,
            .settings_size = sizeof (FrontSettings), .services = services, .load = load, .unload = unload);
