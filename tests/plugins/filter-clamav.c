/* filter-clamav on a fake connection of a client, with real sockets to a clamd of the test's own, which behaves or does
 * not: garbage, silence, a megabyte, a connection that closes. No mail may be lost or let in by that. */
#include "fake-clamd.h"
#include "smtp-scene.h"

#include "filter-clamav/reply.h"

#define BODY "Subject: hello\r\n\r\nbody\r\n"
#define FOUND "stream: Win.Test.EICAR_HDB-1 FOUND"

static FakeClamd *clamd;

/* @conf: "%u" stands for the port; NULL: the address alone. */
static Scene *
begin (ClamdMode mode, const char *reply, gsize reply_len, const char *role, const char *conf)
{
  g_autofree char *text = NULL;

  clamd = fake_clamd_start (mode, reply, reply_len);
  text = g_strdup_printf ("[filter-clamav]\naddress = 127.0.0.1:%u\n%s", clamd->port, conf ? conf : "");
  return scene_new_with (role, "filter-clamav", text);
}

static void
end (Scene *scene)
{
  scene_free (scene);
  g_clear_pointer (&clamd, fake_clamd_free);
}

/* Sockets are real, so that the answer takes real time. */
static void
expect_soon (Scene *scene, const char *text, const char *reply)
{
  gint64 until = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  pli_fake_feed (scene->fake, pli_span_from (text));
  while (pli_fake_output (scene->fake)->len == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, until);
      pli_loop_step (scene->test->instance->loop, 1000);
    }
  expect (scene, "", reply);
}

static void
expect_message (Scene *scene, const char *message, const char *reply)
{
  g_autofree char *text = g_strconcat (message, ".\r\n", NULL);

  expect (scene, MX, "354 ");
  expect_soon (scene, text, reply);
}

