/* signing.c: see signing.h.
 *
 * Question: guint32 serial, algorithm, length of the key's name; name, data. Answer: guint32 serial, PliErrorCode or 0, then
 * the signature or the reason. Each is one packet. An answer that came too late for its question is known by its serial. */
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
  guint32 serial;
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
  guint32 head[2];

  memcpy (head, packet, sizeof head);
  if (head[1] != 0)
    {
      g_set_error (error, PLI_ERROR, (gint) head[1], "signing: %.*s", (int) (len - sizeof head), packet + sizeof head);
      return FALSE;
    }
  pli_buffer_add (out, packet + sizeof head, len - sizeof head);
  return TRUE;
}

/* The answer to the last question; older ones are passed over. -1 when none comes in time. */
static gssize
wait_for_answer (Remote *remote, char *packet, gsize size)
{
  gint64 until = g_get_monotonic_time () + WAIT_MS * 1000;
  struct pollfd waiting = { .fd = remote->fd, .events = POLLIN };

  for (;;)
    {
      gint64 left = (until - g_get_monotonic_time ()) / 1000;
      guint32 head[2];
      ssize_t got;

      if (left <= 0 || poll (&waiting, 1, (int) left) != 1)
        return -1;
      got = recv (remote->fd, packet, size, MSG_DONTWAIT);
      if (got <= 0)
        return -1;
      if ((gsize) got < sizeof head)
        continue;
      memcpy (head, packet, sizeof head);
      if (head[0] == remote->serial)
        return got;
    }
}

static gboolean
remote_sign (PliSigner *signer, const char *key_name, guint algorithm, const void *data, gsize len,
             PliBuffer *out_signature, GError **error)
{
  Remote *remote = (Remote *) signer;
  guint32 head[3] = { ++remote->serial, algorithm, (guint32) strlen (key_name) };
  char packet[PACKET_MOST];
  PliBuffer question = { 0 };
  gssize got;

  if (len > PLI_SIGN_DATA_MOST || head[2] > 255)
    return set_error (error, "too long");
  pli_buffer_add (&question, head, sizeof head);
  pli_buffer_add (&question, key_name, head[2]);
  pli_buffer_add (&question, data, len);
  got = send (remote->fd, question.data, question.len, MSG_NOSIGNAL | MSG_DONTWAIT);
  pli_buffer_clear (&question);
  if (got >= 0)
    got = wait_for_answer (remote, packet, sizeof packet);
  return got < 0 ? set_error (error, "auth does not answer") : take_answer (packet, (gsize) got, out_signature, error);
}

static void
remote_free (PliSigner *signer)
{
  Remote *remote = (Remote *) signer;

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
  guint32 head[3] = { 0 }, said[2] = { 0, PLI_ERROR_SYNTAX };
  PliBuffer reply = { 0 };
  g_autoptr (GError) error = NULL;

  pli_buffer_add (&reply, said, sizeof said);
  if (len >= sizeof head)
    memcpy (head, packet, sizeof head);
  said[0] = head[0];
  if (len >= sizeof head && head[2] <= 255 && head[2] <= len - sizeof head && server->instance->signer)
    {
      g_autofree char *name = g_strndup (packet + sizeof head, head[2]);
      gsize skip = sizeof head + head[2];

      if (server->instance->signer->sign (server->instance->signer, name, head[1], packet + skip, len - skip, &reply,
                                          &error))
        said[1] = 0;
      else
        said[1] = (guint32) error->code;
    }
  memcpy (reply.data, said, sizeof said);
  if (said[1] != 0)
    {
      reply.len = sizeof said;
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
