/* reply.c: +OK and -ERR. RFC 1939 3; response codes: RFC 2449 8, RFC 3206. */
#include "pop3.h"
#include <pli/log.h>

void
pop3_ok (Pop3 *pop3, const char *text)
{
  pli_session_write_text (pop3->session, "+OK ");
  pli_session_write_text (pop3->session, text);
  pli_session_write_text (pop3->session, "\r\n");
}

void
pop3_error (Pop3 *pop3, const char *text)
{
  pli_session_write_text (pop3->session, "-ERR ");
  pli_session_write_text (pop3->session, text);
  pli_session_write_text (pop3->session, "\r\n");
}

void
pop3_refuse (Pop3 *pop3, const char *text)
{
  pop3_error (pop3, text);
  if (++pop3->errors < pop3->set->errors_max)
    return;
  pop3_error (pop3, "Too many errors");
  pli_session_end (pop3->session);
}

void
pop3_fail (Pop3 *pop3, const char *what, const GError *error)
{
  gboolean permanent = g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT)
                       || g_error_matches (error, PLI_ERROR, PLI_ERROR_CORRUPT)
                       || g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED);

  pli_log (PLI_LOG_WARNING, "pop3.failed", "what", what, "why", error->message, "session",
           pli_session_id (pop3->session), NULL);
  pop3_error (pop3, permanent ? "[SYS/PERM] This cannot be done" : "[SYS/TEMP] Try again later");
}
