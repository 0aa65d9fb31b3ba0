/* stream.c: filling, flushing and TLS of a stream; stream.h says what it is. Used by pump.c.
 *
 * GnuTLS never blocks here in the middle of a record: its push function only appends to `cipher`, and its pull function
 * reports EAGAIN between reads, after which the same call may be repeated (gnutls_record_recv, gnutls_handshake). */
#include "net/stream.h"

#include <errno.h>
#include <stdio.h>

#define RECORD_MOST 16384
#define CIPHER_HIGH (64 * 1024)

static void
say_errno (char *out_why, gssize error)
{
  g_strlcpy (out_why, g_strerror ((int) -error), PLI_STREAM_WHY);
}

/* GnuTLS transport */

static ssize_t
pull (gnutls_transport_ptr_t user, void *data, size_t len)
{
  PliStream *stream = user;
  gsize n;

  if (stream->raw.len == 0)
    {
      gssize got;

      pli_pool_lend (stream->pool, &stream->raw);
      got = stream->eof ? 0 : stream->backend->read (stream, stream->raw.data, stream->raw.size);
      if (got <= 0)
        {
          pli_pool_take_back (stream->pool, &stream->raw);
          stream->eof |= got == 0;
          gnutls_transport_set_errno (stream->tls, (int) -got);
          return got == 0 ? 0 : -1;
        }
      stream->raw.len = (gsize) got;
    }
  n = MIN (len, stream->raw.len - stream->raw_at);
  memcpy (data, stream->raw.data + stream->raw_at, n);
  stream->raw_at += n;
  if (stream->raw_at == stream->raw.len)
    stream->raw.len = stream->raw_at = 0;
  return (ssize_t) n;
}

static ssize_t
push (gnutls_transport_ptr_t user, const giovec_t *parts, int n_parts)
{
  PliStream *stream = user;
  ssize_t sum = 0;

  pli_pool_lend (stream->pool, &stream->cipher);
  for (int i = 0; i < n_parts; i++)
    {
      pli_buffer_add (&stream->cipher, parts[i].iov_base, parts[i].iov_len);
      sum += (ssize_t) parts[i].iov_len;
    }
  return sum;
}

/* Time-outs are the session's: say that bytes are there, and let pull() answer EAGAIN. */
static int
pull_timeout (gnutls_transport_ptr_t user, unsigned int ms)
{
  (void) user;
  (void) ms;
  return 1;
}

void
pli_stream_begin_tls (PliStream *stream, PliTls *tls)
{
  if (stream->backend->without_tls)
    stream->secure = TRUE;
  else
    pli_stream_take_tls (stream, pli_tls_session_new (tls));
}

void
pli_stream_take_tls (PliStream *stream, gnutls_session_t tls)
{
  stream->tls = tls;
  gnutls_transport_set_ptr (stream->tls, stream);
  gnutls_transport_set_pull_function (stream->tls, pull);
  gnutls_transport_set_vec_push_function (stream->tls, push);
  gnutls_transport_set_pull_timeout_function (stream->tls, pull_timeout);
  gnutls_handshake_set_timeout (stream->tls, GNUTLS_INDEFINITE_TIMEOUT);
  g_assert (stream->raw.len == 0);
  pli_pool_take_back (stream->pool, &stream->raw);
  stream->raw = stream->input;
  stream->input = (PliBuffer){ 0 };
}

PliStreamStep
pli_stream_handshake (PliStream *stream, char out_why[PLI_STREAM_WHY])
{
  char why[PLI_STREAM_WHY];
  gsize sent;
  int rc;

  if (!stream->tls)
    return stream->secure ? PLI_STREAM_OK : PLI_STREAM_BROKEN;
  do
    rc = gnutls_handshake (stream->tls);
  while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED || rc == GNUTLS_E_GOT_APPLICATION_DATA);
  if (rc < 0 && rc != GNUTLS_E_AGAIN)
    {
      if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
        snprintf (out_why, PLI_STREAM_WHY, "alert from the other side: %s",
                  gnutls_alert_get_name (gnutls_alert_get (stream->tls)));
      else
        g_strlcpy (out_why, gnutls_strerror (rc), PLI_STREAM_WHY);
      /* The alert is a courtesy: that the handshake failed is what gets reported, whether it leaves or not. */
      if (gnutls_alert_send_appropriate (stream->tls, rc) == 0)
        pli_stream_flush (stream, &sent, why);
      return PLI_STREAM_BROKEN;
    }
  if (pli_stream_flush (stream, &sent, out_why) == PLI_STREAM_BROKEN)
    return PLI_STREAM_BROKEN;
  if (rc < 0)
    return PLI_STREAM_BLOCKED;
  stream->secure = TRUE;
  return PLI_STREAM_OK;
}

/* In */

static gsize
room_for_input (PliStream *stream, gsize max)
{
  gsize room;

  pli_pool_lend (stream->pool, &stream->input);
  room = MIN (MAX (stream->input.size - stream->input.len, PLI_POOL_BUFFER), max - stream->input.len);
  pli_buffer_reserve (&stream->input, room);
  return room;
}

