/* dsn.c: reports on what became of a message: bounces, delays, and successes that were asked for.
 *
 * Writes a complete multipart/report. Values that strangers chose (diagnostics, addresses, the original) go through
 * pli_header_write() or stand behind a boundary that they cannot know. The queue says what, when and to whom.
 * RFC 3464, RFC 6522 (multipart/report), RFC 6533 (UTF-8), RFC 3834 (Auto-Submitted). */
#include "mail/token.h"

static const struct
{
  const char *name;
  const char *status;
  const char *subject;
  const char *sentence;
} actions[] = {
  [PLI_DSN_FAILED] = { "failed", "5.0.0", "Undelivered mail", "could not be delivered to:" },
  [PLI_DSN_DELAYED] = { "delayed", "4.0.0", "Delayed mail", "could not be delivered yet, and is tried again, to:" },
  [PLI_DSN_DELIVERED] = { "delivered", "2.0.0", "Delivered mail", "was delivered to:" },
  [PLI_DSN_RELAYED] = { "relayed", "2.0.0", "Relayed mail", "was sent on, to a system that sends no receipts, for:" },
  [PLI_DSN_EXPANDED] = { "expanded", "2.0.0", "Expanded mail", "was given to a list or alias, which is:" },
};

/* Written like a header field; without 8-bit bytes unless the report may have them. */
static void
add_field (const PliDsn *dsn, const char *name, PliSpan value, PliBuffer *out)
{
  gsize start = out->len;

  pli_header_write (out, pli_span_from (name), value);
  for (; !dsn->utf8 && start < out->len; start++)
    if ((guint8) out->data[start] > 127)
      out->data[start] = '?';
}

/* `prefix value suffix` */
static void
add_pair (const PliDsn *dsn, const char *name, const char *prefix, PliSpan value, const char *suffix, PliBuffer *out)
{
  g_auto (PliBuffer) text = { 0 };

  pli_buffer_add_text (&text, prefix);
  pli_buffer_add_span (&text, value);
  pli_buffer_add_text (&text, suffix);
  add_field (dsn, name, pli_buffer_span (&text), out);
}

static void
add_date (const PliDsn *dsn, const char *name, gint64 us, PliBuffer *out)
{
  char text[PLI_DATE_SIZE];

  if (us == 0)
    return;
  pli_date_format (us, 0, text);
  add_field (dsn, name, pli_span_from (text), out);
}

