/* store.c: façade of the stores. An account's calls go to the shard that keeps it. */
#include "ipc/peer.h"
#include "net/session.h"
#include "plugin/registry.h"
#include "service/method.h"

PLI_SHAPE (PliUidRange, F_U32 (PliUidRange, first), F_U32 (PliUidRange, last));
PLI_SHAPE_SHARED (PliRenderings, F_SPAN (PliRenderings, envelope), F_SPAN (PliRenderings, body),
                  F_SPAN (PliRenderings, bodystructure), F_SPAN (PliRenderings, parts),
                  F_U32 (PliRenderings, header_bytes), F_U64 (PliRenderings, size), F_SPAN (PliRenderings, preview));
PLI_SHAPE (PliMailboxesArgs, F_TEXT (PliMailboxesArgs, name), F_U32 (PliMailboxesArgs, counts));
PLI_SHAPE (PliMailboxRow, F_U64 (PliMailboxRow, mailbox), F_TEXT (PliMailboxRow, name), F_U32 (PliMailboxRow, role),
           F_U32 (PliMailboxRow, subscribed), F_U32 (PliMailboxRow, uidvalidity), F_U32 (PliMailboxRow, uidnext),
           F_U64 (PliMailboxRow, modseq), F_U32 (PliMailboxRow, messages), F_U32 (PliMailboxRow, unseen),
           F_U32 (PliMailboxRow, recent), F_U32 (PliMailboxRow, deleted), F_U64 (PliMailboxRow, bytes));
PLI_SHAPE (PliMailboxesResult, F_ROWS (PliMailboxesResult, rows, n_rows, PliMailboxRow));
PLI_SHAPE (PliMailboxArgs, F_U32 (PliMailboxArgs, verb), F_TEXT (PliMailboxArgs, name), F_TEXT (PliMailboxArgs, to),
           F_U32 (PliMailboxArgs, role));
PLI_SHAPE (PliMailboxResult, F_U64 (PliMailboxResult, mailbox));
PLI_SHAPE (PliOpenArgs, F_TEXT (PliOpenArgs, name), F_U32 (PliOpenArgs, read_only));
PLI_SHAPE (PliOpenResult, F_U64 (PliOpenResult, mailbox), F_U32 (PliOpenResult, uidvalidity),
           F_U32 (PliOpenResult, uidnext), F_U64 (PliOpenResult, modseq), F_U32 (PliOpenResult, recent_from),
           F_ROWS (PliOpenResult, uids, n_uids, PliUidRange), F_U32 (PliOpenResult, first_unseen),
           F_TEXTS (PliOpenResult, keywords));
PLI_SHAPE (PliFetchArgs, F_U64 (PliFetchArgs, mailbox), F_ROWS (PliFetchArgs, uids, n_uids, PliUidRange),
           F_U32 (PliFetchArgs, want), F_U64 (PliFetchArgs, since), F_U32 (PliFetchArgs, cursor),
           F_U32 (PliFetchArgs, max_bytes));
PLI_SHAPE (PliMessageRow, F_U32 (PliMessageRow, uid), F_U32 (PliMessageRow, flags), F_U64 (PliMessageRow, keywords),
           F_U64 (PliMessageRow, modseq), F_U64 (PliMessageRow, received_us), F_U64 (PliMessageRow, bytes),
           F_U32 (PliMessageRow, header_bytes), F_U64 (PliMessageRow, email), F_SPAN (PliMessageRow, envelope),
           F_SPAN (PliMessageRow, body), F_SPAN (PliMessageRow, bodystructure), F_SPAN (PliMessageRow, parts),
           F_SPAN (PliMessageRow, preview));
PLI_SHAPE (PliFetchResult, F_ROWS (PliFetchResult, rows, n_rows, PliMessageRow), F_U32 (PliFetchResult, cursor));
PLI_SHAPE (PliReadArgs, F_U64 (PliReadArgs, mailbox), F_U32 (PliReadArgs, uid), F_U64 (PliReadArgs, offset),
           F_U32 (PliReadArgs, length));
