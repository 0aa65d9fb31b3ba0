/* Tests of lib/mail/aliases.c. */
#include "mail/aliases.h"

static const struct
{
  const char *text, *said; /* "line name=target|target;" an entry; "line!" a bad one */
} cases[] = {
  { "", "" },
  { "# nothing\n\n   \n", "" },
  { "a: b\n", "1 a=b;" },
  { "a: b, c,d\n", "1 a=b|c|d;" },
  { "a:b", "1 a=b;" },
  { "a : b\r\n", "1 a=b;" },
  { "a: b,\n\tc\n b: d\n", "1 a=b|c b: d;" },
  { "a: b,\n\n# between\n  c\nx: y\n", "1 a=b|c;5 x=y;" },
  { "\"odd one\": \"some one\", x\n", "1 odd one=some one|x;" },
  { "a: \"x, y\"@b, c\n", "1 a=\"x, y\"@b|c;" },
  { "a: \"|/bin/prog -a, b\"\n", "1 a=|/bin/prog -a, b;" },
  { "a: :include:/etc/list, /dev/null, |prog\n", "1 a=:include:/etc/list|/dev/null||prog;" },
  { "a: \"b\\\"c\"\n", "1 a=b\"c;" },
  { "a:\nb: c\n", "1 a=;2 b=c;" },
  { "no colon\nb: c\n", "1!;2 b=c;" },
  { " begins blank: x\n", "1!;" },
  { ": x\n", "1!;" },
  { "a: ,,b,,\n", "1 a=b;" },
  { "a: \"open, b\n", "1 a=\"open, b;" },
};

static char *
read_all (PliSpan text)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  GString *said = g_string_new (NULL);
  PliAliasEntry entry;
  guint line = 0;

  while (pli_aliases_next (&text, &line, arena, &entry))
    {
      const char *between = "";
      PliSpan target;

      g_string_append_printf (said, "%u", entry.line);
      if (entry.bad)
        g_string_append_c (said, '!');
      else
        g_string_append_printf (said, " %.*s=", (int) entry.name.len, entry.name.data);
      while (!entry.bad && pli_aliases_target (&entry.right, arena, &target))
        {
          g_string_append_printf (said, "%s%.*s", between, (int) target.len, target.data);
          between = "|";
        }
      g_string_append_c (said, ';');
    }
  return g_string_free (said, FALSE);
}

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *copy = g_strdup (cases[i].text); /* exact, for the address sanitizer */
      g_autofree char *said = read_all (pli_span_from (copy));

      g_assert_cmpstr (said, ==, cases[i].said);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/aliases", test_cases);
  return g_test_run ();
}
