/* wire.h: wire scripts: what a client says and what the server must answer, run on an in-process session.
 *
 * A script is text, one step a line; docs are in tests/wire/README.md. It runs on the real engine, loaded from its .so,
 * with auth-front, auth-local and store-memory behind the real façades, on a fake connection with a fake clock, three ways: as it
 * is written; one byte at a time; and with all that the client says in one write. */
#ifndef PLI_TEST_WIRE_H
#define PLI_TEST_WIRE_H

#include <pli/base.h>

typedef enum
{
  PLI_WIRE_SEND,    /* text: bytes; flag: STARTTLS or STLS, behind which a client cannot send at once */
  PLI_WIRE_LINE,    /* text: expected */
  PLI_WIRE_MAYBE,   /* the same, or not there */
  PLI_WIRE_PATTERN, /* text: regular expression */
  PLI_WIRE_CLOCK,   /* by_us */
  PLI_WIRE_DELIVER, /* text: message */
  PLI_WIRE_HANG_UP, /* the client goes away */
  PLI_WIRE_HALF_CLOSE,
  PLI_WIRE_CLOSED,    /* the server must have closed */
  PLI_WIRE_RECONNECT, /* a new session, of the same server */
} PliWireKind;

typedef struct
{
  PliWireKind kind;
  guint line; /* of the script */
  PliBuffer text;
  gint64 by_us;
  gboolean starts_tls;
} PliWireStep;

typedef struct
{
  char *path, *title;
  const char *protocol, *role, *peer; /* in arena */
  guint tls;                          /* PliTlsMode */
  gboolean plaintext_login;
  gboolean serial; /* not in one write */
  gboolean once;   /* only as it is */
  GString *conf;
  GPtrArray *plugins; /* more of them, names */
  GPtrArray *users;   /* name, password, name, password… */
  GArray *steps;      /* PliWireStep */
  PliArena *arena;
} PliWire;

typedef enum
{
  PLI_WIRE_AS_IS,
  PLI_WIRE_BYTES,
  PLI_WIRE_AT_ONCE,
  PLI_WIRE_WAYS,
} PliWireWay;

/* Errors: PLI_ERROR_SYNTAX with path and line. */
PliWire *pli_wire_parse (const char *path, GError **error);
void pli_wire_free (PliWire *wire);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliWire, pli_wire_free)

gboolean pli_wire_has_way (const PliWire *wire, PliWireWay way);
const char *pli_wire_way_name (PliWireWay way);
/* Errors: what was expected in which line, and what came. */
gboolean pli_wire_play (const PliWire *wire, PliWireWay way, GError **error);

#endif
