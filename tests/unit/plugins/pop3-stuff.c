/* pop3-stuff.c: dot-stuffing and TOP's cut, cases as a table, each at every split of its bytes. */
#include "../../../plugins/proto-pop3/stuff.c"

#define ALL G_MAXUINT64

static const struct
{
  const char *message;
  guint64 lines;
  const char *answer;
} cases[] = {
  { "", ALL, ".\r\n" },
  { "a", ALL, "a\r\n.\r\n" },
  { "a\r", ALL, "a\r\n.\r\n" },
  { "a\r\n", ALL, "a\r\n.\r\n" },
  { ".", ALL, "..\r\n.\r\n" },
  { ".\r\n..\r\n...\r\n", ALL, "..\r\n...\r\n....\r\n.\r\n" },
  { "a.b\r\n.c\r\nd.\r\n", ALL, "a.b\r\n..c\r\nd.\r\n.\r\n" },
  { "a\n.b\n", ALL, "a\n..b\n.\r\n" },
  { "a\r.b\r\n", ALL, "a\r.b\r\n.\r\n" },
  { "h: 1\r\n\r\n1\r\n2\r\n3\r\n", ALL, "h: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n" },
  { "h: 1\r\n\r\n1\r\n2\r\n3\r\n", 0, "h: 1\r\n\r\n.\r\n" },
  { "h: 1\r\n\r\n1\r\n2\r\n3\r\n", 2, "h: 1\r\n\r\n1\r\n2\r\n.\r\n" },
  { "h: 1\r\n\r\n1\r\n2\r\n3\r\n", 3, "h: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n" },
  { "h: 1\r\n\r\n1\r\n2\r\n3", 9, "h: 1\r\n\r\n1\r\n2\r\n3\r\n.\r\n" },
  { "h: 1\r\n\r\n\r\n\r\nx\r\n", 2, "h: 1\r\n\r\n\r\n\r\n.\r\n" },
  { "h: 1\n\n.1\n2\n", 1, "h: 1\n\n..1\n.\r\n" },
  { "\r\nonly a body\r\n", 1, "\r\nonly a body\r\n.\r\n" },
  { "h: 1\r\n \r\nfolded, no empty line\r\n", 0, "h: 1\r\n \r\nfolded, no empty line\r\n.\r\n" },
  { "h: 1\r\na\r\r\n\r\nb\r\n", 0, "h: 1\r\na\r\r\n\r\n.\r\n" },
};

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize len = strlen (cases[i].message);

      for (gsize one = 0; one <= len; one++)
        for (gsize two = one; two <= len; two++)
          {
            g_auto (PliBuffer) out = { 0 };
            Pop3Stuff stuff;

            pop3_stuff_begin (&stuff, cases[i].lines);
            if (pop3_stuff (&stuff, pli_span (cases[i].message, one), &out)
                && pop3_stuff (&stuff, pli_span (cases[i].message + one, two - one), &out))
              pop3_stuff (&stuff, pli_span (cases[i].message + two, len - two), &out);
            pop3_stuff_end (&stuff, &out);
            pli_buffer_add_char (&out, '\0');
            g_assert_cmpstr (out.data, ==, cases[i].answer);
          }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto-pop3/stuff/cases", test_cases);
  return g_test_run ();
}
