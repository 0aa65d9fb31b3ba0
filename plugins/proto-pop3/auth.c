/* auth.c: AUTH. RFC 5034. What is said in base 64 goes to the directory, which leads the conversation whatever the mechanism
 * is. Passwords are wiped where they are decoded. */
#include "pop3.h"
#include <pli/mail.h>
#include <string.h>

static void
give_up (Pop3 *pop3, const GError *error)
{
  pli_session_resume (pop3->session);
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_SYNTAX))
    pop3_refuse (pop3, "Not what the mechanism expects");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT))
    pop3_refuse (pop3, "Mechanism is not offered");
  else
    pop3_login_failed (pop3, error);
}

static void
stepped (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;
  const PliSaslResult *step = result;

  if (!step)
    give_up (pop3, error);
  else if (step->done)
    pop3_signed_in (pop3, &step->who);
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) step->challenge.data, step->challenge.len);

      pop3->state = POP3_AUTH_LINE;
      pli_session_printf (pop3->session, "+ %s\r\n", base64);
      pli_session_resume (pop3->session);
    }
}

/* @mechanism: begins; NULL: one more answer of the client's. @base64: {NULL, 0} without an initial response. */
static void
take (Pop3 *pop3, const char *mechanism, PliSpan base64)
{
  g_auto (PliBuffer) decoded = { 0 };
  PliSaslArgs args = { .mechanism = mechanism, .service = "pop3", .peer = pli_session_peer (pop3->session) };

  /* Room enough from the start, so that no copy of a password is left behind by a realloc. */
  pli_buffer_reserve (&decoded, base64.len + 4);
  if (base64.data && !pli_decode_base64 (base64, &decoded))
    {
      pop3_refuse (pop3, "Not base64");
      return;
    }
  args.response = base64.data ? pli_buffer_span (&decoded) : pli_span (NULL, 0);
  pli_session_pause (pop3->session);
  pli_directory_sasl (pop3->session, &args, stepped, pop3);
  explicit_bzero (decoded.data, decoded.size);
}

void
pop3_auth_line (Pop3 *pop3, PliSpan line)
{
  pop3->state = POP3_AUTHORIZATION;
  if (pli_span_is (line, "*"))
    pop3_error (pop3, "Authentication given up");
  else
    take (pop3, NULL, pli_span (line.data ? line.data : "", line.len));
}

/* Older than RFC 5034, and still what some clients ask with. */
static void
list_mechanisms (Pop3 *pop3)
{
  g_auto (GStrv) names = g_strsplit (pli_session_mechanisms (pop3->session), " ", -1);

  pop3_ok (pop3, "Mechanisms follow");
  for (guint i = 0; names[i]; i++)
    if (*names[i])
      pli_session_printf (pop3->session, "%s\r\n", names[i]);
  pli_session_write_text (pop3->session, ".\r\n");
}

void
pop3_auth (Pop3 *pop3, PliSpan args)
{
  gssize blank = pli_span_find (args, ' ');
  g_autofree char *mechanism = pli_span_dup (blank < 0 ? args : pli_span_head (args, (gsize) blank));
  PliSpan initial = blank < 0 ? pli_span (NULL, 0) : pli_span_skip (args, (gsize) blank + 1);

  pop3->user = NULL;
  if (args.len == 0)
    list_mechanisms (pop3);
  else if (pop3_may_login (pop3))
    /* RFC 5034 4: "=" is an empty initial response. */
    take (pop3, mechanism, pli_span_is (initial, "=") ? pli_span ("", 0) : initial);
}