PLI_SHAPE (PliReadResult, F_SPAN (PliReadResult, bytes));
PLI_SHAPE (PliFlagsArgs, F_U64 (PliFlagsArgs, mailbox), F_ROWS (PliFlagsArgs, uids, n_uids, PliUidRange),
           F_U32 (PliFlagsArgs, verb), F_U32 (PliFlagsArgs, flags), F_TEXTS (PliFlagsArgs, keywords),
           F_U64 (PliFlagsArgs, unchanged_since));
PLI_SHAPE (PliFlagsResult, F_ROWS (PliFlagsResult, rows, n_rows, PliMessageRow),
           F_ROWS (PliFlagsResult, modified, n_modified, PliUidRange), F_TEXTS (PliFlagsResult, keywords),
           F_U64 (PliFlagsResult, modseq));
PLI_SHAPE (PliAppendArgs, F_TEXT (PliAppendArgs, name), F_SPAN (PliAppendArgs, message),
           F_INNER (PliAppendArgs, renderings, PliRenderings), F_U32 (PliAppendArgs, flags),
           F_TEXTS (PliAppendArgs, keywords), F_U64 (PliAppendArgs, received_us));
PLI_SHAPE (PliAppendResult, F_U64 (PliAppendResult, mailbox), F_U32 (PliAppendResult, uidvalidity),
           F_U32 (PliAppendResult, uid));
PLI_SHAPE (PliCopyArgs, F_U64 (PliCopyArgs, mailbox), F_ROWS (PliCopyArgs, uids, n_uids, PliUidRange),
           F_TEXT (PliCopyArgs, to), F_U32 (PliCopyArgs, move));
PLI_SHAPE (PliCopyResult, F_U32 (PliCopyResult, uidvalidity), F_ROWS (PliCopyResult, from, n_from, PliUidRange),
           F_ROWS (PliCopyResult, to, n_to, PliUidRange), F_U64 (PliCopyResult, modseq));
PLI_SHAPE (PliExpungeArgs, F_U64 (PliExpungeArgs, mailbox), F_ROWS (PliExpungeArgs, uids, n_uids, PliUidRange),
           F_U32 (PliExpungeArgs, any));
PLI_SHAPE (PliExpungeResult, F_ROWS (PliExpungeResult, uids, n_uids, PliUidRange), F_U64 (PliExpungeResult, modseq));
PLI_SHAPE (PliChangesArgs, F_U64 (PliChangesArgs, mailbox), F_U64 (PliChangesArgs, since),
           F_U32 (PliChangesArgs, uidnext), F_U32 (PliChangesArgs, take_recent));
PLI_SHAPE (PliChangesResult, F_U64 (PliChangesResult, modseq), F_U32 (PliChangesResult, uidnext),
           F_U32 (PliChangesResult, recent_from), F_ROWS (PliChangesResult, vanished, n_vanished, PliUidRange),
           F_ROWS (PliChangesResult, added, n_added, PliUidRange),
           F_ROWS (PliChangesResult, rows, n_rows, PliMessageRow), F_TEXTS (PliChangesResult, keywords),
           F_U32 (PliChangesResult, deleted));
PLI_SHAPE (PliWatchArgs, F_U64 (PliWatchArgs, mailbox), F_U32 (PliWatchArgs, on));
PLI_SHAPE (PliWatchResult, F_U64 (PliWatchResult, modseq));
PLI_SHAPE (PliDelivery, F_TEXT (PliDelivery, account), F_TEXT (PliDelivery, mailbox), F_U64 (PliDelivery, segment),
           F_U64 (PliDelivery, offset), F_U32 (PliDelivery, child), F_U64 (PliDelivery, body_offset),
           F_U64 (PliDelivery, bytes), F_U64 (PliDelivery, received_us), F_U32 (PliDelivery, flags),
           F_INNER (PliDelivery, renderings, PliRenderings));
PLI_SHAPE (PliDeliverArgs, F_ROWS (PliDeliverArgs, items, n_items, PliDelivery));
PLI_SHAPE (PliDelivered, F_U32 (PliDelivered, code), F_TEXT (PliDelivered, text));
PLI_SHAPE (PliDeliverResult, F_ROWS (PliDeliverResult, items, n_items, PliDelivered));
PLI_SHAPE (PliSettledArgs, F_ROWS (PliSettledArgs, items, n_items, PliDelivery));
PLI_SHAPE (PliSettledResult, F_U32 (PliSettledResult, n));

