/* policy-list.c: lists of addresses and domains: what is in them, what is not, and what is wrong with a file. */
#include "../../../plugins/policy-lua/list.c"

typedef struct
{
  const char *name, *text, *in, *out; /* words with spaces between them */
} Case;

static const Case cases[] = {
  { "x.cidr", "192.0.2.0/24 # net\n\n# nothing\n198.51.100.7\n2001:db8::/32\n",
    "192.0.2.0 192.0.2.255 198.51.100.7 2001:db8:: 2001:db8:ffff::1 ::ffff:192.0.2.9",
    "192.0.1.255 192.0.3.0 198.51.100.6 198.51.100.8 2001:db9:: ::1 x 192.0.2 192.0.2.1/32" },
  { "x.cidr", "10.0.0.0/8\n10.1.0.0/16\n11.0.0.0/8\r\n", "10.0.0.0 10.1.2.3 10.255.255.255 11.0.0.1",
    "9.255.255.255 12.0.0.0" },
  { "x.cidr", "192.0.2.99/24\n", "192.0.2.1", "192.0.3.1" },
  { "x.cidr", "0.0.0.0/0", "1.2.3.4 255.255.255.255", "2001:db8::1 ::1" },
  { "x.cidr", "::/0", "1.2.3.4 2001:db8::1", "x" },
  { "x.cidr", "", "", "1.2.3.4" },
  { "x.domains", "example.org\n.example.net\nann@example.com\n",
    "example.org EXAMPLE.ORG a@example.org a.example.net b.a.example.net x@a.example.net ann@example.com",
    "a.example.org example.net org example.com bob@example.com xexample.org ann@example.comx .example.org" },
};

static void
expect (const PolicyList *list, const char *words, gboolean has)
{
  g_auto (GStrv) all = g_strsplit (words, " ", -1);

  for (guint i = 0; all[i]; i++)
    if (*all[i] && policy_list_has (list, pli_span_from (all[i])) != has)
      g_error ("%s: %s", all[i], has ? "is missing" : "should not be there");
}

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      PolicyList *list = policy_list_new (cases[i].name, pli_span_from (cases[i].text), &error);

      g_assert_no_error (error);
      expect (list, cases[i].in, TRUE);
      expect (list, cases[i].out, FALSE);
      policy_list_free (list);
    }
}

static void
test_wrong (void)
{
  static const struct
  {
    const char *name, *text, *error;
  } wrong[] = {
    { "lists/x.cidr", "192.0.2.0/24\n192.0.2.0/33\n", "lists/x.cidr:2: " },
    { "lists/x.cidr", "nonsense", "lists/x.cidr:1: " },
    { "lists/x.cidr", "/8", "lists/x.cidr:1: " },
    { "lists/x.domains", "a b\n", "lists/x.domains:1: " },
    { "lists/x.domains", "ok.example\n@example.org\n", "lists/x.domains:2: " },
    { "lists/x.txt", "", "lists/x.txt: lists are called" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (policy_list_new (wrong[i].name, pli_span_from (wrong[i].text), &error));
      g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, wrong[i].error));
    }
}

/* Against a plain walk through all ranges. */
static void
test_random (void)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (Range));
  PolicyList *list;

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *entry =
          g_strdup_printf ("10.%d.%d.%d/%d", g_test_rand_int_range (0, 4), g_test_rand_int_range (0, 256),
                           g_test_rand_int_range (0, 256), g_test_rand_int_range (18, 33));
      Range range;

      g_assert_true (read_range (pli_span_from (entry), &range));
      g_array_append_val (all, range);
      g_string_append_printf (text, "%s\n", entry);
    }
  list = policy_list_new ("x.cidr", pli_span (text->str, text->len), NULL);
  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *address = g_strdup_printf ("10.%d.%d.%d", g_test_rand_int_range (0, 4),
                                                  g_test_rand_int_range (0, 256), g_test_rand_int_range (0, 256));
      gboolean is = FALSE;
      guchar bytes[16];
      guint bits;

      g_assert_true (read_address (address, bytes, &bits));
      for (guint k = 0; k < all->len && !is; k++)
        is = memcmp (bytes, g_array_index (all, Range, k).first, 16) >= 0
             && memcmp (bytes, g_array_index (all, Range, k).last, 16) <= 0;
      g_assert_cmpint (policy_list_has (list, pli_span_from (address)), ==, is);
    }
  policy_list_free (list);
  g_string_free (text, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy-list/cases", test_cases);
  g_test_add_func ("/policy-list/wrong", test_wrong);
  g_test_add_func ("/policy-list/random", test_random);
  return g_test_run ();
}
