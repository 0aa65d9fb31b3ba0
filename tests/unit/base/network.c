/* Addresses and networks: what is one, how it is written, what lies in what. */
#include <pli/network.h>

static void
test_parse (void)
{
  static const struct
  {
    const char *text, *written; /* NULL: no network */
  } cases[] = {
    { "192.0.2.1", "192.0.2.1" },
    { "192.0.2.1/32", "192.0.2.1" },
    { "192.0.2.77/24", "192.0.2.0/24" },
    { "192.0.2.77/25", "192.0.2.0/25" },
    { "192.0.2.200/25", "192.0.2.128/25" },
    { "255.255.255.255/1", "128.0.0.0/1" },
    { "10.0.0.0/0", "0.0.0.0/0" },
    { "::ffff:192.0.2.1", "192.0.2.1" },
    { "::ffff:192.0.2.1/120", "192.0.2.0/24" },
    { "2001:db8::1", "2001:db8::1" },
    { "2001:DB8:0:0::1/64", "2001:db8::/64" },
    { "2001:db8:ffff::/33", "2001:db8:8000::/33" },
    { "::/0", "::/0" },
    { "::1", "::1" },
    { "", NULL },
    { "/24", NULL },
    { "192.0.2.1/", NULL },
    { "192.0.2.1/33", NULL },
    { "192.0.2.1/-1", NULL },
    { "192.0.2.1/2 ", NULL },
    { "192.0.2.1/24/24", NULL },
    { "192.0.2", NULL },
    { "192.0.2.256", NULL },
    { "2001:db8::/129", NULL },
    { "2001:db8:::1", NULL },
    { "host.example.org", NULL },
    { "2001:0db8:0000:0000:0000:0000:0000:0000:0001:0001", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliNetwork network;
      char written[PLI_NETWORK_SIZE] = "";

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (pli_network_parse (cases[i].text, &network), ==, cases[i].written != NULL);
      if (!cases[i].written)
        continue;
      pli_network_text (&network, written);
      g_assert_cmpstr (written, ==, cases[i].written);
    }
}

static void
test_contain (void)
{
  static const char *const list[] = { "nonsense", "192.0.2.0/25", "2001:db8::/33", "198.51.100.7", NULL };
  static const char *const inside[] = { "192.0.2.0", "192.0.2.127", "::ffff:192.0.2.5", "2001:db8:7fff::1",
                                        "198.51.100.7" };
  static const char *const outside[] = { "192.0.2.128", "2001:db8:8000::1", "198.51.100.6", "::c000:205", "nonsense" };
  static const char *const everything[] = { "::/0", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (inside); i++)
    g_assert_true (pli_networks_contain (list, inside[i]));
  for (guint i = 0; i < G_N_ELEMENTS (outside); i++)
    g_assert_false (pli_networks_contain (list, outside[i]));
  g_assert_true (pli_networks_contain (everything, "192.0.2.1"));
  g_assert_false (pli_networks_contain (NULL, "192.0.2.1"));
  g_assert_cmpstr (pli_networks_fault (list), ==, "nonsense");
  g_assert_null (pli_networks_fault (list + 1));
}

static void
test_widen (void)
{
  static const struct
  {
    const char *from;
    guint bits4, bits6;
    const char *to;
  } cases[] = {
    { "192.0.2.77", 24, 64, "192.0.2.0/24" },    { "192.0.2.77", 32, 64, "192.0.2.77" },
    { "192.0.2.0/20", 24, 64, "192.0.0.0/20" },  { "192.0.2.77", 0, 64, "0.0.0.0/0" },
    { "2001:db8::77", 24, 64, "2001:db8::/64" }, { "2001:db8:1:2:3::77", 24, 128, "2001:db8:1:2:3::77" },
    { "2001:db8::77", 24, 0, "::/0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PliNetwork network;
      char written[PLI_NETWORK_SIZE];

      g_assert_true (pli_network_parse (cases[i].from, &network));
      pli_network_widen (&network, cases[i].bits4, cases[i].bits6);
      pli_network_text (&network, written);
      g_assert_cmpstr (written, ==, cases[i].to);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/network/parse", test_parse);
  g_test_add_func ("/base/network/contain", test_contain);
  g_test_add_func ("/base/network/widen", test_widen);
  return g_test_run ();
}
