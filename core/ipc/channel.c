/* channel.c: see channel.h. What is sent in one turn of the loop leaves together, in few sendmmsg(2). */
#include "ipc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <pli/log.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 16
#define FLAG_MEMFD 1
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

typedef struct Out Out;
struct Out
{
  Out *next;
  int fd; /* to send along and close; -1 */
  guint32 len;
  PliPacketHeader header;
  char body[];
};

struct PliPacketBody
{
  gint refs;
  gboolean mapped;
  gsize len;
  char *data; /* mapped, or just behind this struct */
};

struct PliChannel
{
  PliLoop *loop;
  int fd;
  PliWatch *watch;
  const PliChannelFuncs *funcs;
  gpointer user;
  Out *first, **last;
  gsize backlog;
  guint batch; /* packets taken before other things get their turn */
  gboolean flush_soon, dead;
  PliPacketBody *spare; /* a body to receive into */
};

#define RECEIVE_BYTES (sizeof (PliPacketBody) + PLI_PACKET_INLINE_MAX)

PliSpan
pli_packet_span (const PliPacketBody *body)
{
  return pli_span (body->data, body->len);
}

PliPacketBody *
pli_packet_ref (PliPacketBody *body)
{
  body->refs++;
  return body;
}

void
pli_packet_unref (PliPacketBody *body)
{
  if (--body->refs > 0)
    return;
  if (body->mapped)
    munmap (body->data, body->len);
  g_free (body);
}

static PliPacketBody *
body_new (gsize len)
{
  PliPacketBody *body = g_malloc (sizeof *body + len);

  body->refs = 1;
  body->mapped = FALSE;
  body->len = len;
  body->data = (char *) (body + 1);
  return body;
}

static void
drop_out (PliChannel *channel)
{
  Out *out = channel->first;

  channel->first = out->next;
  if (!channel->first)
    channel->last = &channel->first;
  channel->backlog -= out->len;
  if (out->fd >= 0)
    close (out->fd);
  g_free (out);
}

static void
fail (PliChannel *channel, const char *why)
{
  if (channel->dead)
    return;
  channel->dead = TRUE;
  if (why)
    pli_log (PLI_LOG_ERROR, "channel.broken", "why", why, NULL);
  pli_watch_remove (channel->watch);
  channel->watch = NULL;
  channel->funcs->closed (channel, channel->user);
}

typedef struct
{
  struct iovec iov[2];
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control;
} Piece;

static void
fill (struct msghdr *msg, Piece *piece, Out *out)
{
  piece->iov[0] = (struct iovec){ &out->header, sizeof out->header };
  piece->iov[1] = (struct iovec){ out->body, out->len };
  memset (msg, 0, sizeof *msg);
  msg->msg_iov = piece->iov;
  msg->msg_iovlen = out->len > 0 ? 2 : 1;
  if (out->fd >= 0)
    {
      struct cmsghdr *c;

      msg->msg_control = piece->control.bytes;
      msg->msg_controllen = sizeof piece->control.bytes;
      c = CMSG_FIRSTHDR (msg);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (c), &out->fd, sizeof (int));
    }
}

static void
flush (PliChannel *channel)
{
  while (channel->first && !channel->dead)
    {
      struct mmsghdr msgs[BATCH];
      Piece pieces[BATCH];
      guint n = 0;
      int sent;

      for (Out *out = channel->first; out && n < BATCH; out = out->next, n++)
        fill (&msgs[n].msg_hdr, &pieces[n], out);
      sent = sendmmsg (channel->fd, msgs, n, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR)
        continue;
      if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
        {
          pli_watch_set (channel->watch, EPOLLIN | EPOLLOUT);
          return;
        }
      if (sent < 0)
        {
          fail (channel, errno == EPIPE || errno == ECONNRESET ? NULL : g_strerror (errno));
          return;
        }
      for (int i = 0; i < sent; i++)
        drop_out (channel);
    }
  if (!channel->dead)
    pli_watch_set (channel->watch, EPOLLIN);
}

static void
flush_now (gpointer user)
{
  PliChannel *channel = user;

  channel->flush_soon = FALSE;
  if (!channel->funcs)
    g_free (channel);
  else
    flush (channel);
}

