/* mirror.c: a session of another room, as its facts say it is: it has no connection, and nothing can be written to it.
 * Filters in host rooms get one with each call. */
#include "net/private.h"

PliSession *
pli_session_mirror (PliNet *net, const PliSessionFacts *facts)
{
  static const PliProtocol none = { .size = sizeof none };
  const PliListenerSpec spec = { .name = facts->listener,
                                 .protocol = &none,
                                 .role = facts->role,
                                 .tls = facts->flags & PLI_FACT_MAY_START_TLS ? PLI_TLS_OFFERED : PLI_TLS_NONE,
                                 .plaintext_login = (facts->flags & PLI_FACT_MAY_LOGIN) != 0 };
  PliSession *session = g_new0 (PliSession, 1);

  session->net = net;
  session->generation = pli_generation_new (&spec);
  session->number = facts->number;
  session->refs = 1;
  session->phase = PLI_PHASE_OVER;
  session->stream.fd = -1;
  pli_address_from_text (facts->peer, &session->client);
  session->client.port = (guint16) facts->peer_port;
  pli_address_from_text (facts->local, &session->server);
  g_strlcpy (session->id, facts->id, sizeof session->id);
  session->stream.secure = facts->tls != NULL;
  session->tls_text = pli_arena_strdup (pli_session_arena (session), facts->tls);
  pli_session_sign_in (session, facts->account, facts->login, NULL, 0);
  return session;
}

void
pli_session_facts (PliSession *session, PliSessionFacts *out)
{
  *out = (PliSessionFacts){ .number = session->number,
                            .id = pli_session_id (session),
                            .peer = pli_session_peer (session),
                            .peer_port = session->client.port,
                            .local = pli_session_local (session),
                            .role = pli_session_role (session),
                            .listener = pli_session_listener (session),
                            .tls = pli_session_tls_text (session),
                            .account = session->account,
                            .login = session->login };
  out->flags = (pli_session_may_login (session) ? PLI_FACT_MAY_LOGIN : 0)
               | (pli_session_may_start_tls (session) ? PLI_FACT_MAY_START_TLS : 0);
}