PLI_SHAPE (PliLiveArgs, F_U32 (PliLiveArgs, unused));
PLI_SHAPE (PliLiveResult, F_U64 (PliLiveResult, lowest));

PLI_SHAPE (PliMigrateArgs, F_TEXT (PliMigrateArgs, account), F_TEXT (PliMigrateArgs, from),
           F_TEXT (PliMigrateArgs, to));
PLI_SHAPE (PliMigrateResult, F_U64 (PliMigrateResult, copied), F_U64 (PliMigrateResult, verified),
           F_U64 (PliMigrateResult, total), F_U32 (PliMigrateResult, done));

#define EDGE PLI_ROOM_BIT (PLI_ROOM_ACCESS)
#define QUEUE PLI_ROOM_BIT (PLI_ROOM_QUEUE)
#define SECONDS(n) ((n) *G_USEC_PER_SEC)
#define OF_SESSION(text, slot, Args, Result, more_flags)                                                               \
  {                                                                                                                    \
    text, PLI_SERVICE_STORE, PLI_ROOM_STORE, EDGE, PLI_CALL_GRANT | (more_flags), SECONDS (120),                       \
        offsetof (PliStore, slot), &Args##_shape, &Result##_shape                                                      \
  }
#define OF_QUEUE(text, slot, Args, Result)                                                                             \
  {                                                                                                                    \
    text, PLI_SERVICE_STORE, PLI_ROOM_STORE, QUEUE, PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (120),              \
        offsetof (PliStore, slot), &Args##_shape, &Result##_shape                                                      \
  }

const PliMethod pli_store_methods[] = {
  OF_SESSION ("store.mailboxes", mailboxes, PliMailboxesArgs, PliMailboxesResult, 0),
  OF_SESSION ("store.mailbox", mailbox, PliMailboxArgs, PliMailboxResult, 0),
  OF_SESSION ("store.open", open, PliOpenArgs, PliOpenResult, 0),
  OF_SESSION ("store.fetch", fetch, PliFetchArgs, PliFetchResult, 0),
  OF_SESSION ("store.read", read, PliReadArgs, PliReadResult, 0),
  OF_SESSION ("store.flags", flags, PliFlagsArgs, PliFlagsResult, 0),
  OF_SESSION ("store.append", append, PliAppendArgs, PliAppendResult, 0),
  OF_SESSION ("store.copy", copy, PliCopyArgs, PliCopyResult, 0),
  OF_SESSION ("store.expunge", expunge, PliExpungeArgs, PliExpungeResult, 0),
  OF_SESSION ("store.changes", changes, PliChangesArgs, PliChangesResult, 0),
  OF_SESSION ("store.watch", watch, PliWatchArgs, PliWatchResult, 0),
  OF_QUEUE ("store.deliver", deliver, PliDeliverArgs, PliDeliverResult),
  OF_QUEUE ("store.settled", settled, PliSettledArgs, PliSettledResult),
  { "store.live", PLI_SERVICE_END, PLI_ROOM_STORE, QUEUE, PLI_CALL_IDEMPOTENT, SECONDS (60), offsetof (PliOwn, live),
    &PliLiveArgs_shape, &PliLiveResult_shape },
  { "store.migrate", PLI_SERVICE_MIGRATOR, PLI_ROOM_STORE, PLI_ROOM_BIT (PLI_ROOM_ADMIN), 0, SECONDS (120),
    offsetof (PliMigrator, step), &PliMigrateArgs_shape, &PliMigrateResult_shape },
};

static PliCall *
of_session (PliSession *session, PliMethodNumber number, const void *args, PliDone done, gpointer user)
{
  PliInstance *instance = pli_session_instance (session);
  const char *account = pli_session_account (session);
  PliCaller caller = { .instance = instance, .session = session, .done = done, .user = user };

  caller.shard = account ? pli_peers_shard (instance->peers, account) : 0;
  return pli_method_call (number, &caller, args);
}

#define FACADE(function, Args, number)                                                                                 \
  PliCall *function (PliSession *s, const Args *args, PliDone done, gpointer user)                                     \
  {                                                                                                                    \
    return of_session (s, number, args, done, user);                                                                   \
  }

