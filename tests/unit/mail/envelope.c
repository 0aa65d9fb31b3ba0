/* Tests of lib/mail/envelope.c. */
#include "testdata.h"

/* "name|route|local|domain" with - for what is not there, a space between mailboxes. */
static char *
boxes (PliSpan value)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliMailboxIter iter = { value, FALSE };
  GString *out = g_string_new (NULL);
  PliMailbox box;

  while (pli_mailbox_next (&iter, arena, &box))
    {
      const PliSpan texts[] = { box.name, box.route, box.local, box.domain };

      for (guint i = 0; i < 4; i++)
        {
          g_autofree char *text = pli_span_dup (texts[i]);

          g_string_append_printf (out, "%s%c", text ? text : "-", i < 3 ? '|' : ' ');
        }
    }
  g_assert_false (iter.in_group);
  return g_string_free (out, FALSE);
}

static const struct
{
  const char *in, *out;
} cases[] = {
  { "", "" },
  { " , ,; ", "" },
  { "a@b", "-|-|a|b " },
  { "a@b, c@d", "-|-|a|b -|-|c|d " },
  { "Real Name <a@B.Example>", "Real Name|-|a|B.Example " },
  { "\"Name, Real\" <a@b>", "Name, Real|-|a|b " },
  { "\"a\\\"b\" <a@b>", "a\"b|-|a|b " },
  { "\"A\" \"B\"\r\n C <a@b>", "A B C|-|a|b " },
  { "John Q. Public <a@b>", "John Q. Public|-|a|b " },
  { "a@b (Real Name)", "Real Name|-|a|b " },
  { "(Real Name) a@b", "Real Name|-|a|b " },
  { "Name (c) More <a@b> (d)", "Name More|-|a|b " },
  { "<a@b>", "-|-|a|b " },
  { "<a@b> (Real)", "Real|-|a|b " },
  { "<@r:a@b>", "-|@r|a|b " },
  { "N <@r,@s:a@b>", "N|@r,@s|a|b " },
  { "\"a b\"@c", "-|-|a b|c " },
  { "\"a b\".c@d", "-|-|a b.c|d " },
  { "a . b @ c . d", "-|-|a.b|c.d " },
  { "a@[1.2.3.4]", "-|-|a|[1.2.3.4] " },
  { "=?utf-8?q?a?= <a@b>", "=?utf-8?q?a?=|-|a|b " },
  { "g: a@b, c@d;, h: e@f;", "-|-|g|- -|-|a|b -|-|c|d -|-|-|- -|-|h|- -|-|e|f -|-|-|- " },
  { "g:;, h: (foo) ;", "-|-|g|- -|-|-|- -|-|h|- -|-|-|- " },
  { "g: a@b", "-|-|g|- -|-|a|b -|-|-|- " },
  { "\"my group\": a@b; c@d", "-|-|my group|- -|-|a|b -|-|-|- -|-|c|d " },
  { "user", "-|-|user|MISSING_DOMAIN " },
  { "a b c", "-|-|abc|MISSING_DOMAIN " },
  { "<user>", "-|-|user|MISSING_DOMAIN " },
  { "@domain", "-|-|MISSING_MAILBOX|domain " },
  { "Name <>", "Name|-|MISSING_MAILBOX|MISSING_DOMAIN " },
  { "Name <a@b", "Name|-|a|b " },
  { "Name <a@b, c@d", "Name|-|a|b -|-|c|d " },
  { "<mailto:a@b>", "-|-|mailto:a|b " },
  { "a@b@c", "-|-|a|b@c " },
  { "a@b junk, c@d", "-|-|a|b -|-|c|d " },
  { "a@b <c@d>", "-|-|a|b " },
  { "\"\" <a@b>", "-|-|a|b " },
  { "\"open <a@b>", "-|-|open <a@b>|MISSING_DOMAIN " },
  { "(open <a@b>", "" },
  { ">>> a@b", "-|-|a|b " },
  { "a;b", "-|-|a|MISSING_DOMAIN " },
};

