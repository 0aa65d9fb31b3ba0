/* store-random.c: random operations, seeded, against a model of arrays. Two clients follow the mailboxes by
 * changes() alone; what they believe must be what the model has. The seed is printed (`--seed` repeats a run). */
#include "store-fixture.h"

#define OPERATIONS 20000 /* or $PLI_TEST_OPERATIONS */
#define BOXES 4
#define CLIENTS 2
#define ROWS_MAX 60

typedef struct
{
  guint32 uid, flags;
  guint64 keywords; /* bits by number of the word, not by the mailbox's table */
  guint serial;
} Row;

typedef struct
{
  const char *name;
  guint64 number;
  guint32 uidnext;
  GArray *rows; /* Row */
} Box;

typedef struct
{
  guint64 session;
  guint64 modseq[BOXES];
  guint32 uidnext[BOXES];
  GArray *rows[BOXES]; /* Row */
} Client;

typedef struct
{
  Store *store;
  Box boxes[BOXES];
  Client clients[CLIENTS];
} Model;

static const char *const words[] = { "red", "green", "blue" };

static guint64
word_bits (const char *const *table, guint64 keywords)
{
  guint64 bits = 0;

  for (guint i = 0; table && table[i]; i++)
    for (guint w = 0; w < G_N_ELEMENTS (words); w++)
      if (keywords >> i & 1 && g_str_equal (table[i], words[w]))
        bits |= G_GUINT64_CONSTANT (1) << w;
  return bits;
}

static PliUidRange
random_range (const Box *box)
{
  guint32 first = (guint32) g_test_rand_int_range (1, (gint32) box->uidnext + 1);
  guint32 last = first + (guint32) g_test_rand_int_range (0, 8);

  return (PliUidRange){ first, last };
}

static void
add (Box *box, guint serial, guint32 flags, guint64 keywords)
{
  Row row = { box->uidnext++, flags, keywords, serial };

  g_array_append_val (box->rows, row);
}

static void
op_deliver (Model *model, Box *box)
{
  StoreMessage *message = store_deliver (model->store, box->name, (gsize) g_test_rand_int_range (60, 400));

  add (box, message->serial, 0, 0);
}

static void
op_append (Model *model, Box *box)
{
  StoreMessage *message = store_message (model->store, (gsize) g_test_rand_int_range (60, 400));
  guint32 flags = (guint32) g_test_rand_int_range (0, 32);
  guint w = (guint) g_test_rand_int_range (0, G_N_ELEMENTS (words));
  const PliAppendResult *result = store_append (model->store, box->name, message, flags, words[w]);

  g_assert_cmpuint (result->uid, ==, box->uidnext);
  add (box, message->serial, flags, G_GUINT64_CONSTANT (1) << w);
}

static void
op_flags (Model *model, Box *box)
{
  PliUidRange range = random_range (box);
  guint32 verb = (guint32) g_test_rand_int_range (0, 3), flags = (guint32) g_test_rand_int_range (0, 32), n = 0;
  guint w = (guint) g_test_rand_int_range (0, G_N_ELEMENTS (words) + 1);
  guint64 bit = w < G_N_ELEMENTS (words) ? G_GUINT64_CONSTANT (1) << w : 0;
  const PliFlagsResult *result = store_flags (model->store, box->number, range, verb, flags, bit ? words[w] : NULL);

  for (guint i = 0; i < box->rows->len; i++)
    {
      Row *row = &g_array_index (box->rows, Row, i);

      if (row->uid < range.first || row->uid > range.last)
        continue;
      row->flags = verb == PLI_FLAGS_ADD ? row->flags | flags : verb == PLI_FLAGS_REMOVE ? row->flags & ~flags : flags;
      row->keywords = verb == PLI_FLAGS_ADD      ? row->keywords | bit
                      : verb == PLI_FLAGS_REMOVE ? row->keywords & ~bit
                                                 : bit;
      g_assert_cmpuint (n, <, result->n_rows);
      g_assert_cmpuint (result->rows[n].uid, ==, row->uid);
      g_assert_cmpuint (result->rows[n].flags, ==, row->flags);
      g_assert_cmpuint (word_bits (result->keywords, result->rows[n].keywords), ==, row->keywords);
      n++;
    }
  g_assert_cmpuint (n, ==, result->n_rows);
}