static void
test_replies (void)
{
  static const struct
  {
    ClamdMode mode;
    const char *reply; /* of clamd; "\n" at the end stands for its NUL */
    const char *conf, *said;
  } cases[] = {
    { CLAMD_REPLY, "stream: OK\n", NULL, "250 " },
    { CLAMD_BYTES, "stream: OK\n", NULL, "250 " },
    { CLAMD_REPLY, FOUND "\n", NULL, "550 5.7.1 Message is infected: Win.Test.EICAR_HDB-1" },
    { CLAMD_BYTES, FOUND "\n", NULL, "550 5.7.1 Message is infected: Win.Test.EICAR_HDB-1" },
    { CLAMD_REPLY, "stream: A\x01\xff\x7f B FOUND\n", NULL, "550 5.7.1 Message is infected: A??? B" },
    { CLAMD_REPLY, "INSTREAM size limit exceeded. ERROR\n", NULL, "250 " },
    { CLAMD_REPLY, "INSTREAM size limit exceeded. ERROR\n", "too-big = reject\n", "552 5.3.4 " },
    { CLAMD_REPLY, "stream: Can't allocate memory ERROR\n", NULL, "451 4.3.0 " },
    { CLAMD_REPLY, "stream: Can't allocate memory ERROR\n", "on-failure = skip\n", "250 " },
    { CLAMD_REPLY, "no idea\n", NULL, "451 4.3.0 " },
    { CLAMD_REPLY, "\n", NULL, "451 4.3.0 " },
    { CLAMD_REPLY, "stream:  FOUND\n", NULL, "451 4.3.0 " },
    { CLAMD_REPLY, "stream: OK", NULL, "451 4.3.0 " }, /* until the deadline */
    { CLAMD_CLOSE, "", NULL, "451 4.3.0 " },
    { CLAMD_CLOSE, "", "on-failure = skip\n", "250 " },
    { CLAMD_CLOSE_LATER, "", NULL, "451 4.3.0 " },
    { CLAMD_MEGABYTE, "", NULL, "451 4.3.0 " },
    { CLAMD_MEGABYTE, "", "on-failure = skip\n", "250 " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *reply = g_strdup (cases[i].reply);
      gsize len = strlen (reply);
      gboolean endless = len > 0 && reply[len - 1] != '\n';
      Scene *scene;

      if (len > 0 && !endless)
        reply[len - 1] = 0;
      g_test_message ("case %u", i);
      scene = begin (cases[i].mode, reply, len, "mx", cases[i].conf);
      if (endless)
        {
          expect (scene, MX, "354 ");
          expect (scene, BODY ".\r\n", "");
          wait_seconds (scene, 11);
          expect_soon (scene, "", cases[i].said);
        }
      else
        expect_message (scene, BODY, cases[i].said);
      g_assert_cmpuint (queued.n, ==, cases[i].said[0] == '2');
      end (scene);
    }
}

/* All of the message comes to clamd, in chunks, however slowly it reads, and nothing but the message. */
static void
test_stream (void)
{
  static const gsize sizes[] = { 1, 4096, 65535, 65536, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      GString *message = g_string_new ("Subject: x\r\n\r\n");
      Scene *scene = begin (CLAMD_REPLY, "stream: OK", 11, "mx", "chunk = 64KiB\n");

      while (message->len < sizes[i])
        g_string_append_printf (message, "line %" G_GSIZE_FORMAT "\r\n", message->len);
      expect_message (scene, message->str, "250 ");
      g_assert_cmpstr (clamd->command->str, ==, "zINSTREAM");
      g_assert_cmpmem (clamd->message->str, clamd->message->len, message->str, message->len);
      g_assert_cmpuint (clamd->chunks, ==, (message->len + 65535) / 65536);
      g_assert_cmpuint (clamd->largest, <=, 65536);
      g_string_free (message, TRUE);
      end (scene);
    }
}

static void
test_quarantine (void)
{
  Scene *scene = begin (CLAMD_REPLY, FOUND, sizeof FOUND, "mx", "infected = quarantine\n");

  expect_message (scene, BODY, "250 ");
  g_assert_cmpstr (queued.mailbox, ==, "\\Junk");
  g_assert_nonnull (strstr (queued.message, "Subject: [infected] hello\r\n"));
  g_assert_null (strstr (queued.message, "Subject: hello"));
  g_assert_nonnull (strstr (queued.message, "X-Pli-Quarantine: filter-clamav: infected: Win.Test.EICAR_HDB-1"));
  end (scene);
  scene = begin (CLAMD_REPLY, FOUND, sizeof FOUND, "mx", "infected = quarantine\nmark =\n");
  expect_message (scene, BODY, "250 ");
  g_assert_nonnull (strstr (queued.message, "Subject: hello\r\n"));
  end (scene);
  scene = begin (CLAMD_REPLY, FOUND, sizeof FOUND, "mx", "infected = quarantine\n");
  expect_message (scene, "From: a@example.org\r\n\r\nbody\r\n", "250 ");
  g_assert_nonnull (strstr (queued.message, "Subject: [infected]\r\n"));
  end (scene);
  /* One of our own users reads it at once. */
  scene = begin (CLAMD_REPLY, FOUND, sizeof FOUND, "submission", "infected = quarantine\n");
  expect (scene, SUBMISSION, "354 ");
  expect_soon (scene, BODY ".\r\n", "550 5.7.1 Message is infected");
  g_assert_cmpuint (queued.n, ==, 0);
  end (scene);
}

static void
test_too_big (void)
{
  static const struct
  {
    const char *conf, *said, *mailbox;
  } cases[] = { { "size-max = 1KiB\n", "250 ", NULL },
                { "size-max = 1KiB\ntoo-big = reject\n", "552 5.3.4 ", NULL },
                { "size-max = 1KiB\ntoo-big = quarantine\n", "250 ", "\\Junk" } };
  g_autofree char *line = g_strnfill (2000, 'x'), *message = g_strconcat ("Subject: x\r\n\r\n", line, "\r\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene *scene = begin (CLAMD_REPLY, FOUND, sizeof FOUND, "mx", cases[i].conf);

      expect_message (scene, message, cases[i].said);
      if (cases[i].said[0] == '2')
        g_assert_cmpstr (queued.mailbox, ==, cases[i].mailbox);
      g_assert_cmpuint (clamd->connections, ==, 0);
      end (scene);
    }
}

/* A clamd that never reads or never answers holds a message no longer than the deadline, and nothing when the client goes. */
static void
test_silence (void)
{
  static const ClamdMode modes[] = { CLAMD_SILENT, CLAMD_DEAF };
  g_autofree char *line = g_strnfill (8000000, 'x'), *message = g_strconcat ("Subject: x\r\n\r\n", line, "\r\n", NULL);
  g_autofree char *text = g_strconcat (message, ".\r\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      Scene *scene = begin (modes[i], "", 0, "mx", "deadline = 20s\n");

      expect (scene, MX, "354 ");
      pli_fake_feed (scene->fake, pli_span_from (text));
      for (guint turns = 0; turns < 200; turns++)
        pli_loop_step (scene->test->instance->loop, 1000);
      g_assert_cmpuint (pli_fake_output (scene->fake)->len, ==, 0);
      wait_seconds (scene, 21);
      expect_soon (scene, "", "451 4.3.0 ");
      scene_connect (scene, "192.0.2.1");
      expect (scene, MX, "354 ");
      pli_fake_feed (scene->fake, pli_span_from (text));
      turn (scene);
      pli_fake_hang_up (scene->fake);
      turn (scene);
      g_assert_cmpuint (queued.n, ==, 0);
      end (scene);
    }
}

/* "OK" for a message that it cannot have read is no answer. */
static void
test_early (void)
{
  g_autofree char *line = g_strnfill (8000000, 'x'), *message = g_strconcat ("Subject: x\r\n\r\n", line, "\r\n", NULL);
  Scene *scene = begin (CLAMD_EARLY, "stream: OK", 11, "mx", NULL);

  expect_message (scene, message, "451 4.3.0 ");
  g_assert_cmpuint (queued.n, ==, 0);
  end (scene);
}

/* The first that can be asked is; an infected message is not shown around. */
static void
test_several (void)
{
  g_autofree char *conf = NULL;
  FakeClamd *broken = fake_clamd_new (CLAMD_MEGABYTE, ""), *good = fake_clamd_new (CLAMD_REPLY, FOUND);
  FakeClamd *last = fake_clamd_new (CLAMD_REPLY, "stream: OK"), *gone = fake_clamd_new (CLAMD_CLOSE, "");
  guint16 nobody = gone->port;
  Scene *scene;

  fake_clamd_free (gone);
  conf = g_strdup_printf ("[filter-clamav]\naddress = 127.0.0.1:%u, 127.0.0.1:%u 127.0.0.1:%u 127.0.0.1:%u\n", nobody,
                          broken->port, good->port, last->port);
  scene = scene_new_with ("mx", "filter-clamav", conf);
  expect_message (scene, BODY, "550 5.7.1 Message is infected");
  g_assert_cmpuint (broken->connections, ==, 1);
  g_assert_cmpuint (good->connections, ==, 1);
  g_assert_cmpuint (last->connections, ==, 0);
  scene_free (scene);
  fake_clamd_free (broken);
  fake_clamd_free (good);
  fake_clamd_free (last);
}

static void
test_nobody (void)
{
  FakeClamd *gone = fake_clamd_new (CLAMD_CLOSE, "");
  g_autofree char *conf =
      g_strdup_printf ("[filter-clamav]\naddress = 127.0.0.1:%u /nonexistent/clamd.ctl\n", gone->port);
  g_autofree char *skip = g_strconcat (conf, "on-failure = skip\n", NULL);
  Scene *scene;

  fake_clamd_free (gone);
  scene = scene_new_with ("mx", "filter-clamav", conf);
  expect_message (scene, BODY, "451 4.3.0 ");
  scene_free (scene);
  scene = scene_new_with ("mx", "filter-clamav", skip);
  expect_message (scene, BODY, "250 ");
  scene_free (scene);
  scene = scene_new_with ("mx", "filter-clamav", NULL);
  expect_message (scene, BODY, "250 ");
  scene_free (scene);
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *text, *address;
    guint port;
  } cases[] = {
    { "/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl", 0 },
    { "192.0.2.1:3310", "192.0.2.1", 3310 },
    { "[2001:db8::1]:1", "2001:db8::1", 1 },
    { "192.0.2.1", NULL, 0 },
    { "192.0.2.1:", NULL, 0 },
    { "192.0.2.1:0", NULL, 0 },
    { "192.0.2.1:65536", NULL, 0 },
    { "192.0.2.0/24:3310", NULL, 0 },
    { "2001:db8::1:3310", NULL, 0 },
    { "[]:3310", NULL, 0 },
    { ":3310", NULL, 0 },
    { "localhost:3310", NULL, 0 },
    { "/", NULL, 0 },
    { "", NULL, 0 },
  };
  g_autoptr (PliArena) arena = pli_arena_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *address;
      guint port;

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (clamav_address_parse (cases[i].text, arena, &address, &port), ==, cases[i].address != NULL);
      if (cases[i].address)
        {
          g_assert_cmpstr (address, ==, cases[i].address);
          g_assert_cmpuint (port, ==, cases[i].port);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_init ();
  g_test_add_func ("/filter-clamav/replies", test_replies);
  g_test_add_func ("/filter-clamav/stream", test_stream);
  g_test_add_func ("/filter-clamav/quarantine", test_quarantine);
  g_test_add_func ("/filter-clamav/too-big", test_too_big);
  g_test_add_func ("/filter-clamav/silence", test_silence);
  g_test_add_func ("/filter-clamav/early", test_early);
  g_test_add_func ("/filter-clamav/several", test_several);
  g_test_add_func ("/filter-clamav/nobody", test_nobody);
  g_test_add_func ("/filter-clamav/addresses", test_addresses);
  return g_test_run ();
}
