/* auth.c: AUTH PLAIN and LOGIN, of the roles submission and submissions. RFC 4954, RFC 4616; LOGIN as clients do it.
 *
 * Passwords are wiped where they are decoded. Slowing down and blocking is done in the room auth, where all protocols
 * meet; here a session is ended after some failures. */
#include "smtp.h"

static gboolean
may_auth (Smtp *smtp)
{
  if (smtp->role != SMTP_ROLE_SUBMISSION)
    smtp_error (smtp, 502, "5.5.1", "AUTH is not offered here");
  else if (!pli_session_may_login (smtp->session))
    smtp_error (smtp, 538, "5.7.11", "Start TLS first"); /* RFC 4954 6 */
  else if (!smtp->esmtp)
    smtp_error (smtp, 503, "5.5.1", "Say EHLO first");
  else if (pli_session_account (smtp->session))
    smtp_error (smtp, 503, "5.5.1", "Signed in already");
  else if (smtp->mail.txn)
    smtp_error (smtp, 503, "5.5.1", "Not within a mail transaction");
  else
    return TRUE;
  return FALSE;
}

static void
auth_failed (Smtp *smtp, const GError *error)
{
  gboolean later = error && !g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED);
  const char *why = error ? error->message : "the account may not submit";

  pli_log (PLI_LOG_NOTICE, "smtp.auth-failed", "peer", pli_session_peer (smtp->session), "why", why, "session",
           pli_session_id (smtp->session), NULL);
  smtp_tell (smtp, later ? "deferred" : "refused", "proto-smtp", NULL, why);
  if (later)
    {
      smtp_reply (smtp, 454, "4.7.0", "Temporary authentication failure");
      return;
    }
  smtp_error (smtp, 535, "5.7.8", "Authentication failed");
  if (++smtp->auth_failures >= smtp->set->auth_failures_max)
    smtp_goodbye (smtp, "4.7.0", "Too many failed logins");
}

static void
verified (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliVerifyResult *who = result;

  smtp_go_on (smtp);
  if (!who || !(who->rights & PLI_MAY_SUBMIT))
    {
      auth_failed (smtp, error);
      return;
    }
  smtp->signed_in = TRUE;
  smtp_reply (smtp, 235, "2.7.0", "Signed in");
}

static void
verify (Smtp *smtp, const char *authzid, const char *login, PliSpan password)
{
  const PliVerifyArgs args = { .login = login,
                               .password = password,
                               .authzid = authzid,
                               .service = "submission",
                               .peer = pli_session_peer (smtp->session) };

  smtp_wait (smtp, pli_directory_verify (smtp->session, &args, verified, smtp));
}

static void
challenge (Smtp *smtp, SmtpAuthStep step, const char *base64)
{
  smtp->state = SMTP_AUTH;
  smtp->auth_step = step;
  smtp_reply (smtp, 334, NULL, base64);
}

static void
plain (Smtp *smtp, PliSpan decoded)
{
  const char *authzid, *login;
  PliSpan password;

  if (smtp_plain_parse (decoded, &authzid, &login, &password))
    verify (smtp, authzid, login, password);
  else
    smtp_error (smtp, 501, "5.5.2", "Not what PLAIN looks like");
}

static void
login_name (Smtp *smtp, PliSpan decoded)
{
  if (decoded.len == 0 || decoded.len > PLI_PATH_MAX || memchr (decoded.data, 0, decoded.len)
      || !g_utf8_validate (decoded.data, (gssize) decoded.len, NULL))
    {
      smtp_error (smtp, 501, "5.5.2", "Not a login");
      return;
    }
  smtp->auth_name = pli_arena_text (pli_session_arena (smtp->session), decoded);
  challenge (smtp, SMTP_AUTH_LOGIN_PASSWORD, "UGFzc3dvcmQ6");
}

static void
login_password (Smtp *smtp, PliSpan decoded)
{
  if (decoded.len == 0 || memchr (decoded.data, 0, decoded.len))
    smtp_error (smtp, 501, "5.5.2", "Not a password");
  else
    verify (smtp, NULL, smtp->auth_name, decoded);
}

/* One answer of the client's, in base64, for the step that waits for it. */
static void
take (Smtp *smtp, PliSpan base64)
{
  g_auto (PliBuffer) decoded = { 0 };
  PliSpan text;

  /* Room enough from the start, so that no copy of a password is left behind by a realloc. */
  pli_buffer_reserve (&decoded, base64.len + 4);
  if (!pli_decode_base64 (base64, &decoded))
    {
      smtp_error (smtp, 501, "5.5.2", "Not base64");
      return;
    }
  pli_buffer_add_char (&decoded, 0);
  text = pli_span (decoded.data, decoded.len - 1);
  if (smtp->auth_step == SMTP_AUTH_PLAIN)
    plain (smtp, text);
  else if (smtp->auth_step == SMTP_AUTH_LOGIN_NAME)
    login_name (smtp, text);
  else
    login_password (smtp, text);
  explicit_bzero (decoded.data, decoded.size);
}

void
smtp_auth_line (Smtp *smtp, PliSpan line)
{
  if (pli_span_is (line, "*"))
    smtp_error (smtp, 501, "5.7.0", "Authentication given up");
  else
    take (smtp, line);
}

void
smtp_auth (Smtp *smtp, PliSpan args)
{
  PliSpan mechanism, initial;
  gboolean is_plain, is_login;

  if (!may_auth (smtp))
    return;
  smtp_split_verb (args, &mechanism, &initial);
  is_plain = pli_span_is_nocase (mechanism, "PLAIN");
  is_login = pli_span_is_nocase (mechanism, "LOGIN");
  if (mechanism.len == 0)
    {
      smtp_error (smtp, 501, "5.5.4", "AUTH PLAIN or AUTH LOGIN");
      return;
    }
  if (!is_plain && !is_login)
    {
      smtp_error (smtp, 504, "5.5.4", "Mechanism not offered");
      return;
    }
  smtp->auth_step = is_plain ? SMTP_AUTH_PLAIN : SMTP_AUTH_LOGIN_NAME;
  if (initial.len > 0)
    take (smtp, pli_span_is (initial, "=") ? pli_span ("", 0) : initial);
  else
    challenge (smtp, smtp->auth_step, is_plain ? "" : "VXNlcm5hbWU6");
}
