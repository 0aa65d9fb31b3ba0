/* starttls.c: STARTTLS. RFC 3207. Core answers for what is delicate: input that was sent in the clear behind the command
 * is thrown away before the handshake; secured() in session.c forgets what was said. */
#include "smtp.h"

void
smtp_starttls (Smtp *smtp, PliSpan args)
{
  if (args.len > 0)
    smtp_error (smtp, 501, "5.5.4", "No arguments allowed");
  else if (pli_session_is_secure (smtp->session))
    smtp_error (smtp, 503, "5.5.1", "TLS is on already");
  else if (!pli_session_may_start_tls (smtp->session))
    smtp_error (smtp, 502, "5.5.1", "TLS is not offered here");
  else
    {
      smtp_reply (smtp, 220, "2.0.0", "Ready to start TLS");
      smtp->state = SMTP_TLS;
      pli_session_start_tls (smtp->session);
    }
}
