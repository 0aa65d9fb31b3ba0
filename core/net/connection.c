/* connection.c: <pli/connect.h>: a connection outward: dialled here or asked of the room `out`, then a buffered stream.
 *
 * As with sessions every event ends in one pump, and only the pump calls back; what a plugin calls from elsewhere only
 * schedules it. A callback may free the connection: the pump holds a reference, and looks after each call whether the
 * connection is over. Loop thread. */
#include "net/dial.h"
#include "net/endpoint.h"
#include "net/outward.h"
#include "net/stream.h"
#include "service/connect.h"
#include <errno.h>
#include <fcntl.h>
#include <pli/connect.h>
#include <unistd.h>

#define INPUT_MAX (64 * 1024)
#define DEADLINE_FIRST_US (30 * G_USEC_PER_SEC)

typedef enum
{
  PHASE_DIALLING,
  PHASE_OPEN,
  PHASE_HANDSHAKE,
  PHASE_OVER, /* stream closed */
} Phase;

struct PliConnection
{
  guint refs; /* the owner's, one while it is pumped, one while it is scheduled */
  PliInstance *instance;
  const PliConnectionFuncs *funcs; /* NULL: freed */
  gpointer user;
  char *where;
  Phase phase;
  PliDial *dial;
  PliCall *asking;
  PliTimer *deadline;
  PliStream stream;
  PliBuffer later; /* written while TLS is wanted and not there: must not leave in the clear */
  gsize input_seen;
  gnutls_session_t tls_next; /* handed to the stream when all before it has left */
  PliTlsClient tls;
  gboolean fresh, verify, tls_wanted, scheduled, pumping, was_unsent;
  char *tls_text;
  GError *failure;
};

static void pump (PliConnection *c, guint32 events);

static void
connection_unref (PliConnection *c)
{
  if (--c->refs > 0)
    return;
  g_free (c->where);
  g_free (c->tls_text);
  g_clear_error (&c->failure);
  pli_tls_client_clear (&c->tls);
  g_free (c);
}

/* Ends all that could still call back. */
static void
shut (PliConnection *c)
{
  if (c->phase == PHASE_OVER)
    return;
  pli_tls_client_verified (&c->tls, c->stream.secure ? c->stream.tls : NULL);
  c->phase = PHASE_OVER;
  pli_dial_cancel (g_steal_pointer (&c->dial));
  pli_call_cancel (g_steal_pointer (&c->asking));
  pli_timer_cancel (g_steal_pointer (&c->deadline));
  if (c->tls_next)
    gnutls_deinit (g_steal_pointer (&c->tls_next));
  pli_buffer_clear (&c->later);
  pli_stream_close (&c->stream);
}

static void
end (PliConnection *c)
{
  const PliConnectionFuncs *funcs = c->funcs;

  if (c->phase == PHASE_OVER)
    return;
  shut (c);
  if (funcs && funcs->closed)
    funcs->closed (c, c->user, c->failure);
}

static void
fail (PliConnection *c, const char *why)
{
  if (!c->failure)
    c->failure = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", c->where, why);
}

static void
scheduled_pump (gpointer user)
{
  PliConnection *c = user;

  c->scheduled = FALSE;
  pump (c, 0);
  connection_unref (c);
}

static void
schedule (PliConnection *c)
{
  if (c->scheduled || c->pumping || c->phase == PHASE_OVER)
    return;
  c->scheduled = TRUE;
  c->refs++;
  pli_loop_soon (c->instance->loop, scheduled_pump, c);
}

static void
ready (gpointer user, guint32 events)
{
  pump (user, events);
}

static void
out_of_time (gpointer user)
{
  PliConnection *c = user;

  c->deadline = NULL;
  fail (c, c->phase == PHASE_DIALLING ? "no connection in time" : "no answer in time");
  pump (c, 0);
}

/* @fd: (transfer full); -1 with an error. */
static void
connected (PliConnection *c, int fd, const GError *error)
{
  if (error && !c->failure)
    c->failure = g_error_copy (error);
  else if (!error)
    {
      c->stream.fd = fd;
      c->stream.watch = pli_watch_new (c->instance->loop, fd, EPOLLIN, ready, c);
      c->phase = PHASE_OPEN;
      c->fresh = TRUE;
    }
  pump (c, 0);
}

static void
dialled (gpointer user, int fd, const GError *error)
{
  PliConnection *c = user;

  c->dial = NULL;
  connected (c, fd, error);
}

/* The answer's descriptor goes with the answer. */
static void
answered (gpointer user, const void *result, const GError *error)
{
  PliConnection *c = user;
  const PliConnectOpened *opened = result;
  int fd = opened ? fcntl (opened->fd, F_DUPFD_CLOEXEC, 0) : -1;
  g_autoptr (GError) none = NULL;

  c->asking = NULL;
  if (fd < 0 && !error)
    none = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: no descriptor came", c->where);
  connected (c, fd, error ? error : none);
}

