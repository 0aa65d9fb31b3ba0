/* watch.c: which sessions want to hear of changes in which mailbox. Each is told once, until it asks what changed. This
 * outlives the account's database being open. */
#include "call.h"

typedef struct
{
  guint64 session, mailbox;
  gboolean told;
} Watch;

struct PackWatches
{
  GHashTable *accounts; /* GArray of Watch by name */
  GHashTable *sessions; /* char * account by guint64 * session */
};

static void
array_free (gpointer array)
{
  g_array_unref (array);
}

PackWatches *
pack_watches_new (void)
{
  PackWatches *watches = g_new0 (PackWatches, 1);

  watches->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, array_free);
  watches->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return watches;
}

void
pack_watches_free (PackWatches *watches)
{
  g_hash_table_unref (watches->accounts);
  g_hash_table_unref (watches->sessions);
  g_free (watches);
}

void
pack_watches_tell (Pack *pack, const char *account, guint64 mailbox)
{
  GArray *list = g_hash_table_lookup (pack->watches->accounts, account);

  for (guint i = 0; list && i < list->len; i++)
    {
      Watch *watch = &g_array_index (list, Watch, i);

      if (watch->mailbox != mailbox || watch->told)
        continue;
      watch->told = TRUE;
      pli_store_notify (pack->instance, watch->session, mailbox);
    }
}

void
pack_watches_asked (Pack *pack, const char *account, guint64 session, guint64 mailbox)
{
  GArray *list = g_hash_table_lookup (pack->watches->accounts, account);

  for (guint i = 0; list && i < list->len; i++)
    {
      Watch *watch = &g_array_index (list, Watch, i);

      if (watch->session == session && watch->mailbox == mailbox)
        watch->told = FALSE;
    }
}

/* @mailbox: 0 for all. */
static void
forget (PackWatches *watches, const char *account, guint64 session, guint64 mailbox)
{
  GArray *list = g_hash_table_lookup (watches->accounts, account);

  for (guint i = list ? list->len : 0; i > 0; i--)
    {
      const Watch *watch = &g_array_index (list, Watch, i - 1);

      if (watch->session == session && (mailbox == 0 || watch->mailbox == mailbox))
        g_array_remove_index_fast (list, i - 1);
    }
  if (list && list->len == 0)
    g_hash_table_remove (watches->accounts, account);
}

void
pack_gone (gpointer self, guint64 session)
{
  PackWatches *watches = ((Pack *) self)->watches;
  const char *account = g_hash_table_lookup (watches->sessions, &session);

  if (!account)
    return;
  forget (watches, account, session, 0);
  g_hash_table_remove (watches->sessions, &session);
}

static void
add (PackWatches *watches, const char *account, const Watch *watch)
{
  GArray *list = g_hash_table_lookup (watches->accounts, account);

  if (!list)
    {
      list = g_array_new (FALSE, FALSE, sizeof (Watch));
      g_hash_table_insert (watches->accounts, g_strdup (account), list);
    }
  g_array_append_vals (list, watch, 1);
  if (!g_hash_table_contains (watches->sessions, &watch->session))
    g_hash_table_insert (watches->sessions, g_memdup2 (&watch->session, sizeof watch->session), g_strdup (account));
}

static PackStep
watch_mailbox (PackCall *call)
{
  const PliWatchArgs *args = call->args;
  PliWatchResult *result = call->result;
  PackAccount *account = call->account;
  Watch watch = { pli_op_session (call->op), args->mailbox, FALSE };
  PackMailbox *mailbox = pack_mailbox_by_number (account, args->mailbox, args->on ? &call->error : NULL);

  forget (call->pack->watches, account->name, watch.session, watch.mailbox);
  if (!mailbox)
    return args->on ? PACK_FAIL : PACK_DONE;
  result->modseq = pack_view_modseq (account, mailbox);
  if (!args->on)
    return PACK_DONE;
  add (call->pack->watches, account->name, &watch);
  pack_reserve (account, mailbox);
  if (mailbox->changed && !pack_batch_begin (account, &call->error))
    return pack_fail (call);
  return PACK_DONE;
}

PliStep
pack_slot_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result)
{
  return pack_call (op, self, watch_mailbox, args, result);
}
