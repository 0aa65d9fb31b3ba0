/* Tests of lib/mail/esmtp.c. */
#include "testdata.h"

/* "keyword[=value]|…", and "!" where the syntax breaks. */
static char *
params (PliSpan rest)
{
  GString *out = g_string_new (NULL);
  PliSpan keyword, value;

  while (pli_esmtp_param_next (&rest, &keyword, &value))
    {
      g_string_append_len (out, keyword.data, (gssize) keyword.len);
      if (value.data)
        {
          g_string_append_c (out, '=');
          g_string_append_len (out, value.data, (gssize) value.len);
        }
      g_string_append_c (out, '|');
    }
  if (rest.len > 0)
    g_string_append_c (out, '!');
  return g_string_free (out, FALSE);
}

static void
test_params (void)
{
  static const struct
  {
    const char *in, *out;
  } cases[] = {
    { "", "" },
    { "  ", "" },
    { " SIZE=1000 BODY=8BITMIME", "SIZE=1000|BODY=8BITMIME|" },
    { "SMTPUTF8", "SMTPUTF8|" },
    { "A=1  B ", "A=1|B|" },
    { "ORCPT=rfc822;a+2Bb@d NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;a+2Bb@d|NOTIFY=SUCCESS,FAILURE|" },
    { "A=", "!" },
    { "A=b=c", "!" },
    { "=b", "!" },
    { "-A=1", "!" },
    { "X-A=1", "X-A=1|" },
    { "A=1 B=\001", "A=1|!" },
    { "A=\xc3\xa9", "A=\xc3\xa9|" },
    { "A=\xc3", "!" },
    { "A\tB", "!" },
    { "A=1>", "A=1>|" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = params (pli_span_from (cases[i].in));

      g_assert_cmpstr (out, ==, cases[i].out);
      for (gsize len = 0; len < strlen (cases[i].in); len++)
        {
          g_autofree char *copy = exact (cases[i].in, len), *part = params (pli_span (copy, len));

          /* A beginning has a beginning of the parameters. */
          g_assert_cmpuint (strlen (part), <=, len + 2);
        }
    }
}

static void
test_xtext (void)
{
  static const struct
  {
    const char *in, *text;
  } cases[] = { { "a+2Bb", "a+b" },     { "a+3Db", "a=b" }, { "+20", " " },    { "", "" },
                { "rfc822", "rfc822" }, { "a+2", NULL },    { "a+", NULL },    { "a+GG", NULL },
                { "a=b", NULL },        { "a b", NULL },    { "a+2bc", "a+c" } };
  g_autoptr (PliArena) arena = pli_arena_new ();
  char all[256];
  PliSpan text;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (pli_xtext_decode (pli_span_from (cases[i].in), arena, &text), ==, cases[i].text != NULL);
      if (cases[i].text)
        assert_span (text, cases[i].text);
    }
  for (guint i = 0; i < sizeof all; i++)
    all[i] = (char) i;
  g_assert_true (pli_xtext_decode (pli_xtext_encode (pli_span (all, sizeof all), arena), arena, &text));
  g_assert_cmpmem (text.data, text.len, all, sizeof all);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/esmtp/params", test_params);
  g_test_add_func ("/mail/esmtp/xtext", test_xtext);
  return g_test_run ();
}
