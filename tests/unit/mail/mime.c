/* Tests of lib/mail/mime.c and params.c: trees written down as "type/subtype header+body:lines [children]". */
#include "testdata.h"

static void
write_tree (const PliMimePart *part, GString *out)
{
  g_autofree char *type = pli_span_dup (part->type), *subtype = pli_span_dup (part->subtype);

  g_string_append_printf (out, "%s/%s %u+%u:%u", type, subtype, (guint) part->header_len, (guint) part->body_len,
                          (guint) part->lines);
  if (!part->children)
    return;
  g_string_append (out, " [");
  for (const PliMimePart *child = part->children; child; child = child->next)
    {
      write_tree (child, out);
      g_string_append (out, child->next ? ", " : "]");
    }
}

/* What must hold for any input. */
static void
check_part (PliSpan message, const PliMimePart *part, const PliMimePart *parent)
{
  guint64 lines = 0;

  g_assert_true (part->parent == parent);
  g_assert_cmpuint (part->header_offset + part->header_len, ==, part->body_offset);
  g_assert_cmpuint (part->body_offset + part->body_len, <=, message.len);
  g_assert_cmpuint (part->type.len, >, 0);
  g_assert_cmpuint (part->subtype.len, >, 0);
  g_assert_cmpint (part->kind != PLI_MIME_LEAF, ==, part->children != NULL);
  for (guint64 i = 0; i < part->body_len; i++)
    lines += message.data[part->body_offset + i] == '\n';
  g_assert_cmpuint (part->lines, ==, lines);
  if (parent)
    {
      g_assert_cmpuint (part->header_offset, >=, parent->body_offset);
      g_assert_cmpuint (part->body_offset + part->body_len, <=, parent->body_offset + parent->body_len);
    }
  if (part->kind == PLI_MIME_MESSAGE)
    {
      g_assert_nonnull (part->children->envelope);
      g_assert_null (part->children->next);
      g_assert_cmpuint (part->children->header_offset, ==, part->body_offset);
      g_assert_cmpuint (part->children->header_len + part->children->body_len, ==, part->body_len);
    }
  for (const PliMimePart *child = part->children; child; child = child->next)
    check_part (message, child, part);
}

static char *
tree (PliSpan message, const PliRenderLimits *limits)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  const PliMimePart *root = pli_mime_scan (message, limits, arena);
  GString *out = g_string_new (NULL);

  g_assert_nonnull (root->envelope);
  check_part (message, root, NULL);
  write_tree (root, out);
  return g_string_free (out, FALSE);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n" /* 43 */
#define RFC822 "Content-Type: message/rfc822\n\n"             /* 30 */

