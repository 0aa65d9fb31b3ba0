/* plugin.c: proto-pop3, the engine of POP3: one reader takes the messages of INBOX away. */
#include "pop3.h"
#include <pli/plugin.h>

static const PliSetting settings[] = {
  PLI_DURATION (Pop3Settings, idle, "10min", .min = 10 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Silence after which a session is ended without deleting anything.", .rfc = "RFC 1939 3"),
  PLI_DURATION (Pop3Settings, login_idle, "1min", .min = G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "The same before a login."),
  PLI_SIZE (Pop3Settings, line_max, "1024", .min = 255, .max = 65536, .flags = PLI_RELOAD,
            .doc = "Longest command line, with its CRLF.", .rfc = "RFC 2449 4"),
  PLI_SIZE (Pop3Settings, auth_line_max, "12288", .min = 255, .max = 65536, .flags = PLI_RELOAD,
            .doc = "Longest line that answers AUTH, with its CRLF.", .rfc = "RFC 5034 4"),
  PLI_INT (Pop3Settings, auth_failures_max, "3", .min = 1, .max = 100, .flags = PLI_RELOAD,
           .doc = "Failed logins after which a session is ended."),
  PLI_INT (Pop3Settings, errors_max, "20", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Commands that make no sense, after which a session is ended."),
  PLI_INT (Pop3Settings, messages_max, "500000", .min = 1, .max = 10000000, .flags = PLI_RELOAD,
           .doc = "Messages that a session shows at most, the oldest first."),
  PLI_SIZE (Pop3Settings, chunk, "64KiB", .min = 4096, .max = 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Bytes of a message that are asked of the store at a time."),
  PLI_BOOL (Pop3Settings, mark_seen, "yes", .flags = PLI_RELOAD,
            .doc = "Whether messages that were retrieved and kept are marked as read at QUIT."),
  { 0 }
};

static const PliService services[] = { PLI_PROTOCOL ("pop3", &pop3_protocol), { 0 } };

PLI_PLUGIN (proto_pop3, .name = "proto-pop3", .version = "1", .summary = "POP3", .settings = settings,
            .settings_size = sizeof (Pop3Settings), .services = services);
