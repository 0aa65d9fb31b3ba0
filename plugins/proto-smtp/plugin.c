/* plugin.c: proto-smtp, the engine of SMTP (mail from the world), submission (mail from our users) and LMTP. */
#include "smtp.h"
#include <pli/plugin.h>

static const char *const nul_choices[] = { "refuse", "pass", NULL };
static const char *const bare_newline_choices[] = { "close", "refuse", NULL };

static const PliSetting settings[] = {
  PLI_SIZE (SmtpSettings, size_max, "50MiB", .min = 1024, .flags = PLI_RELOAD,
            .doc = "Largest message, as it is received.", .rfc = "RFC 1870"),
  PLI_INT (SmtpSettings, rcpts_max, "1000", .min = 1, .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Recipients of one message; further ones are answered 452.", .rfc = "RFC 5321 4.5.3.1.8"),
  PLI_SIZE (SmtpSettings, command_max, "4096", .min = 512, .max = 65536, .flags = PLI_RELOAD,
            .doc = "Longest command line, with its CRLF.", .rfc = "RFC 5321 4.5.3.1.4"),
  PLI_SIZE (SmtpSettings, auth_line_max, "12288", .min = 512, .max = 65536, .flags = PLI_RELOAD,
            .doc = "Longest line that answers AUTH, with its CRLF.", .rfc = "RFC 4954 4"),
  PLI_SIZE (SmtpSettings, data_line_max, "0", .flags = PLI_RELOAD,
            .doc = "Longest line of a message, without its CRLF; longer ones refuse it; 0: any length.",
            .rfc = "RFC 5321 4.5.3.1.6"),
  PLI_CHOICE (SmtpSettings, bare_newline, "close", .choices = bare_newline_choices, .flags = PLI_RELOAD,
              .doc = "What follows the refusal of a CR or LF that is no line end: close the session, or go on.",
              .rfc = "RFC 5321 2.3.8"),
  PLI_CHOICE (SmtpSettings, nul, "refuse", .choices = nul_choices, .flags = PLI_RELOAD,
              .doc = "Whether a message with a NUL is refused, or passed as it is.", .rfc = "RFC 5322 4"),
  PLI_INT (SmtpSettings, hops_max, "50", .min = 1, .max = 1000, .flags = PLI_RELOAD,
           .doc = "Received fields of a message that is no loop yet.", .rfc = "RFC 5321 6.3"),
  PLI_INT (SmtpSettings, errors_max, "20", .min = 1, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Refused commands since the last accepted message after which a session is ended."),
  PLI_INT (SmtpSettings, auth_failures_max, "3", .min = 1, .max = 100, .flags = PLI_RELOAD,
           .doc = "Failed logins after which a session is ended.", .rfc = "RFC 4954 4"),
  PLI_BOOL (SmtpSettings, sender_must_match, "yes", .flags = PLI_RELOAD,
            .doc = "Whether who is signed in may only use sender addresses that are theirs.", .rfc = "RFC 6409 6.1"),
  PLI_LIST (SmtpSettings, relay_networks, "", .flags = PLI_RELOAD,
            .doc = "Networks whose hosts may send to anywhere, without a login, through listeners of the role relay."),
  PLI_TEXT (
      SmtpSettings, quarantine, "\\Junk", .flags = PLI_RELOAD,
      .doc = "Mailbox that a quarantined message is delivered to: one with a role, such as \\Junk, or its name; empty: "
             "INBOX.",
      .rfc = "RFC 6154 2"),
  PLI_SIZE (SmtpSettings, memory_max, "1GiB", .min = 1048576, .flags = PLI_RELOAD,
            .doc = "Memory for all messages that a room is receiving; beyond it clients are answered 452."),
  PLI_DURATION (SmtpSettings, idle, "5min", .min = G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Silence after which a session is ended.", .rfc = "RFC 5321 4.5.3.2.7"),
  { 0 }
};

static const PliService services[] = { PLI_PROTOCOL ("smtp", &smtp_protocol), { 0 } };

PLI_PLUGIN (proto_smtp, .name = "proto-smtp", .version = "1", .summary = "SMTP, submission and LMTP",
            .settings = settings, .settings_size = sizeof (SmtpSettings), .services = services);
