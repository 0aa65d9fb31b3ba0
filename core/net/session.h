/* session.h: listeners and sessions as the rest of core sees them. Internal to core.
 *
 * A PliNet is the part of an instance that holds listeners and sessions. The room makes it, hands it bound descriptors
 * that came from the supervisor, and stops it. Façades use the pli_session_…() calls at the end. What engines see is
 * <pli/protocol.h>. Thread: loop. */
#ifndef PLI_NET_SESSION_H
#define PLI_NET_SESSION_H

#include "loop/op.h"
#include "net/settings.h"
#include "net/tls.h"
#include <pli/protocol.h>

typedef struct PliListener PliListener;

/* What a listener gives to its sessions. Copied (texts too), but for what `owner` keeps alive: protocol, settings. */
typedef struct
{
  const char *name; /* `[listener NAME]`, for events */
  const PliProtocol *protocol;
  const void *settings; /* of the engine, this generation; may be NULL */
  const char *role;     /* NULL: the protocol's first */
  guint32 tls;          /* PliTlsMode */
  PliTls *certificates; /* a reference is taken; NULL only with PLI_TLS_NONE (and in fake sessions) */
  gboolean proxy;       /* connections begin with a PROXY header, and are closed when they do not */
  gboolean plaintext_login;
  guint32 connections_max;         /* 0: only the server-wide limit */
  guint32 connections_per_address; /* an IPv6 client is counted by its /64; 0: no limit */
  /* Called with `owner` when the last session of this generation has gone; may be NULL. */
  void (*release) (gpointer owner);
  gpointer owner;
} PliListenerSpec;

/* Counted since the net was made, but for `sessions`. */
typedef struct
{
  guint64 sessions; /* now, those that only linger included */
  guint64 accepted;
  guint64 refused; /* by a limit */
  guint64 handshakes;
  guint64 handshakes_failed;
} PliNetCounts;

/* A session is over (its calls are cancelled, its engine's close() has returned). */
typedef void (*PliSessionGone) (PliInstance *instance, guint64 number, gboolean was_signed_in);

/* (transfer full): settings are the defaults, the hostname "localhost", until pli_net_configure(). */
PliNet *pli_net_new (PliInstance *instance);
/* Drops all sessions and listeners that are left, without goodbye. NULL is fine. */
void pli_net_free (PliNet *net);
/* At start and at each reload; both are copied. Sessions that exist feel it, too. */
void pli_net_configure (PliNet *net, const PliNetSettings *settings, const char *hostname);
void pli_net_on_gone (PliNet *net, PliSessionGone gone);

/* (transfer none): belongs to the net. @fd: (transfer full): bound and listening, close-on-exec. */
PliListener *pli_net_listen (PliNet *net, int fd, const PliListenerSpec *spec);
/* One more address of the same listener: same limits, same spec. @fd: (transfer full). */
void pli_listener_add_fd (PliListener *listener, int fd);
/* Reload: sessions that come from now on get @spec. */
void pli_listener_configure (PliListener *listener, const PliListenerSpec *spec);
/* Closes one listener; its sessions go on. */
void pli_listener_close (PliListener *listener);
/* Closes all listeners; sessions go on. */
void pli_net_stop_listening (PliNet *net);
/* Says goodbye to all sessions (PliProtocol.shutdown) and closes them; what cannot be sent within `write-timeout` is
 * lost. The room may exit when pli_net_counts().sessions is 0. */
void pli_net_close_all (PliNet *net);
PliNetCounts pli_net_counts (PliNet *net);
/* NULL when it has gone. */
PliSession *pli_net_find (PliNet *net, guint64 number);

/* Names the session over all rooms: (kind of room + 1) in bits 56-63, index of the room in 48-55, a counter below. */
guint64 pli_session_number (PliSession *session);
/* The list that calls of this session hang in (PliOpSpec.owner): they are cancelled when it closes. */
PliOp **pli_session_calls (PliSession *session);
/* For the directory's façade. Texts are copied. @store: as in PliVerifyResult, NULL for the default. */
void
pli_session_sign_in (PliSession *session, const char *account, const char *login, const char *store, guint32 rights);
/* Of the account signed in; NULL for the default store. */
const char *pli_session_store (PliSession *session);
guint32 pli_session_rights (PliSession *session);
/* Channel bindings (RFC 9266 tls-exporter, RFC 5929 tls-unique), in the session's arena; {NULL, 0} where TLS has none.
 * FALSE when it has neither. */
gboolean pli_session_bindings (PliSession *session, PliSpan *out_exporter, PliSpan *out_unique);
/* Name of the listener it came by. */
const char *pli_session_listener (PliSession *session);
/* Passes a store's hint on to the engine's notice() from the loop; repeated hints for one mailbox become one. */
void pli_session_notice (PliSession *session, guint64 mailbox);
/* Keeps the memory of a session that may be over before the holder is done, as a late filter's. */
void pli_session_ref (PliSession *session);
void pli_session_unref (PliSession *session);
/* Ends at once, without goodbye: `pli kick`. */
void pli_session_drop (PliSession *session);

/* A session in words, for another room. */
typedef struct
{
  guint64 number;
  const char *id, *peer;
  guint32 peer_port;
  const char *local, *role, *listener;
  const char *tls; /* NULL without */
  const char *account, *login;
  guint32 flags; /* PLI_FACT_… */
} PliSessionFacts;

#define PLI_FACT_MAY_LOGIN 1
#define PLI_FACT_MAY_START_TLS 2

void pli_session_facts (PliSession *session, PliSessionFacts *out);
/* (transfer full): pli_session_unref(). Texts are copied. */
PliSession *pli_session_mirror (PliNet *net, const PliSessionFacts *facts);

typedef void (*PliSessionVisit) (PliSession *session, gpointer user);
void pli_net_foreach (PliNet *net, PliSessionVisit visit, gpointer user);

#endif
