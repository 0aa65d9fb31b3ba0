/* store-fixture.c: starts and stops a store, makes messages, and waits for answers; see store-fixture.h. */
#include "store-fixture.h"

#include "ipc/peer.h"
#include <glib/gstdio.h>

/* Short delays, since most tests wait for a round or two. */
static const char usual[] = "[store-pack]\nsync-delay = 2ms\n";

static GHashTable *notices; /* "session/mailbox" to count */

/* The linker sends core's calls here (--wrap): there are no sessions that could hear. */
void __wrap_pli_peers_notice (PliPeers *peers, guint64 session, guint64 mailbox);

void
__wrap_pli_peers_notice (PliPeers *peers, guint64 session, guint64 mailbox)
{
  char *key = g_strdup_printf ("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, session, mailbox);
  guint n;

  (void) peers;
  if (!notices)
    notices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (notices, key)) + 1;
  g_hash_table_insert (notices, key, GUINT_TO_POINTER (n));
}

guint
store_notices (guint64 session, guint64 mailbox)
{
  g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, session, mailbox);
  guint n = notices ? GPOINTER_TO_UINT (g_hash_table_lookup (notices, key)) : 0;

  if (notices)
    g_hash_table_remove (notices, key);
  return n;
}

static void
message_free (gpointer data)
{
  StoreMessage *message = data;

  g_string_free (message->text, TRUE);
  g_free (message->envelope);
  g_free (message->body);
  g_free (message->bodystructure);
  g_free (message->parts);
  g_free (message->preview);
  g_free (message);
}

static void
start (Store *store, const char *root)
{
  const char *plugins[] = { store->backend, NULL };
  g_autofree char *group = g_strdup_printf ("[%s]", store->backend);
  const char *conf = store->conf ? store->conf : usual;

  if (!g_str_has_prefix (conf, group))
    conf = NULL;
  store->test = pli_test_new (root, plugins, conf);
  store->session = store_sign_in (store, STORE_ACCOUNT);
}

Store *
store_new (const char *backend, const char *conf)
{
  return store_new_at (backend, conf, NULL);
}

Store *
store_new_at (const char *backend, const char *conf, const char *root)
{
  Store *store = g_new0 (Store, 1);

  store->backend = backend;
  store->conf = conf;
  store->segment = 1;
  store->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_test_answer_free);
  store->messages = g_ptr_array_new_with_free_func (message_free);
  start (store, root);
  return store;
}

void
store_free (Store *store)
{
  store_forget (store);
  pli_test_free (store->test, FALSE);
  g_ptr_array_unref (store->answers);
  g_ptr_array_unref (store->messages);
  g_clear_pointer (&notices, g_hash_table_unref);
  g_free (store);
}

void
store_reopen (Store *store)
{
  g_autofree char *root = g_strdup (store->test->root);

  pli_test_free (store->test, TRUE);
  start (store, root);
}

void
store_reopen_after (Store *store, const char *path, const char *old, const char *cut)
{
  g_autofree char *root = g_strdup (store->test->root);

  pli_test_free (store->test, TRUE);
  g_assert_cmpint (g_rename (path, old), ==, 0);
  g_assert_cmpint (g_rename (cut, path), ==, 0);
  start (store, root);
}

void
store_forget (Store *store)
{
  g_ptr_array_set_size (store->answers, 0);
}

gboolean
store_keeps (Store *store)
{
  return !g_str_equal (store->backend, "store-memory");
}

guint64
store_sign_in (Store *store, const char *account)
{
  return pli_test_grant (store->test, account, NULL);
}