FACADE (pli_store_mailboxes, PliMailboxesArgs, PLI_METHOD_MAILBOXES)
FACADE (pli_store_mailbox, PliMailboxArgs, PLI_METHOD_MAILBOX)
FACADE (pli_store_open, PliOpenArgs, PLI_METHOD_OPEN)
FACADE (pli_store_fetch, PliFetchArgs, PLI_METHOD_FETCH)
FACADE (pli_store_read, PliReadArgs, PLI_METHOD_READ)
FACADE (pli_store_flags, PliFlagsArgs, PLI_METHOD_FLAGS)
FACADE (pli_store_append, PliAppendArgs, PLI_METHOD_APPEND)
FACADE (pli_store_copy, PliCopyArgs, PLI_METHOD_COPY)
FACADE (pli_store_expunge, PliExpungeArgs, PLI_METHOD_EXPUNGE)
FACADE (pli_store_changes, PliChangesArgs, PLI_METHOD_CHANGES)
FACADE (pli_store_watch, PliWatchArgs, PLI_METHOD_WATCH)

guint
pli_store_shard (PliInstance *instance, const char *account)
{
  return pli_peers_shard (instance->peers, account);
}

guint
pli_store_shards (PliInstance *instance)
{
  return pli_peers_count (instance->peers, PLI_ROOM_STORE);
}

/* Every store of this room is asked: one that nobody delivers to any more may still refer to segments. */
PliStep
pli_live (PliOp *op, gpointer self, const void *args, void *result)
{
  PliRegistry *registry = ((PliInstance *) self)->registry;
  PliLiveResult *live = result;

  (void) op;
  (void) args;
  live->lowest = G_MAXUINT64;
  for (guint i = 0; i < pli_registry_n (registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (registry, i);
      const PliService *service;

      for (guint n = 0; (service = pli_plugin_service (plugin, n)); n++)
        if (service->kind == PLI_SERVICE_STORE)
          {
            const PliStore *store = service->vtable;
            gboolean tells = store->size > offsetof (PliStore, live) && store->live;

            live->lowest = MIN (live->lowest, tells ? store->live (plugin->data) : 0);
          }
    }
  return PLI_DONE;
}

PliCall *
pli_store_live (PliInstance *i, guint shard, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = i, .shard = shard, .done = done, .user = user };
  const PliLiveArgs args = { 0 };

  return pli_method_call (PLI_METHOD_LIVE, &caller, &args);
}

PliCall *
pli_store_deliver (PliInstance *i, const char *store, const PliDeliverArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = i, .provider = store, .done = done, .user = user };

  caller.shard = args->n_items > 0 ? pli_peers_shard (i->peers, args->items[0].account) : 0;
  return pli_method_call (PLI_METHOD_DELIVER, &caller, args);
}

PliCall *
pli_store_settled (PliInstance *i, const char *store, const PliSettledArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = i, .provider = store, .done = done, .user = user };

  caller.shard = args->n_items > 0 ? pli_peers_shard (i->peers, args->items[0].account) : 0;
  return pli_method_call (PLI_METHOD_SETTLED, &caller, args);
}

void
pli_store_notify (PliInstance *instance, guint64 session, guint64 mailbox)
{
  pli_peers_notice (instance->peers, session, mailbox);
}

void
pli_store_on_gone (PliPlugin *plugin, PliStoreGone gone)
{
  plugin->gone = gone;
}

PliRole
pli_role_of_special_use (const char *text)
{
  static const char *const names[] = { [PLI_ROLE_ARCHIVE] = "\\Archive",
                                       [PLI_ROLE_DRAFTS] = "\\Drafts",
                                       [PLI_ROLE_JUNK] = "\\Junk",
                                       [PLI_ROLE_SENT] = "\\Sent",
                                       [PLI_ROLE_TRASH] = "\\Trash" };

  for (guint role = PLI_ROLE_ARCHIVE; role < G_N_ELEMENTS (names); role++)
    if (g_strcmp0 (text, names[role]) == 0)
      return role;
  return PLI_ROLE_NONE;
}

const char *
pli_store_segments (PliInstance *instance)
{
  return instance->segments;
}
