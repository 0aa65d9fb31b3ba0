/* store-mailbox.c: mailboxes: the first ones, names, CREATE, RENAME, DELETE, subscriptions. */
#include "store-fixture.h"

static const PliMailboxRow *
find (const PliMailboxesResult *list, const char *name)
{
  for (guint32 i = 0; i < list->n_rows; i++)
    if (g_str_equal (list->rows[i].name, name))
      return &list->rows[i];
  return NULL;
}

static void
refuse (Store *store, guint32 verb, const char *name, const char *to, gint code)
{
  PliMailboxArgs args = { .verb = verb, .name = name, .to = to, .role = PLI_ROLE_NONE };

  store_fails (store, store->session, PLI_METHOD_MAILBOX, &args, code);
}

static void
first_ones (Store *store)
{
  static const struct
  {
    const char *name;
    guint32 role;
  } expected[] = { { "INBOX", PLI_ROLE_INBOX }, { "Drafts", PLI_ROLE_DRAFTS }, { "Sent", PLI_ROLE_SENT },
                   { "Junk", PLI_ROLE_JUNK },   { "Trash", PLI_ROLE_TRASH },   { "Archive", PLI_ROLE_ARCHIVE } };
  const PliMailboxesResult *list = store_list (store, store->session);

  g_assert_cmpuint (list->n_rows, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      const PliMailboxRow *row = find (list, expected[i].name);

      g_assert_nonnull (row);
      g_assert_cmpuint (row->role, ==, expected[i].role);
      g_assert_true (row->subscribed);
      g_assert_cmpuint (row->mailbox, !=, 0);
      g_assert_cmpuint (row->uidvalidity, >, 1700000000);
      g_assert_cmpuint (row->uidnext, ==, 1);
      g_assert_cmpuint (row->messages, ==, 0);
      for (guint j = 0; j < i; j++)
        g_assert_cmpuint (row->mailbox, !=, find (list, expected[j].name)->mailbox);
    }
}

static void
counts (Store *store)
{
  StoreMessage *first = store_deliver (store, NULL, 300), *second = store_deliver (store, NULL, 3000);
  const PliMailboxRow *row;

  store_flags (store, store_number (store, "INBOX"), (PliUidRange){ 1, 1 }, PLI_FLAGS_ADD,
               PLI_FLAG_SEEN | PLI_FLAG_DELETED, NULL);
  row = store_status (store, store->session, "INBOX");
  g_assert_cmpuint (row->messages, ==, 2);
  g_assert_cmpuint (row->unseen, ==, 1);
  g_assert_cmpuint (row->deleted, ==, 1);
  g_assert_cmpuint (row->recent, ==, 2);
  g_assert_cmpuint (row->bytes, ==, first->text->len + second->text->len);
  g_assert_cmpuint (row->uidnext, ==, 3);
}

static void
create (Store *store)
{
  guint64 number = store_create (store, "Projects/Pli/Mail/");
  const PliMailboxesResult *list = store_list (store, store->session);

  g_assert_cmpuint (find (list, "Projects/Pli/Mail")->mailbox, ==, number);
  g_assert_cmpuint (find (list, "Projects")->mailbox, !=, 0);
  g_assert_cmpuint (find (list, "Projects/Pli")->mailbox, !=, 0);
  g_assert_false (find (list, "Projects/Pli/Mail")->subscribed);
  refuse (store, PLI_MAILBOX_CREATE, "Projects/Pli", NULL, PLI_ERROR_EXISTS);
  refuse (store, PLI_MAILBOX_CREATE, "inbox", NULL, PLI_ERROR_EXISTS);
  store_create (store, "inbox/below");
  g_assert_nonnull (store_status (store, store->session, "INBOX/below"));
  store_create (store, "\316\261\316\262/\346\227\245\346\234\254");
  g_assert_nonnull (store_status (store, store->session, "\316\261\316\262/\346\227\245\346\234\254"));
}

