/* starttls.c: STARTTLS. Core throws away what came in the clear behind it, and calls secured() when TLS is up.
 *
 * RFC 3501 6.2.1. */
#include "imap.h"

void
imap_starttls (ImapCmd *cmd)
{
  ImapSession *imap = cmd->imap;

  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  if (!pli_session_may_start_tls (cmd->session))
    {
      imap_bad (cmd, pli_session_is_secure (cmd->session) ? "TLS is on already" : "TLS is not offered here");
      return;
    }
  imap_ok (cmd, "Begin TLS now");
  imap->ended = TRUE; /* until secured(): what is left of the input is not to be read */
  pli_session_start_tls (imap->session);
}
