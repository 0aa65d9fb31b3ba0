/* pump.c: one turn of a session: read, let the engine work, send, and say what to wait for next.
 *
 * Every event of a session (its descriptor, its timer, a scheduled turn) ends here, and only here are stream and engine
 * called; so engines are called from the loop alone, never from within their own calls. Output is sent once a turn. */
#include "net/private.h"

#include "net/proxy.h"
#include <pli/log.h>

static void
log_session (PliLogLevel level, const char *event, PliSession *session, const char *why)
{
  pli_log (level, event, "peer", pli_session_peer (session), "listener", pli_session_listener (session), "why", why,
           NULL);
}

static void
broken (PliSession *session, const char *why)
{
  log_session (PLI_LOG_DEBUG, "session.broken", session, why);
  session->dropped = TRUE;
}

static gboolean
wants_bytes (PliSession *session)
{
  if (session->stream.eof || session->dropped)
    return FALSE;
  if (session->phase != PLI_PHASE_OPEN)
    return TRUE;
  return !session->ending && !session->tls_wanted && session->stream.input.len < session->input_max
         && !pli_session_over_high (session);
}

static void
receive (PliSession *session, guint32 events)
{
  gsize max = session->phase == PLI_PHASE_OPEN     ? session->input_max
              : session->phase == PLI_PHASE_LINGER ? PLI_POOL_BUFFER
                                                   : PLI_PROXY_MOST;
  char why[PLI_STREAM_WHY] = "";

  if (!wants_bytes (session))
    {
      if (events & (EPOLLERR | EPOLLHUP))
        broken (session, "the client is gone");
      return;
    }
  /* The handshake reads for itself. */
  if (session->phase == PLI_PHASE_HANDSHAKE || !(events & ~EPOLLOUT || pli_stream_holds_input (&session->stream)))
    return;
  switch (pli_stream_fill (&session->stream, max, why))
    {
    case PLI_STREAM_OK:
      /* While it is open, only what its engine takes counts (engine.c): a byte now and then keeps nobody here. */
      if (session->phase != PLI_PHASE_OPEN)
        session->active_us = pli_loop_clock_us (session->net->instance->loop);
      break;
    case PLI_STREAM_BLOCKED:
      break;
    case PLI_STREAM_BROKEN:
      broken (session, why);
      break;
    }
  if (session->phase == PLI_PHASE_LINGER)
    session->stream.input.len = 0;
}

static void
begin_handshake (PliSession *session)
{
  session->phase = PLI_PHASE_HANDSHAKE;
  pli_stream_begin_tls (&session->stream, pli_session_spec (session)->certificates);
}

/* These two return whether the next phase has begun. */

static gboolean
read_proxy_header (PliSession *session)
{
  PliStream *stream = &session->stream;
  const PliListenerSpec *spec = pli_session_spec (session);
  PliProxyHeader header;
  PliProxyResult result = pli_proxy_parse (pli_buffer_span (&stream->input), &header);

  if (result == PLI_PROXY_BAD || (result == PLI_PROXY_MORE && stream->eof))
    {
      /* Whoever only connects and leaves is most likely a health check. */
      log_session (stream->input.len > 0 ? PLI_LOG_WARNING : PLI_LOG_DEBUG, "proxy.refused", session,
                   "no PROXY header");
      session->dropped = TRUE;
    }
  if (session->dropped || result == PLI_PROXY_MORE)
    return FALSE;
  if (result == PLI_PROXY_DONE)
    {
      session->client = header.client;
      session->server = header.server;
      session->client_text[0] = session->server_text[0] = '\0';
    }
  if (!pli_net_count_origin (session->net, session, spec->connections_per_address))
    {
      session->dropped = TRUE;
      return FALSE;
    }
  pli_buffer_drop (&stream->input, header.len);
  if (spec->tls == PLI_TLS_IMPLICIT)
    begin_handshake (session);
  else
    session->phase = PLI_PHASE_OPEN;
  return TRUE;
}

static gboolean
shake_hands (PliSession *session)
{
  PliNet *net = session->net;
  char why[PLI_STREAM_WHY] = "";

  switch (pli_stream_handshake (&session->stream, why))
    {
    case PLI_STREAM_BLOCKED:
      if (session->stream.eof)
        session->dropped = TRUE;
      return FALSE;
    case PLI_STREAM_BROKEN:
      net->counts.handshakes_failed++;
      log_session (PLI_LOG_INFO, "tls.failed", session, why);
      session->dropped = TRUE;
      return FALSE;
    case PLI_STREAM_OK:
      break;
    }
  net->counts.handshakes++;
  session->phase = PLI_PHASE_OPEN;
  session->active_us = pli_loop_clock_us (net->instance->loop);
  session->input_seen = 0;
  if (session->opened && pli_session_spec (session)->protocol->secured)
    pli_session_spec (session)->protocol->secured (session);
  return TRUE;
}