static void
create_with_role (Store *store)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_CREATE, .name = "Other", .to = NULL, .role = PLI_ROLE_SENT };

  store_fails (store, store->session, PLI_METHOD_MAILBOX, &args, PLI_ERROR_EXISTS);
  args.role = PLI_ROLE_INBOX;
  store_fails (store, store->session, PLI_METHOD_MAILBOX, &args, PLI_ERROR_DENIED);
  store_delete (store, "Sent");
  args.role = PLI_ROLE_SENT;
  store_call (store, store->session, PLI_METHOD_MAILBOX, &args);
  g_assert_cmpuint (store_status (store, store->session, "Other")->role, ==, PLI_ROLE_SENT);
}

static void
names (Store *store)
{
  static const char *const wrong[] = { "", "/", "/a", "a//b", "a\n", "a\177b", "a\302\205b", "\377\376", "a/\300\200" };
  g_autofree char *long_name = g_strnfill (256, 'a'), *long_enough = g_strnfill (240, 'a');
  g_autoptr (GString) deep = g_string_new ("d");

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      refuse (store, PLI_MAILBOX_CREATE, wrong[i], NULL, PLI_ERROR_SYNTAX);
      refuse (store, PLI_MAILBOX_RENAME, "Sent", wrong[i], PLI_ERROR_SYNTAX);
      refuse (store, PLI_MAILBOX_SUBSCRIBE, wrong[i], NULL, PLI_ERROR_SYNTAX);
    }
  refuse (store, PLI_MAILBOX_CREATE, long_name, NULL, PLI_ERROR_LIMIT);
  /* Not 255: where a mailbox is a folder, its name there needs a few more. */
  store_create (store, long_enough);
  for (guint i = 0; i < 20; i++)
    g_string_append (deep, "/d");
  refuse (store, PLI_MAILBOX_CREATE, deep->str, NULL, PLI_ERROR_LIMIT);
  store_create (store, deep->str + 2);
}

static void
rename_tree (Store *store)
{
  guint64 top = store_create (store, "old"), below = store_create (store, "old/x/y");
  const PliMailboxesResult *list;

  store_create (store, "older");
  store_append (store, "old/x/y", store_message (store, 100), 0, NULL);
  store_rename (store, "old", "New/name");
  list = store_list (store, store->session);
  g_assert_null (find (list, "old"));
  g_assert_null (find (list, "old/x"));
  g_assert_nonnull (find (list, "older"));
  g_assert_cmpuint (find (list, "New")->mailbox, !=, 0);
  g_assert_cmpuint (find (list, "New/name")->mailbox, ==, top);
  g_assert_cmpuint (find (list, "New/name/x/y")->mailbox, ==, below);
  g_assert_cmpuint (find (list, "New/name/x/y")->messages, ==, 1);
  refuse (store, PLI_MAILBOX_RENAME, "New/name", "New/name/x/z", PLI_ERROR_DENIED);
  refuse (store, PLI_MAILBOX_RENAME, "New/name", "Sent", PLI_ERROR_EXISTS);
  refuse (store, PLI_MAILBOX_RENAME, "New/name", "INBOX", PLI_ERROR_EXISTS);
  refuse (store, PLI_MAILBOX_RENAME, "nothing", "something", PLI_ERROR_NOT_FOUND);
}

/* RFC 9051 6.3.6: INBOX stays, empty, and so do the mailboxes below it. */
static void
rename_inbox (Store *store)
{
  guint64 inbox = store_number (store, "INBOX");
  const PliOpenResult *open;
  const PliChangesResult *changes;

  store_create (store, "INBOX/below");
  store_deliver_many (store, 3);
  store_flags (store, inbox, (PliUidRange){ 2, 2 }, PLI_FLAGS_ADD, PLI_FLAG_FLAGGED, "work");
  open = store_open (store, store->session, "INBOX", TRUE);
  store_rename (store, "INBOX", "saved/2026");
  g_assert_cmpuint (store_number (store, "INBOX"), ==, inbox);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->messages, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "INBOX")->uidnext, ==, 4);
  g_assert_cmpuint (store_status (store, store->session, "saved/2026")->messages, ==, 3);
  g_assert_nonnull (store_status (store, store->session, "INBOX/below"));
  g_assert_null (store_status (store, store->session, "saved/2026/below"));
  changes = store_changes (store, store->session, inbox, open->modseq, open->uidnext);
  store_assert_set (changes->vanished, changes->n_vanished, "1:3");
  {
    g_autoptr (GArray) rows = store_rows (store, store_number (store, "saved/2026"), PLI_WANT_FLAGS);

    g_assert_cmpuint (g_array_index (rows, PliMessageRow, 1).flags, ==, PLI_FLAG_FLAGGED);
    g_assert_cmpuint (g_array_index (rows, PliMessageRow, 1).keywords, ==, 1);
  }
}

