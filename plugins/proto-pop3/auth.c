/* auth.c: AUTH PLAIN, with and without an initial response. RFC 5034, RFC 4616. Passwords are wiped where decoded. */
#include "pop3.h"
#include <pli/mail.h>
#include <string.h>

/* RFC 4616 2: message = [authzid] NUL authcid NUL passwd. @decoded has a NUL behind its end. */
static gboolean
parse_plain (PliSpan decoded, const char **out_authzid, const char **out_login, PliSpan *out_password)
{
  gssize first = pli_span_find (decoded, '\0');
  PliSpan rest = first < 0 ? pli_span ("", 0) : pli_span_skip (decoded, (gsize) first + 1);
  gssize second = pli_span_find (rest, '\0');

  if (second <= 0)
    return FALSE;
  *out_authzid = first > 0 ? decoded.data : NULL;
  *out_login = rest.data;
  *out_password = pli_span_skip (rest, (gsize) second + 1);
  return out_password->len > 0 && pli_span_find (*out_password, '\0') < 0
         && (!*out_authzid || g_utf8_validate (*out_authzid, -1, NULL)) && g_utf8_validate (*out_login, -1, NULL);
}

static void
take (Pop3 *pop3, PliSpan base64)
{
  g_auto (PliBuffer) decoded = { 0 };
  const char *authzid, *login;
  PliSpan password;
  gboolean valid;

  /* Room enough from the start, so that no copy of a password is left behind by a realloc. */
  pli_buffer_reserve (&decoded, base64.len + 4);
  valid = pli_decode_base64 (base64, &decoded);
  pli_buffer_add_char (&decoded, '\0');
  if (!valid)
    pop3_refuse (pop3, "Not base64");
  else if (!parse_plain (pli_span (decoded.data, decoded.len - 1), &authzid, &login, &password))
    pop3_refuse (pop3, "Not what PLAIN looks like");
  else
    pop3_verify (pop3, login, authzid, password);
  explicit_bzero (decoded.data, decoded.size);
}

void
pop3_auth_line (Pop3 *pop3, PliSpan line)
{
  pop3->state = POP3_AUTHORIZATION;
  if (pli_span_is (line, "*"))
    pop3_error (pop3, "Authentication given up");
  else
    take (pop3, line);
}

void
pop3_auth (Pop3 *pop3, PliSpan args)
{
  gssize blank = pli_span_find (args, ' ');
  PliSpan mechanism = blank < 0 ? args : pli_span_head (args, (gsize) blank);
  PliSpan initial = blank < 0 ? pli_span (NULL, 0) : pli_span_skip (args, (gsize) blank + 1);

  pop3->user = NULL;
  if (args.len == 0)
    {
      /* Older than RFC 5034, and still what some clients ask with. */
      pop3_ok (pop3, "Mechanisms follow");
      pli_session_write_text (pop3->session, pli_session_may_login (pop3->session) ? "PLAIN\r\n.\r\n" : ".\r\n");
      return;
    }
  if (!pop3_may_login (pop3))
    return;
  if (!pli_span_is_nocase (mechanism, "PLAIN"))
    pop3_refuse (pop3, "Mechanism is not offered");
  else if (!initial.data)
    {
      pop3->state = POP3_AUTH_LINE;
      pli_session_write_text (pop3->session, "+ \r\n");
    }
  else
    /* RFC 5034 4: "=" stands for an empty response, which PLAIN does not allow. */
    take (pop3, pli_span_is (initial, "=") ? pli_span ("", 0) : initial);
}
