/* trace.c: the fields that we put on top of a message. RFC 5321 4.4, RFC 3848 (what `with` says).
 *
 * They are written before the first byte of the message arrives, so that it need not be moved. `for` is there for a
 * single recipient only: others are not told of each other. */
#include "smtp.h"

static const char *
protocol (Smtp *smtp)
{
  static const char *const smtp_names[] = { "ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA" };
  static const char *const lmtp_names[] = { "LMTP", "LMTPS", "LMTPA", "LMTPSA" };
  guint at = (pli_session_is_secure (smtp->session) ? 1 : 0) + (smtp->signed_in ? 2 : 0);

  return smtp_is_lmtp (smtp) ? lmtp_names[at] : smtp->esmtp ? smtp_names[at] : "SMTP";
}

/* What the client calls itself stands where a domain must be only if it is one. */
static void
write_helo (PliBuffer *out, const char *helo)
{
  PliSpan name = pli_span_from (helo);

  if (pli_domain_valid (name, FALSE) || pli_address_literal_valid (name))
    {
      pli_buffer_add_span (out, name);
      return;
    }
  pli_buffer_add_text (out, "unknown (HELO ");
  for (gsize i = 0; i < name.len; i++)
    pli_buffer_add_char (out, strchr ("()\\<>;\"", name.data[i]) ? '?' : name.data[i]);
  pli_buffer_add_char (out, ')');
}

void
smtp_trace_write (Smtp *smtp, PliBuffer *out)
{
  PliTxn *txn = smtp->mail.txn;
  const char *peer = pli_session_peer (smtp->session), *tls = pli_session_tls_text (smtp->session);
  char date[PLI_DATE_SIZE];

  pli_buffer_printf (out, "Return-Path: <%s>\r\nReceived: from ", pli_txn_sender (txn));
  write_helo (out, smtp->helo);
  pli_buffer_printf (out, " ([%s%s])", strchr (peer, ':') ? "IPv6:" : "", peer);
  if (tls)
    pli_buffer_printf (out, "\r\n\t(%s)", tls);
  pli_buffer_printf (out, "\r\n\tby %s (Pli) with %s id %s", pli_session_hostname (smtp->session), protocol (smtp),
                     pli_txn_id (txn));
  if (smtp->mail.rcpts == 1 && pli_txn_n_rcpts (txn) == 1)
    pli_buffer_printf (out, "\r\n\tfor <%s>", pli_txn_rcpts (txn)[0]);
  pli_date_format (pli_txn_received_us (txn), 0, date);
  pli_buffer_printf (out, ";\r\n\t%s\r\n", date);
}
