/* session.c: what core calls: a session begins, gets bytes, is drained, secured, idle, shut down, and ends.
 *
 * Input is given to the state the session is in, until a command waits for a call, the client stops taking replies, or
 * the bytes left over are no whole line. */
#include "smtp.h"

static void
settle_pause (Smtp *smtp)
{
  if (smtp->call || smtp->stalled)
    pli_session_pause (smtp->session);
  else
    pli_session_resume (smtp->session);
}

void
smtp_wait (Smtp *smtp, PliCall *call)
{
  g_assert (!smtp->call);
  smtp->call = call;
  settle_pause (smtp);
}

void
smtp_go_on (Smtp *smtp)
{
  smtp->call = NULL;
  settle_pause (smtp);
}

void
smtp_over (Smtp *smtp)
{
  smtp->state = SMTP_OVER;
  pli_session_end (smtp->session);
}

static SmtpRole
role_of (PliSession *session)
{
  const char *role = pli_session_role (session);

  if (g_str_has_prefix (role, "submission"))
    return SMTP_ROLE_SUBMISSION;
  if (g_str_equal (role, "relay"))
    return SMTP_ROLE_RELAY;
  return g_str_equal (role, "lmtp") ? SMTP_ROLE_LMTP : SMTP_ROLE_MX;
}

static void
greet (Smtp *smtp)
{
  pli_session_printf (smtp->session, "220 %s %s Pli\r\n", pli_session_hostname (smtp->session),
                      smtp_is_lmtp (smtp) ? "LMTP" : "ESMTP");
}

static void
connect_asked (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliVerdict *verdict = result;

  g_assert (!error); /* filter.h: never */
  smtp_go_on (smtp);
  if (smtp_take_verdict (smtp, verdict))
    {
      greet (smtp);
      return;
    }
  smtp_tell_verdict (smtp, NULL, verdict);
  if (verdict->kind == PLI_DEFER)
    {
      smtp_goodbye (smtp, verdict->status, verdict->text ? verdict->text : "Try again later");
      return;
    }
  /* RFC 5321 3.1: 554 instead of 220; then 503 to all but QUIT. */
  smtp->refused = TRUE;
  smtp_reply (smtp, 554, verdict->status, verdict->text ? verdict->text : "No mail from you");
}

static void
smtp_open (PliSession *session)
{
  Smtp *smtp = pli_session_state (session);

  smtp->session = session;
  smtp->set = pli_session_settings (session);
  smtp->role = role_of (session);
  pli_session_set_idle (session, smtp->set->idle);
  pli_session_set_input_max (session, smtp_line_room (smtp));
  if (pli_filters_any (pli_session_instance (session), PLI_STAGE_CONNECT))
    smtp_wait (smtp, pli_filters_run (session, NULL, PLI_STAGE_CONNECT, NULL, connect_asked, smtp));
  else
    greet (smtp);
}

static gsize
smtp_input (PliSession *session, PliSpan data)
{
  Smtp *smtp = pli_session_state (session);
  gsize used = 0;

  while (used < data.len && !smtp->call && smtp->state != SMTP_TLS && smtp->state != SMTP_OVER)
    {
      PliSpan rest = pli_span_skip (data, used);
      gsize n;

      if (pli_session_output_full (session))
        {
          smtp->stalled = TRUE;
          settle_pause (smtp);
          break;
        }
      if (smtp->state == SMTP_DATA)
        n = smtp_data_input (smtp, rest);
      else if (smtp->state == SMTP_AUTH)
        n = smtp_auth_input (smtp, rest);
      else
        n = smtp_command_input (smtp, rest);
      if (n == 0)
        break;
      used += n;
    }
  return smtp->state == SMTP_OVER ? data.len : used;
}

static void
smtp_drained (PliSession *session)
{
  Smtp *smtp = pli_session_state (session);

  if (!smtp->stalled)
    return;
  smtp->stalled = FALSE;
  settle_pause (smtp);
}

/* RFC 3207 4.2: nothing that the client said before counts any more. */
static void
smtp_secured (PliSession *session)
{
  Smtp *smtp = pli_session_state (session);

  smtp_txn_end (smtp);
  smtp->state = SMTP_COMMAND;
  smtp->helo[0] = 0;
  smtp->esmtp = FALSE;
  smtp->signed_in = FALSE;
}

static void
smtp_idle (PliSession *session)
{
  smtp_goodbye (pli_session_state (session), "4.4.2", "Timeout, closing");
}

static void
smtp_shutdown (PliSession *session)
{
  smtp_goodbye (pli_session_state (session), "4.3.2", "Shutting down");
}

static void
smtp_close (PliSession *session)
{
  Smtp *smtp = pli_session_state (session);

  pli_call_cancel (smtp->call);
  smtp->call = NULL;
  smtp_txn_end (smtp);
}

static const char *const roles[] = { "mx", "submission", "submissions", "lmtp", "relay", NULL };

const PliProtocol smtp_protocol = { .size = sizeof (PliProtocol),
                                    .session_size = sizeof (Smtp),
                                    .roles = roles,
                                    .open = smtp_open,
                                    .input = smtp_input,
                                    .drained = smtp_drained,
                                    .secured = smtp_secured,
                                    .idle = smtp_idle,
                                    .shutdown = smtp_shutdown,
                                    .close = smtp_close };