static void
serve (PliSession *session)
{
  pli_engine_open (session);
  pli_engine_tell (session);
  pli_engine_input (session);
  /* Bytes behind STARTTLS came in the clear, perhaps from somebody in between (CVE-2011-0411); see RFC 3207 4.2. */
  if (session->tls_wanted && session->stream.input.len > 0)
    {
      log_session (PLI_LOG_WARNING, "starttls.injection", session, "bytes after STARTTLS, before the handshake");
      session->tls_wanted = FALSE;
      session->ending = TRUE;
    }
  if (session->stream.eof && !session->paused && !session->was_full && !pli_session_over_high (session)
      && session->stream.input.len <= session->input_seen)
    session->ending = TRUE;
}

static void
advance (PliSession *session)
{
  if (session->dropped)
    return;
  if (session->phase == PLI_PHASE_PROXY && !read_proxy_header (session))
    return;
  if (session->phase == PLI_PHASE_HANDSHAKE && !shake_hands (session))
    return;
  if (session->phase == PLI_PHASE_OPEN)
    serve (session);
}

static void
send_output (PliSession *session)
{
  gint64 now;
  gsize sent;
  char why[PLI_STREAM_WHY] = "";

  if (session->dropped || pli_stream_unsent (&session->stream) == 0)
    return;
  now = pli_loop_clock_us (session->net->instance->loop);
  switch (pli_stream_flush (&session->stream, &sent, why))
    {
    case PLI_STREAM_OK:
      session->stuck_us = 0;
      break;
    case PLI_STREAM_BLOCKED:
      if (sent > 0 || session->stuck_us == 0)
        session->stuck_us = now;
      break;
    case PLI_STREAM_BROKEN:
      broken (session, why);
      break;
    }
  if (sent > 0)
    session->active_us = now;
}

/* No byte will follow. Closing now could make the client's system throw away what it has not read (RFC 1122 4.2.2.13),
 * so the stream lingers until the client closes as well, or its time is over. */
static void
shut (PliSession *session)
{
  PliStream *stream = &session->stream;

  if (session->dropped || session->shut || pli_stream_unsent (stream) > 0)
    return;
  session->shut = TRUE;
  if (!stream->backend->finish (stream) || stream->eof)
    session->dropped = TRUE;
}

/* What follows when all output has left. */
static void
after_output (PliSession *session)
{
  const PliProtocol *protocol = pli_session_spec (session)->protocol;

  if (session->phase != PLI_PHASE_OPEN || session->dropped || pli_stream_unsent (&session->stream) > 0)
    return;
  if (session->ending)
    {
      pli_session_finish_engine (session);
      if (pli_stream_say_bye (&session->stream))
        send_output (session);
    }
  else if (session->tls_wanted)
    {
      session->tls_wanted = FALSE;
      session->phase_us = pli_loop_clock_us (session->net->instance->loop) + session->net->settings.handshake_timeout;
      begin_handshake (session);
      pli_session_schedule (session);
    }
  else if (session->was_full)
    {
      session->was_full = FALSE;
      session->input_seen = 0;
      if (protocol->drained)
        protocol->drained (session);
      pli_session_schedule (session);
    }
}

static void
wait_for_events (PliSession *session)
{
  PliStream *stream = &session->stream;
  gboolean wants = wants_bytes (session);

  pli_stream_rest (stream);
  stream->backend->interest (stream, (wants ? EPOLLIN : 0) | (pli_stream_unsent (stream) > 0 ? EPOLLOUT : 0));
  if (wants && session->phase != PLI_PHASE_HANDSHAKE && pli_stream_holds_input (stream))
    pli_session_schedule (session);
  pli_session_set_timer (session);
}

void
pli_session_pump (PliSession *session, guint32 events)
{
  g_assert (!session->pumping);
  if (session->phase == PLI_PHASE_OVER)
    return;
  pli_session_ref (session);
  session->pumping = TRUE;
  receive (session, events);
  advance (session);
  send_output (session);
  after_output (session);
  if (session->phase == PLI_PHASE_LINGER)
    shut (session);
  if (session->shut && session->stream.eof)
    session->dropped = TRUE;
  if (session->saying_bye && session->phase < PLI_PHASE_OPEN)
    session->dropped = TRUE;
  if (session->dropped)
    pli_session_finish (session);
  else
    wait_for_events (session);
  session->pumping = FALSE;
  pli_session_unref (session);
}

static void
scheduled_pump (gpointer user)
{
  PliSession *session = user;

  session->scheduled = FALSE;
  pli_session_pump (session, 0);
  pli_session_unref (session);
}

void
pli_session_schedule (PliSession *session)
{
  if (session->scheduled || session->phase == PLI_PHASE_OVER)
    return;
  session->scheduled = TRUE;
  pli_session_ref (session);
  pli_loop_soon (session->net->instance->loop, scheduled_pump, session);
}
