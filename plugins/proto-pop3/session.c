/* session.c: the engine's callbacks: greeting, lines out of bytes, time-outs, the end. */
#include "pop3.h"

/* RFC 2449 4: commands are short, but AUTH's lines are not, and pipelined commands come together. */
static gsize
input_max (const Pop3 *pop3)
{
  return MAX (pop3->set->line_max, pop3->set->auth_line_max) + 1;
}

static void
pop3_open (PliSession *session)
{
  Pop3 *pop3 = pli_session_state (session);

  pop3->session = session;
  pop3->set = pli_session_settings (session);
  pli_session_set_input_max (session, input_max (pop3));
  pli_session_set_idle (session, pop3->set->login_idle);
  pop3_ok (pop3, "POP3 ready");
}

static void
take_line (Pop3 *pop3, PliSpan line)
{
  gsize most = pop3->state == POP3_AUTH_LINE ? pop3->set->auth_line_max : pop3->set->line_max;
  gboolean overlong = pop3->overlong || line.len + 1 > most;

  pop3->overlong = FALSE;
  if (line.len > 0 && line.data[line.len - 1] == '\r')
    line.len--;
  if (overlong)
    {
      if (pop3->state == POP3_AUTH_LINE)
        pop3->state = POP3_AUTHORIZATION;
      pop3_refuse (pop3, "Line too long");
    }
  else if (pop3->state == POP3_AUTH_LINE)
    pop3_auth_line (pop3, line);
  else
    pop3_command (pop3, line);
}

/* Takes one line; core comes back as long as lines are taken and the session does not pause. */
static gsize
pop3_input (PliSession *session, PliSpan data)
{
  Pop3 *pop3 = pli_session_state (session);
  gssize lf = pli_span_find (data, '\n');

  if (lf >= 0)
    {
      take_line (pop3, pli_span_head (data, (gsize) lf));
      return (gsize) lf + 1;
    }
  if (data.len < input_max (pop3) - 1)
    return 0;
  pop3->overlong = TRUE;
  return data.len;
}

static void
pop3_drained (PliSession *session)
{
  pop3_go_on_sending (pli_session_state (session));
}

static void
pop3_secured (PliSession *session)
{
  Pop3 *pop3 = pli_session_state (session);

  /* RFC 2595 4: what was learnt before is forgotten. */
  pop3->user = NULL;
  pop3->errors = 0;
}

static void
pop3_idle (PliSession *session)
{
  Pop3 *pop3 = pli_session_state (session);

  /* In the middle of a message a line would become part of it. */
  if (!pop3->sending_now)
    pop3_error (pop3, "Idle for too long");
}

static void
pop3_shutdown (PliSession *session)
{
  Pop3 *pop3 = pli_session_state (session);

  if (!pop3->sending_now)
    pop3_error (pop3, "[SYS/TEMP] Server is going down");
}

static void
pop3_close (PliSession *session)
{
  Pop3 *pop3 = pli_session_state (session);

  /* RFC 1939 6: without QUIT nothing is deleted. */
  if (pop3->messages)
    g_array_unref (pop3->messages);
  pop3->messages = NULL;
}

const PliProtocol pop3_protocol = {
  .size = sizeof (PliProtocol),
  .session_size = sizeof (Pop3),
  .open = pop3_open,
  .input = pop3_input,
  .drained = pop3_drained,
  .secured = pop3_secured,
  .idle = pop3_idle,
  .shutdown = pop3_shutdown,
  .close = pop3_close,
};
