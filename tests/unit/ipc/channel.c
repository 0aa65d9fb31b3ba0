/* channel.c: packets arrive whole and in order, large ones by sealed memfd; a full socket waits; bad framing closes. */
#include "ipc/channel.h"

#include "log/event.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  guint n, closed, fds;
  guint64 bytes;
  gboolean wrong;
} Seen;

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Seen *seen = user;
  PliSpan span = pli_packet_span (body);

  (void) channel;
  if (fd >= 0)
    {
      seen->fds++;
      close (fd);
    }
  seen->wrong |= header->call != seen->n || span.len != header->body_len;
  for (gsize i = 0; i < span.len; i += 4093)
    seen->wrong |= (guint8) span.data[i] != (guint8) (header->call + i);
  seen->n++;
  seen->bytes += span.len;
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  (void) channel;
  ((Seen *) user)->closed++;
}

static const PliChannelFuncs funcs = { on_packet, on_closed };

typedef struct
{
  PliLoop *loop;
  int raw;
  PliChannel *a, *b;
  Seen seen, other;
} Scene;

static void
begin (Scene *s, gboolean raw)
{
  int pair[2];

  memset (s, 0, sizeof *s);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), ==, 0);
  s->loop = pli_loop_new ();
  s->raw = pair[0];
  if (!raw)
    s->a = pli_channel_new (s->loop, pair[0], &funcs, &s->other);
  s->b = pli_channel_new (s->loop, pair[1], &funcs, &s->seen);
}

static void
end (Scene *s)
{
  pli_channel_free (s->a);
  pli_channel_free (s->b);
  pli_loop_step (s->loop, 0);
  pli_loop_free (s->loop);
}

static void
send_one (Scene *s, guint64 call, gsize len)
{
  g_autofree char *body = g_malloc (len + 1);
  PliPacketHeader header = { .type = 1, .call = call };

  for (gsize i = 0; i < len; i++)
    body[i] = (char) (call + i);
  pli_channel_send (s->a, &header, pli_span (body, len), -1);
}

static void
test_sizes_in_order (void)
{
  static const gsize sizes[] = { 0, 1, 4096, PLI_PACKET_INLINE_MAX, PLI_PACKET_INLINE_MAX + 1, 3000000, 17 };
  Scene s;
  guint n = 0;

  begin (&s, FALSE);
  /* More than a socket holds: the rest waits here. */
  for (guint round = 0; round < 40; round++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      send_one (&s, n++, sizes[i]);
  while (s.seen.n < n)
    pli_loop_step (s.loop, 1000 * 1000);
  g_assert_false (s.seen.wrong);
  g_assert_cmpuint (pli_channel_backlog (s.a), ==, 0);
  end (&s);
}

static void
test_descriptor_travels (void)
{
  Scene s;
  PliPacketHeader header = { .type = 1 };

  begin (&s, FALSE);
  pli_channel_send (s.a, &header, pli_span ("", 1), 0);
  while (s.seen.n < 1)
    pli_loop_step (s.loop, 1000 * 1000);
  g_assert_cmpuint (s.seen.fds, ==, 1);
  end (&s);
}

static void
test_peer_gone_closes (void)
{
  Scene s;

  begin (&s, TRUE);
  close (s.raw);
  while (!s.seen.closed)
    pli_loop_step (s.loop, 1000 * 1000);
  g_assert_cmpuint (s.seen.closed, ==, 1);
  end (&s);
}

/* A peer that is broken into cannot make us read what is not there, or map what it can still change. */
static void
send_raw (Scene *s, PliPacketHeader header, gsize body, int fd)
{
  char zeros[100] = { 0 };
  struct iovec iov[2] = { { &header, sizeof header }, { zeros, body } };
  char control[CMSG_SPACE (sizeof (int))] = { 0 };
  struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

  if (fd >= 0)
    {
      struct cmsghdr *c;

      msg.msg_control = control;
      msg.msg_controllen = sizeof control;
      c = CMSG_FIRSTHDR (&msg);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (c), &fd, sizeof (int));
    }
  g_assert_cmpint (sendmsg (s->raw, &msg, 0), >, 0);
}

static void
expect_closed (PliPacketHeader header, gsize body, int fd)
{
  Scene s;

  begin (&s, TRUE);
  send_raw (&s, header, body, fd);
  while (!s.seen.closed)
    pli_loop_step (s.loop, 1000 * 1000);
  g_assert_cmpuint (s.seen.n, ==, 0);
  close (s.raw);
  end (&s);
}

static void
test_bad_framing_closes (void)
{
  int open_memfd = memfd_create ("test", MFD_ALLOW_SEALING), small = memfd_create ("test", MFD_ALLOW_SEALING);

  g_assert_cmpint (ftruncate (open_memfd, 100000), ==, 0);
  g_assert_cmpint (ftruncate (small, 10), ==, 0);
  g_assert_cmpint (fcntl (small, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), ==, 0);
  expect_closed ((PliPacketHeader){ .body_len = 50 }, 49, -1);
  expect_closed ((PliPacketHeader){ .body_len = 49 }, 50, -1);
  expect_closed ((PliPacketHeader){ .flags = 1, .body_len = 100000 }, 0, -1);
  expect_closed ((PliPacketHeader){ .flags = 1, .body_len = 100000 }, 0, open_memfd);
  expect_closed ((PliPacketHeader){ .flags = 1, .body_len = 100000 }, 0, small);
  close (open_memfd);
  close (small);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/channel/sizes-in-order", test_sizes_in_order);
  g_test_add_func ("/channel/descriptor-travels", test_descriptor_travels);
  g_test_add_func ("/channel/peer-gone-closes", test_peer_gone_closes);
  g_test_add_func ("/channel/bad-framing-closes", test_bad_framing_closes);
  return g_test_run ();
}