StoreMessage *
store_message (Store *store, gsize bytes)
{
  StoreMessage *message = g_new0 (StoreMessage, 1);
  guint n = message->serial = ++store->serial;
  guint32 random = n;

  message->text = g_string_new (NULL);
  g_string_printf (message->text, "From: sender@example.org\r\nSubject: message %u\r\n\r\n", n);
  message->renderings.header_bytes = (guint32) message->text->len;
  while (message->text->len < bytes)
    {
      random = random * 1664525 + 1013904223;
      g_string_append_printf (message->text, "%08x %u\r\n", random, n);
    }
  message->envelope = g_strdup_printf ("(\"envelope %u\" {3}\r\nabc)", n);
  message->body =
      g_strdup_printf ("(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" %" G_GSIZE_FORMAT " %u)", message->text->len, n);
  message->bodystructure = g_strdup_printf ("(\"TEXT\" \"PLAIN\" structure %u)", n);
  message->parts = g_strdup_printf ("0 0 %u\n1 parts %u\n", message->renderings.header_bytes, n);
  message->preview = n % 3 ? g_strdup_printf ("preview %u", n) : g_strdup ("");
  message->renderings.size = message->text->len;
  message->renderings.envelope = pli_span_from (message->envelope);
  message->renderings.body = pli_span_from (message->body);
  message->renderings.bodystructure = pli_span_from (message->bodystructure);
  message->renderings.parts = pli_span_from (message->parts);
  message->renderings.preview = pli_span_from (message->preview);
  g_ptr_array_add (store->messages, message);
  return message;
}

void
store_write (Store *store, StoreMessage *message, PliDelivery *delivery)
{
  g_autofree char *name = g_strdup_printf ("%016" G_GINT64_MODIFIER "x.seg", store->segment);
  g_autofree char *path = g_build_filename (pli_store_segments (store->test->instance), name, NULL);
  FILE *file = g_fopen (path, store->segment_end ? "ab" : "wb");
  g_autofree char *header = g_strdup_printf ("record: %u\n\n", message->serial);

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (header, 1, strlen (header), file), ==, strlen (header));
  g_assert_cmpuint (fwrite (message->text->str, 1, message->text->len, file), ==, message->text->len);
  g_assert_cmpint (fclose (file), ==, 0);
  *delivery = (PliDelivery){ .account = STORE_ACCOUNT,
                             .segment = store->segment,
                             .offset = store->segment_end,
                             .body_offset = store->segment_end + strlen (header),
                             .bytes = message->text->len,
                             .received_us = 1700000000000000 + message->serial,
                             .renderings = message->renderings };
  store->segment_end += strlen (header) + message->text->len;
}

/* The loop waits for events only when nothing is left to do at once. */
void
store_until (Store *store, const gboolean *done)
{
  for (guint i = 0; i < 4 && !*done; i++)
    pli_loop_step (store->test->instance->loop, 0);
  for (guint i = 0; i < 1000 && !*done; i++)
    pli_loop_step (store->test->instance->loop, 500);
  pli_test_until (store->test, done);
}

static PliTestAnswer *
call (Store *store, guint64 session, PliMethodNumber number, const void *args)
{
  PliTestAnswer *answer = pli_test_start (store->test, number, session, NULL, args);

  store_until (store, &answer->done);
  g_ptr_array_add (store->answers, answer);
  return answer;
}

const void *
store_call (Store *store, guint64 session, PliMethodNumber number, const void *args)
{
  PliTestAnswer *answer = call (store, session, number, args);

  g_assert_no_error (answer->error);
  return answer->result;
}

void
store_fails (Store *store, guint64 session, PliMethodNumber number, const void *args, gint code)
{
  const PliTestAnswer *answer = call (store, session, number, args);

  g_assert_error (answer->error, PLI_ERROR, code);
}

const PliDeliverResult *
store_deliver_items (Store *store, const PliDelivery *items, guint32 n)
{
  PliDeliverArgs args = { items, n };
  const PliDeliverResult *result = store_call (store, 0, PLI_METHOD_DELIVER, &args);

  g_assert_cmpuint (result->n_items, ==, n);
  return result;
}

StoreMessage *
store_deliver (Store *store, const char *mailbox, gsize bytes)
{
  StoreMessage *message = store_message (store, bytes);
  PliDelivery delivery;

  store_write (store, message, &delivery);
  delivery.mailbox = mailbox;
  g_assert_cmpuint (store_deliver_items (store, &delivery, 1)->items[0].code, ==, 0);
  return message;
}

void
store_deliver_many (Store *store, guint n)
{
  g_autofree PliDelivery *items = g_new0 (PliDelivery, n);
  const PliDeliverResult *result;

  for (guint i = 0; i < n; i++)
    store_write (store, store_message (store, 100), &items[i]);
  result = store_deliver_items (store, items, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (result->items[i].text, ==, NULL);
}