static void
delete_keeps_children (Store *store)
{
  const PliMailboxRow *row;
  guint32 uidvalidity;
  guint64 number;

  number = store_create (store, "a/b/c");
  number = store_number (store, "a/b");
  uidvalidity = store_status (store, store->session, "a/b")->uidvalidity;
  store_append (store, "a/b", store_message (store, 100), 0, NULL);
  store_delete (store, "a/b");
  row = store_status (store, store->session, "a/b");
  g_assert_nonnull (row);
  g_assert_cmpuint (row->mailbox, ==, 0);
  g_assert_cmpuint (store_status (store, store->session, "a/b/c")->mailbox, !=, 0);
  refuse (store, PLI_MAILBOX_DELETE, "a/b", NULL, PLI_ERROR_NOT_FOUND);
  refuse (store, PLI_MAILBOX_DELETE, "INBOX", NULL, PLI_ERROR_DENIED);
  g_assert_cmpuint (store_create (store, "a/b"), !=, number);
  row = store_status (store, store->session, "a/b");
  g_assert_cmpuint (row->messages, ==, 0);
  g_assert_cmpuint (row->uidvalidity, >, uidvalidity);
  store_delete (store, "a/b/c");
  g_assert_null (store_status (store, store->session, "a/b/c"));
}

/* RFC 9051 6.3.7: names are subscribed to, not mailboxes. */
static void
subscribe (Store *store)
{
  const PliMailboxRow *row;

  store_subscribe (store, "not/there", TRUE);
  row = find (store_list (store, store->session), "not/there");
  g_assert_nonnull (row);
  g_assert_true (row->subscribed);
  g_assert_cmpuint (row->mailbox, ==, 0);
  g_assert_null (store_status (store, store->session, "not/there"));
  store_create (store, "not/there");
  row = store_status (store, store->session, "not/there");
  g_assert_true (row->subscribed);
  store_delete (store, "not/there");
  g_assert_true (find (store_list (store, store->session), "not/there")->subscribed);
  store_subscribe (store, "not/there", FALSE);
  g_assert_null (find (store_list (store, store->session), "not/there"));
  store_subscribe (store, "inbox", FALSE);
  g_assert_false (store_status (store, store->session, "INBOX")->subscribed);
  store_rename (store, "Archive", "Attic");
  g_assert_true (store_status (store, store->session, "Attic")->subscribed);
}

static void
numbers_not_reused (Store *store)
{
  guint64 first = store_create (store, "x");
  guint64 second;

  store_delete (store, "x");
  second = store_create (store, "x");
  g_assert_cmpuint (second, !=, first);
  store_fails (store, store->session, PLI_METHOD_FETCH, &(PliFetchArgs){ .mailbox = first }, PLI_ERROR_NOT_FOUND);
}

void
store_add_mailbox (const char *backend)
{
  store_add (backend, "mailbox/first-ones", first_ones);
  store_add (backend, "mailbox/counts", counts);
  store_add (backend, "mailbox/create", create);
  store_add (backend, "mailbox/create-with-role", create_with_role);
  store_add (backend, "mailbox/names", names);
  store_add (backend, "mailbox/rename-tree", rename_tree);
  store_add (backend, "mailbox/rename-inbox", rename_inbox);
  store_add (backend, "mailbox/delete-keeps-children", delete_keeps_children);
  store_add (backend, "mailbox/subscribe", subscribe);
  store_add (backend, "mailbox/numbers-not-reused", numbers_not_reused);
}
