/* Tests of lib/mail/header.c. */
#include "testdata.h"

/* "[name|value]…@offset of the body" */
static char *
fields (PliSpan in)
{
  GString *out = g_string_new (NULL);
  PliSpan rest = in;
  PliHeaderField field;
  gsize total = 0;

  while (pli_header_next (&rest, &field))
    {
      g_autofree char *name = pli_span_dup (field.name), *value = pli_span_dup (field.value);

      g_string_append_printf (out, "[%s|%s]", name ? name : "-", value);
      g_assert_true (field.whole.data == in.data + total);
      total += field.whole.len;
    }
  g_string_append_printf (out, "@%u", (guint) (in.len - rest.len));
  g_assert_cmpuint (in.len - rest.len, ==, pli_header_end (in));
  return g_string_free (out, FALSE);
}

static const struct
{
  const char *in, *out;
} steps[] = {
  { "A: 1\r\nB: 2\r\n\r\nbody", "[A|1][B|2]@14" },
  { "A: 1\nB: 2\n\nbody", "[A|1][B|2]@11" },
  { "\r\nbody", "@2" },
  { "\nbody", "@1" },
  { "", "@0" },
  { "A: 1", "[A|1]@4" },
  { "A:1\r\n", "[A|1]@5" },
  { "A:\r\n\r\n", "[A|]@6" },
  { "A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n", "[A|1\r\n 2\r\n\t3][B|4]@22" },
  { "A:\r\n 1\r\n\r\n", "[A|1]@10" },
  { "A : 1\r\n\r\n", "[A|1]@9" },
  { "From a@b  Fri Feb 22 17:06:23 2008\r\nA: 1\r\n\r\n", "[-|From a@b  Fri Feb 22 17:06:23 2008][A|1]@44" },
  { "garbage\r\nA: 1\r\n\r\n", "[-|garbage][A|1]@17" },
  { " lead\r\n more\r\nA: 1\r\n\r\n", "[-|lead\r\n more][A|1]@22" },
  { ": x\r\n\r\n", "[-|: x]@7" },
  { "A: 1\r\n \r\n\r\n", "[A|1]@11" },
  { "A: 1\r", "[A|1]@5" },
  { "\r", "[-|]@1" },
  { "A: x\ry\r\n\r\n", "[A|x\ry]@10" },
  { "\xc3\xa9: x\r\n\r\n", "[-|\xc3\xa9: x]@9" },
};

static void
test_next (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autofree char *out = fields (pli_span_from (steps[i].in));

      g_assert_cmpstr (out, ==, steps[i].out);
      for (gsize len = 0; len < strlen (steps[i].in); len++)
        {
          g_autofree char *copy = exact (steps[i].in, len), *part = fields (pli_span (copy, len));

          g_assert_nonnull (part);
        }
    }
}

static void
test_find (void)
{
  PliSpan header = PLI_SPAN ("Received: 1\r\nSubject: a\r\nRECEIVED: 2\r\nx\r\nsubject: b\r\n\r\nReceived: body\r\n");
  PliHeaderField field;

  g_assert_true (pli_header_find (header, "SUBJECT", &field));
  assert_span (field.value, "a");
  g_assert_false (pli_header_find (header, "Sub", &field));
  g_assert_false (pli_header_find (header, "", &field));
  g_assert_cmpuint (pli_header_count (header, "received"), ==, 2);
  g_assert_cmpuint (pli_header_count (header, "To"), ==, 0);
}

static void
test_unfold (void)
{
  g_auto (PliBuffer) out = { 0 };

  pli_header_unfold (PLI_SPAN ("a\r\n b\n\tc\0d"), 100, &out);
  assert_buffer (&out, "a b\tcd");
  out.len = 0;
  pli_header_unfold (PLI_SPAN ("abc\r\n def"), 5, &out);
  assert_buffer (&out, "abc d");
}