/* As PliStreamBackend.read, with TLS's errors told in @out_why and returned as -EPROTO. */
static gssize
receive (PliStream *stream, char *data, gsize len, char *out_why)
{
  gssize got;

  if (!stream->tls)
    {
      got = stream->backend->read (stream, data, len);
      if (got < 0)
        say_errno (out_why, got);
      return got;
    }
  do
    got = gnutls_record_recv (stream->tls, data, len);
  while (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_WARNING_ALERT_RECEIVED);
  if (got == GNUTLS_E_AGAIN)
    return -EAGAIN;
  /* Many clients leave without close_notify; the protocols here say themselves where a message ends. */
  if (got == GNUTLS_E_PREMATURE_TERMINATION)
    return 0;
  if (got < 0)
    {
      g_strlcpy (out_why, gnutls_strerror ((int) got), PLI_STREAM_WHY);
      return -EPROTO;
    }
  return got;
}

PliStreamStep
pli_stream_fill (PliStream *stream, gsize max, char out_why[PLI_STREAM_WHY])
{
  gboolean some = FALSE;

  while (stream->input.len < max)
    {
      gsize room = room_for_input (stream, max);
      gssize got = receive (stream, stream->input.data + stream->input.len, room, out_why);

      if (got == 0)
        {
          stream->eof = TRUE;
          return PLI_STREAM_OK;
        }
      if (got == -EAGAIN)
        break;
      if (got < 0)
        return PLI_STREAM_BROKEN;
      stream->input.len += (gsize) got;
      some = TRUE;
      /* A short read has emptied the socket; under TLS only EAGAIN says so. */
      if (!stream->tls && (gsize) got < room)
        break;
    }
  return some ? PLI_STREAM_OK : PLI_STREAM_BLOCKED;
}

gboolean
pli_stream_holds_input (PliStream *stream)
{
  return stream->tls && (stream->raw.len > 0 || gnutls_record_check_pending (stream->tls) > 0);
}

/* Out */

static gboolean
encrypt (PliStream *stream, char *out_why)
{
  while (stream->output_at < stream->output.len && stream->cipher.len < CIPHER_HIGH)
    {
      gsize len = MIN (stream->output.len - stream->output_at, RECORD_MOST);
      gssize n = gnutls_record_send (stream->tls, stream->output.data + stream->output_at, len);

      if (n < 0)
        {
          g_strlcpy (out_why, gnutls_strerror ((int) n), PLI_STREAM_WHY);
          return FALSE;
        }
      stream->output_at += (gsize) n;
    }
  return TRUE;
}

/* What was sent goes; in between the front is cut off only when that pays. */
static void
forget_sent (PliBuffer *buffer, gsize *at)
{
  if (*at == buffer->len || *at > buffer->len / 2)
    {
      pli_buffer_drop (buffer, *at);
      *at = 0;
    }
}

PliStreamStep
pli_stream_flush (PliStream *stream, gsize *out_sent, char out_why[PLI_STREAM_WHY])
{
  PliBuffer *buffer = stream->tls ? &stream->cipher : &stream->output;
  gsize *at = stream->tls ? &stream->cipher_at : &stream->output_at;
  gssize n = 0;

  *out_sent = 0;
  for (;;)
    {
      if (stream->tls && stream->secure && !encrypt (stream, out_why))
        return PLI_STREAM_BROKEN;
      if (*at == buffer->len)
        break;
      n = stream->backend->write (stream, buffer->data + *at, buffer->len - *at);
      if (n < 0)
        break;
      *at += (gsize) n;
      *out_sent += (gsize) n;
      if (*at == buffer->len)
        forget_sent (buffer, at);
    }
  forget_sent (&stream->output, &stream->output_at);
  forget_sent (&stream->cipher, &stream->cipher_at);
  if (n >= 0)
    return PLI_STREAM_OK;
  say_errno (out_why, n);
  return n == -EAGAIN ? PLI_STREAM_BLOCKED : PLI_STREAM_BROKEN;
}

gsize
pli_stream_unsent (PliStream *stream)
{
  return stream->output.len - stream->output_at + stream->cipher.len - stream->cipher_at;
}

gboolean
pli_stream_say_bye (PliStream *stream)
{
  if (!stream->tls || !stream->secure || stream->said_bye)
    return FALSE;
  stream->said_bye = TRUE;
  return gnutls_bye (stream->tls, GNUTLS_SHUT_WR) == 0;
}

void
pli_stream_rest (PliStream *stream)
{
  pli_pool_take_back (stream->pool, &stream->input);
  pli_pool_take_back (stream->pool, &stream->output);
  pli_pool_take_back (stream->pool, &stream->raw);
  pli_pool_take_back (stream->pool, &stream->cipher);
}

void
pli_stream_close (PliStream *stream)
{
  stream->backend->close (stream);
  if (stream->tls)
    gnutls_deinit (stream->tls);
  stream->tls = NULL;
  stream->input.len = stream->output.len = stream->raw.len = stream->cipher.len = 0;
  stream->output_at = stream->cipher_at = stream->raw_at = 0;
  pli_stream_rest (stream);
}
