/* plugin.c: proto-imap, the IMAP engine: IMAP4rev1 (RFC 3501) with the extensions that basic.c announces.
 *
 * Only lists: settings and service. */
#include "imap.h"

static const PliSetting settings[] = {
  PLI_SIZE (ImapSettings, line_max, "64KiB", .min = 8192, .max = 16 << 20,
            .doc = "Longest command, without its literals.", .rfc = "RFC 2683 3.2.1.5"),
  PLI_SIZE (ImapSettings, literal_max, "64KiB", .min = 1024, .max = 16 << 20,
            .doc = "Bytes of all literals of one command, the message of APPEND not counted.", .rfc = "RFC 3501 4.3"),
  PLI_SIZE (ImapSettings, append_max, "50MiB", .min = 1 << 20, .max = 1 << 30,
            .doc = "Largest message that APPEND takes.", .rfc = "RFC 3501 6.3.11"),
  PLI_SIZE (ImapSettings, header_max, "1MiB", .min = 64 << 10, .max = 1 << 20,
            .doc = "How much of a header is looked at for single fields, in FETCH and SEARCH."),
  PLI_SIZE (ImapSettings, search_part_max, "1MiB", .min = 64 << 10, .max = 1 << 20,
            .doc = "How much of each text part is searched by SEARCH BODY and TEXT.", .rfc = "RFC 3501 6.4.4"),
  PLI_INT (ImapSettings, nesting_max, "50", .min = 5, .max = 1000,
           .doc = "Deepest nesting of search keys in one command.", .rfc = "RFC 3501 6.4.4"),
  PLI_INT (ImapSettings, bad_commands_max, "20", .min = 1, .max = 10000,
           .doc = "After so many commands in a row that are none, the session is closed."),
  PLI_INT (ImapSettings, login_failures_max, "5", .min = 1, .max = 1000,
           .doc = "After so many failed logins the session is closed."),
  PLI_DURATION (ImapSettings, login_timeout, "60s", .min = G_USEC_PER_SEC, .max = 3600 * (gint64) G_USEC_PER_SEC,
                .doc = "Time that a client may be silent before it has logged in."),
  PLI_DURATION (
      ImapSettings, idle_timeout, "30min", .min = 60 * (gint64) G_USEC_PER_SEC, .max = 86400 * (gint64) G_USEC_PER_SEC,
      .doc = "Time that a client may be silent after login; clients rely on 30 minutes.", .rfc = "RFC 3501 5.4"),
  { 0 }
};

static const PliService services[] = { PLI_PROTOCOL ("imap", &imap_protocol), { 0 } };

PLI_PLUGIN (proto_imap, .name = "proto-imap", .version = "1", .summary = "IMAP4rev1 server", .settings = settings,
            .settings_size = sizeof (ImapSettings), .services = services);
