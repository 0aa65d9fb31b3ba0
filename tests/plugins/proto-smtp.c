/* What proto-smtp makes of a message: trace fields, dot-stuffing undone at every split of the input, a header put
 * right, filters' edits, and the codes that the queue's errors become. The engine runs on a fake connection with the
 * real façades. What filters do to it is in proto-smtp-filters.c. */
#include "smtp-scene.h"

#define TRACE                                                                                                          \
  "Return-Path: <s@example.org>\r\nReceived: from client.example.org ([192.0.2.1])\r\n\tby localhost (Pli) "           \
  "with ESMTP id "

static void
test_trace (void)
{
  Scene *scene = scene_new ("mx", NULL);

  expect (scene, MX, "354 ");
  expect (scene, "Message-ID:\r\n <one@example.org>\r\nSubject: x\r\n\r\nbody\r\n.\r\n", "250 2.0.0 Ok: queued as ");
  g_assert_cmpuint (queued.n, ==, 1);
  g_assert_cmpstr (queued.sender, ==, "s@example.org");
  g_assert_cmpstr (queued.rcpts, ==, "a@example.test");
  g_assert_cmpstr (queued.message_id, ==, "<one@example.org>");
  g_assert_true (g_str_has_prefix (queued.message, TRACE));
  g_assert_nonnull (strstr (queued.message, "\r\n\tfor <a@example.test>;\r\n\tThu, 15 Feb 2007 01:02:03 +0000\r\n"));
  g_assert_cmpstr (stored (), ==, "Message-ID:\r\n <one@example.org>\r\nSubject: x\r\n\r\nbody\r\n");
  /* Two recipients are not told of each other; the same one twice is one. */
  expect (scene, "MAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nRCPT TO:<a@EXAMPLE.test>\r\n",
          "250 2.1.5 ");
  expect (scene, "DATA\r\n", "354 ");
  expect (scene, "Subject: x\r\n\r\n.\r\n", "250 ");
  g_assert_cmpstr (queued.rcpts, ==, "a@example.test b@example.test");
  g_assert_null (strstr (queued.message, "for <"));
  g_assert_true (g_str_has_prefix (queued.message, "Return-Path: <>\r\n"));
  scene_free (scene);
}

/* What the client calls itself cannot break out of its place. */
static void
test_helo (void)
{
  Scene *scene = scene_new ("mx", NULL);

  expect (scene, "HELO x)(y<z>;\\\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\nDATA\r\n", "354 ");
  expect (scene, "Subject: x\r\n\r\n.\r\n", "250 ");
  g_assert_nonnull (strstr (queued.message, "\r\nReceived: from unknown (HELO x\?\?y\?z\?\?\?) ([192.0.2.1])\r\n"));
  g_assert_nonnull (strstr (queued.message, " with SMTP id "));
  scene_free (scene);
}

typedef struct
{
  const char *in, *out;
} Body;

static const Body bodies[] = {
  { ".\r\n", "" },
  { "\r\n.\r\n", "\r\n" },
  { "Subject: x\r\n\r\n..\r\n...\r\n.a\r\n.\r\n", "Subject: x\r\n\r\n.\r\n..\r\na\r\n" },
  { "Subject: x\r\n\r\na.\r\n.\r\n", "Subject: x\r\n\r\na.\r\n" },
  { "just text\r\nmore: text\r\n.\r\n", "\r\njust text\r\nmore: text\r\n" },
  { "Subject: x\r\nno field\r\n.\r\n", "Subject: x\r\nno field\r\n" },
  { "From s@example.org Thu Feb 15\r\nSubject: x\r\n\r\n.\r\n", "From s@example.org Thu Feb 15\r\nSubject: x\r\n\r\n" },
  { "Return-Path: <liar@example.org>\r\nSubject: x\r\n\r\nReturn-Path: kept\r\n.\r\n",
    "Subject: x\r\n\r\nReturn-Path: kept\r\n" },
  { "Bcc: b@example.org\r\n\r\n.\r\n", "Bcc: b@example.org\r\n\r\n" }, /* not ours to remove on mx */
};

