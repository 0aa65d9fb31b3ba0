/* proto-pop3.c: the engine on a store that fails when it is told to, and with messages larger than any buffer. */
#include "lib/fake.h"
#include "lib/harness.h"
#include <pli/directory.h>
#include <pli/store.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define BIG_BYTES (3 * 1024 * 1024)

/* The store of this test: one mailbox of three messages, the third of which is big and full of dots. */
static struct
{
  char *big;
  PliErrorCode open_fails, read_fails, expunge_fails, flags_fail;
  guint64 read_fails_at; /* offset from which read_fails counts */
  guint n_expunged, n_flagged;
  PliUidRange expunged[4], flagged[4];
} store;

static PliSpan
body (guint32 uid)
{
  if (uid == 3)
    return pli_span (store.big, BIG_BYTES);
  return uid == 7 ? PLI_SPAN ("Subject: last\r\n\r\n.\r\n") : PLI_SPAN ("Subject: first\r\n\r\nx\r\n");
}

static PliStep
store_open (PliOp *op, gpointer self, const PliOpenArgs *args, PliOpenResult *result)
{
  static const PliUidRange uids[] = { { 1, 1 }, { 3, 3 }, { 7, 7 } };

  (void) self;
  g_assert_cmpstr (args->name, ==, "INBOX");
  g_assert_true (args->read_only);
  if (store.open_fails)
    return pli_op_error (op, store.open_fails, "as the test wants it");
  *result = (PliOpenResult){ .mailbox = 5, .uidvalidity = 42, .uidnext = 8, .uids = uids, .n_uids = 3 };
  return PLI_DONE;
}

/* One row a page. */
static PliStep
store_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result)
{
  static const guint32 uids[] = { 1, 3, 7 };
  PliMessageRow *row = pli_arena_new0 (pli_op_arena (op), PliMessageRow);
  guint at = 0;

  (void) self;
  g_assert_cmpuint (args->mailbox, ==, 5);
  while (uids[at] < args->cursor)
    at++;
  row->uid = uids[at];
  row->bytes = body (row->uid).len;
  *result = (PliFetchResult){ .rows = row, .n_rows = 1, .cursor = at < 2 ? uids[at + 1] : 0 };
  return PLI_DONE;
}

static PliStep
store_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result)
{
  (void) self;
  if (store.read_fails && args->offset >= store.read_fails_at)
    return pli_op_error (op, store.read_fails, "as the test wants it");
  result->bytes = pli_span_head (pli_span_skip (body (args->uid), args->offset), args->length);
  return PLI_DONE;
}

static PliStep
store_expunge (PliOp *op, gpointer self, const PliExpungeArgs *args, PliExpungeResult *result)
{
  (void) self;
  (void) result;
  g_assert_true (args->any);
  if (store.expunge_fails)
    return pli_op_error (op, store.expunge_fails, "as the test wants it");
  g_assert_cmpuint (args->n_uids, <=, 4);
  store.n_expunged = args->n_uids;
  memcpy (store.expunged, args->uids, args->n_uids * sizeof (PliUidRange));
  return PLI_DONE;
}

static PliStep
store_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result)
{
  (void) self;
  (void) result;
  g_assert_cmpuint (args->verb, ==, PLI_FLAGS_ADD);
  g_assert_cmpuint (args->flags, ==, PLI_FLAG_SEEN);
  if (store.flags_fail)
    return pli_op_error (op, store.flags_fail, "as the test wants it");
  g_assert_cmpuint (args->n_uids, <=, 4);
  store.n_flagged = args->n_uids;
  memcpy (store.flagged, args->uids, args->n_uids * sizeof (PliUidRange));
  return PLI_DONE;
}

static PliStep
verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  (void) self;
  g_assert_cmpstr (args->service, ==, "pop3");
  if (pli_span_is (args->password, "later"))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "as the test wants it");
  result->account = result->login = pli_arena_strdup (pli_op_arena (op), args->login);
  result->rights = g_str_equal (args->login, "imap-only") ? PLI_MAY_IMAP : PLI_MAY_POP3;
  return PLI_DONE;
}

static const PliDirectory directory = { .size = sizeof (PliDirectory), .verify = verify };
static const PliStore store_table = { .size = sizeof (PliStore),
                                      .open = store_open,
                                      .fetch = store_fetch,
                                      .read = store_read,
                                      .expunge = store_expunge,
                                      .flags = store_flags };
static const PliService services[] = { PLI_DIRECTORY ("test", &directory), PLI_STORE ("test", &store_table), { 0 } };

PLI_PLUGIN (test_services, .name = "test-services", .version = "1", .summary = "For a test", .services = services);

typedef struct
{
  PliTest *test;
  PliFake *fake;
} Fixture;

static void
turn (Fixture *f)
{
  for (guint i = 0; i < 64; i++)
    pli_loop_step (f->test->instance->loop, 0);
}

