/* Tests of lib/mail/render.c, parts.c and preview.c. */
#include "testdata.h"

static const char nested[] = "From: a@b.example\r\n"
                             "Content-Type: multipart/mixed; boundary=\"x\"\r\n"
                             "\r\n"
                             "before\r\n"
                             "--x\r\n"
                             "Content-Type: text/html; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: Quoted-Printable\r\n"
                             "Content-Disposition: inline; filename=a\r\n"
                             "Content-Language: de, en\r\n"
                             "\r\n"
                             "one\r\n"
                             "two\r\n"
                             "\r\n"
                             "--x\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "Subject: inner\r\n"
                             "Content-Type: multipart/alternative; boundary=y\r\n"
                             "\r\n"
                             "--y\r\n"
                             "\r\n"
                             "plain\r\n"
                             "--y\r\n"
                             "Content-Type: image/png; name=b\r\n"
                             "Content-ID: <c>\r\n"
                             "Content-MD5: sum\r\n"
                             "\r\n"
                             "png\r\n"
                             "--y--\r\n"
                             "--x\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "Subject: single\r\n"
                             "\r\n"
                             "text\r\n"
                             "--x--\r\n";

static const struct
{
  const char *section;
  const char *out; /* NULL: there is no such section */
} sections[] = {
  { "HEADER", "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n" },
  { "1", "one\r\ntwo\r\n" },
  { "1.MIME", "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable\r\n"
              "Content-Disposition: inline; filename=a\r\nContent-Language: de, en\r\n\r\n" },
  { "1.HEADER", NULL },
  { "1.TEXT", NULL },
  { "1.1", NULL },
  { "2.mime", "Content-Type: message/rfc822\r\n\r\n" },
  { "2.header", "Subject: inner\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" },
  { "2.HEADER.FIELDS", "Subject: inner\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" },
  { "2.Header.Fields.Not", "Subject: inner\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" },
  { "2.TEXT",
    "--y\r\n\r\nplain\r\n--y\r\nContent-Type: image/png; name=b\r\nContent-ID: <c>\r\nContent-MD5: sum\r\n\r\n"
    "png\r\n--y--" },
  { "2.1", "plain" },
  { "2.1.MIME", "\r\n" },
  { "2.2", "png" },
  { "2.3", NULL },
  { "2.0", NULL },
  { "0", NULL },
  { "3", "Subject: single\r\n\r\ntext" },
  { "3.HEADER", "Subject: single\r\n\r\n" },
  { "3.TEXT", "text" },
  { "3.1", "text" },
  { "3.1.MIME", "Subject: single\r\n\r\n" },
  { "3.1.TEXT", NULL },
  { "3.1.1", NULL },
  { "4", NULL },
  { "01", NULL },
  { "1.", NULL },
  { ".1", NULL },
  { "1..1", NULL },
  { "MIME", NULL },
  { "1.FOO", NULL },
  { "1 ", NULL },
  { "HEADERX", NULL },
};

static void
render (PliSpan message, PliArena *arena, PliRenderings *out)
{
  g_assert_true (pli_render (message, NULL, arena, out));
}

static void
test_sections (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliRenderings r;
  PliPlace place;

  render (pli_span_from (nested), arena, &r);
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      g_test_message ("%s", sections[i].section);
      g_assert_cmpint (pli_parts_find (r.parts, pli_span_from (sections[i].section), &place), ==,
                       sections[i].out != NULL);
      if (sections[i].out)
        g_assert_cmpmem (nested + place.offset, place.length, sections[i].out, strlen (sections[i].out));
    }
  g_assert_true (pli_parts_find (r.parts, PLI_SPAN (""), &place));
  g_assert_cmpuint (place.offset, ==, 0);
  g_assert_cmpuint (place.length, ==, sizeof nested - 1);
  g_assert_false (place.is_body);
  g_assert_true (pli_parts_find (r.parts, PLI_SPAN ("1"), &place));
  g_assert_true (place.is_body);
  g_assert_cmpuint (place.lines, ==, 2);
  assert_span (place.encoding, "quoted-printable");
  assert_span (place.type, "text/html");
  g_assert_true (pli_parts_find (r.parts, PLI_SPAN ("TEXT"), &place));
  g_assert_false (place.is_body);
  g_assert_cmpuint (r.header_bytes, ==, place.offset);
  g_assert_cmpuint (r.size, ==, sizeof nested - 1);
}

