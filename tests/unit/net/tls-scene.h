/* tls-scene.h: a listener of this process with certificates of all kinds, and a GnuTLS client on the other end.
 *
 * Client and server run on one thread: the client's socket does not block, and each time it would, the loop takes a
 * step. Keys and certificates are made once; the server knows the keys only through its signer, which is counted. */
#ifndef TEST_TLS_SCENE_H
#define TEST_TLS_SCENE_H

#include "stub.h"

#include <gnutls/abstract.h>

/* ECDSA and RSA for mail.example.org (the default), RSA for rsa.example.org and *.wild.example.org, one each for
 * ed.example.org, p384.example.org and pss.example.org. */
#define N_KEYS 6

extern gnutls_datum_t key_pem[N_KEYS], cert_pem[N_KEYS];

void keys_make (void);
void keys_free (void);

typedef struct
{
  PliInstance *instance;
  StubLog log;
  PliTls *tls;
  PliListener *listener;
  guint16 port;
  guint signatures;
  PliSigner counting, *local;
} Server;

/* @spec: tls, proxy and limits. */
void server_start (Server *s, PliListenerSpec spec);
void server_stop (Server *s);

typedef struct
{
  Server *server;
  int fd;
  gnutls_session_t tls;
  gnutls_certificate_credentials_t credentials;
} Client;

void client_connect (Client *c, Server *s);
/* GnuTLS's code, 0 when the handshake is complete. */
int client_handshake (Client *c, const char *priority, const char *name, const gnutls_datum_t *resume);
void client_step (Client *c);
/* Bytes, 0 at the end, -EAGAIN. */
gssize client_recv (Client *c, char *data, gsize len);
/* Reads until the answer ends with @end, or to the end of the connection when that is NULL. */
char *client_read (Client *c, const char *end);
void client_expect (Client *c, const char *text);
void client_send (Client *c, const char *text);
void client_close (Client *c);
/* Name of the key whose certificate the server showed. */
char *shown_key (Client *c);

#endif
