/* fake.h: a connection without a descriptor: what a client sends and gets, in memory. For unit tests and wire scripts.
 * Thread: loop. */
#ifndef PLI_TEST_FAKE_H
#define PLI_TEST_FAKE_H

#include "net/session.h"

/* A fake connection for tests: no descriptor, no cryptography. What the client sent is in `in`, what the server sent
 * is in `out`; a test runs the loop in between. Must outlive its session, or pli_fake_free() drops the session. */
typedef struct PliFake PliFake;

/* @peer: client's address as text. Implicit TLS counts as shaken hands. */
PliFake *pli_fake_new (PliNet *net, const PliListenerSpec *spec, const char *peer);
void pli_fake_free (PliFake *fake);
/* NULL once it is over. */
PliSession *pli_fake_session (PliFake *fake);
/* The client sends; the loop brings it to the engine. */
void pli_fake_feed (PliFake *fake, PliSpan bytes);
/* The client closes its half, or goes away altogether. */
void pli_fake_half_close (PliFake *fake);
void pli_fake_hang_up (PliFake *fake);
/* What the server has sent; the test drops what it has seen (pli_buffer_drop). */
PliBuffer *pli_fake_output (PliFake *fake);
/* At most this many unseen bytes are taken from the server (a slow client); G_MAXSIZE at first. */
void pli_fake_set_window (PliFake *fake, gsize bytes);
/* The server has closed. */
gboolean pli_fake_closed (PliFake *fake);
gboolean pli_fake_secure (PliFake *fake);

#endif
