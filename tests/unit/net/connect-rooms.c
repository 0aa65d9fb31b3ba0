/* connect-rooms.c: connections for plugins of another room: two instances in this process, with a channel between them as
 * the supervisor would make it. The descriptor comes with the answer, and `out` opens only what conf.d names. */
#include "connect-scene.h"

#include "ipc/peer.h"
#include "plugin/registry.h"
#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  PliInstance *smtp, *out;
  Caller caller;
  int listening, fd;
  guint port, files;
} Scene;

static guint
open_files (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  guint n = 0;

  while (readdir (dir))
    n++;
  closedir (dir);
  return n;
}

static PliInstance *
room_new (guint32 rooms)
{
  PliInstance *instance = pli_instance_new ();

  instance->rooms = rooms;
  instance->config = pli_config_new ();
  instance->grants = pli_grants_new ();
  instance->peers = pli_peers_new (instance);
  instance->registry = pli_registry_new (instance);
  return instance;
}

static void
room_free (PliInstance *instance)
{
  if (!instance)
    return;
  pli_peers_close (instance->peers);
  pli_loop_settle (instance, g_get_monotonic_time () + G_USEC_PER_SEC);
  pli_registry_free (instance->registry);
  pli_peers_free (instance->peers);
  pli_grants_free (instance->grants);
  pli_config_unref (instance->config);
  pli_instance_free (instance);
}

static void
link_rooms (Scene *scene)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), ==, 0);
  pli_peers_add (scene->smtp->peers, PLI_ROOM_OUT, 0, pair[0]);
  pli_peers_add (scene->out->peers, PLI_ROOM_SMTP, 0, pair[1]);
}

/* @value: what `[filter-test] scanner` says; %u is the port that listens. */
static void
begin (Scene *scene, gboolean single, const char *value)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = g_strsplit (value, "%u", -1);
  char port[12];

  memset (scene, 0, sizeof *scene);
  scene->files = open_files ();
  scene->listening = bare_listen (NULL, 8, &scene->port);
  g_snprintf (port, sizeof port, "%u", scene->port);
  text = g_strjoinv (port, parts);
  scene->smtp = room_new (PLI_ROOM_BIT (PLI_ROOM_SMTP) | (single ? PLI_ROOM_BIT (PLI_ROOM_OUT) : 0));
  scene->out = single ? NULL : room_new (PLI_ROOM_BIT (PLI_ROOM_OUT));
  pli_config_add (single ? scene->smtp->config : scene->out->config, pli_span_from (text), "test.conf", &error);
  g_assert_no_error (error);
  caller_init (&scene->caller, scene->smtp, "filter-test");
  scene->caller.other = scene->out;
  scene->fd = -1;
}

static void
finish (Scene *scene)
{
  caller_clear (&scene->caller);
  for (guint i = 0; scene->out && i < 20; i++)
    pli_loop_step (scene->out->loop, 0);
  room_free (scene->smtp);
  room_free (scene->out);
  close (scene->listening);
  if (scene->fd >= 0)
    close (scene->fd);
  g_assert_cmpuint (open_files (), ==, scene->files);
}

static void
talk (Scene *scene)
{
  char seen[16] = "";

  scene->fd = bare_accept (&scene->caller, scene->listening);
  bare_send (scene->fd, "hello\r\n");
  caller_expect (&scene->caller, "hello\r\n");
  caller_send (&scene->caller, "zPING");
  for (guint i = 0; i < 20; i++)
    caller_step (&scene->caller);
  g_assert_cmpint (recv (scene->fd, seen, sizeof seen, MSG_DONTWAIT), ==, 5);
  g_assert_cmpstr (seen, ==, "zPING");
}

static void
test_through_out (void)
{
  static const char *const ways[] = {
    "[filter-test]\nscanner = 127.0.0.1:%u\n",
    "[filter-test]\nscanner = /run/first, 127.0.0.1:%u, 127.0.0.1:1\n",
    "[filter-test]\nscanner = 127.0.0.1:1\nother = 127.0.0.1:%u\n",
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (ways); i++)
    {
      Scene scene;

      begin (&scene, i % 2 == 1, ways[i / 2]);
      if (scene.out)
        link_rooms (&scene);
      caller_connect (&scene.caller, "127.0.0.1", scene.port);
      talk (&scene);
      /* The bytes go straight: the room that connected is not needed any more. */
      if (scene.out)
        {
          scene.caller.other = NULL;
          room_free (g_steal_pointer (&scene.out));
          bare_send (scene.fd, "still here");
          caller_expect (&scene.caller, "still here");
        }
      finish (&scene);
    }
}

