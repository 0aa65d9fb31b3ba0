/* auth.c: AUTH, of the roles submission and submissions. RFC 4954. What is said in base 64 goes to the directory, which
 * leads the conversation whatever the mechanism is; here are lines and codes.
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
give_up (Smtp *smtp, const GError *error)
{
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_SYNTAX))
    smtp_error (smtp, 501, "5.5.2", "Not what the mechanism expects");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT))
    smtp_error (smtp, 504, "5.5.4", "Mechanism not offered");
  else
    auth_failed (smtp, error);
}

static void
stepped (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliSaslResult *step = result;

  smtp_go_on (smtp);
  if (!step)
    give_up (smtp, error);
  else if (!step->done)
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) step->challenge.data, step->challenge.len);

      smtp->state = SMTP_AUTH;
      smtp_reply (smtp, 334, NULL, base64);
    }
  else if (!(step->who.rights & PLI_MAY_SUBMIT))
    auth_failed (smtp, NULL);
  else
    {
      smtp->signed_in = TRUE;
      smtp_reply (smtp, 235, "2.7.0", "Signed in");
    }
}

/* @mechanism: begins; NULL: one more answer of the client's. @base64: {NULL, 0} without an initial response. */
static void
take (Smtp *smtp, const char *mechanism, PliSpan base64)
{
  g_auto (PliBuffer) decoded = { 0 };
  PliSaslArgs args = { .mechanism = mechanism, .service = "submission", .peer = pli_session_peer (smtp->session) };

  /* Room enough from the start, so that no copy of a password is left behind by a realloc. */
  pli_buffer_reserve (&decoded, base64.len + 4);
  if (base64.data && !pli_decode_base64 (base64, &decoded))
    {
      smtp_error (smtp, 501, "5.5.2", "Not base64");
      return;
    }
  args.response = base64.data ? pli_buffer_span (&decoded) : pli_span (NULL, 0);
  smtp_wait (smtp, pli_directory_sasl (smtp->session, &args, stepped, smtp));
  explicit_bzero (decoded.data, decoded.size);
}

void
smtp_auth_line (Smtp *smtp, PliSpan line)
{
  if (pli_span_is (line, "*"))
    smtp_error (smtp, 501, "5.7.0", "Authentication given up");
  else
    take (smtp, NULL, pli_span (line.data ? line.data : "", line.len));
}

void
smtp_auth (Smtp *smtp, PliSpan args)
{
  g_autofree char *name = NULL;
  PliSpan mechanism, initial;

  if (!may_auth (smtp))
    return;
  smtp_split_verb (args, &mechanism, &initial);
  if (mechanism.len == 0)
    {
      smtp_error (smtp, 501, "5.5.4", "AUTH and a mechanism, such as PLAIN");
      return;
    }
  name = pli_span_dup (mechanism);
  /* RFC 4954 4: "=" is an empty initial response. */
  if (initial.len == 0)
    initial = pli_span (NULL, 0);
  else if (pli_span_is (initial, "="))
    initial = pli_span ("", 0);
  take (smtp, name, initial);
}