/* -1 when the process is out of descriptors or memory. */
static int
seal_memfd (PliSpan body)
{
  int fd = memfd_create ("pli", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  gsize done = 0;

  while (fd >= 0 && done < body.len)
    {
      ssize_t wrote = write (fd, body.data + done, body.len - done);

      if (wrote < 0 && errno != EINTR)
        break;
      done += wrote > 0 ? (gsize) wrote : 0;
    }
  if (fd >= 0 && (done < body.len || fcntl (fd, F_ADD_SEALS, SEALS) < 0))
    {
      close (fd);
      fd = -1;
    }
  if (fd < 0)
    pli_log (PLI_LOG_ERROR, "channel.no-memfd", "why", g_strerror (errno), NULL);
  return fd;
}

gboolean
pli_channel_send (PliChannel *channel, const PliPacketHeader *header, PliSpan body, int fd)
{
  gboolean large = body.len > PLI_PACKET_INLINE_MAX;
  int memfd = -1;
  Out *out;

  if (channel->dead)
    return FALSE;
  g_assert (body.len <= PLI_PACKET_BODY_MAX && !(large && fd >= 0));
  if (large && (memfd = seal_memfd (body)) < 0)
    return FALSE;
  out = g_malloc (sizeof *out + (large ? 0 : body.len));
  out->next = NULL;
  out->header = *header;
  out->header.body_len = (guint32) body.len;
  out->header.flags = large ? FLAG_MEMFD : 0;
  out->fd = large ? memfd : fd >= 0 ? fcntl (fd, F_DUPFD_CLOEXEC, 0) : -1;
  out->len = large ? 0 : (guint32) body.len;
  if (!large && body.len > 0)
    memcpy (out->body, body.data, body.len);
  *channel->last = out;
  channel->last = &out->next;
  channel->backlog += out->len;
  if (!channel->flush_soon)
    {
      channel->flush_soon = TRUE;
      pli_loop_soon (channel->loop, flush_now, channel);
    }
  return TRUE;
}

/* A memfd counts only if nobody can change or shrink it any more. */
static PliPacketBody *
map_memfd (int fd, gsize len)
{
  PliPacketBody *body;
  void *at;

  if (len == 0 || len > PLI_PACKET_BODY_MAX || fcntl (fd, F_GET_SEALS) != SEALS
      || lseek (fd, 0, SEEK_END) != (off_t) len)
    return NULL;
  at = mmap (NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at == MAP_FAILED)
    return NULL;
  body = body_new (0);
  body->mapped = TRUE;
  body->len = len;
  body->data = at;
  return body;
}

/* At most one descriptor belongs to a packet. What a broken peer sends beside it is closed; FALSE then. */
static gboolean
take_fd (struct msghdr *msg, int *out_fd)
{
  gboolean one = TRUE;

  *out_fd = -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (msg); c; c = CMSG_NXTHDR (msg, c))
    {
      gsize n =
          c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN (0)) / sizeof (int) : 0;

      for (gsize i = 0; i < n; i++)
        {
          int fd;

          memcpy (&fd, CMSG_DATA (c) + i * sizeof fd, sizeof fd);
          if (*out_fd < 0)
            *out_fd = fd;
          else
            {
              close (fd);
              one = FALSE;
            }
        }
    }
  return one;
}

/* An empty packet means nothing here; its descriptors must not stay. */
static void
drop_fds (struct msghdr *msg)
{
  int fd;

  take_fd (msg, &fd);
  if (fd >= 0)
    close (fd);
}

/* FALSE when nothing more is there, or the channel is dead. */
static gboolean
receive (PliChannel *channel)
{
  PliPacketHeader header;
  PliPacketBody *body = channel->spare ? channel->spare : body_new (PLI_PACKET_INLINE_MAX);
  struct iovec iov[2] = { { &header, sizeof header }, { body->data, PLI_PACKET_INLINE_MAX } };
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control;
  struct msghdr msg = {
    .msg_iov = iov, .msg_iovlen = 2, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
  };
  ssize_t got;
  gboolean one;
  int fd;

  channel->spare = body;
  do
    got = recvmsg (channel->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN)
    return FALSE;
  if (got <= 0)
    {
      if (got == 0)
        drop_fds (&msg);
      fail (channel, got < 0 && errno != ECONNRESET ? g_strerror (errno) : NULL);
      return FALSE;
    }
  one = take_fd (&msg, &fd);
  if (!one || (gsize) got < sizeof header || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0
      || (header.flags & FLAG_MEMFD ? (gsize) got != sizeof header || fd < 0
                                    : (gsize) got != sizeof header + header.body_len))
    {
      if (fd >= 0)
        close (fd);
      fail (channel, "bad framing");
      return FALSE;
    }
  if (header.flags & FLAG_MEMFD)
    {
      body = map_memfd (fd, header.body_len);
      close (fd);
      fd = -1;
      if (!body)
        {
          fail (channel, "bad memfd");
          return FALSE;
        }
    }
  else
    {
      body->len = header.body_len;
      channel->spare = NULL;
    }
  channel->funcs->packet (channel, &header, body, fd, channel->user);
  /* A body that nobody kept serves again. */
  if (!body->mapped && body->refs == 1 && !channel->spare && !channel->dead)
    channel->spare = body;
  else
    pli_packet_unref (body);
  return !channel->dead;
}

void
pli_channel_one_by_one (PliChannel *channel)
{
  channel->batch = 1;
}

void
pli_channel_pump (PliChannel *channel)
{
  for (guint i = 0; i < channel->batch && !channel->dead && receive (channel); i++)
    ;
}

static void
ready (gpointer user, guint32 events)
{
  PliChannel *channel = user;

  if (events & EPOLLOUT)
    flush (channel);
  if (!channel->dead && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
    pli_channel_pump (channel);
}

PliChannel *
pli_channel_new (PliLoop *loop, int fd, const PliChannelFuncs *funcs, gpointer user)
{
  PliChannel *channel = g_new0 (PliChannel, 1);

  channel->loop = loop;
  channel->fd = fd;
  channel->funcs = funcs;
  channel->user = user;
  channel->last = &channel->first;
  channel->batch = 64;
  channel->watch = pli_watch_new (loop, fd, EPOLLIN, ready, channel);
  return channel;
}

void
pli_channel_free (PliChannel *channel)
{
  if (!channel)
    return;
  channel->dead = TRUE;
  pli_watch_remove (channel->watch);
  channel->watch = NULL;
  close (channel->fd);
  while (channel->first)
    drop_out (channel);
  if (channel->spare)
    pli_packet_unref (channel->spare);
  channel->spare = NULL;
  channel->funcs = NULL;
  /* Freed from the loop: it may be on the stack now. */
  if (!channel->flush_soon)
    pli_loop_soon (channel->loop, flush_now, channel);
  channel->flush_soon = TRUE;
}

gsize
pli_channel_backlog (const PliChannel *channel)
{
  return channel->backlog;
}
