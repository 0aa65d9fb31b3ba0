/* Tests of lib/mail/words.c. */
#include "testdata.h"

static const struct
{
  const char *in, *out;
} cases[] = {
  { "plain", "plain" },
  { "", "" },
  { "a\r\n b", "a b" },
  { "=?UTF-8?Q?caf=C3=A9_x?=", "caf\xc3\xa9 x" },
  { "=?utf-8?b?Y2Fmw6k=?=", "caf\xc3\xa9" },
  { "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
  { "=?ISO-8859-1?Q?a?=\r\n =?UTF-8?Q?b?= c", "ab c" },
  { "x =?ISO-8859-1?Q?a?= y", "x a y" },
  { "=?ISO-8859-1?Q?a_b?=", "a b" },
  { "=?iso-8859-1*en?q?=E9?=", "\xc3\xa9" },
  { "=?windows-1252?q?=80?=", "\xe2\x82\xac" },
  { "=?iso-8859-15?q?=A4=E9?=", "\xe2\x82\xac\xc3\xa9" },
  { "=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "\xe3\x81\x93\xe3\x82\x93" },
  { "=?utf-8?q?=C3?= =?UTF-8?q?=A9?=", "\xc3\xa9" },
  { "=?utf-8?q?=C3?=", "?" },
  { "=?utf-8?q?a=0D=0Ab=00?=", "a  b " },
  { "=?x-unknown?q?abc?= d", "=?x-unknown?q?abc?= d" },
  { "=?UTF-8//TRANSLIT?q?abc?=", "=?UTF-8//TRANSLIT?q?abc?=" },
  { "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
  { "=?utf-8?q?abc", "=?utf-8?q?abc" },
  { "=?utf-8?q?a?b?=", "=?utf-8?q?a?b?=" },
  { "=?=?utf-8?q?a?=", "=?a" },
  { "=?utf-8?q?"
    "?=",
    "" },
  { "caf\xc3\xa9", "caf\xc3\xa9" },
  { "caf\xe9", "caf\xc3\xa9" },
  { "a = b", "a = b" },
};

static void
test_words (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      g_test_message ("case %u", i);
      pli_words_decode (pli_span_from (cases[i].in), &out);
      assert_buffer (&out, cases[i].out);
      for (gsize len = 0; len < strlen (cases[i].in); len++)
        {
          g_autofree char *copy = exact (cases[i].in, len);

          out.len = 0;
          pli_words_decode (pli_span (copy, len), &out);
          g_assert_true (out.len == 0 || g_utf8_validate (out.data, (gssize) out.len, NULL));
        }
    }
}

static void
test_charset (void)
{
  static const struct
  {
    const char *charset, *in, *out;
    gboolean clean;
  } charsets[] = {
    { "utf-8", "a\xc3\xa9", "a\xc3\xa9", TRUE },
    { "utf-8",
      "a\xff"
      "b",
      "a?b", FALSE },
    { "US-ASCII", "abc", "abc", TRUE },
    { "iso-8859-1", "\xe9\x93", "\xc3\xa9\xe2\x80\x9c", TRUE },
    { "koi8-r", "\xc1", "\xd0\xb0", TRUE },
    { "shift_jis", "\x82\xb1", "\xe3\x81\x93", TRUE },
    { "shift_jis", "\x82", "?", FALSE },
    { "no-such", "abc", "", FALSE },
    { "utf-8//IGNORE", "abc", "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      g_assert_cmpint (pli_charset_to_utf8 (pli_span_from (charsets[i].charset), pli_span_from (charsets[i].in), &out),
                       ==, charsets[i].clean);
      assert_buffer (&out, charsets[i].out);
    }
}

/* More than one round of iconv. */
static void
test_charset_long (void)
{
  g_autofree char *in = g_strnfill (200000, '\xc1');
  g_auto (PliBuffer) out = { 0 };

  g_assert_true (pli_charset_to_utf8 (PLI_SPAN ("koi8-r"), pli_span_from (in), &out));
  g_assert_cmpuint (out.len, ==, 400000);
  g_assert_true (g_utf8_validate (out.data, (gssize) out.len, NULL));
}

static void
test_params (void)
{
  static const struct
  {
    const char *field, *name, *out;
  } params[] = {
    { "text/plain; name=a.txt", "name", "a.txt" },
    { "text/plain; NAME=\"a b.txt\"", "name", "a b.txt" },
    { "text/plain; name=\"=?utf-8?q?=C3=A9?=\"", "name", "\xc3\xa9" },
    { "text/plain; name*=utf-8''%C3%A9%20x", "name", "\xc3\xa9 x" },
    { "text/plain; name=old; name*=utf-8'en'new", "name", "new" },
    { "text/plain; name*=utf-8'en'new; name=old", "name", "new" },
    { "text/plain; name*0=a; name*1=b", "name", "ab" },
    { "text/plain; name*1*=%20b; name*0*=iso-8859-1''%E9; name*2=%c", "name", "\xc3\xa9 b%c" },
    { "text/plain; name*=no-such''%E9", "name", "\xc3\xa9" },
    { "text/plain; name*=odd%", "name", "odd%" },
    { "text/plain; title=x", "name", NULL },
    { "text/plain", "name", NULL },
  };
  g_autoptr (PliArena) arena = pli_arena_new ();

  for (guint i = 0; i < G_N_ELEMENTS (params); i++)
    {
      g_autofree char *message = g_strdup_printf ("Content-Type: %s\r\n\r\n", params[i].field);
      const PliMimePart *part = pli_mime_scan (pli_span_from (message), NULL, arena);
      g_auto (PliBuffer) out = { 0 };

      g_test_message ("%s", params[i].field);
      g_assert_cmpint (pli_mime_param (part, FALSE, params[i].name, &out), ==, params[i].out != NULL);
      if (params[i].out)
        assert_buffer (&out, params[i].out);
      g_assert_false (pli_mime_param (part, TRUE, params[i].name, &out));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/words/words", test_words);
  g_test_add_func ("/mail/words/charset", test_charset);
  g_test_add_func ("/mail/words/charset-long", test_charset_long);
  g_test_add_func ("/mail/words/params", test_params);
  return g_test_run ();
}
