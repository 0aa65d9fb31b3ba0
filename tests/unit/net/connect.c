/* connect.c: connections outward against a bare socket: everything that another side can do wrong, and what must be as
 * the plugin that connects was told. */
#include "connect-scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define HERE "127.0.0.1"
#define NOW_US ((gint64) 1000000 * G_USEC_PER_SEC)

static const PliConnectionTls lax = { .host = "mail.example.org" };

typedef struct
{
  Caller caller;
  int listening, fd;
  guint port;
} Bare;

static void
bare_begin (Bare *bare)
{
  PliInstance *instance = pli_instance_new ();

  instance->rooms = PLI_ROOM_BIT (PLI_ROOM_OUT);
  caller_init (&bare->caller, instance, "deliver-test");
  bare->listening = bare_listen (NULL, 8, &bare->port);
  bare->fd = -1;
}

static void
bare_connect (Bare *bare)
{
  caller_connect (&bare->caller, HERE, bare->port);
  bare->fd = bare_accept (&bare->caller, bare->listening);
}

static void
bare_finish (Bare *bare)
{
  PliInstance *instance = bare->caller.instance;

  caller_clear (&bare->caller);
  pli_instance_free (instance);
  close (bare->listening);
  if (bare->fd >= 0)
    close (bare->fd);
}

static void
bare_settle (Bare *bare)
{
  for (guint i = 0; i < 20; i++)
    caller_step (&bare->caller);
}

static void
test_injection (void)
{
  static const char *const answers[] = { "220 go\r\n250 evil\r\n", "220 go\r\n\x16\x03\x01" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      Bare bare;

      bare_begin (&bare);
      bare.caller.tls = &lax;
      bare.caller.tls_at = "220 go\r\n";
      bare_connect (&bare);
      bare_send (bare.fd, answers[i]);
      caller_until_closed (&bare.caller);
      g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      g_assert_nonnull (strstr (bare.caller.error->message, "in the clear"));
      g_assert_cmpstr (bare.caller.journal->str, ==, "OC");
      bare_finish (&bare);
    }
}

/* What is written after pli_connection_start_tls() must not be seen in the clear. */
static void
test_nothing_leaks (void)
{
  char seen[4096];
  gssize n;
  Bare bare;

  bare_begin (&bare);
  bare.caller.at_once = &lax;
  bare_connect (&bare);
  bare_settle (&bare);
  caller_send (&bare.caller, "password\r\n");
  bare_settle (&bare);
  n = recv (bare.fd, seen, sizeof seen, MSG_DONTWAIT);
  g_assert_cmpint (n, >, 100);
  g_assert_cmpint (seen[0], ==, 0x16);
  g_assert_null (memmem (seen, (gsize) n, "password", 8));
  g_assert_cmpuint (pli_connection_unsent (bare.caller.c), ==, 10);
  bare_send (bare.fd, "not TLS at all\r\n");
  caller_until_closed (&bare.caller);
  g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  bare_finish (&bare);
}

static void
test_refused (void)
{
  static const char *const bad[] = { "192.0.2.999", "mail.example.org", "" };
  Bare bare;
  int taken;
  guint port;

  for (guint i = 0; i <= G_N_ELEMENTS (bad); i++)
    {
      bare_begin (&bare);
      taken = bare_listen (NULL, -1, &port);
      caller_connect (&bare.caller, i < G_N_ELEMENTS (bad) ? bad[i] : HERE, port);
      caller_until_closed (&bare.caller);
      g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      g_assert_cmpstr (bare.caller.journal->str, ==, "C");
      if (i == G_N_ELEMENTS (bad))
        {
          g_autofree char *text = g_strdup_printf ("127.0.0.1:%u: Connection refused", port);

          g_assert_cmpstr (bare.caller.error->message, ==, text);
        }
      close (taken);
      bare_finish (&bare);
    }
}

static void
test_deadline (void)
{
  Bare bare;

  bare_begin (&bare);
  pli_loop_fake_clock (bare.caller.instance->loop, NOW_US);
  bare_connect (&bare);
  bare_settle (&bare);
  pli_loop_move_clock (bare.caller.instance->loop, 29 * G_USEC_PER_SEC);
  bare_settle (&bare);
  g_assert_false (bare.caller.closed);
  /* Input does not help: only who knows what it means can say that things go on. */
  bare_send (bare.fd, "some");
  caller_expect (&bare.caller, "some");
  pli_connection_set_deadline (bare.caller.c, 10 * G_USEC_PER_SEC);
  pli_loop_move_clock (bare.caller.instance->loop, 9 * G_USEC_PER_SEC);
  bare_settle (&bare);
  g_assert_false (bare.caller.closed);
  pli_loop_move_clock (bare.caller.instance->loop, G_USEC_PER_SEC);
  caller_until_closed (&bare.caller);
  g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  g_assert_nonnull (strstr (bare.caller.error->message, "no answer in time"));
  bare_finish (&bare);

  bare_begin (&bare);
  pli_loop_fake_clock (bare.caller.instance->loop, NOW_US);
  bare_connect (&bare);
  pli_connection_set_deadline (bare.caller.c, 0);
  pli_loop_move_clock (bare.caller.instance->loop, 3600 * (gint64) G_USEC_PER_SEC);
  bare_settle (&bare);
  g_assert_false (bare.caller.closed);
  bare_finish (&bare);
}

