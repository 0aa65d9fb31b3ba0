/* watch.c: which sessions want to hear of changes in which mailbox. Each is told once, until it asks what changed. */
#include "memory.h"

void
memory_notify (Memory *memory, MemoryAccount *account, guint64 mailbox)
{
  for (guint i = 0; i < account->watches->len; i++)
    {
      MemoryWatch *watch = &g_array_index (account->watches, MemoryWatch, i);

      if (watch->mailbox != mailbox || watch->told)
        continue;
      watch->told = TRUE;
      pli_store_notify (memory->instance, watch->session, mailbox);
    }
}

static void
forget (MemoryAccount *account, guint64 session, guint64 mailbox)
{
  for (guint i = account->watches->len; i > 0; i--)
    {
      const MemoryWatch *watch = &g_array_index (account->watches, MemoryWatch, i - 1);

      if (watch->session == session && (mailbox == 0 || watch->mailbox == mailbox))
        g_array_remove_index_fast (account->watches, i - 1);
    }
}

void
memory_gone (gpointer self, guint64 session)
{
  Memory *memory = self;
  GHashTableIter iter;
  gpointer account;

  g_hash_table_iter_init (&iter, memory->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    forget (account, session, 0);
}

PliStep
memory_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result)
{
  GError *error = NULL;
  MemoryAccount *account = memory_account (self, pli_op_account (op), &error);
  MemoryWatch watch = { pli_op_session (op), args->mailbox, FALSE };
  MemoryMailbox *mailbox;

  if (!account)
    return pli_op_take_error (op, error);
  forget (account, watch.session, watch.mailbox);
  mailbox = memory_mailbox_by_number (account, args->mailbox, args->on ? &error : NULL);
  if (!mailbox)
    return args->on ? pli_op_take_error (op, error) : PLI_DONE;
  if (args->on)
    g_array_append_val (account->watches, watch);
  result->modseq = mailbox->modseq;
  return PLI_DONE;
}
