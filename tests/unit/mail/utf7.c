/* Tests of lib/mail/utf7.c. */
#include "testdata.h"

static const struct
{
  const char *utf7, *utf8;
} names[] = {
  { "", "" },
  { "INBOX", "INBOX" },
  { "a&-b", "a&b" },
  { "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
  { "&AOk-", "\xc3\xa9" },
  { "&AOkA6Q-x", "\xc3\xa9\xc3\xa9x" },
  { "&AOk-&-", "\xc3\xa9&" },
  { "&2D3eAA-", "\xf0\x9f\x98\x80" },
  { "&AAEAfw-", "\001\177" },
};

static const char *const bad[] = {
  "&",          /* shift not ended */
  "&AOk",       /* the same */
  "&AOk!-",     /* no base64 */
  "&AGE-",      /* printable character in base64 */
  "&ACY-",      /* the same: & */
  "&AOk-&AOk-", /* superfluous shift */
  "&AOl-",      /* padding bits not zero */
  "&AOkA-",     /* a digit too many */
  "&A-",        /* no character */
  "&2D0-",      /* half a surrogate pair */
  "&3gDYPQ-",   /* in the wrong order */
  "&2D0AYQ-",   /* the same */
  "&AAA-",      /* NUL */
  "\xc3\xa9",   /* UTF-8 */
  "a\tb",       /* control character */
};

static void
test_names (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      pli_buffer_add_text (&out, "");
      g_assert_true (pli_utf7_to_utf8 (pli_span_from (names[i].utf7), &out));
      assert_buffer (&out, names[i].utf8);
      out.len = 0;
      g_assert_true (pli_utf7_from_utf8 (pli_span_from (names[i].utf8), &out));
      assert_buffer (&out, names[i].utf7);
      for (gsize len = 0; len < strlen (names[i].utf7); len++)
        {
          g_autofree char *copy = exact (names[i].utf7, len);
          g_auto (PliBuffer) back = { 0 };

          out.len = 0;
          if (!pli_utf7_to_utf8 (pli_span (copy, len), &out))
            g_assert_cmpuint (out.len, ==, 0);
          else
            {
              g_assert_true (pli_utf7_from_utf8 (pli_buffer_span (&out), &back));
              g_assert_cmpmem (back.data, back.len, copy, len);
            }
        }
    }
}

static void
test_bad (void)
{
  g_auto (PliBuffer) out = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("case %u", i);
      g_assert_false (pli_utf7_to_utf8 (pli_span_from (bad[i]), &out));
    }
  g_assert_false (pli_utf7_from_utf8 (PLI_SPAN ("a\xff"), &out));
  g_assert_false (pli_utf7_from_utf8 (PLI_SPAN ("a\0b"), &out));
  g_assert_false (pli_utf7_from_utf8 (PLI_SPAN ("\xed\xa0\x80"), &out));
  g_assert_cmpuint (out.len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/utf7/names", test_names);
  g_test_add_func ("/mail/utf7/bad", test_bad);
  return g_test_run ();
}
