/* reply.c: what the client is told. Our own texts are one clean line and are written straight into the output; texts
 * of filters and of other rooms go through the grammar of replies. RFC 5321 4.2, RFC 2034. */
#include "smtp.h"

void
smtp_reply (Smtp *smtp, guint code, const char *status, const char *text)
{
  PliBuffer *out = pli_session_output (smtp->session);

  pli_buffer_add_u64 (out, code);
  pli_buffer_add_char (out, ' ');
  if (status)
    {
      pli_buffer_add_text (out, status);
      pli_buffer_add_char (out, ' ');
    }
  pli_buffer_add_text (out, text);
  pli_buffer_add (out, "\r\n", 2);
}

/* RFC 5321 3.8: 421 begins with our name. */
void
smtp_goodbye (Smtp *smtp, const char *status, const char *text)
{
  if (smtp->state == SMTP_OVER)
    return;
  pli_session_printf (smtp->session, "421 %s %s %s\r\n", status, pli_session_hostname (smtp->session), text);
  smtp_over (smtp);
}

void
smtp_count_error (Smtp *smtp)
{
  if (++smtp->errors < smtp->set->errors_max || smtp->state == SMTP_OVER)
    return;
  pli_log (PLI_LOG_NOTICE, "smtp.too-many-errors", "peer", pli_session_peer (smtp->session), "session",
           pli_session_id (smtp->session), NULL);
  smtp_goodbye (smtp, "4.7.0", "Too many errors");
}

void
smtp_error (Smtp *smtp, guint code, const char *status, const char *text)
{
  smtp_reply (smtp, code, status, text);
  smtp_count_error (smtp);
}

void
smtp_reply_verdict (Smtp *smtp, const PliVerdict *verdict)
{
  PliReply reply = { .code = verdict->code };

  reply.text = pli_span_from (verdict->text                 ? verdict->text
                              : verdict->kind == PLI_REJECT ? "Refused by policy"
                                                            : "Try again later");
  g_strlcpy (reply.status, verdict->status, sizeof reply.status);
  pli_reply_format (&reply, FALSE, pli_session_output (smtp->session));
}

void
smtp_refuse_verdict (Smtp *smtp, const char *rcpt, const PliVerdict *verdict)
{
  smtp_tell_verdict (smtp, rcpt, verdict);
  smtp_reply_verdict (smtp, verdict);
  if (verdict->kind == PLI_REJECT)
    smtp_count_error (smtp);
}