/* Each body at each split in two, and byte by byte. */
static void
test_bodies (void)
{
  Scene *scene = scene_new ("mx", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    for (gsize cut = 0; cut <= strlen (bodies[i].in); cut++)
      {
        const char *in = bodies[i].in;
        gsize at = 0;

        expect (scene, MX, "354 ");
        if (cut == strlen (in))
          for (; at < cut; at++)
            {
              pli_fake_feed (scene->fake, pli_span (in + at, 1));
              pli_loop_step (scene->test->instance->loop, 0);
              pli_loop_step (scene->test->instance->loop, 0);
            }
        else
          {
            pli_fake_feed (scene->fake, pli_span (in, cut));
            turn (scene);
            at = cut;
          }
        expect (scene, in + at, "250 2.0.0 ");
        g_assert_cmpstr (stored (), ==, bodies[i].out);
      }
  scene_free (scene);
}

/* A few hundred KiB of short and long lines, many with dots, in pieces of random size. */
static void
test_large (void)
{
  Scene *scene = scene_new ("mx", NULL);
  GString *in = g_string_new ("Subject: large\r\n\r\n"), *out = g_string_new (in->str);

  while (out->len < 600000)
    {
      guint dots = g_test_rand_int_range (0, 4), len = g_test_rand_int_range (0, 200);

      if (g_test_rand_int_range (0, 500) == 0)
        len = 90000;
      if (dots > 0)
        g_string_append_c (in, '.');
      for (guint i = 0; i < dots + len; i++)
        {
          g_string_append_c (in, i < dots ? '.' : 'a' + (char) (i % 26));
          g_string_append_c (out, i < dots ? '.' : 'a' + (char) (i % 26));
        }
      g_string_append (in, "\r\n");
      g_string_append (out, "\r\n");
    }
  g_string_append (in, ".\r\n");
  expect (scene, MX, "354 ");
  for (gsize at = 0; at < in->len;)
    {
      gsize some = (gsize) g_test_rand_int_range (1, 70000);
      PliSpan piece = pli_span_head (pli_span_skip (pli_span (in->str, in->len), at), some);

      pli_fake_feed (scene->fake, piece);
      turn (scene);
      at += piece.len;
    }
  expect (scene, "", "250 2.0.0 ");
  g_assert_cmpstr (stored (), ==, out->str);
  g_string_free (in, TRUE);
  g_string_free (out, TRUE);
  scene_free (scene);
}

/* filter-headers: a submitted message is completed, and its Bcc goes; long headers too, which need more room. */
static void
test_submitted (void)
{
  Scene *scene = scene_new ("submission", NULL);
  g_autofree char *id = NULL, *expected = NULL, *subject = g_strnfill (3000, 's'), *long_in = NULL;

  expect (scene, SUBMISSION, "354 ");
  expect (scene, "Subject: x\r\nBcc: c@example.org,\r\n d@example.org\r\nTo: b@example.org\r\n\r\nbody\r\n.\r\n",
          "250 ");
  id = g_strndup (strstr (queued.message, " id ") + 4, PLI_ID_LEN);
  expected = g_strdup_printf ("Date: Thu, 15 Feb 2007 01:02:03 +0000\r\nMessage-ID: <%s@localhost>\r\nSubject: x\r\n"
                              "To: b@example.org\r\n\r\nbody\r\n",
                              id);
  g_assert_cmpstr (stored (), ==, expected);
  g_assert_nonnull (strstr (queued.message, " with ESMTPA id "));
  g_assert_nonnull (strstr (queued.envelope, "(\"Thu, 15 Feb 2007 01:02:03 +0000\" \"x\" "));
  g_assert_true (g_str_has_prefix (queued.message, "Return-Path: <a@example.test>\r\nReceived: from client"));
  expect (scene, "MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n", "354 ");
  long_in = g_strdup_printf ("Message-ID: <m@example.test>\r\nSubject: %s\r\nDate: now\r\n\r\nbody\r\n", subject);
  {
    g_autofree char *data = g_strconcat (long_in, ".\r\n", NULL);

    expect (scene, data, "250 ");
  }
  g_assert_cmpstr (stored (), ==, long_in);
  scene_free (scene);
}

static void
test_submitted_as_is (void)
{
  Scene *scene = scene_new ("submission", "[filter-headers]\nadd-message-id = no\nadd-date = no\nremove-bcc = no\n");

  expect (scene, SUBMISSION, "354 ");
  expect (scene, "Bcc: c@example.org\r\n\r\nbody\r\n.\r\n", "250 ");
  g_assert_cmpstr (stored (), ==, "Bcc: c@example.org\r\n\r\nbody\r\n");
  scene_free (scene);
}

typedef struct
{
  guint32 code;
  const char *reply;
} QueueError;

static const QueueError queue_errors[] = {
  { PLI_ERROR_TRY_AGAIN, "451 4.3.0 " }, { PLI_ERROR_QUOTA, "452 4.3.1 " },   { PLI_ERROR_LIMIT, "552 5.3.4 " },
  { PLI_ERROR_DENIED, "550 5.7.1 " },    { PLI_ERROR_CORRUPT, "451 4.3.0 " }, { PLI_ERROR_PERMANENT, "554 5.3.0 " }
};

static void
test_queue_errors (void)
{
  Scene *scene = scene_new ("mx", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (queue_errors); i++)
    {
      queued.fail = queue_errors[i].code;
      expect (scene, MX, "354 ");
      expect (scene, "Subject: x\r\n\r\n.\r\n", queue_errors[i].reply);
    }
  g_assert_cmpuint (queued.n, ==, 0);
  queued.fail = 0;
  expect (scene, MX, "354 ");
  expect (scene, "Subject: x\r\n\r\n.\r\n", "250 ");
  scene_free (scene);
}

static void
test_directory_answers (void)
{
  Scene *scene = scene_new ("mx", NULL);

  expect (scene, "EHLO client.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<later@example.test>\r\n",
          "451 4.3.0 ");
  expect (scene, "RCPT TO:<loop@example.test>\r\n", "550 5.4.6 ");
  expect (scene, "RCPT TO:<disabled@example.test>\r\n", "550 5.2.1 ");
  expect (scene, "RCPT TO:<a@example.org>\r\n", "554 5.7.1 ");
  expect (scene, "RCPT TO:<a@example.test>\r\n", "250 ");
  scene_free (scene);
  scene = scene_new ("submission", NULL);
  expect (scene, "EHLO client.example.org\r\nAUTH PLAIN AGFAZXhhbXBsZS50ZXN0AGxhdGVy\r\n", "454 4.7.0 ");
  /* an account that may read, but not send */
  expect (scene, "AUTH PLAIN AHJlYWRlckBleGFtcGxlLnRlc3QAc2VjcmV0\r\n", "535 5.7.8 ");
  expect (scene, "MAIL FROM:<reader@example.test>\r\n", "530 5.7.0 ");
  scene_free (scene);
}

/* One session holds nearly all the memory there is; another one is told to come again, and can when it is free. */
static void
test_memory (void)
{
  Scene *scene = scene_new ("mx", "[proto-smtp]\nmemory-max = 1MiB\n");
  g_autofree char *much = g_strnfill (300000, 'x');

  expect (scene, "EHLO client.example.org\r\nMAIL FROM:<s@example.org> SIZE=2000000\r\n", "452 4.3.1 ");
  expect (scene, MX, "354 ");
  for (guint i = 0; i < 5; i++)
    {
      pli_fake_feed (scene->fake, pli_span_from (much));
      turn (scene);
    }
  expect (scene, "\r\n.\r\n", "452 4.3.1 ");
  g_assert_cmpuint (queued.n, ==, 0);
  expect (scene, MX, "354 ");
  expect (scene, "Subject: x\r\n\r\n.\r\n", "250 ");
  scene_free (scene);
}

/* The client goes in the middle of everything: nothing is queued, nothing leaks, no call comes back. */
static void
test_hang_up (void)
{
  static const char whole[] = MX "Subject: x\r\n\r\nbody\r\n.\r\n";

  for (gsize cut = 1; cut < sizeof whole; cut++)
    {
      Scene *scene = scene_new ("mx", NULL);

      pli_fake_feed (scene->fake, pli_span (whole, cut));
      pli_loop_step (scene->test->instance->loop, 0);
      pli_loop_step (scene->test->instance->loop, 0);
      pli_fake_hang_up (scene->fake);
      turn (scene);
      g_assert_null (pli_fake_session (scene->fake));
      g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, 0);
      g_assert_cmpuint (queued.n, <=, cut == sizeof whole - 1);
      scene_free (scene);
    }
}

