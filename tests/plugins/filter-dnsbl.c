/* filter-dnsbl on a fake connection with a DNS of the test's own and the test's clock. */
#include "smtp-scene.h"
#include "test-dns.h"

#include "filter-dnsbl/list.h"

#define HELLO "EHLO client.example.org\r\nMAIL FROM:<s@example.org>\r\n"
#define RCPT "RCPT TO:<a@example.test>\r\n"
#define MESSAGE "Subject: x\r\n\r\nbody\r\n.\r\n"

static Scene *
begin (const char *conf, const char *dns)
{
  g_autofree char *text = g_strconcat ("[filter-dnsbl]\n", conf, NULL);
  Scene *scene;

  scene_link (&test_dns_LTX_pli_plugin);
  test_dns_script (dns);
  scene = scene_new_with ("mx", "filter-dnsbl", text);
  return scene;
}

static void
end (Scene *scene)
{
  scene_free (scene);
  scene_link (NULL);
}

static void
expect_rcpt (Scene *scene, const char *peer, const char *reply)
{
  scene_connect (scene, peer);
  expect (scene, HELLO, "250 ");
  expect (scene, RCPT, reply);
}

static void
test_weights (void)
{
  static const struct
  {
    const char *conf, *dns, *reply;
  } cases[] = {
    { "lists = zen.example\n", "", "250 " },
    { "lists = zen.example\n", "A 1.2.0.192.zen.example 127.0.0.2\nTXT 1.2.0.192.zen.example see http://zen.example/1",
      "550 5.7.1 192.0.2.1 is listed by zen.example: see http://zen.example/1" },
    { "lists = zen.example\nreason = no\n", "A 1.2.0.192.zen.example 127.0.0.2\nTXT 1.2.0.192.zen.example no",
      "550 5.7.1 192.0.2.1 is listed by zen.example" },
    { "lists = zen.example=2\nreject = 3\n", "A 1.2.0.192.zen.example 127.0.0.2", "250 " },
    { "lists = zen.example=2, b.example=1\nreject = 3\n",
      "A 1.2.0.192.zen.example 127.0.0.2\nA 1.2.0.192.b.example 127.0.0.9\nTXT 1.2.0.192.zen.example heavy",
      "550 5.7.1 192.0.2.1 is listed by zen.example: heavy" },
    { "lists = a.example b.example=5\n", "A 1.2.0.192.a.example 127.0.0.2\nA 1.2.0.192.b.example 127.0.0.9\n",
      "550 5.7.1 192.0.2.1 is listed by b.example" },
    { "lists = z.example:127.0.0.2-127.0.0.5=3\nreject = 3\n", "A 1.2.0.192.z.example 127.0.0.6", "250 " },
    { "lists = z.example:127.0.0.2-127.0.0.5=3\nreject = 3\n", "A 1.2.0.192.z.example 127.0.0.6 127.0.0.5", "550 " },
    /* Each answer of a zone that counts, once. */
    { "lists = z.example:127.0.0.2=1 z.example:127.0.0.4-127.0.0.9=2\nreject = 3\n",
      "A 1.2.0.192.z.example 127.0.0.2 127.0.0.4 127.0.0.5", "550 " },
    { "lists = z.example:127.0.0.2=1 z.example:127.0.0.4-127.0.0.9=2\nreject = 3\n",
      "A 1.2.0.192.z.example 127.0.0.4 127.0.0.5", "250 " },
    { "lists = z.example white.example=-1\n", "A 1.2.0.192.z.example 127.0.0.2\nA 1.2.0.192.white.example 127.0.0.2",
      "250 " },
    { "lists = z.example\nreject = 0\n", "A 1.2.0.192.z.example 127.0.0.2", "250 " },
    /* No list says these: a zone that somebody has bought, a list that has had enough of us, its test entry. */
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example 198.51.100.1", "250 " },
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example 127.255.255.254", "250 " },
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example 127.0.0.1", "250 " },
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example nonsense", "250 " },
    /* One list is down; all are. */
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example later", "250 " },
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example later\nA 1.2.0.192.b.example 127.0.0.2", "550 " },
    { "lists = z.example b.example\n", "A 1.2.0.192.z.example later\nA 1.2.0.192.b.example later", "451 4.3.0 " },
    { "lists = z.example\non-failure = skip\n", "A 1.2.0.192.z.example later", "250 " },
    /* Nobody but the list may write more than a line. */
    { "lists = z.example\n", "A 1.2.0.192.z.example 127.0.0.2\nTXT 1.2.0.192.z.example a\rb",
      "550 5.7.1 192.0.2.1 is listed by z.example: a" },
    { "sender-lists = rhs.example\n", "A example.org.rhs.example 127.0.0.2",
      "550 5.7.1 example.org is listed by rhs.example" },
    { "helo-lists = rhs.example\n", "A client.example.org.rhs.example 127.0.0.2",
      "550 5.7.1 client.example.org is listed by rhs.example" },
    { "lists = z.example\nsender-lists = rhs.example=2\nreject = 3\n",
      "A 1.2.0.192.z.example 127.0.0.2\nA example.org.rhs.example 127.0.0.2",
      "550 5.7.1 example.org is listed by rhs.example" },
    { "lists = z.example\nskip = 192.0.2.0/24\n", "A 1.2.0.192.z.example 127.0.0.2", "250 " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene *scene = begin (cases[i].conf, cases[i].dns);

      g_test_message ("case %u", i);
      expect_rcpt (scene, "192.0.2.1", cases[i].reply);
      end (scene);
    }
}

static void
test_ipv6 (void)
{
  Scene *scene = begin ("lists = z.example\n",
                        "A b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.z.example 127.0.0.2");

  expect_rcpt (scene, "2001:db8::ab", "550 5.7.1 2001:db8::ab is listed by z.example");
  expect_rcpt (scene, "2001:db8::ac", "250 ");
  end (scene);
}

/* The greeting does not wait for lists; a recipient does, and postmaster takes mail from all. */
static void
test_time (void)
{
  Scene *scene = begin ("lists = z.example\n", "A 9.2.0.192.z.example slow 127.0.0.2\nA 8.2.0.192.z.example never\n");

  scene_connect (scene, "192.0.2.9");
  expect (scene, HELLO, "250 ");
  expect (scene, RCPT, "");
  wait_seconds (scene, 2);
  expect (scene, "", "550 ");
  expect (scene, "RCPT TO:<postmaster@example.test>\r\n", "250 ");
  expect (scene, "RCPT TO:<ABUSE@example.test>\r\n", "250 ");
  expect (scene, "RCPT TO:<b@example.test>\r\n", "550 ");
  expect (scene, "DATA\r\n", "354 ");
  expect (scene, MESSAGE, "250 ");
  g_assert_cmpstr (queued.rcpts, ==, "postmaster@example.test ABUSE@example.test");
  /* Two sessions of a client that is asked for once; one hangs up while it waits; the other runs into the deadline. */
  scene_connect (scene, "192.0.2.8");
  expect (scene, HELLO, "250 ");
  expect (scene, RCPT, "");
  scene_connect (scene, "192.0.2.8");
  expect (scene, HELLO, "250 ");
  expect (scene, RCPT, "");
  wait_seconds (scene, 11);
  expect (scene, "", "451 4.3.0 ");
  end (scene);
}

/* What could not be asked is asked again soon. */
static void
test_failed_again (void)
{
  Scene *scene = begin ("lists = z.example\n", "A 1.2.0.192.z.example later");

  expect_rcpt (scene, "192.0.2.1", "451 4.3.0 ");
  test_dns_script ("");
  wait_seconds (scene, 16);
  expect_rcpt (scene, "192.0.2.1", "250 ");
  end (scene);
}

/* Asked once for all sessions of a client, until cache is over. */
static void
test_cache (void)
{
  Scene *scene = begin ("lists = z.example\ncache = 60s\nclients-max = 2\n", "A 1.2.0.192.z.example 127.0.0.2");

  test_dns_script ("A 7.2.0.192.z.example 127.0.0.2");
  expect_rcpt (scene, "192.0.2.7", "550 ");
  expect_rcpt (scene, "192.0.2.7", "550 ");
  g_assert_cmpstr (test_dns_asked (), ==, "A 7.2.0.192.z.example\nTXT 7.2.0.192.z.example\n");
  test_dns_script ("");
  wait_seconds (scene, 59);
  expect_rcpt (scene, "192.0.2.7", "550 ");
  g_assert_cmpstr (test_dns_asked (), ==, "");
  wait_seconds (scene, 2);
  expect_rcpt (scene, "192.0.2.7", "250 ");
  g_assert_cmpstr (test_dns_asked (), ==, "A 7.2.0.192.z.example\n");
  /* There is room for two. */
  expect_rcpt (scene, "192.0.2.21", "250 ");
  expect_rcpt (scene, "192.0.2.22", "250 ");
  test_dns_script ("A 7.2.0.192.z.example 127.0.0.2");
  expect_rcpt (scene, "192.0.2.7", "550 ");
  end (scene);
  /* No room at all, since nobody is answered. */
  scene = begin ("lists = z.example\nclients-max = 1\ndeadline = 3s\n", "A 7.2.0.192.z.example never");
  scene_connect (scene, "192.0.2.7");
  wait_seconds (scene, 10);
  expect_rcpt (scene, "192.0.2.2", "451 4.3.0 ");
  end (scene);
}

static void
test_lookups_max (void)
{
  Scene *scene = begin ("lists = a.example b.example c.example d.example e.example\nlookups-max = 2\nreject = 5\n", "");

  test_dns_script ("A 7.2.0.192.a.example slow 127.0.0.2\nA 7.2.0.192.b.example slow 127.0.0.2\n"
                   "A 7.2.0.192.c.example slow 127.0.0.2\nA 7.2.0.192.d.example slow 127.0.0.2\n"
                   "A 7.2.0.192.e.example slow 127.0.0.2\n");
  scene_connect (scene, "192.0.2.7");
  expect (scene, HELLO, "250 ");
  expect (scene, RCPT, "");
  for (guint i = 0; i < 3; i++)
    {
      wait_seconds (scene, 2);
      turn (scene);
    }
  expect (scene, "", "550 ");
  g_assert_cmpuint (test_dns_most (), ==, 2);
  end (scene);
}

static void
test_mark (void)
{
  Scene *scene = begin ("lists = a.example=2 b.example\nreject = 9\nmark = 3\n",
                        "A 1.2.0.192.a.example 127.0.0.2\nA 1.2.0.192.b.example 127.0.0.2");

  expect (scene, HELLO RCPT, "250 ");
  expect (scene, "RCPT TO:<b@example.test>\r\n", "250 ");
  expect (scene, "DATA\r\n", "354 ");
  expect (scene, MESSAGE, "250 ");
  g_assert_cmpstr (stored (), ==, "X-Pli-Dnsbl: score=3; a.example, b.example\r\nSubject: x\r\n\r\nbody\r\n");
  g_assert_null (queued.mailbox);
  end (scene);
  scene = begin ("lists = a.example=2\nreject = 9\nquarantine = 2\n", "A 1.2.0.192.a.example 127.0.0.2");
  expect (scene, MX, "354 ");
  expect (scene, MESSAGE, "250 ");
  g_assert_cmpstr (queued.mailbox, ==, "\\Junk");
  end (scene);
}

static void
test_not_asked (void)
{
  Scene *scene;

  scene_link (&test_dns_LTX_pli_plugin);
  test_dns_script ("");
  scene =
      scene_new_with ("submission", "filter-dnsbl", "[filter-dnsbl]\nlists = z.example\nsender-lists = z.example\n");
  expect (scene, SUBMISSION, "354 ");
  g_assert_cmpstr (test_dns_asked (), ==, "");
  end (scene);
  scene = begin ("", "");
  expect_rcpt (scene, "192.0.2.1", "250 ");
  g_assert_cmpstr (test_dns_asked (), ==, "");
  end (scene);
}

static void
test_list_grammar (void)
{
  static const struct
  {
    const char *word, *zone;
    guint32 low, high;
    gint weight;
  } cases[] = {
    { "Zen.Example", "zen.example", 0x7f000000, 0x7fffffff, 1 },
    { "z.example=7", "z.example", 0x7f000000, 0x7fffffff, 7 },
    { "z.example=-7", "z.example", 0x7f000000, 0x7fffffff, -7 },
    { "z.example:127.0.0.4", "z.example", 0x7f000004, 0x7f000004, 1 },
    { "z.example:127.0.0.2-127.0.1.5=3", "z.example", 0x7f000002, 0x7f000105, 3 },
    { "key_1.z.example=1", "key_1.z.example", 0x7f000000, 0x7fffffff, 1 },
    { "z.example=0", NULL, 0, 0, 0 },
    { "z.example=", NULL, 0, 0, 0 },
    { "z.example=1x", NULL, 0, 0, 0 },
    { "z.example=99999999", NULL, 0, 0, 0 },
    { "z.example:", NULL, 0, 0, 0 },
    { "z.example:127.0.0", NULL, 0, 0, 0 },
    { "z.example:127.0.0.5-127.0.0.2", NULL, 0, 0, 0 },
    { "z.example:127.0.0.2-", NULL, 0, 0, 0 },
    { "example", NULL, 0, 0, 0 },
    { "z..example", NULL, 0, 0, 0 },
    { ".z.example", NULL, 0, 0, 0 },
    { "z.example.", NULL, 0, 0, 0 },
    { "z example.org", NULL, 0, 0, 0 },
    { "", NULL, 0, 0, 0 },
    { "=1", NULL, 0, 0, 0 },
  };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *label = g_strnfill (64, 'x'), *longest = g_strnfill (63, 'y');
  g_autofree char *bad = g_strdup_printf ("%s.example", label), *good = g_strdup_printf ("%s.example", longest);
  DnsblList list;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].word);
      g_assert_cmpint (dnsbl_list_parse (cases[i].word, arena, &list), ==, cases[i].zone != NULL);
      if (!cases[i].zone)
        continue;
      g_assert_cmpstr (list.zone, ==, cases[i].zone);
      g_assert_cmpuint (list.low, ==, cases[i].low);
      g_assert_cmpuint (list.high, ==, cases[i].high);
      g_assert_cmpint (list.weight, ==, cases[i].weight);
    }
  g_assert_false (dnsbl_list_parse (bad, arena, &list));
  g_assert_true (dnsbl_list_parse (good, arena, &list));
  g_assert_null (dnsbl_name_of_domain (arena, "[192.0.2.1]", "z.example"));
  g_assert_null (dnsbl_name_of_domain (arena, "localhost", "z.example"));
  g_assert_null (dnsbl_name_of_domain (arena, "m\xc3\xbcller.example", "z.example"));
  g_assert_null (dnsbl_name_of_address (arena, "nonsense", "z.example"));
  g_assert_cmpstr (dnsbl_name_of_address (arena, "::ffff:192.0.2.1", "z.example"), ==, "1.2.0.192.z.example");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_init ();
  g_test_add_func ("/filter-dnsbl/weights", test_weights);
  g_test_add_func ("/filter-dnsbl/ipv6", test_ipv6);
  g_test_add_func ("/filter-dnsbl/time", test_time);
  g_test_add_func ("/filter-dnsbl/failed-again", test_failed_again);
  g_test_add_func ("/filter-dnsbl/cache", test_cache);
  g_test_add_func ("/filter-dnsbl/lookups-max", test_lookups_max);
  g_test_add_func ("/filter-dnsbl/mark", test_mark);
  g_test_add_func ("/filter-dnsbl/not-asked", test_not_asked);
  g_test_add_func ("/filter-dnsbl/list-grammar", test_list_grammar);
  return g_test_run ();
}
