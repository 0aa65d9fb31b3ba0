/* private.h: what net.c, listener.c, session.c, pump.c, engine.c and public.c share. Included by nothing else.
 *
 * Who does what: net.c holds the sets; listener.c accepts; session.c makes, ends and frees sessions and has their one
 * timer; pump.c is the only place that calls stream and engine, through engine.c; public.c is <pli/protocol.h>. */
#ifndef PLI_NET_PRIVATE_H
#define PLI_NET_PRIVATE_H

#include "net/address.h"
#include "net/listener.h"
#include "net/stream.h"

/* A listener's spec, shared by the sessions that began with it. */
typedef struct
{
  PliListenerSpec spec;
  guint refs;
} PliGeneration;

/* Clients of one listener that are counted together. */
typedef struct
{
  guint64 key;
  guint64 listener;
  guint n;
} PliOrigin;

struct PliNet
{
  PliInstance *instance;
  PliNetSettings settings;
  char *hostname;
  PliPool *pool;
  GHashTable *sessions; /* by number; values are the keys' structs */
  GHashTable *origins;  /* PliOrigin, a set */
  GPtrArray *listeners;
  guint64 last_number, last_listener;
  guint64 descriptors; /* that the process may have open */
  PliNetCounts counts;
  PliSessionGone gone;
};

typedef enum
{
  PLI_PHASE_PROXY,     /* the PROXY header has not come */
  PLI_PHASE_HANDSHAKE, /* TLS, implicit or after STARTTLS */
  PLI_PHASE_OPEN,
  PLI_PHASE_LINGER, /* engine closed; the client gets time to read what is on its way */
  PLI_PHASE_OVER,   /* stream closed; freed with the last reference */
} PliPhase;

struct PliSession
{
  guint64 number; /* first: the key of PliNet.sessions */
  PliNet *net;
  PliGeneration *generation;
  PliListener *listener; /* NULL: fake, or the listener has gone */
  PliOrigin *origin;     /* NULL: not counted */
  gpointer state;
  PliArena *arena;
  PliOp *calls;
  PliTimer *timer;     /* at most one; see session.c */
  gint64 timer_due_us; /* of `timer` */
  gint64 active_us;    /* last byte in or out */
  gint64 stuck_us;     /* since when output waits without progress; 0: none waits */
  gint64 phase_us;     /* handshake or linger must be over then */
  gint64 idle_us;      /* asked by the engine; 0: none */
  gsize input_max;
  gsize input_seen; /* bytes the engine has left in the buffer; it is called again when there are more */
  GArray *notices;  /* guint64 mailboxes; NULL: none */
  const char *account, *login, *store, *tls_text; /* in the arena */
  guint32 rights;
  guint32 refs;
  guint phase : 3;  /* PliPhase */
  guint opened : 1; /* the engine's open() was called, close() was not */
  guint paused : 1;
  guint ending : 1;     /* close when all output has left; no further input() */
  guint dropped : 1;    /* close now */
  guint tls_wanted : 1; /* STARTTLS: shake hands when all output has left */
  guint was_full : 1;   /* the engine was told to stop; it gets drained() */
  guint saying_bye : 1; /* shutdown() is to be called */
  guint idled : 1;      /* idle() is to be called */
  guint shut : 1;       /* lingering: nothing is left to be sent */
  guint pumping : 1;    /* in pump(): what the engine writes is flushed on the way out */
  guint scheduled : 1;  /* a pump is on its way */
  PliAddress client, server;
  PliStream stream;
  char id[PLI_ID_LEN + 1]; /* "" until somebody asks */
  char client_text[INET6_ADDRSTRLEN], server_text[INET6_ADDRSTRLEN];
};

PliGeneration *pli_generation_new (const PliListenerSpec *spec);
PliGeneration *pli_generation_ref (PliGeneration *generation);
void pli_generation_unref (PliGeneration *generation);

/* net.c: counting. FALSE: over the limit of @per_address (0: none). */
gboolean pli_net_count_origin (PliNet *net, PliSession *session, guint32 per_address);
void pli_net_uncount_origin (PliSession *session);

/* session.c. @backend and what belongs to it is set by the caller before pli_session_begin(). */
PliSession *pli_session_new (PliNet *net, PliGeneration *generation, const PliStreamBackend *backend);
/* First phase; greets. */
void pli_session_begin (PliSession *session);
/* Makes sure that the timer fires when the nearest of the session's deadlines is there. */
void pli_session_set_timer (PliSession *session);
/* Ends the engine's part, then the stream's, at once. Only from the pump and from pli_net_free(). */
void pli_session_finish_engine (PliSession *session);
void pli_session_finish (PliSession *session);

/* pump.c: the only way in. @events: of the descriptor, 0 for none. */
void pli_session_pump (PliSession *session, guint32 events);
/* A pump from the loop, soon. */
void pli_session_schedule (PliSession *session);

/* engine.c: calls of the engine, made by the pump alone. */
void pli_engine_open (PliSession *session);
void pli_engine_input (PliSession *session);
void pli_engine_tell (PliSession *session);

static inline const PliListenerSpec *
pli_session_spec (PliSession *session)
{
  return &session->generation->spec;
}

static inline gboolean
pli_session_over_high (PliSession *session)
{
  return pli_stream_unsent (&session->stream) > session->net->settings.output_high;
}

#endif
