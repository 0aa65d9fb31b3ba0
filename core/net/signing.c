/* signing.c: see signing.h.
 *
 * Question: guint32 algorithm, guint32 length of the key's name, name, data. Answer: guint32 PliErrorCode or 0, then the
 * signature or the reason. Each is one packet. */
#include "net/signing.h"

#include <errno.h>
#include <pli/log.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 2000
#define PACKET_MOST (2 * PLI_SIGN_DATA_MOST)

typedef struct
{
  PliSigner signer;
  int fd;
} Remote;

static gboolean
set_error (GError **error, const char *why)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "signing: %s", why);
  return FALSE;
}

static gboolean
take_answer (const char *packet, gsize len, PliBuffer *out, GError **error)
{
  guint32 code;

  if (len < sizeof code)
    return set_error (error, "short answer");
  memcpy (&code, packet, sizeof code);
  if (code != 0)
    {
      g_set_error (error, PLI_ERROR, (gint) code, "signing: %.*s", (int) (len - sizeof code), packet + sizeof code);
      return FALSE;
    }
  pli_buffer_add (out, packet + sizeof code, len - sizeof code);
  return TRUE;
}

static gboolean
remote_sign (PliSigner *signer, const char *key_name, guint algorithm, const void *data, gsize len,
             PliBuffer *out_signature, GError **error)
{
  Remote *remote = (Remote *) signer;
  struct pollfd waiting = { .fd = remote->fd, .events = POLLIN };
  guint32 head[2] = { algorithm, (guint32) strlen (key_name) };
  char packet[PACKET_MOST];
  PliBuffer question = { 0 };
  ssize_t sent, got;

  if (remote->fd < 0 || len > PLI_SIGN_DATA_MOST || head[1] > 255)
    return set_error (error, remote->fd < 0 ? "auth is not there" : "too long");
  pli_buffer_add (&question, head, sizeof head);
  pli_buffer_add (&question, key_name, head[1]);
  pli_buffer_add (&question, data, len);
  sent = send (remote->fd, question.data, question.len, MSG_NOSIGNAL);
  pli_buffer_clear (&question);
  if (sent < 0 || poll (&waiting, 1, WAIT_MS) != 1)
    {
      /* An answer that comes too late would be taken for the next question's. */
      close (remote->fd);
      remote->fd = -1;
      return set_error (error, "auth does not answer");
    }
  got = recv (remote->fd, packet, sizeof packet, MSG_DONTWAIT);
  return got < 0 ? set_error (error, g_strerror (errno)) : take_answer (packet, (gsize) got, out_signature, error);
}

static void
remote_free (PliSigner *signer)
{
  Remote *remote = (Remote *) signer;

  if (remote->fd >= 0)
    close (remote->fd);
  g_free (remote);
}

void
pli_signing_use (PliInstance *instance, int fd)
{
  Remote *remote = g_new0 (Remote, 1);

  remote->signer.sign = remote_sign;
  remote->signer.free = remote_free;
  remote->fd = fd;
  pli_signer_free (instance->signer);
  instance->signer = &remote->signer;
}

typedef struct
{
  PliInstance *instance;
  PliWatch *watch;
  int fd;
} Server;

static void
answer (Server *server, char *packet, gsize len)
{
  guint32 head[2], code = PLI_ERROR_SYNTAX;
  PliBuffer reply = { 0 };
  g_autoptr (GError) error = NULL;

  pli_buffer_add (&reply, "\0\0\0\0", sizeof code);
  if (len >= sizeof head)
    memcpy (head, packet, sizeof head);
  if (len >= sizeof head && head[1] <= 255 && head[1] <= len - sizeof head && server->instance->signer)
    {
      g_autofree char *name = g_strndup (packet + sizeof head, head[1]);
      gsize skip = sizeof head + head[1];

      if (server->instance->signer->sign (server->instance->signer, name, head[0], packet + skip, len - skip, &reply,
                                          &error))
        code = 0;
      else
        code = (guint32) error->code;
    }
  memcpy (reply.data, &code, sizeof code);
  if (code != 0)
    {
      reply.len = sizeof code;
      pli_buffer_add_text (&reply, error ? error->message : "malformed question");
      pli_log (PLI_LOG_WARNING, "sign.refused", "why", error ? error->message : "malformed question", NULL);
    }
  if (send (server->fd, reply.data, reply.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    pli_log (PLI_LOG_WARNING, "sign.unanswered", "why", g_strerror (errno), NULL);
  pli_buffer_clear (&reply);
}

static void
asked (gpointer user, guint32 events)
{
  Server *server = user;
  char packet[PACKET_MOST];
  ssize_t got = recv (server->fd, packet, sizeof packet, MSG_DONTWAIT);

  (void) events;
  if (got > 0)
    {
      answer (server, packet, (gsize) got);
      return;
    }
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  pli_watch_remove (server->watch);
  close (server->fd);
  g_free (server);
}

void
pli_signing_serve (PliInstance *instance, int fd)
{
  Server *server = g_new (Server, 1);

  *server = (Server){ instance, NULL, fd };
  server->watch = pli_watch_new (instance->loop, fd, EPOLLIN, asked, server);
}