static const struct
{
  const char *in, *out;
} cases[] = {
  { "", "text/plain 0+0:0" },
  { "\n", "text/plain 1+0:0" },
  { "A: b\n\nx\ny", "text/plain 6+3:1" },
  { "A: b", "text/plain 4+0:0" },
  { MIXED "--b\n\nx\n--b--\n", "multipart/mixed 43+13:4 [text/plain 1+1:0]" },
  { MIXED "pro\n--b\nA: b\n\nx\n\n--b  \n\ny\n--b--\nepi\n",
    "multipart/mixed 43+36:11 [text/plain 6+2:1, text/plain 1+1:0]" },
  /* the header of a part is cut by a boundary, or empty, or there is no body */
  { MIXED "--b\nA: b\n--b\n--b\n\n--b--",
    "multipart/mixed 43+23:5 [text/plain 5+0:0, text/plain 0+0:0, text/plain 1+0:0]" },
  /* never closed; closed at once; not there */
  { MIXED "--b\n\nx\n", "multipart/mixed 43+7:3 [text/plain 1+2:1]" },
  { MIXED "--b--\n", "multipart/mixed 43+6:1 [text/plain 0+0:0]" },
  { MIXED "x\n", "multipart/mixed 43+2:1 [text/plain 0+0:0]" },
  { "Content-Type: multipart/mixed\n\n--b\n\nx\n", "multipart/mixed 31+7:3 [text/plain 0+0:0]" },
  /* boundaries in the middle of a line are none, boundaries of quoted names with spaces are */
  { MIXED "--b\n\nx --b\n -- b\n--b--", "multipart/mixed 43+22:4 [text/plain 1+11:1]" },
  { "Content-Type: multipart/mixed; boundary=\"a\n b\"\n\n--a b\n\nx\n--a b--\n",
    "multipart/mixed 48+17:4 [text/plain 1+1:0]" },
  /* one boundary is the beginning of the other: outer in inner and inner in outer */
  { MIXED "--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\nx\n--bb--\n--b\n\ny\n--b--\n",
    "multipart/mixed 43+82:11 [multipart/alternative 50+14:3 [text/plain 1+1:0], text/plain 1+1:0]" },
  { "Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/alternative; boundary=b\n\n"
    "--b\n\nx\n--b--\n--bb\n\ny\n--bb--\n",
    "multipart/mixed 44+82:11 [multipart/alternative 49+12:3 [text/plain 1+1:0], text/plain 1+1:0]" },
  { MIXED "--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb junk\n\nx\n--bb--\n--b--\n",
    "multipart/mixed 43+80:8 [multipart/alternative 50+19:3 [text/plain 1+1:0]]" },
  /* the outer boundary ends all that is open */
  { MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b\n\ny\n--b--\n",
    "multipart/mixed 43+67:10 [multipart/mixed 43+6:2 [text/plain 1+1:0], text/plain 1+1:0]" },
  { MIXED
    "--b\nContent-Type: multipart/digest; boundary=c\n\n--c\n\nA: b\n\nx\n--c\nContent-Type: text/x\n\ny\n--b--\n",
    "multipart/mixed 43+95:13 [multipart/digest 44+40:8 [message/rfc822 1+7:2 [text/plain 6+1:0], text/x 22+1:0]]" },
  { RFC822 "A: b\n\nx\n", "message/rfc822 30+8:3 [text/plain 6+2:1]" },
  { RFC822, "message/rfc822 30+0:0 [text/plain 0+0:0]" },
  { RFC822 RFC822 "A: b\n\nx\n", "message/rfc822 30+38:5 [message/rfc822 30+8:3 [text/plain 6+2:1]]" },
  { "Content-Type: message/global\n\nA: b\n\n", "message/global 30+6:2 [text/plain 6+0:0]" },
  { MIXED "--b\n" RFC822 "A: b\n--b--\n", "multipart/mixed 43+45:5 [message/rfc822 30+5:1 [text/plain 5+0:0]]" },
  { MIXED "--b\nContent-Type: message/rfc822\n--b--\n",
    "multipart/mixed 43+39:3 [message/rfc822 29+0:0 [text/plain 0+0:0]]" },
  { MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n--b--\n",
    "multipart/mixed 43+52:3 [multipart/mixed 42+0:0 [text/plain 0+0:0]]" },
  /* types that are none */
  { "Content-Type: text\n\n", "text/plain 20+0:0" },
  { "Content-Type: /x\n\n", "text/plain 18+0:0" },
  { "Content-Type:\n\n", "text/plain 15+0:0" },
  { "Content-Type: (c) a / (d) b ; x=y\n\n", "a/b 35+0:0" },
  { "Content-Type: a/b\nContent-Type: c/d\n\n", "a/b 37+0:0" },
};

static void
test_trees (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = tree (pli_span_from (cases[i].in), NULL), *crlf = with_crlf (cases[i].in), *again = NULL;

      g_assert_cmpstr (out, ==, cases[i].out);
      again = tree (pli_span_from (crlf), NULL);
      for (gsize len = 0; len < strlen (crlf); len++)
        {
          g_autofree char *copy = exact (crlf, len), *part = tree (pli_span (copy, len), NULL);

          g_assert_nonnull (part);
        }
    }
}

static void
test_limits (void)
{
  const PliRenderLimits shallow = { 1, 1000, 1000, 1000 }, few = { 50, 2, 1000, 1000 }, poor = { 50, 50, 4, 11 };
  g_autofree char *deep =
      tree (PLI_SPAN (MIXED "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\nx\n--c--\n--b--"), &shallow);
  g_autofree char *many = tree (PLI_SPAN (MIXED "--b\n\n1\n--b\n\n2\n--b\n\n3\n--b\n\n4\n--b--\n"), &few);
  g_autofree char *message = tree (PLI_SPAN (RFC822 RFC822 "A: b\n\n"), &shallow);
  g_autoptr (PliArena) arena = pli_arena_new ();
  const PliMimePart *part;

  g_assert_cmpstr (deep, ==, "multipart/mixed 43+61:7 [application/octet-stream 39+12:3]");
  g_assert_cmpstr (many, ==, "multipart/mixed 43+34:13 [text/plain 1+1:0, text/plain 1+1:0]");
  g_assert_cmpstr (message, ==, "message/rfc822 30+36:4 [application/octet-stream 30+6:2]");
  part = pli_mime_scan (PLI_SPAN ("Content-Type: a/b; c=123456; d=1; e=12345\nContent-ID: xxxx\n\n"), &poor, arena);
  g_assert_cmpuint (part->n_params, ==, 2);
  assert_span (part->params[0].value, "1234");
  assert_span (part->params[1].value, "1");
  g_assert_null (part->id.data);
}