static void
test_select (void)
{
  static const struct
  {
    const char *header, *names, *kept, *left;
  } cases[] = {
    { "A: 1\r\nB: 2\r\n\r\n", "a", "A: 1\r\n\r\n", "B: 2\r\n\r\n" },
    { "A: 1\r\nB: 2\r\n 3\r\n\r\nA: body", "b,b", "B: 2\r\n 3\r\n\r\n", "A: 1\r\n\r\n" },
    { "A: 1\r\nB: 2\r\nA: 3\r\n\r\n", "A,B", "A: 1\r\nB: 2\r\nA: 3\r\n\r\n", "\r\n" },
    { "A: 1", "A", "A: 1\r\n\r\n", "\r\n" },
    { "x\r\nA: 1\r\n\r\n", "B", "\r\n", "x\r\nA: 1\r\n\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) names = g_strsplit (cases[i].names, ",", -1);
      g_auto (PliBuffer) out = { 0 };
      PliSpan spans[4];
      guint n = g_strv_length (names);

      for (guint k = 0; k < n; k++)
        spans[k] = pli_span_from (names[k]);
      pli_header_select (pli_span_from (cases[i].header), spans, n, FALSE, &out);
      assert_buffer (&out, cases[i].kept);
      out.len = 0;
      pli_header_select (pli_span_from (cases[i].header), spans, n, TRUE, &out);
      assert_buffer (&out, cases[i].left);
    }
}

static void
test_write (void)
{
  static const struct
  {
    const char *name, *value, *out;
  } cases[] = {
    { "A", "1", "A: 1\r\n" },
    { "A", "", "A:\r\n" },
    { "A", " \r\n ", "A:\r\n" },
    { "A", "1\r\n 2", "A: 1\r\n 2\r\n" },
    { "A", "1\n\t2", "A: 1\r\n\t2\r\n" },
    { "A", "1\r\nB: 2", "A: 1 B: 2\r\n" },
    { "A", "1\nB: 2", "A: 1 B: 2\r\n" },
    { "A", "1\rB: 2", "A: 1 B: 2\r\n" },
    { "A", "1\r\n\r\nbody", "A: 1 body\r\n" },
    { "A", "1\r\n \r\nB: 2", "A: 1 B: 2\r\n" },
    { "A", "1\r\n \r\n 2", "A: 1\r\n 2\r\n" },
    { "A", "1\r\n", "A: 1\r\n" },
    { "A\r\nB:", "1", "AB: 1\r\n" },
    { "A", "a  b", "A: a  b\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      pli_header_write (&out, pli_span_from (cases[i].name), pli_span_from (cases[i].value));
      assert_buffer (&out, cases[i].out);
    }
}

/* Whatever is written is one field with lines of at most 998 octets, none of them blank, and the words survive. */
static void
test_write_long (void)
{
  for (gsize word = 1; word < 2500; word += 83)
    {
      g_autofree char *text = g_strnfill (word, 'x'), *value = g_strdup_printf ("%s %s\n \001 %s", text, text, text);
      g_auto (PliBuffer) out = { 0 };
      PliSpan rest;
      PliHeaderField field;
      gsize n = 0;

      pli_header_write (&out, PLI_SPAN ("Name"), pli_span_from (value));
      rest = pli_buffer_span (&out);
      g_assert_true (pli_header_next (&rest, &field));
      g_assert_cmpuint (rest.len, ==, 0);
      g_assert_cmpuint (field.whole.len, ==, out.len);
      for (gsize i = 0; i < out.len; i++)
        n += out.data[i] == 'x';
      g_assert_cmpuint (n, ==, 3 * word);
      for (rest = pli_buffer_span (&out); rest.len > 0;)
        {
          gssize lf = pli_span_find (rest, '\n');

          g_assert_cmpint (lf, >=, 2);
          g_assert_cmpint (lf, <=, 999);
          g_assert_cmpuint (pli_span_trim (pli_span_head (rest, (gsize) lf)).len, >, 0);
          rest = pli_span_skip (rest, (gsize) lf + 1);
        }
    }
}

static void
test_names (void)
{
  g_autofree char *longest = g_strnfill (128, 'a'), *longer = g_strnfill (129, 'a');

  g_assert_true (pli_header_name_valid (PLI_SPAN ("X-Spam_Flag")));
  g_assert_true (pli_header_name_valid (pli_span_from (longest)));
  g_assert_false (pli_header_name_valid (pli_span_from (longer)));
  g_assert_false (pli_header_name_valid (PLI_SPAN ("")));
  g_assert_false (pli_header_name_valid (PLI_SPAN ("A:")));
  g_assert_false (pli_header_name_valid (PLI_SPAN ("A B")));
  g_assert_false (pli_header_name_valid (PLI_SPAN ("A\n")));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/header/next", test_next);
  g_test_add_func ("/mail/header/find", test_find);
  g_test_add_func ("/mail/header/unfold", test_unfold);
  g_test_add_func ("/mail/header/select", test_select);
  g_test_add_func ("/mail/header/write", test_write);
  g_test_add_func ("/mail/header/write-long", test_write_long);
  g_test_add_func ("/mail/header/names", test_names);
  return g_test_run ();
}