static void
test_denied (void)
{
  static const struct
  {
    const char *conf, *plugin;
  } cases[] = {
    { "", "filter-test" },
    { "[filter-test]\nscanner = 127.0.0.1:1%u\n", "filter-test" },
    { "[filter-test]\nscanner = 127.0.0.1:%u1\n", "filter-test" },
    { "[filter-other]\nscanner = 127.0.0.1:%u\n", "filter-test" },
    { "[route test]\nrelay = 127.0.0.1:%u\n", "filter-test" },
    { "[proto-imap]\nscanner = 127.0.0.1:%u\n", "proto-imap" },
    { "[nonsense]\nscanner = 127.0.0.1:%u\n", "nonsense" },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      Scene scene;

      begin (&scene, i % 2 == 1, cases[i / 2].conf);
      scene.caller.plugin.info.name = cases[i / 2].plugin;
      if (scene.out)
        link_rooms (&scene);
      caller_connect (&scene.caller, "127.0.0.1", scene.port);
      caller_until_closed (&scene.caller);
      g_assert_error (scene.caller.error, PLI_ERROR, PLI_ERROR_DENIED);
      g_assert_cmpstr (scene.caller.journal->str, ==, "C");
      finish (&scene);
    }
}

/* In a room of its own, "deliver-…" is only a name that somebody claims. */
static void
test_claimed (void)
{
  Scene scene;

  begin (&scene, FALSE, "[deliver-test]\nscanner = 127.0.0.1:%u\n");
  scene.caller.plugin.info.name = "deliver-test";
  link_rooms (&scene);
  caller_connect (&scene.caller, "127.0.0.1", scene.port);
  caller_until_closed (&scene.caller);
  g_assert_error (scene.caller.error, PLI_ERROR, PLI_ERROR_DENIED);
  finish (&scene);
}

/* What wins is what counts: a later file takes an address away. */
static void
test_taken_away (void)
{
  g_autoptr (GError) error = NULL;
  Scene scene;

  begin (&scene, FALSE, "[filter-test]\nscanner = 127.0.0.1:%u\n");
  pli_config_add (scene.out->config, PLI_SPAN ("[filter-test]\nscanner = 127.0.0.1:9\n"), "later.conf", &error);
  g_assert_no_error (error);
  link_rooms (&scene);
  caller_connect (&scene.caller, "127.0.0.1", scene.port);
  caller_until_closed (&scene.caller);
  g_assert_error (scene.caller.error, PLI_ERROR, PLI_ERROR_DENIED);
  finish (&scene);
}

static void
test_refused (void)
{
  Scene scene;

  begin (&scene, FALSE, "[filter-test]\nscanner = 127.0.0.1:%u /nonexistent/socket\n");
  link_rooms (&scene);
  caller_connect (&scene.caller, "/nonexistent/socket", 0);
  caller_until_closed (&scene.caller);
  g_assert_error (scene.caller.error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
  g_assert_nonnull (strstr (scene.caller.error->message, "/nonexistent/socket: No such file"));
  finish (&scene);
}

/* `out` is being restarted: the question waits for its successor. */
static void
test_out_comes_back (void)
{
  Scene scene;

  begin (&scene, FALSE, "[filter-test]\nscanner = 127.0.0.1:%u\n");
  caller_connect (&scene.caller, "127.0.0.1", scene.port);
  for (guint i = 0; i < 10; i++)
    caller_step (&scene.caller);
  g_assert_cmpstr (scene.caller.journal->str, ==, "");
  link_rooms (&scene);
  talk (&scene);
  finish (&scene);
}

/* Freed while the question is anywhere on its way; finish() counts descriptors. */
static void
test_freed_meanwhile (void)
{
  for (guint steps = 0; steps < 10; steps++)
    {
      Scene scene;

      begin (&scene, steps % 2 == 1, "[filter-test]\nscanner = 127.0.0.1:%u\n");
      if (scene.out)
        link_rooms (&scene);
      caller_connect (&scene.caller, "127.0.0.1", scene.port);
      for (guint i = 0; i < steps / 2; i++)
        caller_step (&scene.caller);
      g_clear_pointer (&scene.caller.c, pli_connection_free);
      for (guint i = 0; i < 10; i++)
        caller_step (&scene.caller);
      finish (&scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connect-rooms/through-out", test_through_out);
  g_test_add_func ("/connect-rooms/denied", test_denied);
  g_test_add_func ("/connect-rooms/claimed", test_claimed);
  g_test_add_func ("/connect-rooms/taken-away", test_taken_away);
  g_test_add_func ("/connect-rooms/refused", test_refused);
  g_test_add_func ("/connect-rooms/out-comes-back", test_out_comes_back);
  g_test_add_func ("/connect-rooms/freed-meanwhile", test_freed_meanwhile);
  return g_test_run ();
}
