/* auth.c: LOGIN and AUTHENTICATE. Who may come in is decided by the directory, which leads AUTHENTICATE's conversation,
 * whatever the mechanism is.
 *
 * Passwords are wiped from the memory that they were read into. RFC 3501 6.2.2, 6.2.3; RFC 4959; RFC 5530. */
#include "imap.h"

typedef struct
{
  PliSpan typed;    /* arguments as they came */
  PliSpan plain;    /* the password where it is a copy */
  PliBuffer secret; /* decoded */
} Attempt;

static void
wipe (PliSpan text)
{
  if (text.data)
    explicit_bzero ((char *) text.data, text.len);
}

static void
clear (ImapCmd *cmd)
{
  Attempt *attempt = cmd->data;

  wipe (attempt->typed);
  wipe (attempt->plain);
  wipe (pli_buffer_span (&attempt->secret));
  pli_buffer_clear (&attempt->secret);
  cmd->imap->line = NULL;
}

static void
refuse (ImapCmd *cmd, const char *text)
{
  ImapSession *imap = cmd->imap;

  imap_no (cmd, text);
  if (++imap->failures >= imap->set->login_failures_max)
    imap_bye (imap, "Too many failed logins");
}

static void
fail (ImapCmd *cmd, const GError *error)
{
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED))
    refuse (cmd, "[AUTHENTICATIONFAILED] Login failed");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_SYNTAX))
    imap_bad (cmd, "Not a response of this mechanism");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT))
    imap_no (cmd, "[CANNOT] Mechanism is not supported");
  else
    imap_fail (cmd, error);
}

static void
signed_in (ImapCmd *cmd, const PliVerifyResult *who)
{
  if (!(who->rights & PLI_MAY_IMAP))
    {
      refuse (cmd, "[AUTHORIZATIONFAILED] This account may not use IMAP");
      return;
    }
  imap_set_state (cmd->imap, IMAP_AUTHENTICATED);
  cmd->imap->failures = 0;
  /* RFC 3501 7.1: the capabilities are others now; the client need not ask. */
  imap_ok (cmd, imap_with_capabilities (cmd, "Logged in"));
}

static void
verified (gpointer user, const void *result, const GError *error)
{
  if (error)
    fail (user, error);
  else
    signed_in (user, result);
}

static void
verify (ImapCmd *cmd, PliSpan login, PliSpan password)
{
  if (login.len == 0 || memchr (login.data, '\0', login.len))
    {
      refuse (cmd, "[AUTHENTICATIONFAILED] Login failed");
      return;
    }
  pli_directory_verify (cmd->session,
                        &(PliVerifyArgs){ .login = pli_arena_text (cmd->arena, login),
                                          .password = password,
                                          .service = "imap",
                                          .peer = pli_session_peer (cmd->session) },
                        verified, cmd);
}

/* What both verbs begin with. FALSE after an answer was sent. */
static Attempt *
begin (ImapCmd *cmd)
{
  Attempt *attempt;

  if (!pli_session_may_login (cmd->session))
    {
      imap_no (cmd, "[PRIVACYREQUIRED] Log in under TLS only");
      return NULL;
    }
  attempt = pli_arena_new0 (cmd->arena, Attempt);
  attempt->typed = pli_span (cmd->lex.at, (gsize) (cmd->lex.end - cmd->lex.at));
  cmd->data = attempt;
  cmd->clear = clear;
  return attempt;
}

void
imap_login (ImapCmd *cmd)
{
  Attempt *attempt = begin (cmd);
  PliSpan login, password;

  if (!attempt)
    return;
  if (!imap_lex_astring (&cmd->lex, &login) || !imap_lex_space (&cmd->lex) || !imap_lex_astring (&cmd->lex, &password)
      || !imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Login name and password expected");
      return;
    }
  attempt->plain = password;
  verify (cmd, login, password);
}

static void got_line (ImapSession *imap, PliSpan line);

static void
stepped (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  const PliSaslResult *step = result;
  g_autofree char *base64 = NULL;

  if (error)
    fail (cmd, error);
  else if (step->done)
    signed_in (cmd, &step->who);
  else
    {
      base64 = g_base64_encode ((const guchar *) step->challenge.data, step->challenge.len);
      pli_session_printf (cmd->session, "+ %s\r\n", base64);
      cmd->imap->line = got_line;
      imap_resume (cmd->imap);
    }
}

/* @mechanism: begins; NULL: one more answer of the client's. @base64: {NULL, 0} without an initial response. */
static void
respond (ImapCmd *cmd, const char *mechanism, PliSpan base64)
{
  Attempt *attempt = cmd->data;
  PliSaslArgs args = { .mechanism = mechanism, .service = "imap", .peer = pli_session_peer (cmd->session) };

  wipe (pli_buffer_span (&attempt->secret));
  attempt->secret.len = 0;
  pli_buffer_reserve (&attempt->secret, base64.len + 1);
  if (base64.data && !pli_decode_base64 (base64, &attempt->secret))
    {
      imap_bad (cmd, "Not base64");
      return;
    }
  args.response = base64.data ? pli_buffer_span (&attempt->secret) : pli_span (NULL, 0);
  pli_directory_sasl (cmd->session, &args, stepped, cmd);
}

static void
got_line (ImapSession *imap, PliSpan line)
{
  imap->line = NULL;
  if (pli_span_is (line, "*"))
    imap_bad (imap->cmd, "Authentication given up");
  else
    respond (imap->cmd, NULL, pli_span (line.data ? line.data : "", line.len));
}

void
imap_authenticate (ImapCmd *cmd)
{
  PliSpan mechanism, initial = { NULL, 0 };
  const char *name;

  if (!begin (cmd))
    return;
  if (!imap_lex_atom (&cmd->lex, &mechanism))
    {
      imap_bad (cmd, "Mechanism expected");
      return;
    }
  name = pli_arena_text (cmd->arena, mechanism);
  if (imap_lex_space (&cmd->lex) && !imap_lex_at_end (&cmd->lex))
    {
      initial = pli_span_trim (pli_span (cmd->lex.at, (gsize) (cmd->lex.end - cmd->lex.at)));
      /* RFC 4959 3: `=` is an empty initial response; it is no base64 elsewhere. */
      respond (cmd, name, pli_span_is (initial, "=") ? pli_span ("", 0) : initial);
    }
  else if (!imap_lex_finish (&cmd->lex))
    imap_bad (cmd, "Initial response expected");
  else
    respond (cmd, name, initial);
}
