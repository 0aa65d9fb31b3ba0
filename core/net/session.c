/* session.c: the life of a session: made, begun, watched by one timer, finished, freed.
 *
 * A session is freed when its last reference goes: one is held by its life (until the stream is closed), one by each
 * pump that runs or waits in the loop. So it may be ended from within any callback of its engine.
 *
 * The timer costs no heap operation a byte: bytes only note the time, and a timer that fires too early is set again. */
#include "net/private.h"

#include <pli/log.h>

#define LINGER_US (2 * (gint64) G_USEC_PER_SEC)
#define STATE_OFFSET ((sizeof (PliSession) + 15) & ~(gsize) 15)

static void
socket_ready (gpointer user, guint32 events)
{
  pli_session_pump (user, events);
}

PliSession *
pli_session_new (PliNet *net, PliGeneration *generation, const PliStreamBackend *backend)
{
  PliSession *session = g_malloc0 (STATE_OFFSET + generation->spec.protocol->session_size);

  session->net = net;
  session->generation = pli_generation_ref (generation);
  session->state = (char *) session + STATE_OFFSET;
  session->number = ++net->last_number;
  session->input_max = 64 * 1024;
  session->refs = 1;
  session->stream.backend = backend;
  session->stream.pool = net->pool;
  session->stream.fd = -1;
  session->active_us = pli_loop_clock_us (net->instance->loop);
  g_hash_table_add (net->sessions, session);
  net->counts.accepted++;
  return session;
}

void
pli_session_begin (PliSession *session)
{
  const PliListenerSpec *spec = pli_session_spec (session);

  if (session->stream.backend == &pli_stream_socket)
    session->stream.watch =
        pli_watch_new (session->net->instance->loop, session->stream.fd, EPOLLIN, socket_ready, session);
  session->phase_us = session->active_us + session->net->settings.handshake_timeout;
  if (spec->proxy)
    session->phase = PLI_PHASE_PROXY;
  else if (spec->tls == PLI_TLS_IMPLICIT)
    {
      session->phase = PLI_PHASE_HANDSHAKE;
      pli_stream_begin_tls (&session->stream, spec->certificates);
    }
  else
    session->phase = PLI_PHASE_OPEN;
  pli_session_pump (session, 0);
}

void
pli_session_ref (PliSession *session)
{
  session->refs++;
}

void
pli_session_unref (PliSession *session)
{
  g_assert (session->refs > 0);
  if (--session->refs > 0)
    return;
  g_assert (session->phase == PLI_PHASE_OVER);
  if (session->notices)
    g_array_unref (session->notices);
  pli_arena_free (session->arena);
  pli_generation_unref (session->generation);
  g_free (session);
}

/* The timer */

static gboolean
idle_counts (PliSession *session)
{
  /* While a command waits, the client waits for us. */
  return session->phase == PLI_PHASE_OPEN && session->idle_us > 0 && !session->paused && !session->ending;
}

static void
timer_fired (gpointer user)
{
  PliSession *session = user;
  gint64 now = pli_loop_clock_us (session->net->instance->loop);
  const char *event = NULL;

  session->timer = NULL;
  if (session->phase != PLI_PHASE_OPEN && now >= session->phase_us)
    {
      if (session->phase == PLI_PHASE_HANDSHAKE)
        session->net->counts.handshakes_failed++;
      event = session->phase == PLI_PHASE_LINGER ? NULL : "session.handshake-timeout";
      session->dropped = TRUE;
    }
  else if (session->stuck_us && now >= session->stuck_us + session->net->settings.write_timeout)
    {
      event = "session.write-timeout";
      session->dropped = TRUE;
    }
  else if (idle_counts (session) && now >= session->active_us + session->idle_us)
    session->idled = TRUE;
  if (event)
    pli_log (PLI_LOG_INFO, event, "peer", pli_session_peer (session), "listener", pli_session_listener (session), NULL);
  pli_session_pump (session, 0);
}

void
pli_session_set_timer (PliSession *session)
{
  gint64 due = G_MAXINT64;

  if (session->phase != PLI_PHASE_OPEN)
    due = session->phase_us;
  if (session->stuck_us)
    due = MIN (due, session->stuck_us + session->net->settings.write_timeout);
  if (idle_counts (session))
    due = MIN (due, session->active_us + session->idle_us);
  if (due == G_MAXINT64 || session->phase == PLI_PHASE_OVER || (session->timer && session->timer_due_us <= due))
    return;
  pli_timer_cancel (session->timer);
  session->timer_due_us = due;
  session->timer = pli_loop_timer (session->net->instance->loop, due - pli_loop_clock_us (session->net->instance->loop),
                                   timer_fired, session);
}

/* The end */

void
pli_session_finish_engine (PliSession *session)
{
  const PliProtocol *protocol = pli_session_spec (session)->protocol;

  if (session->phase < PLI_PHASE_LINGER)
    {
      session->phase = PLI_PHASE_LINGER;
      session->phase_us = pli_loop_clock_us (session->net->instance->loop) + LINGER_US;
    }
  if (!session->opened)
    return;
  session->opened = FALSE;
  pli_op_cancel_all (&session->calls);
  protocol->close (session);
  pli_op_cancel_all (&session->calls);
  session->stream.output.len = session->stream.output_at = 0;
  if (session->net->gone)
    session->net->gone (session->net->instance, session->number, session->account != NULL);
}

void
pli_session_finish (PliSession *session)
{
  if (session->phase == PLI_PHASE_OVER)
    return;
  pli_session_finish_engine (session);
  session->phase = PLI_PHASE_OVER;
  pli_timer_cancel (session->timer);
  session->timer = NULL;
  pli_stream_close (&session->stream);
  pli_net_uncount_origin (session);
  if (session->listener)
    pli_listener_uncount (session->listener);
  session->listener = NULL;
  g_hash_table_remove (session->net->sessions, session);
  pli_session_unref (session);
}

/* Generations */

PliGeneration *
pli_generation_new (const PliListenerSpec *spec)
{
  PliGeneration *generation = g_new0 (PliGeneration, 1);
  const char *role = spec->role;

  if (!role && spec->protocol->roles)
    role = spec->protocol->roles[0];
  generation->spec = *spec;
  generation->spec.name = g_strdup (spec->name ? spec->name : "");
  generation->spec.role = g_strdup (role ? role : "");
  if (spec->certificates)
    pli_tls_ref (spec->certificates);
  generation->refs = 1;
  return generation;
}

PliGeneration *
pli_generation_ref (PliGeneration *generation)
{
  generation->refs++;
  return generation;
}

void
pli_generation_unref (PliGeneration *generation)
{
  if (!generation || --generation->refs > 0)
    return;
  pli_tls_unref (generation->spec.certificates);
  g_free ((char *) generation->spec.name);
  g_free ((char *) generation->spec.role);
  if (generation->spec.release)
    generation->spec.release (generation->spec.owner);
  g_free (generation);
}
