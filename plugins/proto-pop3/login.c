/* login.c: USER, PASS, STLS, and what all ways to sign in have in common. RFC 1939 7, RFC 2595 4, RFC 3206.
 *
 * Which of login and password was wrong is never said. Slowing down and blocking is done in the room auth, where all
 * protocols meet; here a session is ended after some failures. */
#include "pop3.h"
#include <pli/log.h>

gboolean
pop3_may_login (Pop3 *pop3)
{
  if (pli_session_may_login (pop3->session))
    return TRUE;
  pop3_refuse (pop3, "[AUTH] Start TLS first");
  return FALSE;
}

void
pop3_user (Pop3 *pop3, PliSpan args)
{
  PliSpan name = pli_span_trim (args);

  if (!pop3_may_login (pop3))
    return;
  if (name.len == 0 || !g_utf8_validate (name.data, (gssize) name.len, NULL))
    {
      pop3_refuse (pop3, "Not a login");
      return;
    }
  pop3->user = pli_arena_text (pli_session_arena (pop3->session), name);
  pop3_ok (pop3, "Password?");
}

void
pop3_login_failed (Pop3 *pop3, const GError *error)
{
  gboolean later = error && !g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED);

  if (later)
    {
      pop3_fail (pop3, "login", error);
      return;
    }
  pli_log (PLI_LOG_NOTICE, "pop3.auth-failed", "peer", pli_session_peer (pop3->session), "why",
           error ? error->message : "the account may not use POP3", "session", pli_session_id (pop3->session), NULL);
  pop3_error (pop3, "[AUTH] Authentication failed");
  if (++pop3->auth_failures < pop3->set->auth_failures_max)
    return;
  pop3_error (pop3, "Too many failed logins");
  pli_session_end (pop3->session);
}

void
pop3_signed_in (Pop3 *pop3, const PliVerifyResult *who)
{
  if (who->rights & PLI_MAY_POP3)
    {
      pli_session_set_idle (pop3->session, pop3->set->idle);
      pop3_open_maildrop (pop3);
      return;
    }
  pli_session_resume (pop3->session);
  pop3_login_failed (pop3, NULL);
}

static void
verified (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;

  if (result)
    {
      pop3_signed_in (pop3, result);
      return;
    }
  pli_session_resume (pop3->session);
  pop3_login_failed (pop3, error);
}

static void
verify (Pop3 *pop3, const char *login, PliSpan password)
{
  const PliVerifyArgs args = {
    .login = login, .password = password, .service = "pop3", .peer = pli_session_peer (pop3->session)
  };

  pli_session_pause (pop3->session);
  pli_directory_verify (pop3->session, &args, verified, pop3);
}

void
pop3_pass (Pop3 *pop3, PliSpan args)
{
  const char *user = pop3->user;

  if (!pop3_may_login (pop3))
    return;
  /* RFC 1939 7: PASS comes right after a successful USER; its argument is all that follows, blanks included. */
  pop3->user = NULL;
  if (!user)
    pop3_refuse (pop3, "Say USER first");
  else if (args.len == 0)
    pop3_refuse (pop3, "Not a password");
  else
    verify (pop3, user, args);
}

void
pop3_stls (Pop3 *pop3, PliSpan args)
{
  if (args.len > 0)
    pop3_refuse (pop3, "STLS takes no argument");
  else if (!pli_session_may_start_tls (pop3->session))
    pop3_refuse (pop3, pli_session_is_secure (pop3->session) ? "TLS is on already" : "TLS is not offered here");
  else
    {
      pop3_ok (pop3, "Begin TLS");
      pli_session_start_tls (pop3->session);
    }
}