static void
test_mailboxes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = boxes (pli_span_from (cases[i].in));

      g_test_message ("%s", cases[i].in);
      g_assert_cmpstr (out, ==, cases[i].out);
      for (gsize len = 0; len < strlen (cases[i].in); len++)
        {
          g_autofree char *copy = exact (cases[i].in, len), *part = boxes (pli_span (copy, len));

          g_assert_nonnull (part);
        }
    }
}

static void
test_nstring (void)
{
  static const struct
  {
    PliSpan in;
    gsize max;
    const char *out;
  } strings[] = {
    { { NULL, 0 }, 99, "NIL" },
    { { "", 0 }, 99, "\"\"" },
    { { "a b", 3 }, 99, "\"a b\"" },
    { { "a\"b\\c", 5 }, 99, "\"a\\\"b\\\\c\"" },
    { { "a\r\n b\0", 6 }, 99, "\"a b\"" },
    { { "a\tb", 3 }, 99, "\"a\tb\"" },
    { { "\xc3\xa9", 2 }, 99, "{2}\r\n\xc3\xa9" },
    { { "\xc3\r\n\"\xa9", 5 }, 99, "{3}\r\n\xc3\"\xa9" },
    { { "a\001", 2 }, 99, "{2}\r\na\001" },
    { { "abcdef", 6 }, 3, "\"abc\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_auto (PliBuffer) out = { 0 };

      pli_render_nstring (strings[i].in, strings[i].max, &out);
      assert_buffer (&out, strings[i].out);
    }
}

static void
test_envelope (void)
{
  static const struct
  {
    const char *header, *out;
  } envelopes[] = {
    { "", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
    { "Date: d\r\nSubject: s \"x\"\r\nFrom: F <f@x>\r\nSender: s@x\r\nReply-To: r@x\r\nTo: t@x\r\nCc: c@x, d@x\r\n"
      "Bcc: b@x\r\nIn-Reply-To: <i>\r\nMessage-ID: <m>\r\n\r\n",
      "(\"d\" \"s \\\"x\\\"\" ((\"F\" NIL \"f\" \"x\")) ((NIL NIL \"s\" \"x\")) ((NIL NIL \"r\" \"x\")) "
      "((NIL NIL \"t\" \"x\")) ((NIL NIL \"c\" \"x\")(NIL NIL \"d\" \"x\")) ((NIL NIL \"b\" \"x\")) \"<i>\" \"<m>\")" },
    { "From: f@x\r\nSender: \r\nReply-To: (nobody)\r\nTo: g:;\r\nSubject:\r\n\r\n",
      "(NIL \"\" ((NIL NIL \"f\" \"x\")) ((NIL NIL \"f\" \"x\")) ((NIL NIL \"f\" \"x\")) "
      "((NIL NIL \"g\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
    { "Subject: a\r\n b\r\nFrom:\r\n\r\n", "(NIL \"a b\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (envelopes); i++)
    {
      g_autoptr (PliArena) arena = pli_arena_new ();
      g_auto (PliBuffer) out = { 0 };

      pli_render_envelope (pli_span_from (envelopes[i].header), NULL, arena, &out);
      assert_buffer (&out, envelopes[i].out);
    }
}

/* A list too long for the budget is cut between two addresses. */
static void
test_budget (void)
{
  const PliRenderLimits limits = { 50, 50, 100, 60 };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };

  pli_render_envelope (PLI_SPAN ("To: a@b, c@d, e@f, g@h\r\n\r\n"), &limits, arena, &out);
  assert_buffer (
      &out, "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")(NIL NIL \"e\" \"f\")) NIL NIL NIL NIL)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/envelope/mailboxes", test_mailboxes);
  g_test_add_func ("/mail/envelope/nstring", test_nstring);
  g_test_add_func ("/mail/envelope/envelope", test_envelope);
  g_test_add_func ("/mail/envelope/budget", test_budget);
  return g_test_run ();
}
