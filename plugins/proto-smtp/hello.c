/* hello.c: EHLO, HELO, LHLO. RFC 5321 4.1.1.1, RFC 2033 4.1. What the client calls itself is noted and shown to
 * filters; mail is never refused here for a name that is no domain (RFC 5321 4.1.4). */
#include "smtp.h"

static void
answer (Smtp *smtp)
{
  PliSession *session = smtp->session;
  PliBuffer *out = pli_session_output (session);

  if (!smtp->esmtp)
    {
      pli_session_printf (session, "250 %s\r\n", pli_session_hostname (session));
      return;
    }
  pli_session_printf (session, "250-%s greets %s\r\n", pli_session_hostname (session), pli_session_peer (session));
  pli_buffer_add_text (out, "250-PIPELINING\r\n250-8BITMIME\r\n");
  pli_session_printf (session, "250-SIZE %" G_GUINT64_FORMAT "\r\n", smtp->set->size_max);
  if (pli_session_may_start_tls (session))
    pli_buffer_add_text (out, "250-STARTTLS\r\n");
  if (smtp->role == SMTP_ROLE_SUBMISSION && pli_session_may_login (session))
    pli_session_printf (session, "250-AUTH %s\r\n", pli_session_mechanisms (session));
  pli_buffer_add_text (out, "250 ENHANCEDSTATUSCODES\r\n");
}

static void
hello_asked (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliVerdict *verdict = result;

  g_assert (!error); /* filter.h: never */
  smtp_go_on (smtp);
  if (smtp_take_verdict (smtp, verdict))
    {
      answer (smtp);
      return;
    }
  smtp->helo[0] = 0;
  smtp_refuse_verdict (smtp, NULL, verdict);
}

static void
hello (Smtp *smtp, PliSpan name, gboolean esmtp)
{
  const PliHelloArgs args = { smtp->helo };

  if (!smtp_helo_valid (name))
    {
      smtp_error (smtp, 501, "5.5.4", "Give your name: a domain or an address literal");
      return;
    }
  smtp_txn_end (smtp); /* RFC 5321 4.1.4: like RSET */
  memcpy (smtp->helo, name.data, name.len);
  smtp->helo[name.len] = 0;
  smtp->esmtp = esmtp;
  if (pli_filters_any (pli_session_instance (smtp->session), PLI_STAGE_HELLO))
    smtp_wait (smtp, pli_filters_run (smtp->session, NULL, PLI_STAGE_HELLO, &args, hello_asked, smtp));
  else
    answer (smtp);
}

/* RFC 2033 4.1: an LMTP server answers LHLO alone, an SMTP server never does. */
static gboolean
is_right_hello (Smtp *smtp, gboolean lmtp)
{
  if (lmtp == smtp_is_lmtp (smtp))
    return TRUE;
  smtp_error (smtp, 500, "5.5.1", lmtp ? "This is SMTP: say EHLO" : "This is LMTP: say LHLO");
  return FALSE;
}

void
smtp_ehlo (Smtp *smtp, PliSpan args)
{
  if (is_right_hello (smtp, FALSE))
    hello (smtp, args, TRUE);
}

void
smtp_helo (Smtp *smtp, PliSpan args)
{
  if (is_right_hello (smtp, FALSE))
    hello (smtp, args, FALSE);
}

void
smtp_lhlo (Smtp *smtp, PliSpan args)
{
  if (is_right_hello (smtp, TRUE))
    hello (smtp, args, TRUE);
}