static void
op_copy (Model *model, Box *box, gboolean move)
{
  PliUidRange range = random_range (box);
  Box *to = &model->boxes[g_test_rand_int_range (0, BOXES)];
  guint len = box->rows->len, kept = 0;

  store_copy (model->store, box->number, range, to->name, move);
  for (guint i = 0; i < len; i++)
    {
      Row row = g_array_index (box->rows, Row, i);

      if (row.uid >= range.first && row.uid <= range.last)
        add (to, row.serial, row.flags, row.keywords);
    }
  for (guint i = 0; move && i < box->rows->len; i++)
    {
      Row row = g_array_index (box->rows, Row, i);

      if (i >= len || row.uid < range.first || row.uid > range.last)
        g_array_index (box->rows, Row, kept++) = row;
    }
  if (move)
    g_array_set_size (box->rows, kept);
}

static void
op_expunge (Model *model, Box *box, gboolean any)
{
  PliUidRange range = any ? random_range (box) : (PliUidRange) STORE_ALL;
  guint kept = 0;

  store_expunge (model->store, box->number, range, any);
  for (guint i = 0; i < box->rows->len; i++)
    {
      Row row = g_array_index (box->rows, Row, i);

      if (row.uid < range.first || row.uid > range.last || !(any || row.flags & PLI_FLAG_DELETED))
        g_array_index (box->rows, Row, kept++) = row;
    }
  g_array_set_size (box->rows, kept);
}

static void
op_recreate (Model *model, guint n)
{
  Box *box = &model->boxes[n];

  if (n == 0)
    return;
  store_delete (model->store, box->name);
  for (guint i = 0; i < CLIENTS; i++)
    {
      Client *client = &model->clients[i];

      g_assert_true (
          store_changes (model->store, client->session, box->number, client->modseq[n], client->uidnext[n])->deleted);
      client->modseq[n] = 0;
      client->uidnext[n] = 1;
      g_array_set_size (client->rows[n], 0);
    }
  box->number = store_create (model->store, box->name);
  box->uidnext = 1;
  g_array_set_size (box->rows, 0);
}

static guint
index_of (GArray *rows, guint32 uid)
{
  guint at = 0;

  while (at < rows->len && g_array_index (rows, Row, at).uid != uid)
    at++;
  return at;
}

static void
assert_same (const Box *box, GArray *rows)
{
  g_assert_cmpuint (rows->len, ==, box->rows->len);
  for (guint i = 0; i < rows->len; i++)
    {
      const Row *have = &g_array_index (rows, Row, i), *want = &g_array_index (box->rows, Row, i);

      g_assert_cmpuint (have->uid, ==, want->uid);
      g_assert_cmpuint (have->flags, ==, want->flags);
      g_assert_cmpuint (have->keywords, ==, want->keywords);
    }
}

/* New messages come as UIDs, so their flags are fetched. */
static void
take_added (Model *model, const Box *box, const PliChangesResult *changes, GArray *rows)
{
  PliFetchArgs args = {
    .mailbox = box->number, .uids = changes->added, .n_uids = changes->n_added, .want = PLI_WANT_FLAGS
  };
  const PliFetchResult *fetched = store_fetch (model->store, &args);

  g_assert_cmpuint (fetched->cursor, ==, 0);
  for (guint32 i = 0; i < fetched->n_rows; i++)
    {
      Row row = { fetched->rows[i].uid, fetched->rows[i].flags,
                  word_bits (changes->keywords, fetched->rows[i].keywords), 0 };

      g_array_append_val (rows, row);
    }
}

static void
op_sync (Model *model, guint n)
{
  Box *box = &model->boxes[n];
  Client *client = &model->clients[g_test_rand_int_range (0, CLIENTS)];
  GArray *rows = client->rows[n];
  const PliChangesResult *changes =
      store_changes (model->store, client->session, box->number, client->modseq[n], client->uidnext[n]);

  g_assert_false (changes->deleted);
  g_assert_cmpuint (changes->modseq, >=, client->modseq[n]);
  for (guint32 i = 0; i < changes->n_vanished; i++)
    for (guint32 uid = changes->vanished[i].first; uid <= changes->vanished[i].last; uid++)
      if (index_of (rows, uid) < rows->len)
        g_array_remove_index (rows, index_of (rows, uid));
  for (guint32 i = 0; i < changes->n_rows; i++)
    {
      guint at = index_of (rows, changes->rows[i].uid);

      g_assert_cmpuint (at, <, rows->len);
      g_array_index (rows, Row, at).flags = changes->rows[i].flags;
      g_array_index (rows, Row, at).keywords = word_bits (changes->keywords, changes->rows[i].keywords);
    }
  take_added (model, box, changes, rows);
  client->modseq[n] = changes->modseq;
  client->uidnext[n] = changes->uidnext;
  assert_same (box, rows);
  g_assert_cmpuint (changes->uidnext, ==, box->uidnext);
}