/* Stored text that is damaged gives no section, or one; it never gives more than it says. */
static void
test_damaged (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliRenderings r;
  PliPlace place;

  render (pli_span_from (nested), arena, &r);
  for (gsize len = 0; len < r.parts.len; len++)
    {
      g_autofree char *copy = exact (r.parts.data, len);

      for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
        pli_parts_find (pli_span (copy, len), pli_span_from (sections[i].section), &place);
    }
  g_assert_false (pli_parts_find (PLI_SPAN ("0 0 x 0 0 0 7bit a/b\n"), PLI_SPAN (""), &place));
  g_assert_false (pli_parts_find (PLI_SPAN ("0 0 0 0 0\n"), PLI_SPAN (""), &place));
  g_assert_false (pli_parts_find (PLI_SPAN ("0 0 99999999999999999999 0 0 0 7bit a/b\n"), PLI_SPAN (""), &place));
}

static const struct
{
  const char *in, *body, *bodystructure;
} structures[] = {
  { "\r\nx\r\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1)",
    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL NIL NIL NIL)" },
  { "Content-Type: text/x; a=b\r\n\r\n", "(\"text\" \"x\" (\"a\" \"b\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)",
    NULL },
  { "Content-Type: text/x; Charset=b\r\n\r\n", "(\"text\" \"x\" (\"Charset\" \"b\") NIL NIL \"7bit\" 0 0)", NULL },
  { "Content-Type: a/b\r\nContent-ID: <i>\r\nContent-Description: d\r\n\r\nxx",
    "(\"a\" \"b\" NIL \"<i>\" \"d\" \"7bit\" 2)", NULL },
  { "Content-Type: multipart/x; boundary=b\r\n\r\n",
    "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"x\")",
    "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL) \"x\" (\"boundary\" \"b\") "
    "NIL "
    "NIL NIL)" },
  { nested,
    "((\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"Quoted-Printable\" 10 2)"
    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 166 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) "
    "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 0)"
    "(\"image\" \"png\" (\"name\" \"b\") \"<c>\" NIL \"7bit\" 3) \"alternative\") 12)"
    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 23 (NIL \"single\" NIL NIL NIL NIL NIL NIL NIL NIL) "
    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 0) 2) \"mixed\")",
    "((\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"Quoted-Printable\" 10 2 NIL (\"inline\" (\"filename\" "
    "\"a\")) "
    "(\"de\" \"en\") NIL)"
    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 166 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) "
    "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 0 NIL NIL NIL NIL)"
    "(\"image\" \"png\" (\"name\" \"b\") \"<c>\" NIL \"7bit\" 3 \"sum\" NIL NIL NIL) \"alternative\" (\"boundary\" "
    "\"y\") "
    "NIL NIL NIL) 12 NIL NIL NIL NIL)"
    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 23 (NIL \"single\" NIL NIL NIL NIL NIL NIL NIL NIL) "
    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL) \"mixed\" "
    "(\"boundary\" \"x\") NIL NIL NIL)" },
};

static void
test_structures (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (structures); i++)
    {
      g_autoptr (PliArena) arena = pli_arena_new ();
      PliRenderings r;

      render (pli_span_from (structures[i].in), arena, &r);
      assert_span (r.body, structures[i].body);
      if (structures[i].bodystructure)
        assert_span (r.bodystructure, structures[i].bodystructure);
    }
}

