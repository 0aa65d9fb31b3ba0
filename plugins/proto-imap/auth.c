/* auth.c: LOGIN and AUTHENTICATE (PLAIN, LOGIN). Who may come in is decided by the directory.
 *
 * Passwords are wiped from the memory that they were read into. RFC 3501 6.2.2, 6.2.3; RFC 4616; RFC 4959; RFC 5530. */
#include "imap.h"

typedef struct
{
  PliSpan typed;     /* arguments as they came */
  PliSpan plain;     /* the password where it is a copy */
  gboolean by_parts; /* mechanism LOGIN */
  gboolean has_name;
  PliBuffer name, secret; /* decoded */
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
  pli_buffer_clear (&attempt->name);
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
verified (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  const PliVerifyResult *verified = result;

  if (error && g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED))
    refuse (cmd, "[AUTHENTICATIONFAILED] Login failed");
  else if (error)
    imap_fail (cmd, error);
  else if (!(verified->rights & PLI_MAY_IMAP))
    refuse (cmd, "[AUTHORIZATIONFAILED] This account may not use IMAP");
  else
    {
      imap_set_state (cmd->imap, IMAP_AUTHENTICATED);
      cmd->imap->failures = 0;
      /* RFC 3501 7.1: the capabilities are others now; the client need not ask. */
      imap_ok (cmd, imap_with_capabilities (cmd, "Logged in"));
    }
}

static void
verify (ImapCmd *cmd, PliSpan login, PliSpan password, PliSpan authzid)
{
  if (login.len == 0 || memchr (login.data, '\0', login.len))
    {
      refuse (cmd, "[AUTHENTICATIONFAILED] Login failed");
      return;
    }
  pli_directory_verify (cmd->session,
                        &(PliVerifyArgs){ .login = pli_arena_text (cmd->arena, login),
                                          .password = password,
                                          .authzid = authzid.len > 0 ? pli_arena_text (cmd->arena, authzid) : NULL,
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
  verify (cmd, login, password, pli_span (NULL, 0));
}

/* RFC 4616 2: [authzid] NUL authcid NUL passwd */
static void
plain (ImapCmd *cmd, PliSpan message)
{
  gssize first = pli_span_find (message, '\0'), second;
  PliSpan rest;

  if (first < 0)
    {
      imap_bad (cmd, "Not a response of this mechanism");
      return;
    }
  rest = pli_span_skip (message, (gsize) first + 1);
  second = pli_span_find (rest, '\0');
  if (second < 0)
    {
      imap_bad (cmd, "Not a response of this mechanism");
      return;
    }
  verify (cmd, pli_span_head (rest, (gsize) second), pli_span_skip (rest, (gsize) second + 1),
          pli_span_head (message, (gsize) first));
}

static void got_line (ImapSession *imap, PliSpan line);

static void
ask (ImapCmd *cmd, const char *challenge)
{
  pli_session_printf (cmd->session, "+ %s\r\n", challenge);
  cmd->imap->line = got_line;
}

static void
respond (ImapCmd *cmd, PliSpan base64)
{
  Attempt *attempt = cmd->data;
  PliBuffer *into = attempt->by_parts && !attempt->has_name ? &attempt->name : &attempt->secret;

  /* RFC 4959 3: `=` is an empty initial response; it is no base64 elsewhere. */
  if (!pli_span_is (base64, "=") && !pli_decode_base64 (base64, into))
    {
      imap_bad (cmd, "Not base64");
      return;
    }
  if (!attempt->by_parts)
    plain (cmd, pli_buffer_span (into));
  else if (!attempt->has_name)
    {
      attempt->has_name = TRUE;
      ask (cmd, "UGFzc3dvcmQ6"); /* Password: */
    }
  else
    verify (cmd, pli_buffer_span (&attempt->name), pli_buffer_span (&attempt->secret), pli_span (NULL, 0));
}

static void
got_line (ImapSession *imap, PliSpan line)
{
  imap->line = NULL;
  if (pli_span_is (line, "*"))
    imap_bad (imap->cmd, "Authentication given up");
  else
    respond (imap->cmd, line);
}

void
imap_authenticate (ImapCmd *cmd)
{
  Attempt *attempt = begin (cmd);
  PliSpan mechanism, initial = { NULL, 0 };

  if (!attempt)
    return;
  if (!imap_lex_atom (&cmd->lex, &mechanism))
    {
      imap_bad (cmd, "Mechanism expected");
      return;
    }
  attempt->by_parts = pli_span_is_nocase (mechanism, "LOGIN");
  if (!attempt->by_parts && !pli_span_is_nocase (mechanism, "PLAIN"))
    {
      imap_no (cmd, "[CANNOT] Mechanism is not supported");
      return;
    }
  if (imap_lex_space (&cmd->lex) && !imap_lex_at_end (&cmd->lex))
    {
      initial = pli_span (cmd->lex.at, (gsize) (cmd->lex.end - cmd->lex.at));
      respond (cmd, pli_span_trim (initial));
    }
  else if (!imap_lex_finish (&cmd->lex))
    imap_bad (cmd, "Initial response expected");
  else
    ask (cmd, attempt->by_parts ? "VXNlcm5hbWU6" /* Username: */ : "");
}
