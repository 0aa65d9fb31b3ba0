/* Tests of lib/mail/address.c. */
#include "testdata.h"

typedef struct
{
  const char *in;
  guint flags;
  const char *text; /* canonical; NULL when the path is refused */
  gsize consumed;   /* 0: all */
} Case;

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define D64 "d2345678901234567890123456789012345678901234567890123456789012."

static const Case paths[] = {
  { "<a@b>", 0, "a@b", 0 },
  { "<a@b> SIZE=1", 0, "a@b", 5 },
  { "<Fred.Foo@Example.ORG>", 0, "Fred.Foo@example.org", 0 },
  { "<>", PLI_PATH_NULL, "", 0 },
  { "<>", 0, NULL, 0 },
  { "<@a.example,@[127.0.0.1]:u@d>", 0, "u@d", 0 },
  { "<@a.example:>", 0, NULL, 0 },
  { "<@a.example,u@d>", 0, NULL, 0 },
  { "<\"a b\"@d>", 0, "\"a b\"@d", 0 },
  { "<\"a\"@d>", 0, "a@d", 0 },
  { "<\"a\\\"\\b\"@d>", 0, "\"a\\\"b\"@d", 0 },
  { "<\"\"@d>", 0, "\"\"@d", 0 },
  { "<\"a.\"@d>", 0, "\"a.\"@d", 0 },
  { "<\"a>b@c\"@d> x", 0, "\"a>b@c\"@d", 11 },
  { "<\"a\tb\"@d>", 0, NULL, 0 },
  { "<\"a\"b@d>", 0, NULL, 0 },
  { "<a\"b\"@d>", 0, NULL, 0 },
  { "<.a@d>", 0, NULL, 0 },
  { "<a.@d>", 0, NULL, 0 },
  { "<a..b@d>", 0, NULL, 0 },
  { "<@d>", 0, NULL, 0 },
  { "<a@>", 0, NULL, 0 },
  { "<a>", 0, NULL, 0 },
  { "<a b@d>", 0, NULL, 0 },
  { " <a@d>", 0, NULL, 0 },
  { "a@d", 0, NULL, 0 },
  { "<a@-d>", 0, NULL, 0 },
  { "<a@d->", 0, NULL, 0 },
  { "<a@d-.e>", 0, NULL, 0 },
  { "<a@d.-e>", 0, NULL, 0 },
  { "<a@d..e>", 0, NULL, 0 },
  { "<a@.d>", 0, NULL, 0 },
  { "<a@d.>", 0, NULL, 0 },
  { "<a@d_e>", 0, NULL, 0 },
  { "<a@x--y.1>", 0, "a@x--y.1", 0 },
  { "<a@[192.0.2.1]>", 0, "a@[192.0.2.1]", 0 },
  { "<a@[192.0.2.256]>", 0, NULL, 0 },
  { "<a@[192.0.2]>", 0, NULL, 0 },
  { "<a@[192.0.2.1>", 0, NULL, 0 },
  { "<a@[IPv6:2001:DB8::1]>", 0, "a@[ipv6:2001:db8::1]", 0 },
  { "<a@[IPv6:::]>", 0, "a@[ipv6:::]", 0 },
  { "<a@[IPv6:1:2:3:4:5:6:7:8]>", 0, "a@[ipv6:1:2:3:4:5:6:7:8]", 0 },
  { "<a@[IPv6:1:2:3:4:5:6:7:8:9]>", 0, NULL, 0 },
  { "<a@[IPv6:1:2:3:4:5:6:192.0.2.1]>", 0, "a@[ipv6:1:2:3:4:5:6:192.0.2.1]", 0 },
  { "<a@[IPv6:::ffff:192.0.2.1]>", 0, "a@[ipv6:::ffff:192.0.2.1]", 0 },
  { "<a@[IPv6:1::2::3]>", 0, NULL, 0 },
  { "<a@[IPv6:1:2:3:4:5:6:7]>", 0, NULL, 0 },
  { "<a@[IPv6:1:]>", 0, NULL, 0 },
  { "<a@[IPv6::1]>", 0, NULL, 0 },
  { "<a@[IPv6:12345::]>", 0, NULL, 0 },
  { "<a@[tag:x]>", 0, NULL, 0 },
  { "<postmaster>", PLI_PATH_POSTMASTER, "postmaster", 0 },
  { "<PostMaster>", PLI_PATH_POSTMASTER, "PostMaster", 0 },
  { "<postmaster>", 0, NULL, 0 },
  { "<root>", PLI_PATH_POSTMASTER, NULL, 0 },
  { "<\xc3\xa9@\xc3\xa9.example>", PLI_PATH_UTF8, "\xc3\xa9@\xc3\xa9.example", 0 },
  { "<\xc3\xa9@d>", 0, NULL, 0 },
  { "<e@\xc3\xa9.example>", 0, NULL, 0 },
  { "<\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx \"@d>", 0, NULL, 0 },
  { "<\xc3@d>", PLI_PATH_UTF8, NULL, 0 },
  { "<e@\xff.example>", PLI_PATH_UTF8, NULL, 0 },
  { "<" X64 "@d>", 0, X64 "@d", 0 },
  { "<" X64 "x@d>", 0, NULL, 0 },
  { "<a@" D64 "e>", 0, "a@" D64 "e", 0 },
  { "<a@x" D64 "e>", 0, "a@x" D64 "e", 0 },
  { "<a@xx" D64 "e>", 0, NULL, 0 },
  { "<" X64 "@" D64 D64 D64 "e>", 0, NULL, 0 },
  { "<a@b", 0, NULL, 0 },
  { "", 0, NULL, 0 },
};

