/* Tests of lib/mail/reply.c. */
#include "testdata.h"

static void
test_format (void)
{
  static const struct
  {
    guint code;
    const char *status, *text, *out;
  } cases[] = {
    { 250, "", "ok", "250 ok\r\n" },
    { 250, "2.1.0", "ok", "250 2.1.0 ok\r\n" },
    { 550, "5.1.1", "no\nsuch user\n", "550-5.1.1 no\r\n550 5.1.1 such user\r\n" },
    { 550, "5.1.1", "no\r\nsuch\r\n\r\nuser", "550-5.1.1 no\r\n550-5.1.1 such\r\n550-5.1.1 \r\n550 5.1.1 user\r\n" },
    { 354, "", "", "354\r\n" },
    { 221, "2.0.0", "", "221 2.0.0 \r\n" },
    { 250, "bogus", "a\001b\r250 c", "250 a?b?250 c\r\n" },
    { 250, "", "caf\xc3\xa9", "250 caf??\r\n" },
    { 9, "", "x", "200 x\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (PliBuffer) out = { 0 };
      PliReply reply = { .code = cases[i].code, .text = pli_span_from (cases[i].text) };

      g_strlcpy (reply.status, cases[i].status, sizeof reply.status);
      pli_reply_format (&reply, FALSE, &out);
      assert_buffer (&out, cases[i].out);
    }
}

/* Lines of any length come back, in lines of at most 512 octets, with no character cut. */
static void
test_wrap (void)
{
  static const char *const words[] = { "x", "word ", "\xc3\xa9", "word\xf0\x9f\x98\x80 " };

  for (guint w = 0; w < G_N_ELEMENTS (words); w++)
    for (guint n = 1; n < 1500; n += 61)
      {
        g_auto (PliBuffer) out = { 0 }, text = { 0 };
        g_autofree char *squeezed = NULL, *wanted = NULL;
        PliReply reply = { .code = 550, .status = "5.7.1" };
        PliReplyReader reader = { 0 };
        PliSpan rest;

        for (guint i = 0; i < n; i++)
          pli_buffer_add_text (&text, words[w]);
        reply.text = pli_buffer_span (&text);
        pli_reply_format (&reply, TRUE, &out);
        for (rest = pli_buffer_span (&out); rest.len > 0;)
          {
            gssize lf = pli_span_find (rest, '\n');

            g_assert_cmpint (lf, >=, 4);
            g_assert_cmpint (lf + 1, <=, PLI_REPLY_LINE_MAX);
            g_assert_true (g_utf8_validate (rest.data, lf, NULL));
            rest = pli_span_skip (rest, (gsize) lf + 1);
          }
        rest = pli_buffer_span (&out);
        g_assert_cmpint (pli_reply_read (&reader, &rest), ==, PLI_REPLY_DONE);
        squeezed = pli_span_dup (reader.reply.text);
        wanted = pli_span_dup (reply.text);
        for (char *at = squeezed, *to = squeezed; (*to = *at); at++)
          to += *at != '\n' && *at != ' ';
        for (char *at = wanted, *to = wanted; (*to = *at); at++)
          to += *at != ' ';
        g_assert_cmpstr (squeezed, ==, wanted);
        g_assert_cmpstr (reader.reply.status, ==, "5.7.1");
        pli_reply_reader_clear (&reader);
      }
}

static void
test_read (void)
{
  static const struct
  {
    const char *in;
    PliReplyStep step;
    guint code;
    const char *status, *text, *rest;
  } cases[] = {
    { "250 ok\r\n", PLI_REPLY_DONE, 250, "", "ok", "" },
    { "250\r\n", PLI_REPLY_DONE, 250, "", "", "" },
    { "250 ok\n220 next", PLI_REPLY_DONE, 250, "", "ok", "220 next" },
    { "250-host\r\n250-SIZE 1\r\n250 DSN\r\n", PLI_REPLY_DONE, 250, "", "host\nSIZE 1\nDSN", "" },
    { "550-5.1.1 a\r\n550 5.1.1 b\r\n", PLI_REPLY_DONE, 550, "5.1.1", "a\nb", "" },
    { "550 4.1.1 a\r\n", PLI_REPLY_DONE, 550, "", "4.1.1 a", "" },
    { "451 4.7.1\r\n", PLI_REPLY_DONE, 451, "4.7.1", "", "" },
    { "250-a\r\n451 b\r\n", PLI_REPLY_DONE, 451, "", "a\nb", "" },
    { "250-a\r\n", PLI_REPLY_MORE, 0, NULL, NULL, "" },
    { "250-a\r\n250", PLI_REPLY_MORE, 0, NULL, NULL, "250" },
    { "", PLI_REPLY_MORE, 0, NULL, NULL, "" },
    { "hello\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
    { "150 x\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
    { "600 x\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
    { "250x\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
    { "25\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
    { "\r\n", PLI_REPLY_BAD, 0, NULL, NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize split = 0; split <= strlen (cases[i].in); split++)
      {
        PliReplyReader reader = { 0 };
        g_autofree char *head = exact (cases[i].in, split);
        PliSpan in = pli_span (head, split);
        PliReplyStep step = pli_reply_read (&reader, &in);

        if (step == PLI_REPLY_MORE)
          {
            in = pli_span_from (cases[i].in + (split - in.len));
            step = pli_reply_read (&reader, &in);
          }
        else
          in = pli_span_from (cases[i].in + (split - in.len));
        g_assert_cmpint (step, ==, cases[i].step);
        if (cases[i].rest)
          assert_span (in, cases[i].rest);
        if (step == PLI_REPLY_DONE)
          {
            g_assert_cmpuint (reader.reply.code, ==, cases[i].code);
            g_assert_cmpstr (reader.reply.status, ==, cases[i].status);
            assert_span (reader.reply.text.data ? reader.reply.text : PLI_SPAN (""), cases[i].text);
          }
        pli_reply_reader_clear (&reader);
      }
}

/* A server that never ends is cut off. */
static void
test_limits (void)
{
  g_autofree char *line = g_strnfill (PLI_REPLY_READ_MAX, '2'), *text = g_strnfill (2000, 'x');
  g_autofree char *many = g_strdup_printf ("250-%s\r\n", text);
  PliReplyReader reader = { 0 };
  PliSpan in = pli_span_from (line);
  guint n = 0;

  g_assert_cmpint (pli_reply_read (&reader, &in), ==, PLI_REPLY_BAD);
  do
    {
      in = pli_span_from (many);
      n++;
      g_assert_cmpuint (reader.text.len, <=, PLI_REPLY_TEXT_MAX);
    }
  while (pli_reply_read (&reader, &in) == PLI_REPLY_MORE && n < 10000);
  g_assert_cmpuint (n, ==, PLI_REPLY_LINES_MAX);
  pli_reply_reader_clear (&reader);
}

static void
test_status (void)
{
  static const char *const good[] = { "2.0.0", "5.1.10", "4.123.456" };
  static const char *const bad[] = { "", "5", "5.1", "5.1.", "3.1.1", "5.1.1 ", "5.1234.1", "5..1", "51.1.1", "5.1.x" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (pli_status_valid (pli_span_from (good[i])));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (pli_status_valid (pli_span_from (bad[i])));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/reply/format", test_format);
  g_test_add_func ("/mail/reply/wrap", test_wrap);
  g_test_add_func ("/mail/reply/read", test_read);
  g_test_add_func ("/mail/reply/limits", test_limits);
  g_test_add_func ("/mail/reply/status", test_status);
  return g_test_run ();
}