static void
test_idle (void)
{
  Scene *scene = scene_new ("mx", "[proto-smtp]\nidle = 60s\n");

  wait_seconds (scene, 59);
  expect (scene, "NOOP\r\n", "250 ");
  wait_seconds (scene, 61);
  expect (scene, "", "421 4.4.2 localhost ");
  g_assert_true (pli_fake_closed (scene->fake));
  scene_free (scene);
}

/* A client that sends commands and does not read answers is not read from for ever. */
static void
test_deaf_client (void)
{
  Scene *scene = scene_new ("mx", NULL);
  PliBuffer *out = pli_fake_output (scene->fake);
  GString *noops = g_string_new (NULL);
  guint n = 100000;

  pli_fake_set_window (scene->fake, 1000);
  for (guint i = 0; i < n; i++)
    g_string_append (noops, "NOOP\r\n");
  pli_fake_feed (scene->fake, pli_span (noops->str, noops->len));
  turn (scene);
  g_assert_cmpuint (out->len, <=, 1000);
  pli_fake_set_window (scene->fake, G_MAXSIZE);
  for (guint i = 0; i < 100 && out->len < n * strlen ("250 2.0.0 Ok\r\n"); i++)
    turn (scene);
  g_assert_cmpuint (out->len, ==, n * strlen ("250 2.0.0 Ok\r\n"));
  g_string_free (noops, TRUE);
  scene_free (scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_init ();
  g_test_add_func ("/proto-smtp/trace", test_trace);
  g_test_add_func ("/proto-smtp/helo", test_helo);
  g_test_add_func ("/proto-smtp/bodies", test_bodies);
  g_test_add_func ("/proto-smtp/large", test_large);
  g_test_add_func ("/proto-smtp/submitted", test_submitted);
  g_test_add_func ("/proto-smtp/submitted-as-is", test_submitted_as_is);
  g_test_add_func ("/proto-smtp/queue-errors", test_queue_errors);
  g_test_add_func ("/proto-smtp/directory-answers", test_directory_answers);
  g_test_add_func ("/proto-smtp/memory", test_memory);
  g_test_add_func ("/proto-smtp/hang-up", test_hang_up);
  g_test_add_func ("/proto-smtp/idle", test_idle);
  g_test_add_func ("/proto-smtp/deaf-client", test_deaf_client);
  return g_test_run ();
}
