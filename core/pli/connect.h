/* connect.h: a connection to the outside, for transports and for filters that ask a scanner.
 *
 * Only the room `out` connects; elsewhere the socket is asked of it, and bytes go straight. What is not at home in `out`
 * (a filter, rules) may connect only to what conf.d says: the text of one of the values in `[its-name]`, or an item of a
 * list there, must be "192.0.2.1:3310", "[2001:db8::1]:3310" or the path. The default of a row does not count, for `out`
 * does not know the rows of other rooms: such a setting is PLI_REQUIRED, or has no default. The first path of all needs a
 * restart: `out` can make sockets of paths only when a setting named one at its start. A plugin that connects declares the
 * need "connect". Callbacks come on the loop thread, never from inside a function of this header; after
 * pli_connection_free() none comes. */
#ifndef PLI_CONNECT_H
#define PLI_CONNECT_H

#include <pli/plugin.h>

G_BEGIN_DECLS

typedef struct PliConnection PliConnection;

typedef struct
{
  gsize size;
  /* Connected. May be NULL. */
  void (*opened) (PliConnection *c, gpointer user);
  /* Bytes came: returns how many are taken; the rest is shown again with what follows, 64 KiB at most. */
  gsize (*input) (PliConnection *c, gpointer user, PliSpan bytes);
  /* The handshake that pli_connection_start_tls() began is complete. */
  void (*secured) (PliConnection *c, gpointer user);
  /* All that was written has left for the kernel. May be NULL. */
  void (*drained) (PliConnection *c, gpointer user);
  /* Over: @error is NULL when the other side closed in order; PLI_ERROR_TRY_AGAIN (refused, reset, deadline, TLS),
   * PLI_ERROR_DENIED (conf.d does not name it) or PLI_ERROR_CONFIG (PliConnectionTls makes no sense) otherwise; the text
   * says what. Nothing follows; free it. */
  void (*closed) (PliConnection *c, gpointer user, const GError *error);
} PliConnectionFuncs;

/* @address: IPv4 or IPv6 as text, or an absolute path (then @port is 0). (transfer full) */
PLI_API PliConnection *
pli_connection_new (PliPlugin *plugin, const char *address, guint port, const PliConnectionFuncs *funcs, gpointer user);
/* Closes at once; what was written goes as far as it leaves without waiting. NULL is fine. */
PLI_API void pli_connection_free (PliConnection *c);
/* Copies. Also before it is open; in the clear what is written before pli_connection_start_tls(), under TLS the rest. */
PLI_API void pli_connection_write (PliConnection *c, PliSpan bytes);
/* Bytes written and not yet with the kernel. */
PLI_API gsize pli_connection_unsent (PliConnection *c);
/* closed() is called with a deadline's error unless this is set anew within @us; 0: none. At first 30 s. */
PLI_API void pli_connection_set_deadline (PliConnection *c, gint64 us);

typedef struct
{
  const char *host;     /* SNI, and what the certificate must name when it is verified */
  gboolean verify;      /* against the system's authorities, or @ca */
  const char *ca_pem;   /* NULL: the system's */
  const char *priority; /* GnuTLS priority string, NULL: NORMAL */
} PliConnectionTls;

/* Once a connection, when all before it has left; from opened() for TLS from the start. Input that is there already is
 * thrown away and the connection closed: RFC 3207 section 5. */
PLI_API void pli_connection_start_tls (PliConnection *c, const PliConnectionTls *tls);
/* "TLS1.3 …", NULL without. */
PLI_API const char *pli_connection_tls_text (PliConnection *c);
/* Whether the certificate passed verification or would have, and if not why (transfer none); also when it is over. */
PLI_API gboolean pli_connection_verified (PliConnection *c, const char **out_why);

G_END_DECLS

#endif
