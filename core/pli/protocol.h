/* protocol.h: what an engine (`proto-*`) offers, and the session it gets for each connection.
 *
 * Core owns socket, TLS, buffers, limits on connections and the idle timer; the engine gets bytes and writes bytes.
 * An engine carries no policy. Its state lives in the `session_size` zeroed bytes of pli_session_state(), in the
 * session's arena, or is freed in close(). Everything here runs on the loop thread. */
#ifndef PLI_PROTOCOL_H
#define PLI_PROTOCOL_H

#include <pli/op.h>

G_BEGIN_DECLS

typedef struct PliSession PliSession;

typedef enum
{
  PLI_TLS_NONE,
  PLI_TLS_OFFERED, /* STARTTLS */
  PLI_TLS_IMPLICIT,
} PliTlsMode;

typedef struct
{
  gsize size;
  gsize session_size;
  const char *const
      *roles; /* values of `[listener] role`; first is the default; NULL-terminated, or NULL for one role */
  /* Connection accepted; after the handshake where TLS is implicit. Greets. */
  void (*open) (PliSession *session);
  /* New bytes after those not consumed before. Returns how many it consumed; the rest is kept and given again with
   * more. When it consumes nothing although pli_session_input_max() bytes wait, core closes the session: engines
   * answer "line too long" before that. Not called while the session is paused. */
  gsize (*input) (PliSession *session, PliSpan data);
  /* All output has left; for engines that stopped at pli_session_output_full(). May be NULL. */
  void (*drained) (PliSession *session);
  /* STARTTLS handshake is complete; what was buffered before it is gone. May be NULL. */
  void (*secured) (PliSession *session);
  /* The idle timer fired: say goodbye. Core closes after that. */
  void (*idle) (PliSession *session);
  /* The server stops or the listener goes: say goodbye. Core closes after that. May be NULL. */
  void (*shutdown) (PliSession *session);
  /* A watched mailbox changed (store.h, pli_store_watch); coalesced. 0: the store was restarted, so that anything may have
   * changed, and nothing is watched any more. May be NULL. */
  void (*notice) (PliSession *session, guint64 mailbox);
  /* The peer is gone or the session is over; the last call. Calls under way are cancelled. */
  void (*close) (PliSession *session);
} PliProtocol;

PLI_API gpointer pli_session_state (PliSession *session);
PLI_API PliArena *pli_session_arena (PliSession *session);
PLI_API PliInstance *pli_session_instance (PliSession *session);
/* The engine's settings, of the generation in which the session began. (transfer none) */
PLI_API const void *pli_session_settings (PliSession *session);
PLI_API const char *pli_session_role (PliSession *session);
/* Client's and our address as text, "192.0.2.1" or "2001:db8::1"; from the PROXY header where the listener has one. */
PLI_API const char *pli_session_peer (PliSession *session);
PLI_API guint pli_session_peer_port (PliSession *session);
PLI_API const char *pli_session_local (PliSession *session);
PLI_API gboolean pli_session_is_loopback (PliSession *session);
PLI_API gboolean pli_session_is_secure (PliSession *session); /* TLS is on */
PLI_API gboolean pli_session_may_start_tls (PliSession *session);
/* Plaintext passwords are allowed: TLS is on, or loopback, or the listener's `plaintext-login = yes`. */
PLI_API gboolean pli_session_may_login (PliSession *session);
/* "TLS1.3 ECDHE…" for Received and logs, NULL without TLS. */
PLI_API const char *pli_session_tls_text (PliSession *session);
/* Our name to the world: `[server] hostname`. */
PLI_API const char *pli_session_hostname (PliSession *session);
/* Unique since the server was made; for logs. */
PLI_API const char *pli_session_id (PliSession *session);
/* Signed in as (transfer none), NULL before; set by pli_directory_verify(). */
PLI_API const char *pli_session_account (PliSession *session);
PLI_API const char *pli_session_login (PliSession *session);

/* Output is buffered and sent when the engine returns to the loop. */
PLI_API void pli_session_write (PliSession *session, PliSpan bytes);
PLI_API void pli_session_write_text (PliSession *session, const char *text);
PLI_API void pli_session_printf (PliSession *session, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The output buffer itself, for appending. (transfer none), valid until the engine returns. */
PLI_API PliBuffer *pli_session_output (PliSession *session);
/* More waits to be sent than `output-high` (256 KiB): stop producing until drained(). */
PLI_API gboolean pli_session_output_full (PliSession *session);
/* Largest unconsumed input; the engine sets it for the state it is in (a line, a literal part). At first 64 KiB. */
PLI_API void pli_session_set_input_max (PliSession *session, gsize bytes);
/* While paused, no input() is called and, once the buffer is full, nothing is read. Engines pause while a command
 * waits for a call. Resuming calls input() from the loop if bytes wait. */
PLI_API void pli_session_pause (PliSession *session);
PLI_API void pli_session_resume (PliSession *session);
/* Restarts when input() has consumed something, and with each byte that leaves; 0: no timer. Bytes that the engine does
 * not take yet do not count: a line that comes a byte a minute keeps nobody here. */
PLI_API void pli_session_set_idle (PliSession *session, gint64 after_us);
/* After the written output: throws away unread input, then shakes hands. */
PLI_API void pli_session_start_tls (PliSession *session);
/* Sends what is written, then closes. No further input(). */
PLI_API void pli_session_end (PliSession *session);

G_END_DECLS

#endif