/* A thousand levels, and as many open brackets, cost neither stack nor time. */
static void
test_depth (void)
{
  GString *deep = g_string_new (NULL);
  g_autofree char *out = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (deep, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
  for (guint i = 0; i < 5000; i++)
    g_string_append (deep, RFC822);
  out = tree (pli_span (deep->str, deep->len), NULL);
  g_assert_nonnull (strstr (out, "application/octet-stream"));
  g_string_free (deep, TRUE);
}

static void
test_params (void)
{
  static const struct
  {
    const char *in, *out;
  } params[] = {
    { "a/b; c=d", "c=d|" },
    { "a/b;c=d;e=\"f g\"", "c=d|e=f g|" },
    { "a/b; c=\"d\\\"e\\\\\"", "c=d\"e\\|" },
    { "a/b; c=\"d;e=f", "c=d;e=f|" },
    { "a/b; c = d ; (x;y=z) e (q) = f", "c=d|e=f|" },
    { "a/b; c=d e; f=g", "c=d|f=g|" },
    { "a/b; c=a/b=c@d; e=", "c=a/b=c@d|e=|" },
    { "a/b; ; c; =d; e=f;", "e=f|" },
    { "a/b c=d; e=f", "e=f|" },
    { "a/b; f*0=x; f*1=y; g=h", "f=xy|g=h|" },
    { "a/b; f*1=y; f*0=x", "f=xy|" },
    { "a/b; f*0*=u''%41; f*1=\"b c\"; f*2*=%42", "f*=u''%41b%20c%42|" },
    { "a/b; f*=u''%41", "f*=u''%41|" },
    { "a/b; f*1=y", "f*1=y|" },
    { "a/b; f*01=y; f*x=z; *=q", "f*01=y|f*x=z|*=q|" },
    { "a/b; f*0=x; f*2=z", "f=x|" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (params); i++)
    for (gsize len = strlen (params[i].in); len > 0; len--)
      {
        g_autofree char *message = g_strdup_printf ("Content-Type: %.*s", (int) len, params[i].in);
        g_autofree char *copy = exact (message, strlen (message));
        g_autoptr (PliArena) arena = pli_arena_new ();
        const PliMimePart *part = pli_mime_scan (pli_span (copy, strlen (message)), NULL, arena);
        g_auto (PliBuffer) out = { 0 };

        for (guint k = 0; k < part->n_params; k++)
          {
            pli_buffer_add_span (&out, part->params[k].name);
            pli_buffer_add_char (&out, '=');
            pli_buffer_add_span (&out, part->params[k].value);
            pli_buffer_add_char (&out, '|');
          }
        if (len == strlen (params[i].in))
          assert_buffer (&out, params[i].out);
      }
}

static void
test_fields (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  const PliMimePart *part = pli_mime_scan (
      PLI_SPAN ("Content-ID: <i>\r\nContent-Description: some\r\n thing\r\nContent-Transfer-Encoding: (x) Base64 \r\n"
                "Content-Disposition: attachment; filename=f\r\nContent-MD5: m\r\nContent-Language: de, en\r\n"
                "Content-Location: l\r\nSubject: s\r\nFrom: a\r\nFROM: b\r\nDate:\r\n\r\n"),
      NULL, arena);

  assert_span (part->id, "<i>");
  assert_span (part->description, "some\r\n thing");
  assert_span (part->encoding, "Base64");
  assert_span (part->disposition, "attachment");
  g_assert_cmpuint (part->n_disposition_params, ==, 1);
  assert_span (part->disposition_params[0].value, "f");
  assert_span (part->md5, "m");
  assert_span (part->language, "de, en");
  assert_span (part->location, "l");
  assert_span (part->envelope->subject, "s");
  assert_span (part->envelope->from, "a");
  assert_span (part->envelope->date, "");
  assert_span (part->envelope->to, NULL);
}

/* Real and malformed messages: whole, and cut at some places. */
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
          g_autofree char *file = g_build_filename (path, name, NULL), *text = NULL, *whole = NULL;
          gsize len;

          g_test_message ("%s", file);
          g_assert_true (g_file_get_contents (file, &text, &len, NULL));
          whole = tree (pli_span (text, len), NULL);
          for (gsize cut = len % 97; cut < len; cut += 1 + len / 50)
            {
              g_autofree char *copy = exact (text, cut), *part = tree (pli_span (copy, cut), NULL);

              g_assert_nonnull (part);
            }
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/mime/trees", test_trees);
  g_test_add_func ("/mail/mime/limits", test_limits);
  g_test_add_func ("/mail/mime/depth", test_depth);
  g_test_add_func ("/mail/mime/params", test_params);
  g_test_add_func ("/mail/mime/fields", test_fields);
  g_test_add_func ("/mail/mime/corpus", test_corpus);
  return g_test_run ();
}
