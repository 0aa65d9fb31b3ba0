/* plugin.c: queue-log: the queue that keeps messages in segments and its state in a journal beside them. */
#include "queue-log.h"
#include "start.h"

static const PliSetting settings[] = {
  PLI_SIZE (Settings, segment_size, "64MiB", .min = 1024 * 1024, .max = G_GINT64_CONSTANT (1) << 34,
            .doc = "A segment file is closed when it has grown over this."),
  PLI_SIZE (Settings, large_message, "1MiB", .min = 64 * 1024, .max = G_GINT64_CONSTANT (1) << 34,
            .doc = "Messages over this get a segment file of their own."),
  PLI_SIZE (Settings, free_min, "64MiB", .max = G_GINT64_CONSTANT (1) << 40, .flags = PLI_RELOAD,
            .doc = "Bytes of the volume that accepting mail leaves free, so that what was accepted can be settled.",
            .rfc = "RFC 5321 4.5.3.1.10"),
  PLI_DURATION (Settings, journal_sync, "1s", .min = 1000, .max = 60 * G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Longest time until an end is on disk; until then a crash repeats it, which stores notice."),
  PLI_DURATION (Settings, retry_first, "5min", .min = 1000, .max = 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Pause before the second try; each further one is twice as long.", .rfc = "RFC 5321 4.5.4.1"),
  PLI_DURATION (Settings, retry_max, "4h", .min = 1000, .max = 7 * 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Longest pause between two tries."),
  PLI_DURATION (Settings, lifetime, "5d", .min = 1000, .max = 60 * 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "A recipient that could not be reached for so long is given up.", .rfc = "RFC 5321 4.5.4.1"),
  PLI_INT (Settings, lag_max, "50000", .min = 100, .max = 10000000, .flags = PLI_RELOAD,
           .doc = "Messages on their way to a mailbox at once; more are answered 451."),
  PLI_SIZE (Settings, journal_size, "64MiB", .min = 64 * 1024, .max = G_GINT64_CONSTANT (1) << 32, .flags = PLI_RELOAD,
            .doc = "The journal is folded into a snapshot when it has grown over this."),
  PLI_DURATION (Settings, sweep, "10min", .min = 1000, .max = 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Pause between two looks for segment files that nobody needs any more, which are removed."),
  PLI_TEXT (Settings, hostname, NULL, .flags = PLI_RELOAD,
            .doc = "Name in reports to senders; unset, the machine's own."),
  PLI_INT (Settings, batches_max, "64", .min = 4, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Batches of 64 deliveries under way to one store at most; slow stores get fewer, down to 4."),
  PLI_INT (Settings, sends_max, "200", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "Messages with transports at once; the rest waits its turn."),
  PLI_INT (Settings, sends_per_destination, "20", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "The same for one domain by one route."),
  PLI_SIZE (Settings, send_bytes_max, "256MiB", .min = 1024 * 1024, .max = G_GINT64_CONSTANT (1) << 40,
            .flags = PLI_RELOAD, .doc = "Bytes of messages with transports at once; a larger one goes alone."),
  PLI_INT (Settings, send_rcpts_max, "100", .min = 1, .max = 10000, .flags = PLI_RELOAD,
           .doc = "Recipients of a message that a transport gets at once.", .rfc = "RFC 5321 4.5.3.1.8"),
  PLI_INT (Settings, waiting_hot, "1000", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Messages that wait for their turn with all that is known of them in memory; others are read again."),
  PLI_DURATION (Settings, delay_warning, "4h", .max = 60 * 86400 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "The sender is told once when a message waits for so long; 0: never.",
                .rfc = "RFC 3464, RFC 5321 4.5.4.1"),
  PLI_CHOICE (Settings, language, "en", .choices = words_languages, .flags = PLI_RELOAD,
              .doc = "Language of reports to senders."),
  PLI_INT (Settings, redirects_max, "10", .min = 1, .max = 100, .flags = PLI_RELOAD,
           .doc = "Redirections by rules, one after the other, beyond which a message is returned."),
  { 0 }
};

static const PliQueue queue = { .size = sizeof queue,
                                .submit = queue_submit,
                                .control = queue_control,
                                .list = queue_list,
                                .show = queue_show,
                                .route = queue_route };
static const PliService services[] = { PLI_QUEUE ("log", &queue), { 0 } };

PLI_PLUGIN (queue_log, .name = "queue-log", .version = "1", .summary = "Queue in append-only segments",
            .settings = settings, .settings_size = sizeof (Settings), .services = services, .load = queue_load,
            .stop = queue_stop, .unload = queue_unload, .measure = queue_measure);