static void
set_up (Fixture *f, gconstpointer conf)
{
  static const char *const plugins[] = { "proto-pop3", NULL };
  PliListenerSpec spec = { .name = "test", .tls = PLI_TLS_IMPLICIT };
  PliRegistry *registry;
  PliPlugin *plugin;
  g_autoptr (GError) error = NULL;

  memset (&store, 0, sizeof store);
  store.big = g_malloc (BIG_BYTES);
  for (gsize i = 0; i < BIG_BYTES; i++)
    store.big[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : i % 150 == 0 ? '.' : 'a' + i % 26;
  f->test = pli_test_new (NULL, plugins, conf);
  registry = f->test->instance->registry;
  plugin = pli_registry_add (registry, &test_services_LTX_pli_plugin, &error);
  g_assert_no_error (error);
  g_assert_true (pli_registry_load (registry, plugin, &error));
  pli_loop_fake_clock (f->test->instance->loop, 1700000000 * SECOND);
  spec.protocol = pli_registry_service (registry, PLI_SERVICE_PROTOCOL, "pop3", &plugin);
  spec.settings = pli_plugin_settings (plugin);
  f->fake = pli_fake_new (f->test->instance->net, &spec, "192.0.2.1");
}

static void
tear_down (Fixture *f, gconstpointer conf)
{
  (void) conf;
  pli_fake_free (f->fake);
  turn (f);
  pli_test_free (f->test, FALSE);
  g_free (store.big);
}

/* (transfer full): what the server says to @commands. */
static char *
talk (Fixture *f, const char *commands)
{
  PliBuffer *out = pli_fake_output (f->fake);
  char *said;

  pli_fake_feed (f->fake, pli_span_from (commands));
  turn (f);
  said = g_strndup (out->data ? out->data : "", out->len);
  pli_buffer_drop (out, out->len);
  return said;
}

static void
expect (Fixture *f, const char *commands, const char *answers)
{
  g_autofree char *said = talk (f, commands);

  g_assert_cmpstr (said, ==, answers);
}

static void
sign_in (Fixture *f)
{
  expect (f, "USER ann\r\nPASS x\r\n", "+OK POP3 ready\r\n+OK Password?\r\n+OK 3 messages\r\n");
}

static void
test_update (Fixture *f, gconstpointer conf)
{
  g_autofree char *big = NULL;

  sign_in (f);
  big = talk (f, "RETR 2\r\n");
  g_assert_true (g_str_has_suffix (big, "\r\n.\r\n"));
  expect (
      f, "RETR 3\r\nDELE 1\r\nDELE 3\r\nUIDL\r\nQUIT\r\n",
      "+OK 20 octets\r\nSubject: last\r\n\r\n..\r\n.\r\n+OK Will be deleted at QUIT\r\n+OK Will be deleted at QUIT\r\n"
      "+OK Scan listing follows\r\n2 42.3\r\n.\r\n+OK Goodbye\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (store.n_expunged, ==, 2);
  g_assert_cmpuint (store.expunged[0].first, ==, 1);
  g_assert_cmpuint (store.expunged[0].last, ==, 1);
  g_assert_cmpuint (store.expunged[1].first, ==, 7);
  if (conf)
    {
      g_assert_cmpuint (store.n_flagged, ==, 0); /* mark-seen = no */
      return;
    }
  /* What was retrieved and kept, in one call. */
  g_assert_cmpuint (store.n_flagged, ==, 1);
  g_assert_cmpuint (store.flagged[0].first, ==, 3);
}

/* Neighbours of the snapshot make one range, whatever UIDs have gone between them. */
static void
test_ranges (Fixture *f, gconstpointer conf)
{
  (void) conf;
  sign_in (f);
  g_free (talk (f, "DELE 1\r\nDELE 2\r\nDELE 3\r\nQUIT\r\n"));
  g_assert_cmpuint (store.n_expunged, ==, 1);
  g_assert_cmpuint (store.expunged[0].first, ==, 1);
  g_assert_cmpuint (store.expunged[0].last, ==, 7);
}

static void
test_expunge_fails (Fixture *f, gconstpointer conf)
{
  (void) conf;
  sign_in (f);
  store.expunge_fails = PLI_ERROR_TRY_AGAIN;
  expect (f, "DELE 1\r\nQUIT\r\n", "+OK Will be deleted at QUIT\r\n-ERR [SYS/TEMP] Try again later\r\n");
  g_assert_true (pli_fake_closed (f->fake));
}

static void
test_flags_fail (Fixture *f, gconstpointer conf)
{
  (void) conf;
  sign_in (f);
  store.flags_fail = PLI_ERROR_TRY_AGAIN;
  g_free (talk (f, "RETR 1\r\n"));
  expect (f, "QUIT\r\n", "+OK Goodbye\r\n");
}

static void
test_no_maildrop (Fixture *f, gconstpointer conf)
{
  (void) conf;
  store.open_fails = PLI_ERROR_TRY_AGAIN;
  expect (f, "USER ann\r\nPASS x\r\nSTAT\r\n",
          "+OK POP3 ready\r\n+OK Password?\r\n-ERR [SYS/TEMP] Try again later\r\n");
  g_assert_true (pli_fake_closed (f->fake));
}

static void
test_directory_fails (Fixture *f, gconstpointer conf)
{
  (void) conf;
  expect (f, "USER ann\r\nPASS later\r\nUSER imap-only\r\nPASS x\r\nSTAT\r\n",
          "+OK POP3 ready\r\n+OK Password?\r\n-ERR [SYS/TEMP] Try again later\r\n+OK Password?\r\n"
          "-ERR [AUTH] Authentication failed\r\n-ERR Sign in first\r\n");
}

static void
test_read_fails (Fixture *f, gconstpointer conf)
{
  (void) conf;
  sign_in (f);
  store.read_fails = PLI_ERROR_CORRUPT;
  expect (f, "RETR 1\r\n", "-ERR [SYS/PERM] This cannot be done\r\n");
  store.read_fails = PLI_ERROR_NOT_FOUND;
  expect (f, "RETR 1\r\n", "-ERR [SYS/PERM] Somebody else has deleted this message\r\n");
  store.read_fails = 0;
  expect (f, "RETR 1\r\n", "+OK 21 octets\r\nSubject: first\r\n\r\nx\r\n.\r\n");
}

/* Half a message is never given for a whole one. */
static void
test_read_fails_in_the_middle (Fixture *f, gconstpointer conf)
{
  g_autofree char *said = NULL;

  (void) conf;
  sign_in (f);
  store.read_fails = PLI_ERROR_TRY_AGAIN;
  store.read_fails_at = 1024 * 1024;
  said = talk (f, "RETR 2\r\nNOOP\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (strlen (said), >, 1024 * 1024);
  g_assert_false (g_str_has_suffix (said, ".\r\n"));
  g_assert_null (strstr (said, "Still here"));
}

/* A slow client: the message waits in the store, not in memory. */
static void
test_big_message_slowly (Fixture *f, gconstpointer conf)
{
  PliBuffer *out = pli_fake_output (f->fake);
  g_auto (PliBuffer) got = { 0 }, want = { 0 };

  (void) conf;
  sign_in (f);
  pli_fake_set_window (f->fake, 10000);
  pli_fake_feed (f->fake, PLI_SPAN ("RETR 2\r\nNOOP\r\n"));
  for (guint i = 0; i < 20000 && !(got.len > 12 && !memcmp (got.data + got.len - 12, "Still here\r\n", 12)); i++)
    {
      pli_loop_step (f->test->instance->loop, 0);
      pli_buffer_add (&got, out->data, out->len);
      pli_buffer_drop (out, out->len);
      pli_fake_set_window (f->fake, 10000);
    }
  pli_buffer_printf (&want, "+OK %u octets\r\n", BIG_BYTES);
  for (gsize i = 0; i < BIG_BYTES; i++)
    {
      if (store.big[i] == '.' && i % 50 == 0)
        pli_buffer_add_char (&want, '.');
      pli_buffer_add_char (&want, store.big[i]);
    }
  pli_buffer_add_text (&want, store.big[BIG_BYTES - 1] == '\n' ? "" : "\r\n");
  pli_buffer_add_text (&want, ".\r\n+OK Still here\r\n");
  g_assert_true (pli_span_equal (pli_buffer_span (&got), pli_buffer_span (&want)));
}

static void
test_hang_up_while_sending (Fixture *f, gconstpointer conf)
{
  (void) conf;
  sign_in (f);
  pli_fake_set_window (f->fake, 10000);
  pli_fake_feed (f->fake, PLI_SPAN ("DELE 1\r\nRETR 2\r\n"));
  turn (f);
  pli_fake_hang_up (f->fake);
  turn (f);
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (store.n_expunged, ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path, *conf;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "update", NULL, test_update },
    { "update-without-seen", "[proto-pop3]\nmark-seen = no\n", test_update },
    { "ranges", NULL, test_ranges },
    { "expunge-fails", NULL, test_expunge_fails },
    { "flags-fail", NULL, test_flags_fail },
    { "no-maildrop", NULL, test_no_maildrop },
    { "directory-fails", NULL, test_directory_fails },
    { "read-fails", NULL, test_read_fails },
    { "read-fails-in-the-middle", NULL, test_read_fails_in_the_middle },
    { "big-message-slowly", NULL, test_big_message_slowly },
    { "hang-up-while-sending", NULL, test_hang_up_while_sending },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/proto-pop3/", tests[i].path, NULL);

      g_test_add (path, Fixture, tests[i].conf, set_up, tests[i].func, tear_down);
    }
  return g_test_run ();
}
