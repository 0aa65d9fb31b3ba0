/* stream.h: a buffered non-blocking byte stream, in the clear or under TLS. Internal to core/net.
 *
 * A stream moves bytes between two buffers and its backend (a socket, or a test's fake). It knows no protocol, sets no
 * timer and calls nobody back but for readiness. TLS works on top: GnuTLS reads ciphertext from `raw`, which is filled
 * by large reads, and appends ciphertext to `cipher`, which is sent by large writes, so that a record costs no system
 * call of its own. Buffers are borrowed from the net's pool and given back when empty. Thread: loop. */
#ifndef PLI_NET_STREAM_H
#define PLI_NET_STREAM_H

#include "net/pool.h"
#include "net/session.h"

typedef struct PliStream PliStream;

typedef struct
{
  /* Bytes read or written; 0 from read: the end. Else a negated errno, -EAGAIN when it would block. */
  gssize (*read) (PliStream *stream, char *data, gsize len);
  gssize (*write) (PliStream *stream, const char *data, gsize len);
  /* EPOLLIN and EPOLLOUT that the session wants to hear of. */
  void (*interest) (PliStream *stream, guint32 events);
  /* No byte will follow. FALSE: there is no other side that could need time to read what is on its way. */
  gboolean (*finish) (PliStream *stream);
  void (*close) (PliStream *stream);
  gboolean without_tls; /* a fake: is secure as soon as it is asked */
} PliStreamBackend;

struct PliStream
{
  const PliStreamBackend *backend;
  PliPool *pool;
  union
  {
    PliWatch *watch; /* socket */
    gpointer fake;   /* a test's */
  };
  int fd;             /* socket; -1 */
  guint eof : 1;      /* the other side sends no more */
  guint secure : 1;   /* TLS is on */
  guint said_bye : 1; /* close_notify is in `cipher` or sent */
  gnutls_session_t tls;
  PliBuffer input, output;
  PliBuffer raw, cipher;      /* with TLS: received, not yet decrypted; encrypted, not yet sent */
  gsize output_at, cipher_at; /* sent already; dropped when all has left */
  gsize raw_at;               /* decrypted already */
};

typedef enum
{
  PLI_STREAM_OK,      /* fill: bytes came or the end; flush, handshake: complete */
  PLI_STREAM_BLOCKED, /* not without the other side */
  PLI_STREAM_BROKEN,  /* *out_why says why; only close is left */
} PliStreamStep;

/* The longest text in @out_why. */
#define PLI_STREAM_WHY 128

extern const PliStreamBackend pli_stream_socket;

/* Reads until `input` holds @max bytes, the end, or nothing more is there. */
PliStreamStep pli_stream_fill (PliStream *stream, gsize max, char out_why[PLI_STREAM_WHY]);
/* TRUE when a fill would find bytes that the backend will not announce again. */
gboolean pli_stream_holds_input (PliStream *stream);
PliStreamStep pli_stream_flush (PliStream *stream, gsize *out_sent, char out_why[PLI_STREAM_WHY]);
/* Not yet handed to the backend. */
gsize pli_stream_unsent (PliStream *stream);
/* What `input` holds is the beginning of the handshake. Fakes are secure at once. */
void pli_stream_begin_tls (PliStream *stream, PliTls *tls);
/* The same with a session of either side; @tls: (transfer full). */
void pli_stream_take_tls (PliStream *stream, gnutls_session_t tls);
PliStreamStep pli_stream_handshake (PliStream *stream, char out_why[PLI_STREAM_WHY]);
/* After a complete flush: TLS's goodbye. TRUE when it has to be flushed. */
gboolean pli_stream_say_bye (PliStream *stream);
/* Gives empty buffers back. */
void pli_stream_rest (PliStream *stream);
/* Closes the backend and frees all. */
void pli_stream_close (PliStream *stream);

#endif