static void
op_read (Model *model, Box *box)
{
  const Row *row;
  const StoreMessage *message;
  g_autoptr (GString) text = NULL;

  if (box->rows->len == 0)
    return;
  row = &g_array_index (box->rows, Row, g_test_rand_int_range (0, (gint32) box->rows->len));
  message = model->store->messages->pdata[row->serial - 1];
  text = store_read (model->store, box->number, row->uid, 1000);
  g_assert_cmpmem (text->str, text->len, message->text->str, message->text->len);
}

static void
op_status (Model *model, Box *box)
{
  const PliMailboxRow *status = store_status (model->store, model->store->session, box->name);
  guint unseen = 0, deleted = 0;

  for (guint i = 0; i < box->rows->len; i++)
    {
      unseen += !(g_array_index (box->rows, Row, i).flags & PLI_FLAG_SEEN);
      deleted += !!(g_array_index (box->rows, Row, i).flags & PLI_FLAG_DELETED);
    }
  g_assert_cmpuint (status->messages, ==, box->rows->len);
  g_assert_cmpuint (status->unseen, ==, unseen);
  g_assert_cmpuint (status->deleted, ==, deleted);
  g_assert_cmpuint (status->uidnext, ==, box->uidnext);
  g_assert_cmpuint (status->mailbox, ==, box->number);
}

static void
step (Model *model)
{
  guint n = (guint) g_test_rand_int_range (0, BOXES);
  Box *box = &model->boxes[n];
  gint dice = g_test_rand_int_range (0, 1000);

  if (box->rows->len > ROWS_MAX)
    op_expunge (model, box, TRUE);
  else if (dice < 150)
    op_deliver (model, box);
  else if (dice < 230)
    op_append (model, box);
  else if (dice < 450)
    op_flags (model, box);
  else if (dice < 510)
    op_copy (model, box, FALSE);
  else if (dice < 570)
    op_copy (model, box, TRUE);
  else if (dice < 620)
    op_expunge (model, box, TRUE);
  else if (dice < 650)
    op_expunge (model, box, FALSE);
  else if (dice < 653)
    op_recreate (model, n);
  else if (dice < 800)
    op_sync (model, n);
  else if (dice < 900)
    op_read (model, box);
  else
    op_status (model, box);
  store_forget (model->store);
}

static void
sign_in (Model *model)
{
  for (guint i = 0; i < CLIENTS; i++)
    model->clients[i].session = store_sign_in (model->store, STORE_ACCOUNT);
}

/* What syncs are for is tested elsewhere. */
static const char no_syncs[] = "[store-maildir]\nfsync = never\n";

static void
random_operations (Store *unused)
{
  static const char *const names[BOXES] = { "INBOX", "Archive", "a/b", "c" };
  const char *wanted = g_getenv ("PLI_TEST_OPERATIONS");
  guint operations = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : OPERATIONS;
  Store *store = store_new (unused->backend, g_str_equal (unused->backend, "store-maildir") ? no_syncs : NULL);
  Model model = { .store = store };

  for (guint n = 0; n < BOXES; n++)
    {
      model.boxes[n] = (Box){ names[n], 0, 1, g_array_new (FALSE, FALSE, sizeof (Row)) };
      model.boxes[n].number = n < 2 ? store_number (store, names[n]) : store_create (store, names[n]);
      for (guint i = 0; i < CLIENTS; i++)
        {
          model.clients[i].rows[n] = g_array_new (FALSE, FALSE, sizeof (Row));
          model.clients[i].uidnext[n] = 1;
        }
    }
  sign_in (&model);
  for (guint i = 0; i < operations; i++)
    {
      step (&model);
      /* Now and then all is closed and opened again: the clients' knowledge must stay right. */
      if (store_keeps (store) && i % 2500 == 2499)
        {
          store_reopen (store);
          sign_in (&model);
        }
    }
  for (guint n = 0; n < BOXES; n++)
    {
      g_array_unref (model.boxes[n].rows);
      for (guint i = 0; i < CLIENTS; i++)
        g_array_unref (model.clients[i].rows[n]);
    }
  store_free (store);
}

void
store_add_random (const char *backend)
{
  store_add (backend, "random", random_operations);
}