PliConnection *
pli_connection_new (PliPlugin *plugin, const char *address, guint port, const PliConnectionFuncs *funcs, gpointer user)
{
  PliConnection *c = g_new0 (PliConnection, 1);

  c->refs = 1;
  c->instance = pli_plugin_instance (plugin);
  c->funcs = funcs;
  c->user = user;
  c->where = pli_endpoint_text (address, port);
  c->stream.backend = &pli_stream_socket;
  c->stream.pool = pli_outward_pool (c->instance);
  c->stream.fd = -1;
  if (pli_connect_is_own (plugin))
    c->dial = pli_dial (c->instance, address, port, dialled, c);
  else
    c->asking = pli_connect_ask (plugin, address, port, answered, c);
  pli_connection_set_deadline (c, DEADLINE_FIRST_US);
  return c;
}

/* What was written leaves if it can at once: a QUIT needs no answer. */
static void
send_last (PliConnection *c)
{
  char why[PLI_STREAM_WHY];
  gsize sent;

  if (c->phase != PHASE_OPEN || c->failure || c->stream.fd < 0)
    return;
  if (pli_stream_flush (&c->stream, &sent, why) == PLI_STREAM_OK && pli_stream_say_bye (&c->stream))
    pli_stream_flush (&c->stream, &sent, why);
}

void
pli_connection_free (PliConnection *c)
{
  if (!c)
    return;
  c->funcs = NULL;
  send_last (c);
  shut (c);
  connection_unref (c);
}

void
pli_connection_write (PliConnection *c, PliSpan bytes)
{
  PliBuffer *to = c->tls_wanted || c->phase == PHASE_HANDSHAKE ? &c->later : &c->stream.output;

  if (c->phase == PHASE_OVER || bytes.len == 0)
    return;
  pli_pool_lend (c->stream.pool, to);
  pli_buffer_add_span (to, bytes);
  schedule (c);
}

gsize
pli_connection_unsent (PliConnection *c)
{
  return pli_stream_unsent (&c->stream) + c->later.len;
}

void
pli_connection_set_deadline (PliConnection *c, gint64 us)
{
  pli_timer_cancel (g_steal_pointer (&c->deadline));
  if (us > 0 && c->phase != PHASE_OVER)
    c->deadline = pli_loop_timer (c->instance->loop, us, out_of_time, c);
}

void
pli_connection_start_tls (PliConnection *c, const PliConnectionTls *tls)
{
  GError **error = c->failure ? NULL : &c->failure;
  PliTrust *trust;

  g_assert (!c->tls_wanted && !c->tls_next && !c->stream.tls);
  if (c->phase == PHASE_OVER)
    return;
  c->verify = tls->verify;
  trust = tls->ca_pem ? pli_trust_pem (tls->ca_pem, error) : pli_outward_trust (c->instance);
  if (trust)
    c->tls_next = pli_tls_client_new (&c->tls, trust, tls->host, tls->priority, error);
  c->tls_wanted = TRUE;
  schedule (c);
}

const char *
pli_connection_tls_text (PliConnection *c)
{
  return c->tls_text;
}

gboolean
pli_connection_verified (PliConnection *c, const char **out_why)
{
  gboolean verified = pli_tls_client_verified (&c->tls, c->stream.secure ? c->stream.tls : NULL);

  if (out_why)
    *out_why = verified ? NULL : c->tls.why ? c->tls.why : "no TLS";
  return verified;
}

/* The pump */

static gboolean
goes_on (PliConnection *c)
{
  return c->phase != PHASE_OVER && !c->failure;
}

static void
tell_opened (PliConnection *c)
{
  if (!c->fresh)
    return;
  c->fresh = FALSE;
  if (c->funcs->opened)
    c->funcs->opened (c, c->user);
}

static void
receive (PliConnection *c)
{
  char why[PLI_STREAM_WHY] = "";

  if (!c->stream.eof && c->stream.input.len < INPUT_MAX
      && pli_stream_fill (&c->stream, INPUT_MAX, why) == PLI_STREAM_BROKEN)
    fail (c, why);
}

/* What came is shown also when the connection broke behind it: the last words of a server say why. */
static void
show_input (PliConnection *c)
{
  while (c->phase == PHASE_OPEN && !c->tls_wanted && c->stream.input.len > c->input_seen)
    {
      gsize taken = c->funcs->input (c, c->user, pli_buffer_span (&c->stream.input));

      if (c->phase != PHASE_OPEN)
        return;
      g_assert (taken <= c->stream.input.len);
      pli_buffer_drop (&c->stream.input, taken);
      c->input_seen = taken > 0 ? 0 : c->stream.input.len;
    }
  if (c->phase == PHASE_OPEN && c->input_seen >= INPUT_MAX)
    fail (c, "more input than anybody takes");
}