/* Lines with CRLF and without control characters; the last one is ended. */
static void
add_lines (PliSpan text, PliBuffer *out)
{
  gsize column = 0;

  for (gsize i = 0; i < text.len; i++)
    {
      char c = text.data[i];

      if (c == '\n' || column >= 900)
        {
          pli_buffer_add (out, "\r\n", 2);
          column = 0;
        }
      if (c == '\n' || (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n'))
        continue;
      pli_buffer_add_char (out, ((guint8) c < 32 && c != '\t') || c == 127 ? '?' : c);
      column++;
    }
  if (column > 0)
    pli_buffer_add (out, "\r\n", 2);
}

static gboolean
has_high (PliSpan text)
{
  guint8 all = 0;

  for (gsize i = 0; i < text.len; i++)
    all |= (guint8) text.data[i];
  return all > 127;
}

static void
add_boundary (const PliDsn *dsn, const char *suffix, PliBuffer *out)
{
  pli_buffer_add_text (out, "--=_");
  pli_buffer_add_span (out, dsn->id);
  pli_buffer_add_text (out, suffix);
  pli_buffer_add_text (out, "\r\n");
}

static void
add_header (const PliDsn *dsn, PliSpan subject, PliBuffer *out)
{
  g_auto (PliBuffer) text = { 0 };

  add_pair (dsn, "From", "Mail Delivery System <", dsn->from, ">", out);
  add_field (dsn, "To", dsn->to, out);
  add_field (dsn, "Subject", subject, out);
  add_date (dsn, "Date", dsn->now_us, out);
  pli_buffer_add_text (&text, "<");
  pli_buffer_add_span (&text, dsn->id);
  pli_buffer_add_text (&text, "@");
  pli_buffer_add_span (&text, dsn->host);
  pli_buffer_add_text (&text, ">");
  add_field (dsn, "Message-ID", pli_buffer_span (&text), out);
  /* RFC 3834 5: so that no other robot answers. */
  add_field (dsn, "Auto-Submitted", PLI_SPAN ("auto-replied"), out);
  add_field (dsn, "MIME-Version", PLI_SPAN ("1.0"), out);
  add_pair (dsn, "Content-Type", "multipart/report; report-type=delivery-status;\r\n boundary=\"=_", dsn->id, "\"",
            out);
  pli_buffer_add_text (out, "\r\n");
}

/* What is told when the caller has no words of its own. */
static void
add_default_text (const PliDsn *dsn, PliBuffer *text)
{
  pli_buffer_add_text (text, "This is the mail system at ");
  pli_buffer_add_span (text, dsn->host);
  pli_buffer_add_text (text, ".\n");
  for (guint action = 0; action < G_N_ELEMENTS (actions); action++)
    {
      gboolean any = FALSE;

      for (guint i = 0; i < dsn->n_rcpts; i++)
        {
          const PliDsnRcpt *rcpt = &dsn->rcpts[i];

          if (rcpt->action != action)
            continue;
          if (!any)
            {
              pli_buffer_add_text (text, "\nYour message ");
              pli_buffer_add_span (text, dsn->original_id);
              pli_buffer_add_text (text, dsn->original_id.len > 0 ? " " : "");
              pli_buffer_add_text (text, actions[action].sentence);
              pli_buffer_add_text (text, "\n\n");
              any = TRUE;
            }
          pli_buffer_add_text (text, "  <");
          pli_buffer_add_span (text, rcpt->final_rcpt);
          pli_buffer_add_text (text, ">\n");
          if (rcpt->remote_mta.len > 0)
            {
              pli_buffer_add_text (text, "    the host ");
              pli_buffer_add_span (text, rcpt->remote_mta);
              pli_buffer_add_text (text, " said:\n");
            }
          if (rcpt->diagnostic.len > 0)
            {
              pli_buffer_add_text (text, "    ");
              pli_buffer_add_span (text, rcpt->diagnostic);
              pli_buffer_add_text (text, "\n");
            }
        }
    }
}

static void
add_rcpt (const PliDsn *dsn, const PliDsnRcpt *rcpt, PliBuffer *out)
{
  guint action = MIN ((guint) rcpt->action, G_N_ELEMENTS (actions) - 1);
  PliSpan normal = pli_span_from (actions[action].status);

  pli_buffer_add_text (out, "\r\n");
  if (rcpt->original_rcpt.len > 0)
    add_field (dsn, "Original-Recipient", rcpt->original_rcpt, out);
  add_pair (dsn, "Final-Recipient", has_high (rcpt->final_rcpt) && dsn->utf8 ? "utf-8; " : "rfc822; ", rcpt->final_rcpt,
            "", out);
  add_field (dsn, "Action", pli_span_from (actions[action].name), out);
  /* RFC 3464 2.3.4: the class fits the action. */
  add_field (dsn, "Status",
             pli_status_valid (rcpt->status) && rcpt->status.data[0] == normal.data[0] ? rcpt->status : normal, out);
  if (rcpt->remote_mta.len > 0)
    add_pair (dsn, "Remote-MTA", "dns; ", rcpt->remote_mta, "", out);
  if (rcpt->diagnostic.len > 0)
    add_pair (dsn, "Diagnostic-Code", "smtp; ", rcpt->diagnostic, "", out);
  add_date (dsn, "Last-Attempt-Date", rcpt->last_attempt_us, out);
  if (rcpt->action == PLI_DSN_DELAYED)
    add_date (dsn, "Will-Retry-Until", rcpt->retry_until_us, out);
}

void
pli_dsn_write (const PliDsn *dsn, PliBuffer *out)
{
  g_auto (PliBuffer) text = { 0 };
  guint worst = dsn->n_rcpts > 0 ? PLI_DSN_EXPANDED : PLI_DSN_FAILED;

  for (guint i = 0; i < dsn->n_rcpts; i++)
    worst = MIN (worst, (guint) dsn->rcpts[i].action);
  add_header (dsn, dsn->subject.len > 0 ? dsn->subject : pli_span_from (actions[worst].subject), out);

  add_boundary (dsn, "", out);
  if (dsn->text.len > 0)
    pli_buffer_add_span (&text, dsn->text);
  else
    add_default_text (dsn, &text);
  pli_buffer_add_text (out, "Content-Type: text/plain; charset=utf-8\r\n");
  pli_buffer_add_text (out, has_high (pli_buffer_span (&text)) ? "Content-Transfer-Encoding: 8bit\r\n\r\n" : "\r\n");
  add_lines (pli_buffer_span (&text), out);
  pli_buffer_add_text (out, "\r\n");

  add_boundary (dsn, "", out);
  pli_buffer_add_text (out, dsn->utf8 ? "Content-Type: message/global-delivery-status\r\n"
                                        "Content-Transfer-Encoding: 8bit\r\n\r\n"
                                      : "Content-Type: message/delivery-status\r\n\r\n");
  if (dsn->envid.len > 0)
    add_field (dsn, "Original-Envelope-Id", dsn->envid, out);
  add_pair (dsn, "Reporting-MTA", "dns; ", dsn->host, "", out);
  if (dsn->original_id.len > 0)
    add_field (dsn, "X-Pli-Message-Id", dsn->original_id, out);
  add_date (dsn, "Arrival-Date", dsn->arrival_us, out);
  for (guint i = 0; i < dsn->n_rcpts; i++)
    add_rcpt (dsn, &dsn->rcpts[i], out);
  pli_buffer_add_text (out, "\r\n");

  add_boundary (dsn, "", out);
  if (dsn->return_full)
    pli_buffer_add_text (out, dsn->utf8 ? "Content-Type: message/global\r\n" : "Content-Type: message/rfc822\r\n");
  else
    pli_buffer_add_text (out, dsn->utf8 ? "Content-Type: message/global-headers\r\n"
                                        : "Content-Type: text/rfc822-headers\r\n");
  pli_buffer_add_text (out, has_high (dsn->original) ? "Content-Transfer-Encoding: 8bit\r\n\r\n" : "\r\n");
  pli_buffer_add_span (out, dsn->original);
  pli_buffer_add_text (out, "\r\n");
  add_boundary (dsn, "--", out);
}
