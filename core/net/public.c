/* public.c: the calls of <pli/protocol.h>. None of them calls the engine: what they ask for happens in the pump. */
#include "net/private.h"

#include <stdarg.h>

gpointer
pli_session_state (PliSession *session)
{
  return session->state;
}

PliArena *
pli_session_arena (PliSession *session)
{
  if (!session->arena)
    session->arena = pli_arena_new ();
  return session->arena;
}

PliInstance *
pli_session_instance (PliSession *session)
{
  return session->net->instance;
}

const void *
pli_session_settings (PliSession *session)
{
  return pli_session_spec (session)->settings;
}

const char *
pli_session_role (PliSession *session)
{
  return pli_session_spec (session)->role;
}

const char *
pli_session_peer (PliSession *session)
{
  if (!session->client_text[0])
    pli_address_to_text (&session->client, session->client_text);
  return session->client_text;
}

guint
pli_session_peer_port (PliSession *session)
{
  return session->client.port;
}

const char *
pli_session_local (PliSession *session)
{
  if (!session->server_text[0])
    pli_address_to_text (&session->server, session->server_text);
  return session->server_text;
}

gboolean
pli_session_is_loopback (PliSession *session)
{
  return pli_address_is_loopback (&session->client);
}

gboolean
pli_session_is_secure (PliSession *session)
{
  return session->stream.secure;
}

gboolean
pli_session_may_start_tls (PliSession *session)
{
  return pli_session_spec (session)->tls == PLI_TLS_OFFERED && !session->stream.secure && !session->tls_wanted
         && !session->ending;
}

gboolean
pli_session_may_login (PliSession *session)
{
  return session->stream.secure || pli_session_is_loopback (session) || pli_session_spec (session)->plaintext_login;
}

const char *
pli_session_tls_text (PliSession *session)
{
  char text[96];

  if (!session->stream.secure)
    return NULL;
  if (!session->tls_text && session->stream.tls)
    {
      pli_tls_describe (session->stream.tls, text, sizeof text);
      session->tls_text = pli_arena_strdup (pli_session_arena (session), text);
    }
  return session->tls_text ? session->tls_text : "TLS (fake)";
}

static PliSpan
binding (PliSession *session, gnutls_channel_binding_t type)
{
  gnutls_datum_t datum = { NULL, 0 };
  PliSpan span = { NULL, 0 };

  if (session->stream.secure && session->stream.tls
      && gnutls_session_channel_binding (session->stream.tls, type, &datum) == GNUTLS_E_SUCCESS && datum.size > 0)
    span = pli_arena_span (pli_session_arena (session), pli_span ((const char *) datum.data, datum.size));
  gnutls_free (datum.data);
  return span;
}

gboolean
pli_session_bindings (PliSession *session, PliSpan *out_exporter, PliSpan *out_unique)
{
  gboolean old = session->stream.tls && gnutls_protocol_get_version (session->stream.tls) < GNUTLS_TLS1_3;

  *out_exporter = binding (session, GNUTLS_CB_TLS_EXPORTER);
  /* TLS 1.3 has none; below, it is safe only with the extended master secret, which the exporter wants too. */
  *out_unique = old && out_exporter->data ? binding (session, GNUTLS_CB_TLS_UNIQUE) : pli_span (NULL, 0);
  return out_exporter->data || out_unique->data;
}

const char *
pli_session_hostname (PliSession *session)
{
  return session->net->hostname;
}

const char *
pli_session_id (PliSession *session)
{
  if (!session->id[0])
    pli_id_new (session->id, pli_loop_now_us (session->net->instance->loop));
  return session->id;
}

const char *
pli_session_account (PliSession *session)
{
  return session->account;
}

const char *
pli_session_login (PliSession *session)
{
  return session->login;
}

/* Output */

PliBuffer *
pli_session_output (PliSession *session)
{
  pli_pool_lend (session->net->pool, &session->stream.output);
  if (!session->pumping)
    pli_session_schedule (session);
  return &session->stream.output;
}

void
pli_session_write (PliSession *session, PliSpan bytes)
{
  pli_buffer_add_span (pli_session_output (session), bytes);
}

void
pli_session_write_text (PliSession *session, const char *text)
{
  pli_buffer_add_text (pli_session_output (session), text);
}

void
pli_session_printf (PliSession *session, const char *format, ...)
{
  PliBuffer *output = pli_session_output (session);
  va_list args, again;
  int len;

  va_start (args, format);
  va_copy (again, args);
  len = g_vsnprintf (NULL, 0, format, args);
  va_end (args);
  g_assert (len >= 0);
  g_vsnprintf (pli_buffer_reserve (output, (gsize) len + 1), (gulong) len + 1, format, again);
  va_end (again);
  output->len += (gsize) len;
}

gboolean
pli_session_output_full (PliSession *session)
{
  if (!pli_session_over_high (session))
    return FALSE;
  session->was_full = TRUE;
  return TRUE;
}

/* Turns */

void
pli_session_set_input_max (PliSession *session, gsize bytes)
{
  g_assert (bytes > 0);
  session->input_max = bytes;
  if (!session->pumping)
    pli_session_schedule (session);
}

void
pli_session_pause (PliSession *session)
{
  session->paused = TRUE;
}

void
pli_session_resume (PliSession *session)
{
  if (!session->paused)
    return;
  session->paused = FALSE;
  session->input_seen = 0;
  session->active_us = pli_loop_clock_us (session->net->instance->loop);
  pli_session_schedule (session);
}

void
pli_session_set_idle (PliSession *session, gint64 after_us)
{
  g_assert (after_us >= 0);
  session->idle_us = after_us;
  if (!session->pumping)
    pli_session_set_timer (session);
}

void
pli_session_start_tls (PliSession *session)
{
  g_assert (pli_session_may_start_tls (session));
  session->tls_wanted = TRUE;
  if (!session->pumping)
    pli_session_schedule (session);
}

void
pli_session_end (PliSession *session)
{
  session->ending = TRUE;
  if (!session->pumping)
    pli_session_schedule (session);
}

/* For the façades; session.h. */

guint64
pli_session_number (PliSession *session)
{
  return session->number;
}

PliOp **
pli_session_calls (PliSession *session)
{
  return &session->calls;
}

void
pli_session_sign_in (PliSession *session, const char *account, const char *login, const char *store, guint32 rights)
{
  PliArena *arena = pli_session_arena (session);

  session->account = pli_arena_strdup (arena, account);
  session->login = pli_arena_strdup (arena, login);
  session->store = pli_arena_strdup (arena, store);
  session->rights = rights;
}

const char *
pli_session_store (PliSession *session)
{
  return session->store;
}

guint32
pli_session_rights (PliSession *session)
{
  return session->rights;
}

const char *
pli_session_listener (PliSession *session)
{
  return pli_session_spec (session)->name;
}

void
pli_session_notice (PliSession *session, guint64 mailbox)
{
  if (!session->opened || !pli_session_spec (session)->protocol->notice)
    return;
  if (!session->notices)
    session->notices = g_array_sized_new (FALSE, FALSE, sizeof (guint64), 1);
  for (guint i = 0; i < session->notices->len; i++)
    if (g_array_index (session->notices, guint64, i) == mailbox)
      return;
  g_array_append_val (session->notices, mailbox);
  pli_session_schedule (session);
}

void
pli_session_drop (PliSession *session)
{
  session->dropped = TRUE;
  pli_session_schedule (session);
}