/* Parentheses outside of strings match, strings end, and a literal has as many bytes as it says. */
static void
check_syntax (PliSpan s)
{
  int depth = 0;

  for (gsize i = 0; i < s.len; i++)
    switch (s.data[i])
      {
      case '(':
        depth++;
        break;
      case ')':
        g_assert_cmpint (--depth, >=, 0);
        break;
      case '"':
        for (i++; i < s.len && s.data[i] != '"'; i++)
          {
            g_assert_cmpint (s.data[i], >=, 9);
            g_assert_true (s.data[i] != '\r' && s.data[i] != '\n');
            i += s.data[i] == '\\';
          }
        g_assert_cmpuint (i, <, s.len);
        break;
      case '{':
        {
          guint64 n = 0;

          for (i++; i < s.len && g_ascii_isdigit (s.data[i]); i++)
            n = n * 10 + (guint64) (s.data[i] - '0');
          g_assert_cmpuint (i + 3 + n, <=, s.len);
          g_assert_cmpmem (s.data + i, 3, "}\r\n", 3);
          i += 2 + n;
        }
        break;
      default:
        g_assert_true (g_ascii_isalnum (s.data[i]) || s.data[i] == ' ');
      }
  g_assert_cmpint (depth, ==, 0);
}

static void
test_corpus (void)
{
  static const char *const folders[] = { "mime/mikel-mail", "mime/mail-parser" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = testdata_path (folders[i]);
      g_autoptr (GDir) dir = path ? g_dir_open (path, 0, NULL) : NULL;
      const char *name;

      while (dir && (name = g_dir_read_name (dir)))
        {
          g_autofree char *file = g_build_filename (path, name, NULL), *text = NULL;
          gsize len;

          g_test_message ("%s", file);
          g_assert_true (g_file_get_contents (file, &text, &len, NULL));
          for (gsize cut = 1 + len % 89; cut <= len; cut += 1 + len / 20)
            {
              g_autoptr (PliArena) arena = pli_arena_new ();
              PliRenderings r;
              PliPlace place;

              render (pli_span (text, cut), arena, &r);
              check_syntax (r.envelope);
              check_syntax (r.body);
              check_syntax (r.bodystructure);
              g_assert_true (r.preview.len == 0 || g_utf8_validate (r.preview.data, (gssize) r.preview.len, NULL));
              g_assert_true (pli_parts_find (r.parts, PLI_SPAN (""), &place));
              g_assert_cmpuint (place.length, ==, cut);
              g_assert_true (pli_parts_find (r.parts, PLI_SPAN ("1"), &place));
            }
        }
    }
}

static void
test_preview (void)
{
  static const struct
  {
    const char *in, *out;
  } previews[] = {
    { "A: b\r\n\r\nhello\r\n\r\n  world\t!\r\n", "hello world !" },
    { "A: b\r\n\r\n", "" },
    { "Content-Type: image/png\r\n\r\nx", "" },
    { "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n", "hello" },
    { "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\n=E9t=\r\ne\r\n",
      "\xc3\xa9te" },
    { "Content-Type: text/plain; charset=nonsense\r\n\r\n\xe9", "\xc3\xa9" },
    { "Content-Type: text/html\r\n\r\n<title>t</title><style>p > q</style><p>a&amp;b &#233;&#xe9; &bogus; "
      "&#0;</p>c<br>d<",
      "a&b \xc3\xa9\xc3\xa9 &bogus; &#0; c d" },
    { "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>html</b>\r\n"
      "--b\r\n\r\nplain\r\n--b--",
      "plain" },
    { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n"
      "--b\r\n\r\ntext\r\n--b--",
      "text" },
  };
  g_autofree char *many = g_strnfill (5000, 'x'), *text = g_strconcat ("\r\n\xc3\xa9", many, NULL);
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliRenderings r;

  for (guint i = 0; i < G_N_ELEMENTS (previews); i++)
    {
      render (pli_span_from (previews[i].in), arena, &r);
      assert_span (r.preview, previews[i].out);
    }
  render (pli_span_from (text), arena, &r);
  g_assert_cmpint (g_utf8_strlen (r.preview.data, (gssize) r.preview.len), ==, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/render/sections", test_sections);
  g_test_add_func ("/mail/render/damaged", test_damaged);
  g_test_add_func ("/mail/render/structures", test_structures);
  g_test_add_func ("/mail/render/corpus", test_corpus);
  g_test_add_func ("/mail/render/preview", test_preview);
  return g_test_run ();
}
