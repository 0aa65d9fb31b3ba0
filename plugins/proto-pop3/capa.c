/* capa.c: CAPA. RFC 2449 5, 6; AUTH-RESP-CODE: RFC 3206 6; STLS: RFC 2595 4; SASL: RFC 5034 3. */
#include "pop3.h"

void
pop3_capa (Pop3 *pop3, PliSpan args)
{
  PliSession *session = pop3->session;

  if (args.len > 0)
    {
      pop3_refuse (pop3, "CAPA takes no argument");
      return;
    }
  pop3_ok (pop3, "Capabilities follow");
  pli_session_write_text (session, "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
  if (pli_session_may_login (session))
    pli_session_printf (session, "USER\r\nSASL %s\r\n", pli_session_mechanisms (session));
  if (pop3->state == POP3_AUTHORIZATION && pli_session_may_start_tls (session))
    pli_session_write_text (session, "STLS\r\n");
  pli_session_write_text (session, ".\r\n");
}
