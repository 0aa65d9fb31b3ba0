/* filter-greylist on a fake connection, with the real state plugin, the test's clock and a DNS of the test's own. */
#include "smtp-scene.h"
#include "test-dns.h"

#include "filter-greylist/greylist.h"

#define DAY (86400 * 1)
#define WAIT "451 4.7.1 Greylisted, try again in "

static Scene *
begin (const char *conf)
{
  g_autofree char *text = g_strconcat ("[filter-greylist]\nwait = 5min\n", conf, NULL);

  scene_link (&test_dns_LTX_pli_plugin);
  test_dns_script ("");
  return scene_new_with ("mx", "state-sqlite filter-greylist", text);
}

static void
end (Scene *scene)
{
  scene_free (scene);
  scene_link (NULL);
}

/* One session of @peer: MAIL and RCPT, and when that is taken, the message. */
static void
try_from (Scene *scene, const char *peer, const char *sender, const char *rcpt, const char *reply)
{
  g_autofree char *text =
      g_strdup_printf ("EHLO client.example.org\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s@example.test>\r\n", sender, rcpt);

  scene_connect (scene, peer);
  expect (scene, text, reply);
  if (reply[0] == '2')
    expect (scene, "DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n", "250 ");
}

static void
test_life (void)
{
  Scene *scene = begin (NULL);

  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT "300 seconds");
  wait_seconds (scene, 100);
  try_from (scene, "192.0.2.77", "s@example.org", "b", WAIT "200 seconds"); /* the same network */
  try_from (scene, "192.0.3.1", "s@example.org", "a", WAIT "300 seconds");
  try_from (scene, "192.0.2.1", "t@example.org", "a", WAIT "300 seconds");
  wait_seconds (scene, 200);
  g_assert_cmpuint (queued.n, ==, 0);
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  g_assert_cmpuint (queued.n, ==, 1);
  try_from (scene, "192.0.2.9", "S@Example.ORG", "b", "250 ");
  try_from (scene, "192.0.3.1", "s@example.org", "a", WAIT "100 seconds");
  wait_seconds (scene, 20 * DAY);
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 "); /* which makes it known for another 36 days */
  wait_seconds (scene, 30 * DAY);
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  wait_seconds (scene, 37 * DAY);
  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT "300 seconds");
  wait_seconds (scene, 3 * DAY); /* too late to come back */
  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT "300 seconds");
  end (scene);
}

/* Two recipients, and what the facts say of it. */
static void
test_recipients (void)
{
  Scene *scene = begin ("key-rcpt = yes\n");

  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT);
  wait_seconds (scene, 300);
  try_from (scene, "192.0.2.1", "s@example.org", "b", WAIT "300");
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  scene_connect (scene, "192.0.2.1");
  expect (scene, "EHLO c.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\n", "250 ");
  expect (scene, "RCPT TO:<b@example.test>\r\n", WAIT);
  expect (scene, "DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n", "250 ");
  g_assert_cmpstr (queued.rcpts, ==, "a@example.test");
  end (scene);
}

static void
test_networks (void)
{
  Scene *scene = begin ("network4 = 32\nnetwork6 = 48\nskip = 198.51.100.0/24, 2001:db8:aaaa::/48\n");

  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT);
  try_from (scene, "2001:db8:1:1::1", "s@example.org", "a", WAIT);
  try_from (scene, "198.51.100.9", "s@example.org", "a", "250 ");
  try_from (scene, "2001:db8:aaaa::9", "s@example.org", "a", "250 ");
  wait_seconds (scene, 300);
  try_from (scene, "192.0.2.2", "s@example.org", "a", WAIT);
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  try_from (scene, "2001:db8:2:1::1", "s@example.org", "a", WAIT);
  try_from (scene, "2001:db8:1:2::1", "s@example.org", "a", "250 ");
  end (scene);
}

/* After so many senders that came back, the network is trusted. */
static void
test_auto_white (void)
{
  Scene *scene = begin ("auto-white = 2\nwhite = 10d\n");

  try_from (scene, "192.0.2.1", "a@example.org", "a", WAIT);
  try_from (scene, "192.0.2.1", "b@example.org", "a", WAIT);
  wait_seconds (scene, 300);
  try_from (scene, "192.0.2.1", "a@example.org", "a", "250 ");
  try_from (scene, "192.0.2.1", "a@example.org", "a", "250 "); /* known already: no new success */
  try_from (scene, "192.0.2.1", "c@example.org", "a", WAIT);
  try_from (scene, "192.0.2.1", "b@example.org", "a", "250 ");
  try_from (scene, "192.0.2.1", "d@example.org", "a", "250 ");
  try_from (scene, "192.0.3.1", "d@example.org", "a", WAIT);
  for (guint i = 0; i < 4; i++) /* in use it stays */
    {
      wait_seconds (scene, 6 * DAY);
      try_from (scene, "192.0.2.1", "e@example.org", "a", "250 ");
    }
  wait_seconds (scene, 11 * DAY);
  try_from (scene, "192.0.2.1", "e@example.org", "a", WAIT);
  end (scene);
}

