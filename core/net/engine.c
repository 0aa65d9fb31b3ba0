/* engine.c: calls of the engine. Only the pump comes here, so an engine is never called while it runs. */
#include "net/private.h"

#include <pli/log.h>

void
pli_engine_open (PliSession *session)
{
  if (session->opened)
    return;
  session->opened = TRUE;
  pli_session_spec (session)->protocol->open (session);
}

static gboolean
takes_input (PliSession *session)
{
  return !session->paused && !session->ending && !session->dropped && !session->tls_wanted
         && !pli_session_over_high (session);
}

/* Gives the engine what it has not seen. What it leaves is given again when there is more, or after a pause. */
void
pli_engine_input (PliSession *session)
{
  const PliProtocol *protocol = pli_session_spec (session)->protocol;
  PliBuffer *input = &session->stream.input;
  gsize at = 0;

  while (takes_input (session) && input->len - at > session->input_seen)
    {
      gsize left = input->len - at;
      gsize took = protocol->input (session, pli_span (input->data + at, left));

      g_assert (took <= left);
      if (took > 0)
        session->active_us = pli_loop_clock_us (session->net->instance->loop);
      at += took;
      session->input_seen = took > 0 ? 0 : left;
    }
  if (at > 0)
    pli_buffer_drop (input, at);
  if (takes_input (session) && !session->was_full && input->len >= session->input_max)
    {
      pli_log (PLI_LOG_WARNING, "session.input-full", "peer", pli_session_peer (session), "listener",
               pli_session_listener (session), "session", pli_session_id (session), NULL);
      session->ending = TRUE;
    }
}

static void
tell_notices (PliSession *session)
{
  const PliProtocol *protocol = pli_session_spec (session)->protocol;
  g_autoptr (GArray) notices = g_steal_pointer (&session->notices);

  for (guint i = 0; notices && i < notices->len && !session->ending; i++)
    if (protocol->notice)
      protocol->notice (session, g_array_index (notices, guint64, i));
}

/* What is not input: notices, goodbyes. */
void
pli_engine_tell (PliSession *session)
{
  const PliProtocol *protocol = pli_session_spec (session)->protocol;

  tell_notices (session);
  if (session->ending || !(session->saying_bye || session->idled))
    return;
  if (session->saying_bye && protocol->shutdown)
    protocol->shutdown (session);
  else if (!session->saying_bye && protocol->idle)
    protocol->idle (session);
  session->ending = TRUE;
}
