/* store-fixture.h: a store on the harness, messages with known bytes, and one short function a verb.
 *
 * The functions fail the test when the store refuses; store_fails() is for refusals that are wanted. Results stay
 * valid until store_forget(). Each suite file offers one function that adds its tests for a backend. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "lib/harness.h"
#include "service/method.h"

typedef struct
{
  const char *backend; /* plugin's name */
  const char *conf;
  PliTest *test;
  guint64 session; /* of STORE_ACCOUNT */
  guint64 segment, segment_end;
  guint serial;       /* of messages */
  GPtrArray *answers; /* PliTestAnswer */
  GPtrArray *messages;
} Store;

#define STORE_ACCOUNT "a1"
#define STORE_ALL                                                                                                      \
  {                                                                                                                    \
    1, G_MAXUINT32                                                                                                     \
  }

typedef struct
{
  guint serial;
  GString *text;
  PliRenderings renderings;
  char *envelope, *body, *bodystructure, *parts, *preview;
} StoreMessage;

typedef void (*StoreTest) (Store *store);

/* @conf: (nullable): settings instead of the usual, for the store whose group they begin with; must stay. */
Store *store_new (const char *backend, const char *conf);
/* In a folder that is there. */
Store *store_new_at (const char *backend, const char *conf, const char *root);
void store_free (Store *store);
/* Closes in good order and opens the same folder again; sessions are new. */
void store_reopen (Store *store);
/* Sizes of the store's files now, to be given to store_power_cut(). (transfer full) */
GHashTable *store_sizes (Store *store);
/* Goes on with what a power cut would leave: the files as they were when @sizes was taken. Takes @sizes. */
void store_power_cut (Store *store, GHashTable *sizes);
/* Closes, renames @path to @old and @cut to @path, opens. */
void store_reopen_after (Store *store, const char *path, const char *old, const char *cut);
/* Runs the loop until @done. */
void store_until (Store *store, const gboolean *done);
void store_forget (Store *store);
gboolean store_keeps (Store *store);
guint64 store_sign_in (Store *store, const char *account);

/* (transfer none): a message of about @bytes. */
StoreMessage *store_message (Store *store, gsize bytes);
/* Writes the message to the segment and fills @delivery, to INBOX of STORE_ACCOUNT. */
void store_write (Store *store, StoreMessage *message, PliDelivery *delivery);
const PliDeliverResult *store_deliver_items (Store *store, const PliDelivery *items, guint32 n);
/* One new message to a mailbox, NULL for INBOX, of STORE_ACCOUNT. */
StoreMessage *store_deliver (Store *store, const char *mailbox, gsize bytes);
/* @n of them in one call, to INBOX. */
void store_deliver_many (Store *store, guint n);

const PliMailboxesResult *store_list (Store *store, guint64 session);
/* NULL when there is none. With counts. */
const PliMailboxRow *store_status (Store *store, guint64 session, const char *name);
guint64 store_create (Store *store, const char *name);
void store_delete (Store *store, const char *name);
void store_rename (Store *store, const char *from, const char *to);
void store_subscribe (Store *store, const char *name, gboolean on);
const PliOpenResult *store_open (Store *store, guint64 session, const char *name, gboolean read_only);
/* Number of the mailbox. */
guint64 store_number (Store *store, const char *name);
/* All rows, over as many calls as it takes. @want: PliWant. */
GArray *store_rows (Store *store, guint64 mailbox, guint32 want);
const PliFetchResult *store_fetch (Store *store, const PliFetchArgs *args);
/* All bytes, by reads of @step. (transfer full) */
GString *store_read (Store *store, guint64 mailbox, guint32 uid, guint32 step);
const PliFlagsResult *
store_flags (Store *store, guint64 mailbox, PliUidRange uids, guint32 verb, guint32 flags, const char *keyword);
const PliAppendResult *
store_append (Store *store, const char *name, StoreMessage *message, guint32 flags, const char *keyword);
const PliCopyResult *store_copy (Store *store, guint64 mailbox, PliUidRange uids, const char *to, gboolean move);
const PliExpungeResult *store_expunge (Store *store, guint64 mailbox, PliUidRange uids, gboolean any);
const PliChangesResult *store_changes (Store *store, guint64 session, guint64 mailbox, guint64 since, guint32 uidnext);
void store_watch (Store *store, guint64 session, guint64 mailbox, gboolean on);
/* How often @session was told of @mailbox since the last question. */
guint store_notices (guint64 session, guint64 mailbox);

/* The call must be refused with @code, a PliErrorCode. */
void store_fails (Store *store, guint64 session, PliMethodNumber number, const void *args, gint code);
const void *store_call (Store *store, guint64 session, PliMethodNumber number, const void *args);
/* "1:3,7" */
char *store_set_text (const PliUidRange *uids, guint32 n);
void store_assert_set (const PliUidRange *uids, guint32 n, const char *text);

/* store-faults.c: syncs of the store, which come here first. The next @n fail with EIO. */
void store_fail_syncs (gint n);
/* Syncs since the last question; and those of them on the thread of the loop. */
guint store_syncs (guint *out_on_loop);
/* Files can grow to @bytes; 0: without bounds. */
void store_limit_files (guint64 bytes);

void store_add (const char *backend, const char *name, StoreTest test);
/* No store is started: the test gets one that has only a backend, and no thread runs yet. */
void store_add_alone (const char *backend, const char *name, StoreTest test);
void store_add_deliver (const char *backend);
void store_add_message (const char *backend);
void store_add_flags (const char *backend);
void store_add_copy (const char *backend);
void store_add_changes (const char *backend);
void store_add_mailbox (const char *backend);
void store_add_durable (const char *backend);
void store_add_load (const char *backend);
void store_add_random (const char *backend);

#endif
