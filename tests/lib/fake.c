/* fake.c: a connection without a descriptor, for unit tests and wire scripts. See session.h.
 *
 * Behaves as a level-triggered socket does: as long as the session is interested and something is there, a turn of the
 * session is scheduled. TLS is on as soon as it is asked for. */
#include "lib/fake.h"

#include "net/private.h"

#include <errno.h>

struct PliFake
{
  PliSession *session; /* NULL once it is over */
  PliNet *net;
  PliBuffer in, out;
  gsize window;
  guint32 interest;
  gboolean half_closed, hung_up, closed, secure, coming;
};

static void
bring (gpointer user)
{
  PliFake *fake = user;
  guint32 events = fake->hung_up ? EPOLLHUP : 0;

  fake->coming = FALSE;
  if (fake->in.len > 0 || fake->half_closed || fake->hung_up)
    events |= EPOLLIN;
  if (fake->out.len < fake->window)
    events |= EPOLLOUT;
  events &= fake->interest | EPOLLHUP;
  if (fake->session && events)
    pli_session_pump (fake->session, events);
  else if (!fake->session && !fake->net)
    pli_fake_free (fake);
}

static void
announce (PliFake *fake)
{
  gboolean in = fake->in.len > 0 || fake->half_closed, out = fake->out.len < fake->window;

  if (fake->coming || !fake->session
      || !((fake->interest & EPOLLIN && in) || (fake->interest & EPOLLOUT && out) || fake->hung_up))
    return;
  fake->coming = TRUE;
  pli_loop_soon (fake->net->instance->loop, bring, fake);
}

static gssize
fake_read (PliStream *stream, char *data, gsize len)
{
  PliFake *fake = stream->fake;
  gsize n = MIN (len, fake->in.len);

  if (fake->hung_up)
    return -ECONNRESET;
  if (n == 0)
    return fake->half_closed ? 0 : -EAGAIN;
  memcpy (data, fake->in.data, n);
  pli_buffer_drop (&fake->in, n);
  return (gssize) n;
}

static gssize
fake_write (PliStream *stream, const char *data, gsize len)
{
  PliFake *fake = stream->fake;
  gsize n = fake->out.len < fake->window ? MIN (len, fake->window - fake->out.len) : 0;

  if (fake->hung_up)
    return -EPIPE;
  if (n == 0)
    return -EAGAIN;
  pli_buffer_add (&fake->out, data, n);
  return (gssize) n;
}

static void
fake_interest (PliStream *stream, guint32 events)
{
  PliFake *fake = stream->fake;

  fake->interest = events;
  fake->secure = stream->secure;
  announce (fake);
}

static gboolean
fake_finish (PliStream *stream)
{
  (void) stream;
  return FALSE;
}

static void
fake_close (PliStream *stream)
{
  PliFake *fake = stream->fake;

  fake->closed = TRUE;
  fake->session = NULL;
}

static const PliStreamBackend fake_backend = {
  .read = fake_read,
  .write = fake_write,
  .interest = fake_interest,
  .finish = fake_finish,
  .close = fake_close,
  .without_tls = TRUE,
};

PliFake *
pli_fake_new (PliNet *net, const PliListenerSpec *spec, const char *peer)
{
  PliFake *fake = g_new0 (PliFake, 1);
  PliGeneration *generation = pli_generation_new (spec);
  PliSession *session = pli_session_new (net, generation, &fake_backend);

  pli_generation_unref (generation);
  fake->net = net;
  fake->session = session;
  fake->window = G_MAXSIZE;
  session->stream.fake = fake;
  if (!pli_address_from_text (peer, &session->client))
    g_error ("%s is not an address", peer);
  session->client.port = 40000;
  pli_address_from_text ("192.0.2.25", &session->server);
  pli_session_begin (session);
  return fake;
}

void
pli_fake_free (PliFake *fake)
{
  if (!fake)
    return;
  if (fake->session)
    pli_session_finish (fake->session);
  fake->net = NULL;
  if (fake->coming)
    return; /* bring() frees it */
  pli_buffer_clear (&fake->in);
  pli_buffer_clear (&fake->out);
  g_free (fake);
}

PliSession *
pli_fake_session (PliFake *fake)
{
  return fake->session;
}

void
pli_fake_feed (PliFake *fake, PliSpan bytes)
{
  pli_buffer_add_span (&fake->in, bytes);
  announce (fake);
}

void
pli_fake_half_close (PliFake *fake)
{
  fake->half_closed = TRUE;
  announce (fake);
}

void
pli_fake_hang_up (PliFake *fake)
{
  fake->hung_up = TRUE;
  announce (fake);
}

PliBuffer *
pli_fake_output (PliFake *fake)
{
  return &fake->out;
}

void
pli_fake_set_window (PliFake *fake, gsize bytes)
{
  fake->window = bytes;
  announce (fake);
}

gboolean
pli_fake_closed (PliFake *fake)
{
  return fake->closed;
}

gboolean
pli_fake_secure (PliFake *fake)
{
  return fake->secure;
}