static void
send_output (PliConnection *c)
{
  char why[PLI_STREAM_WHY] = "";
  gsize sent;

  if (!goes_on (c) || c->phase == PHASE_DIALLING || pli_stream_unsent (&c->stream) == 0)
    return;
  c->was_unsent = TRUE;
  if (pli_stream_flush (&c->stream, &sent, why) != PLI_STREAM_BROKEN)
    return;
  receive (c);
  show_input (c);
  fail (c, why);
}

static void
begin_tls (PliConnection *c)
{
  if (!goes_on (c) || !c->tls_wanted || c->phase != PHASE_OPEN || pli_stream_unsent (&c->stream) > 0)
    return;
  /* Bytes behind the answer to STARTTLS came in the clear, perhaps from somebody in between: RFC 3207 5. */
  if (c->stream.input.len > 0)
    {
      fail (c, "bytes in the clear before the TLS handshake");
      return;
    }
  c->tls_wanted = FALSE;
  c->input_seen = 0;
  c->phase = PHASE_HANDSHAKE;
  pli_stream_take_tls (&c->stream, g_steal_pointer (&c->tls_next));
}

static void
now_secure (PliConnection *c)
{
  const char *why;
  char text[128];

  pli_tls_describe (c->stream.tls, text, sizeof text);
  c->tls_text = g_strdup (text);
  c->phase = PHASE_OPEN;
  if (c->verify && !pli_connection_verified (c, &why))
    {
      g_autofree char *what = g_strconcat ("certificate refused: ", why, NULL);

      fail (c, what);
      return;
    }
  pli_buffer_add_span (&c->stream.output, pli_buffer_span (&c->later));
  pli_buffer_clear (&c->later);
  if (c->funcs->secured)
    c->funcs->secured (c, c->user);
}

static void
shake_hands (PliConnection *c)
{
  char why[PLI_STREAM_WHY] = "";

  if (!goes_on (c) || c->phase != PHASE_HANDSHAKE)
    return;
  switch (pli_stream_handshake (&c->stream, why))
    {
    case PLI_STREAM_BLOCKED:
      if (c->stream.eof)
        fail (c, "closed in the TLS handshake");
      break;
    case PLI_STREAM_BROKEN:
      fail (c, why);
      break;
    case PLI_STREAM_OK:
      now_secure (c);
      break;
    }
}

static void
tell_drained (PliConnection *c)
{
  if (!goes_on (c) || c->phase != PHASE_OPEN || !c->was_unsent || pli_connection_unsent (c) > 0)
    return;
  c->was_unsent = FALSE;
  if (c->funcs->drained)
    c->funcs->drained (c, c->user);
}

static void
wait_for_events (PliConnection *c)
{
  PliStream *stream = &c->stream;
  gboolean in = !stream->eof && (c->phase == PHASE_HANDSHAKE || stream->input.len < INPUT_MAX);

  if (c->phase == PHASE_DIALLING)
    return;
  pli_stream_rest (stream);
  pli_pool_take_back (stream->pool, &c->later);
  pli_watch_set (stream->watch, (in ? EPOLLIN : 0) | (pli_stream_unsent (stream) > 0 ? EPOLLOUT : 0));
  /* What callbacks wrote, and what TLS has decrypted or holds already, is not announced again. */
  if ((c->phase == PHASE_OPEN && (pli_stream_holds_input (stream) || c->stream.input.len > c->input_seen))
      || (c->tls_wanted && pli_stream_unsent (stream) == 0)
      || (c->was_unsent && c->phase == PHASE_OPEN && pli_connection_unsent (c) == 0))
    schedule (c);
}

static void
pump (PliConnection *c, guint32 events)
{
  g_assert (!c->pumping);
  if (c->phase == PHASE_OVER)
    return;
  c->refs++;
  c->pumping = TRUE;
  tell_opened (c);
  if (goes_on (c) && c->phase == PHASE_OPEN && (events & ~EPOLLOUT || pli_stream_holds_input (&c->stream)))
    receive (c);
  show_input (c);
  send_output (c);
  begin_tls (c);
  shake_hands (c);
  send_output (c);
  tell_drained (c);
  send_output (c);
  c->pumping = FALSE;
  if (c->failure || (c->stream.eof && c->phase == PHASE_OPEN && c->stream.input.len <= c->input_seen))
    end (c);
  else if (c->phase != PHASE_OVER)
    wait_for_events (c);
  connection_unref (c);
}
