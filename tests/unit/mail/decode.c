/* Tests of lib/mail/decode.c. */
#include "testdata.h"

typedef struct
{
  const char *in;
  const char *out;
  gboolean valid;
} Case;

static const Case base64[] = {
  { "", "", TRUE },
  { "aGVsbG8gd29ybGQ=", "hello world", TRUE },
  { "\r\naGVs\r\nbG8gd29y\r\nbGQ=\r\n", "hello world", TRUE },
  { "  aGVs    \r\n bG8g  \r\n   d29y  \t \r\n    bGQ= \r\n\r\n", "hello world", TRUE },
  { "YQ==", "a", TRUE },
  { "YWI=", "ab", TRUE },
  { "YQ==YWI=YWJj", "aababc", TRUE },
  { "YQ", "a", FALSE },
  { "YWI", "ab", FALSE },
  { "Y", "", FALSE },
  { "Y=", "", FALSE },
  { "YW*Jj", "abc", FALSE },
  { "+/+/", "\xfb\xff\xbf", TRUE },
};

static const Case qp[] = {
  { "hello  \r\nbar=\r\n\r\nfoo\t=\r\nbar\r\nfoo\t \t= \r\n=62\r\nfoo = \t\r\nbar\r\nfoo =\r\n=62\r\nfoo  "
    "\r\nbar=\r\n\r\n"
    "foo_bar\r\n",
    "hello\r\nbar\r\nfoo\tbar\r\nfoo\t \tb\r\nfoo bar\r\nfoo b\r\nfoo\r\nbar\r\nfoo_bar\r\n", TRUE },
  { "a=3D=3db", "a==b", TRUE },
  { "a=", "a", TRUE },
  { "a=  ", "a", TRUE },
  { "a=\r", "a", TRUE },
  { "a  ", "a", TRUE },
  { "a=\nb", "ab", TRUE },
  { "a \nb", "a\nb", TRUE },
  { "a=4", "a=4", FALSE },
  { "a=4g", "a=4g", FALSE },
  { "a=gb", "a=gb", FALSE },
  { "a== b", "a== b", FALSE },
  { "a= b", "a= b", FALSE },
  { "=E9", "\xe9", TRUE },
};

static void
check (const Case *cases, guint n, const char *encoding)
{
  for (guint i = 0; i < n; i++)
    for (gsize split = 0; split <= strlen (cases[i].in); split++)
      {
        gsize len = strlen (cases[i].in);
        g_autofree char *head = exact (cases[i].in, split), *tail = exact (cases[i].in + split, len - split);
        g_auto (PliBuffer) out = { 0 };
        PliDecoder decoder;

        g_assert_true (pli_decoder_init (&decoder, pli_span_from (encoding)));
        pli_decoder_feed (&decoder, pli_span (head, split), &out);
        pli_decoder_feed (&decoder, pli_span (tail, len - split), &out);
        g_assert_cmpint (pli_decoder_end (&decoder, &out), ==, cases[i].valid);
        g_assert_cmpmem (out.data, out.len, cases[i].out, strlen (cases[i].out));
      }
}

static void
test_base64 (void)
{
  check (base64, G_N_ELEMENTS (base64), "Base64");
}

static void
test_qp (void)
{
  check (qp, G_N_ELEMENTS (qp), "quoted-printable");
}

static void
test_copy (void)
{
  g_auto (PliBuffer) out = { 0 };
  PliDecoder decoder;

  g_assert_false (pli_decoder_init (&decoder, PLI_SPAN ("x-uuencode")));
  g_assert_true (pli_decoder_init (&decoder, PLI_SPAN ("8BIT")));
  g_assert_true (pli_decoder_init (&decoder, pli_span (NULL, 0)));
  g_assert_true (pli_decoder_feed (&decoder, PLI_SPAN ("a =3D\r\n"), &out));
  g_assert_true (pli_decoder_end (&decoder, &out));
  assert_buffer (&out, "a =3D\r\n");
}

/* A line of blanks longer than a decoder holds. */
static void
test_blanks (void)
{
  g_autofree char *blanks = g_strnfill (1000, ' '), *in = g_strconcat (blanks, "x", NULL);
  g_auto (PliBuffer) out = { 0 };

  g_assert_true (pli_decode_qp (pli_span_from (in), &out));
  assert_buffer (&out, in);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/decode/base64", test_base64);
  g_test_add_func ("/mail/decode/qp", test_qp);
  g_test_add_func ("/mail/decode/copy", test_copy);
  g_test_add_func ("/mail/decode/blanks", test_blanks);
  return g_test_run ();
}
