/* connect-scene.h: a connection of <pli/connect.h> whose callbacks keep a journal, and a bare server on the other end.
 *
 * Journal: O opened, S secured, D drained, C closed; input goes to `got`. */
#ifndef TEST_CONNECT_SCENE_H
#define TEST_CONNECT_SCENE_H

#include "plugin/plugin-internal.h"
#include <pli/connect.h>

typedef struct
{
  PliInstance *instance, *other; /* other: a second loop to run, or NULL */
  PliPlugin plugin;
  PliConnection *c;
  GString *journal, *got;
  GError *error;
  gboolean closed;
  char free_at;                          /* the journal's letter at which the callback frees the connection; I: input */
  const char *tls_at;                    /* STARTTLS when input ends so */
  const PliConnectionTls *tls, *at_once; /* at_once: when it is opened */
} Caller;

void caller_init (Caller *caller, PliInstance *instance, const char *plugin);
void caller_connect (Caller *caller, const char *address, guint port);
/* Steps until the input ends with @text (and clears it), or the connection is closed, which fails the test. */
void caller_expect (Caller *caller, const char *text);
void caller_send (Caller *caller, const char *text);
void caller_until_closed (Caller *caller);
void caller_step (Caller *caller);
/* Frees the connection, too. */
void caller_clear (Caller *caller);

/* A listening socket on 127.0.0.1, or on @path. */
int bare_listen (const char *path, int backlog, guint *out_port);
/* Steps the caller until it has come. */
int bare_accept (Caller *caller, int fd);
void bare_send (int fd, const char *text);

#endif