/* A message that is refused is no success. */
static void
test_refused_message (void)
{
  Scene *scene = begin ("auto-white = 1\n");

  try_from (scene, "192.0.2.1", "a@example.org", "a", WAIT);
  wait_seconds (scene, 300);
  queued.fail = PLI_ERROR_PERMANENT;
  scene_connect (scene, "192.0.2.1");
  expect (scene, "EHLO c.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<a@example.test>\r\nDATA\r\n", "354 ");
  expect (scene, "Subject: x\r\n\r\nbody\r\n.\r\n", "554 ");
  queued.fail = 0;
  try_from (scene, "192.0.2.1", "b@example.org", "a", WAIT);
  end (scene);
}

/* Only a name that leads back is believed. */
static void
test_names (void)
{
  Scene *scene = begin ("skip-names = example.net, .pool.example\n");

  test_dns_script ("PTR 192.0.2.1 other.example mail.example.net\nA mail.example.net 198.51.100.1 192.0.2.1\n"
                   "PTR 192.0.2.2 mail.example.net\n"
                   "PTR 192.0.2.3 mail.notexample.net\nA mail.notexample.net 192.0.2.3\n"
                   "PTR 192.0.2.4 later.pool.example a.pool.example\nA later.pool.example later\n"
                   "A a.pool.example 192.0.2.4\n"
                   "PTR 192.0.2.5 later\n"
                   "PTR 2001:db8::1 example.net\nAAAA example.net 2001:DB8:0::1\n"
                   "PTR 192.0.2.6 never\n");
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  try_from (scene, "192.0.2.2", "s@example.org", "a", WAIT);
  try_from (scene, "192.0.2.3", "s@example.org", "a", WAIT);
  try_from (scene, "192.0.2.4", "s@example.org", "a", "250 ");
  try_from (scene, "192.0.2.5", "s@example.org", "a", WAIT);
  try_from (scene, "2001:db8::1", "s@example.org", "a", "250 ");
  try_from (scene, "2001:db8::2", "s@example.org", "a", WAIT);
  /* A resolver that never answers: the filter's deadline, and the client may go meanwhile. */
  scene_connect (scene, "192.0.2.6");
  expect (scene, "EHLO c.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\n", "250 ");
  wait_seconds (scene, 11);
  expect (scene, "", "451 4.3.0 ");
  scene_connect (scene, "192.0.2.6");
  expect (scene, "EHLO c.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\n", "250 ");
  scene_connect (scene, "192.0.2.1");
  wait_seconds (scene, 11);
  turn (scene);
  end (scene);
}

static void
test_off (void)
{
  Scene *scene = scene_new_with ("mx", "filter-greylist", NULL); /* without a state plugin */

  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  scene_free (scene);
  scene_link (&test_dns_LTX_pli_plugin);
  scene = scene_new_with ("submission", "state-sqlite filter-greylist", "[filter-greylist]\nwait = 5min\n");
  expect (scene, SUBMISSION, "354 ");
  end (scene);
}

/* No memory left for strangers: they are let in; no memory at all: as on-failure says. */
static void
test_full (void)
{
  Scene *scene = begin ("[state-sqlite]\nentries-max = 1\n");

  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT);
  try_from (scene, "192.0.3.1", "s@example.org", "a", "250 ");
  try_from (scene, "192.0.2.1", "s@example.org", "a", WAIT);
  end (scene);
  scene = scene_new_with ("mx", "filter-greylist", "[filter-greylist]\nwait = 5min\n");
  try_from (scene, "192.0.2.1", "s@example.org", "a", "451 4.3.0 ");
  scene_free (scene);
  scene = scene_new_with ("mx", "filter-greylist", "[filter-greylist]\nwait = 5min\non-failure = skip\n");
  try_from (scene, "192.0.2.1", "s@example.org", "a", "250 ");
  scene_free (scene);
}

static void
test_keys (void)
{
  static const struct
  {
    const char *sender, *key;
  } cases[] = {
    { "User@Example.org", "user@example.org" },
    { "", "" },
    { "user+list@example.org", "user@example.org" },
    { "bounce-12345-17@lists.example.org", "bounce-#-#@lists.example.org" },
    { "prvs=1234567890=user@example.org", "user@example.org" },
    { "btv1==0123abcdef==user@example.org", "user@example.org" },
    { "SRS0=HHH=TT=example.org=user@fwd.example.net", "example.org=user@fwd.example.net" },
    { "srs0=broken@fwd.example.net", "srs#=broken@fwd.example.net" },
    { "+@example.org", "@example.org" },
  };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autofree char *local = g_strnfill (300, 'x'), *other = g_strnfill (300, 'y');
  const char *first = greylist_key (arena, "192.0.2.0/24", local, other);
  const char *second = greylist_key (arena, "192.0.2.0/24", other, local);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (greylist_sender (arena, cases[i].sender), ==, cases[i].key);
  g_assert_cmpuint (strlen (first), <=, 512);
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (greylist_key (arena, "192.0.2.0/24", "a@b", NULL), ==, "k 192.0.2.0/24 a@b");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_init ();
  g_test_add_func ("/filter-greylist/life", test_life);
  g_test_add_func ("/filter-greylist/recipients", test_recipients);
  g_test_add_func ("/filter-greylist/networks", test_networks);
  g_test_add_func ("/filter-greylist/auto-white", test_auto_white);
  g_test_add_func ("/filter-greylist/refused-message", test_refused_message);
  g_test_add_func ("/filter-greylist/names", test_names);
  g_test_add_func ("/filter-greylist/off", test_off);
  g_test_add_func ("/filter-greylist/full", test_full);
  g_test_add_func ("/filter-greylist/keys", test_keys);
  return g_test_run ();
}
