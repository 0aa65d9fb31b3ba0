/* settings.c: the rows of `[net]` and `[listener NAME]`; nothing else knows names, defaults and bounds of them. */
#include "net/settings.h"

#include "net/tls.h"

static const char *const tls_modes[] = { "none", "starttls", "implicit", NULL };
static const char *const proxy_modes[] = { "off", "required", NULL };

const PliSetting pli_net_settings[] = {
  PLI_INT (PliNetSettings, connections_max, "20000", .min = 1, .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Connections that one room holds at most; further ones are closed at once."),
  PLI_INT (PliNetSettings, accepts_per_round, "32", .min = 1, .max = 1024, .flags = PLI_RELOAD,
           .doc = "Connections that a listener takes before other work gets its turn."),
  PLI_DURATION (PliNetSettings, handshake_timeout, "30s", .min = G_USEC_PER_SEC, .max = 600 * (gint64) G_USEC_PER_SEC,
                .flags = PLI_RELOAD, .doc = "Time for a PROXY header and a TLS handshake together."),
  PLI_DURATION (PliNetSettings, write_timeout, "5min", .min = G_USEC_PER_SEC, .max = 3600 * (gint64) G_USEC_PER_SEC,
                .flags = PLI_RELOAD,
                .doc = "A client that takes none of the output waiting for it is dropped after this time."),
  PLI_SIZE (PliNetSettings, output_high, "256KiB", .min = 4096, .max = 16 * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Output waiting for one client, beyond which its commands are not read until it has taken that."),
  PLI_TEXT (PliNetSettings, tls_priority, PLI_TLS_PRIORITY, .flags = PLI_RELOAD,
            .doc = "GnuTLS priority string; versions before TLS 1.2 stay off whatever it says.", .rfc = "RFC 8996"),
  PLI_BOOL (PliNetSettings, tls_tickets, "yes", .flags = PLI_RELOAD,
            .doc = "Let clients resume TLS sessions by tickets.", .rfc = "RFC 8446 2.2, RFC 5077"),
  { 0 },
};

const PliSetting pli_listener_settings[] = {
  PLI_LIST (PliListenerSettings, address, "[::], 0.0.0.0", .doc = "Addresses to listen on."),
  PLI_INT (PliListenerSettings, port, NULL, .min = 0, .max = 65535, .flags = PLI_REQUIRED,
           .doc = "TCP port; 0 lets the system choose one."),
  PLI_TEXT (PliListenerSettings, protocol, NULL, .flags = PLI_REQUIRED,
            .doc = "Which engine serves the connections: smtp, imap, pop3."),
  PLI_TEXT (PliListenerSettings, role, NULL, .flags = PLI_RELOAD,
            .doc = "What the engine is here for, such as mx or submission; the engine names its roles."),
  PLI_CHOICE (PliListenerSettings, tls, "starttls", .choices = tls_modes, .flags = PLI_RELOAD,
              .doc = "No TLS, TLS when the client asks for it, or TLS from the first byte.", .rfc = "RFC 8314"),
  PLI_CHOICE (PliListenerSettings, proxy, "off", .choices = proxy_modes, .flags = PLI_RELOAD,
              .doc =
                  "Whether each connection begins with a PROXY header of a load balancer, which then alone can reach "
                  "this port.",
              .rfc = "PROXY protocol 1 and 2"),
  PLI_BOOL (PliListenerSettings, plaintext_login, "no", .flags = PLI_RELOAD,
            .doc = "Take passwords without TLS also from other hosts.", .rfc = "RFC 8314 4.1"),
  PLI_INT (PliListenerSettings, connections_max, "0", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Connections of this listener in one room; 0: only the limit of [net]."),
  PLI_INT (PliListenerSettings, connections_per_address, "50", .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Connections from one IPv4 address or one IPv6 /64 in one room, loopback aside; 0: no limit."),
  { 0 },
};
