/* session.c: the slots that core calls: a connection comes, bytes come, output has left, the connection goes.
 *
 * Cuts the input into commands and hands them on, one after another: while one waits for a call no input is taken. What
 * a command means is not known here. RFC 3501 3, 7.1.5. */
#include "imap.h"

static ImapSession *
state_of (PliSession *session)
{
  return pli_session_state (session);
}

static ImapReaderLimits
limits_of (const ImapSession *imap)
{
  const ImapSettings *set = imap->set;

  return (ImapReaderLimits){ set->line_max, set->literal_max,
                             imap->state == IMAP_NOT_AUTHENTICATED ? set->literal_max : set->append_max };
}

void
imap_set_state (ImapSession *imap, ImapState state)
{
  if (imap->state == IMAP_NOT_AUTHENTICATED || state == IMAP_NOT_AUTHENTICATED)
    pli_session_set_idle (imap->session,
                          state == IMAP_NOT_AUTHENTICATED ? imap->set->login_timeout : imap->set->idle_timeout);
  imap->state = state;
}

void
imap_bye (ImapSession *imap, const char *text)
{
  if (imap->ended)
    return;
  imap->ended = TRUE;
  pli_session_printf (imap->session, "* BYE %s\r\n", text);
  pli_session_end (imap->session);
}

void
imap_pause (ImapSession *imap)
{
  if (imap->paused)
    return;
  imap->paused = TRUE;
  pli_session_pause (imap->session);
}

void
imap_resume (ImapSession *imap)
{
  if (!imap->paused)
    return;
  imap->paused = FALSE;
  pli_session_resume (imap->session);
}

void
imap_when_drained (ImapCmd *cmd, ImapStep step)
{
  if (pli_session_output_full (cmd->session))
    cmd->drained = step;
  else
    step (cmd);
}

static void
open_session (PliSession *session)
{
  ImapSession *imap = state_of (session);

  imap->session = session;
  imap->set = pli_session_settings (session);
  pli_session_set_input_max (session, imap->set->line_max);
  imap->state = IMAP_NOT_AUTHENTICATED;
  imap_set_state (imap, IMAP_NOT_AUTHENTICATED);
  pli_session_write_text (session, "* OK [CAPABILITY ");
  imap_add_capabilities (imap, pli_session_output (session));
  pli_session_printf (session, "] %s Pli ready\r\n", pli_session_hostname (session));
}

/* One step: a command, a line for who waits for one, or an answer to what cannot be a command. FALSE when bytes are
 * missing. */
static gboolean
step (ImapSession *imap, PliSpan data, gsize *out_consumed)
{
  ImapReaderLimits limits = limits_of (imap);
  PliBuffer owned = { 0 };
  PliSpan text;

  if (imap->line)
    {
      ImapReadStep read = imap_reader_line (&imap->reader, &limits, data, out_consumed, &text);

      if (read == IMAP_READ_MORE)
        return FALSE;
      imap->line (imap, read == IMAP_READ_TOO_LONG ? PLI_SPAN ("*") : text);
      return TRUE;
    }
  switch (imap_reader_feed (&imap->reader, &limits, data, out_consumed, &text, &owned))
    {
    case IMAP_READ_MORE:
      return FALSE;
    case IMAP_READ_CONTINUE:
      pli_session_write_text (imap->session, "+ OK\r\n");
      return TRUE;
    case IMAP_READ_COMMAND:
      imap_command (imap, text, owned);
      return TRUE;
    case IMAP_READ_TOO_BIG:
      imap_command_refused (imap, text, "NO [TOOBIG] Literal is larger than allowed");
      break;
    case IMAP_READ_TOO_LONG:
      imap_command_refused (imap, text, "BAD Command line is too long");
      break;
    case IMAP_READ_LOST:
      imap_bye (imap, "[TOOBIG] Literal is larger than allowed");
      break;
    }
  pli_buffer_clear (&owned);
  return TRUE;
}

static gsize
input (PliSession *session, PliSpan data)
{
  ImapSession *imap = state_of (session);
  gsize at = 0;

  while (at < data.len && (!imap->cmd || imap->line) && !imap->paused && !imap->ended)
    {
      gsize consumed = 0;
      gboolean more = step (imap, pli_span_skip (data, at), &consumed);

      at += consumed;
      if (!more)
        break;
    }
  if (imap->cmd && !imap->line)
    imap_pause (imap);
  return at; /* what stands in the clear behind STARTTLS is core's to see */
}

static void
drained (PliSession *session)
{
  ImapCmd *cmd = state_of (session)->cmd;

  if (cmd && cmd->drained)
    {
      ImapStep next = cmd->drained;

      cmd->drained = NULL;
      next (cmd);
    }
}

static void
secured (PliSession *session)
{
  ImapSession *imap = state_of (session);

  /* RFC 3501 6.2.1: what was learnt before TLS is forgotten. */
  imap_reader_clear (&imap->reader);
  imap->ended = FALSE;
  imap->bad = 0;
}

static void
idle (PliSession *session)
{
  ImapSession *imap = state_of (session);

  imap_bye (imap, imap->state == IMAP_NOT_AUTHENTICATED ? "No login in time" : "Idle for too long");
}

static void
shut_down (PliSession *session)
{
  imap_bye (state_of (session), "[UNAVAILABLE] Server is shutting down");
}

static void
notice (PliSession *session, guint64 mailbox)
{
  ImapSession *imap = state_of (session);

  if (!imap->box || (mailbox != 0 && imap->box->mailbox != mailbox))
    return;
  if (mailbox == 0)
    imap_box_watch (imap);
  imap->box->dirty = TRUE;
  if (imap->idle_tag)
    imap_idle_notice (imap);
}

static void
close_session (PliSession *session)
{
  ImapSession *imap = state_of (session);

  imap->ended = TRUE;
  imap_cmd_free (imap->cmd);
  imap->cmd = NULL;
  imap_box_free (imap->box);
  imap->box = NULL;
  imap_reader_clear (&imap->reader);
  g_clear_pointer (&imap->idle_tag, g_free);
}

static const char *const roles[] = { "imap", NULL };

const PliProtocol imap_protocol = {
  .size = sizeof (PliProtocol),
  .session_size = sizeof (ImapSession),
  .roles = roles,
  .open = open_session,
  .input = input,
  .drained = drained,
  .secured = secured,
  .idle = idle,
  .shutdown = shut_down,
  .notice = notice,
  .close = close_session,
};