static void
test_paths (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      const Case *c = &paths[i];
      g_autoptr (GError) error = NULL;
      PliAddress address;
      gsize consumed;
      gboolean valid = pli_address_parse_path (pli_span_from (c->in), c->flags, arena, &address, &consumed, &error);

      g_test_message ("path %u", i);
      g_assert_cmpint (valid, ==, c->text != NULL);
      g_assert_cmpint (valid, ==, error == NULL);
      if (!valid)
        continue;
      g_assert_cmpstr (pli_address_text (arena, &address), ==, c->text);
      g_assert_cmpuint (consumed, ==, c->consumed ? c->consumed : strlen (c->in));
      g_assert_cmpint (address.null_path, ==, c->text[0] == 0);
      g_assert_cmpint (address.utf8, ==, (c->flags & PLI_PATH_UTF8) != 0);
    }
}

/* Any beginning of a path is refused, and canonical text is read back as it was. */
static void
test_truncated (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    for (gsize len = 0; paths[i].text && len < (paths[i].consumed ? paths[i].consumed : strlen (paths[i].in)); len++)
      {
        g_autofree char *copy = exact (paths[i].in, len);
        PliAddress address;

        g_assert_false (pli_address_parse_path (pli_span (copy, len), paths[i].flags, arena, &address, NULL, NULL));
      }
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      PliAddress address;

      if (!paths[i].text)
        continue;
      g_assert_true (pli_address_parse (pli_span_from (paths[i].text), paths[i].flags, arena, &address, NULL));
      g_assert_cmpstr (pli_address_text (arena, &address), ==, paths[i].text);
    }
}

static void
test_errors (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliAddress address;

  g_assert_false (pli_address_parse (PLI_SPAN (X64 "x@d"), 0, arena, &address, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_LIMIT);
  g_clear_error (&error);
  g_assert_false (pli_address_parse (PLI_SPAN ("a@d b"), 0, arena, &address, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_SYNTAX);
}

static void
test_detail (void)
{
  static const struct
  {
    const char *local, *user, *detail;
  } cases[] = {
    { "user+box", "user", "box" }, { "user", "user", NULL }, { "user+", "user", "" }, { "+box", "+box", NULL },
    { "a+b+c", "a", "b+c" },       { "", "", NULL },         { "+", "+", NULL }
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliSpan user, detail;

      g_assert_cmpint (pli_address_split_detail (pli_span_from (cases[i].local), '+', &user, &detail), ==,
                       cases[i].detail != NULL);
      assert_span (user, cases[i].user);
      assert_span (detail, cases[i].detail);
    }
}

/* The is_email suite: valid for us is what RFC 5321 allows; comments and folding are RFC 5322's alone. */
static void
start_element (GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer user,
               GError **error)
{
  (void) context, (void) names, (void) values, (void) error;
  if (g_str_equal (name, "test"))
    g_hash_table_remove_all (user);
}

static void
element_text (GMarkupParseContext *context, const char *text, gsize len, gpointer user, GError **error)
{
  (void) error;
  g_hash_table_insert (user, g_strdup (g_markup_parse_context_get_element (context)), g_strndup (text, len));
}

static char *
without_symbols (const char *text)
{
  GString *out = g_string_new (NULL);

  for (; *text; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (c >= 0x2400 && c < 0x2420)
        g_string_append_c (out, c == 0x2400 ? 1 : (char) (c - 0x2400));
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

static guint n_checked;

static void
end_element (GMarkupParseContext *context, const char *name, gpointer user, GError **error)
{
  const char *address = g_hash_table_lookup (user, "address"), *category = g_hash_table_lookup (user, "category");
  const char *diagnosis = g_hash_table_lookup (user, "diagnosis");
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *text = NULL;
  PliAddress out;
  gboolean want;

  (void) context, (void) error;
  if (!g_str_equal (name, "test") || !category)
    return;
  text = without_symbols (address ? address : "");
  want = g_str_equal (category, "ISEMAIL_VALID_CATEGORY") || g_str_equal (category, "ISEMAIL_DNSWARN")
         || g_str_equal (category, "ISEMAIL_RFC5321") || g_str_equal (diagnosis, "ISEMAIL_RFC5321_IPV6DEPRECATED");
  g_test_message ("%s %s", category, diagnosis);
  g_assert_cmpint (pli_address_parse (pli_span_from (text), 0, arena, &out, NULL), ==, want);
  n_checked++;
}

static void
test_isemail (void)
{
  static const GMarkupParser parser = { start_element, end_element, element_text, NULL, NULL };
  g_autofree char *path = testdata_path ("isemail/tests.xml"), *text = NULL;
  g_autoptr (GHashTable) fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GError) error = NULL;
  GMarkupParseContext *context;
  gsize len;

  if (!path)
    return;
  g_assert_true (g_file_get_contents (path, &text, &len, NULL));
  context = g_markup_parse_context_new (&parser, 0, fields, NULL);
  g_assert_true (g_markup_parse_context_parse (context, text, (gssize) len, &error));
  g_markup_parse_context_free (context);
  g_assert_cmpuint (n_checked, ==, 164);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/address/paths", test_paths);
  g_test_add_func ("/mail/address/truncated", test_truncated);
  g_test_add_func ("/mail/address/errors", test_errors);
  g_test_add_func ("/mail/address/detail", test_detail);
  g_test_add_func ("/mail/address/isemail", test_isemail);
  return g_test_run ();
}