/* A full queue of connections: the kernel does not answer at all. */
static void
test_deadline_of_connecting (void)
{
  Bare bare;
  Caller *caller = &bare.caller;
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int listening, fill[4];
  guint port;

  bare_begin (&bare);
  listening = bare_listen (NULL, 0, &port);
  to.sin_port = htons ((guint16) port);
  for (guint i = 0; i < G_N_ELEMENTS (fill); i++)
    {
      fill[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      g_assert_true (connect (fill[i], (struct sockaddr *) &to, sizeof to) == 0 || errno == EINPROGRESS);
    }
  pli_loop_fake_clock (caller->instance->loop, NOW_US);
  caller_connect (caller, HERE, port);
  bare_settle (&bare);
  g_assert_cmpstr (caller->journal->str, ==, "");
  pli_loop_move_clock (caller->instance->loop, 31 * G_USEC_PER_SEC);
  caller_until_closed (caller);
  g_assert_error (caller->error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  g_assert_nonnull (strstr (caller->error->message, "no connection in time"));
  for (guint i = 0; i < G_N_ELEMENTS (fill); i++)
    close (fill[i]);
  close (listening);
  bare_finish (&bare);
}

/* Reads all that is there; bytes must be what was sent. */
static gsize
drink (int fd, gsize at, gsize most)
{
  char some[65536];
  gssize n;
  gsize sum = 0;

  while (sum < most && (n = recv (fd, some, sizeof some, MSG_DONTWAIT)) > 0)
    {
      for (gssize i = 0; i < n; i++)
        g_assert_cmpint (some[i], ==, (char) ((at + sum + (gsize) i) % 251));
      sum += (gsize) n;
    }
  return sum;
}

static void
test_slow_peer (void)
{
  const gsize all = 16 * 1024 * 1024;
  g_autofree char *bytes = g_malloc (all);
  gsize read = 0, unsent;
  Bare bare;

  for (gsize i = 0; i < all; i++)
    bytes[i] = (char) (i % 251);
  bare_begin (&bare);
  bare_connect (&bare);
  bare_settle (&bare);
  pli_connection_write (bare.caller.c, pli_span (bytes, all));
  bare_settle (&bare);
  unsent = pli_connection_unsent (bare.caller.c);
  g_assert_cmpuint (unsent, >, 0);
  g_assert_cmpstr (bare.caller.journal->str, ==, "O");
  /* It answers before it has read all; that must not wait. */
  bare_send (bare.fd, "stop\r\n");
  caller_expect (&bare.caller, "stop\r\n");
  while (read < all)
    {
      read += drink (bare.fd, read, 1024 * 1024);
      caller_step (&bare.caller);
    }
  bare_settle (&bare);
  g_assert_cmpuint (pli_connection_unsent (bare.caller.c), ==, 0);
  g_assert_cmpstr (bare.caller.journal->str, ==, "OD");
  bare_finish (&bare);
}

static void
test_close_in_the_middle (void)
{
  static const struct linger reset = { 1, 0 };

  for (guint i = 0; i < 2; i++)
    {
      Bare bare;

      bare_begin (&bare);
      bare_connect (&bare);
      bare_send (bare.fd, "250 half a li");
      caller_expect (&bare.caller, "250 half a li");
      if (i == 1)
        setsockopt (bare.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      close (bare.fd);
      bare.fd = -1;
      caller_until_closed (&bare.caller);
      if (i == 1)
        g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
      else
        g_assert_no_error (bare.caller.error);
      bare_finish (&bare);
    }
}

/* It says why, closes, and resets what we still send. */
static void
test_last_words (void)
{
  Bare bare;

  bare_begin (&bare);
  bare_connect (&bare);
  bare_settle (&bare);
  bare_send (bare.fd, "421 we close\r\n");
  close (bare.fd);
  bare.fd = -1;
  caller_send (&bare.caller, "EHLO us\r\n");
  caller_until_closed (&bare.caller);
  g_assert_cmpstr (bare.caller.got->str, ==, "421 we close\r\n");
  bare_finish (&bare);
}

static void
test_last_output (void)
{
  char seen[64];
  Bare bare;

  bare_begin (&bare);
  bare_connect (&bare);
  bare_settle (&bare);
  caller_send (&bare.caller, "QUIT\r\n");
  g_clear_pointer (&bare.caller.c, pli_connection_free);
  g_assert_cmpint (recv (bare.fd, seen, sizeof seen, 0), ==, 6);
  g_assert_cmpint (recv (bare.fd, seen, sizeof seen, 0), ==, 0);
  bare_finish (&bare);
}

static void
test_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("pli-connect-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  g_autofree char *long_path = g_strdup_printf ("/%0200d", 0);
  Bare bare;

  bare_begin (&bare);
  close (bare.listening);
  bare.listening = bare_listen (path, 4, NULL);
  caller_connect (&bare.caller, path, 0);
  bare.fd = bare_accept (&bare.caller, bare.listening);
  bare_send (bare.fd, "hello");
  caller_expect (&bare.caller, "hello");
  bare_finish (&bare);
  g_unlink (path);

  bare_begin (&bare);
  caller_connect (&bare.caller, path, 0);
  caller_until_closed (&bare.caller);
  g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  bare_finish (&bare);

  bare_begin (&bare);
  caller_connect (&bare.caller, long_path, 0);
  caller_until_closed (&bare.caller);
  g_assert_error (bare.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  bare_finish (&bare);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connect/injection", test_injection);
  g_test_add_func ("/connect/nothing-leaks", test_nothing_leaks);
  g_test_add_func ("/connect/refused", test_refused);
  g_test_add_func ("/connect/deadline", test_deadline);
  g_test_add_func ("/connect/deadline-of-connecting", test_deadline_of_connecting);
  g_test_add_func ("/connect/slow-peer", test_slow_peer);
  g_test_add_func ("/connect/close-in-the-middle", test_close_in_the_middle);
  g_test_add_func ("/connect/last-words", test_last_words);
  g_test_add_func ("/connect/last-output", test_last_output);
  g_test_add_func ("/connect/path", test_path);
  return g_test_run ();
}
