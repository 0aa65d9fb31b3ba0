/* batch.c: the open transaction of an account: deliveries and changes gather in it, and readers, on the same connection,
 * see them at once. It is committed into the WAL without a sync; rounds make it durable. */
#include "account.h"

gboolean
pack_batch_begin (PackAccount *account, GError **error)
{
  if (account->in_batch)
    return TRUE;
  if (!pack_run (account, PACK_BEGIN, error))
    return FALSE;
  account->in_batch = TRUE;
  return TRUE;
}

static char *
keywords_text (PackMailbox *mailbox)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < mailbox->keywords->len; i++)
    {
      g_string_append (text, mailbox->keywords->pdata[i]);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

/* A mailbox that takes much would use up a thousand before the next round. */
static guint64
ahead (const PackMailbox *mailbox)
{
  return mailbox->arrivals > PACK_RESERVE ? 8 * PACK_RESERVE : PACK_RESERVE;
}

/* Marks only rise here, but for pack_batch_lower(). */
static void
raise_mark (PackMailbox *mailbox)
{
  guint64 wanted = mailbox->uidnext;

  if (mailbox->reserve && mailbox->uid_mark < wanted + ahead (mailbox) / 2)
    wanted += ahead (mailbox);
  mailbox->uid_mark = (guint32) MIN (MAX (wanted, mailbox->uid_mark), G_MAXUINT32);
}

static gboolean
write_mailbox (PackAccount *account, PackMailbox *mailbox, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_MAILBOX_SET, error);
  g_autofree char *keywords = NULL;

  if (!statement)
    return FALSE;
  keywords = mailbox->keywords->len > 0 ? keywords_text (mailbox) : NULL;
  pack_bind (statement, 7, mailbox->number, (gint64) mailbox->role, (gint64) mailbox->uidvalidity,
             (gint64) mailbox->uidnext, (gint64) mailbox->uid_mark, (gint64) mailbox->recent, mailbox->modseq);
  sqlite3_bind_text (statement, 8, mailbox->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 9, keywords ? keywords : "", -1, SQLITE_STATIC);
  if (!pack_step (account, statement, NULL, error))
    return FALSE;
  mailbox->changed = FALSE;
  return TRUE;
}

static gboolean
write_state (PackAccount *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->changed && !write_mailbox (account, mailbox, error))
        return FALSE;
    }
  if (account->meta_changed)
    {
      sqlite3_stmt *statement = pack_statement (account, PACK_META_SET, error);

      if (!statement)
        return FALSE;
      pack_bind (statement, 3, account->modseq_mark, (gint64) account->uidvalidity, account->pack_number);
      if (!pack_step (account, statement, NULL, error))
        return FALSE;
      account->meta_changed = FALSE;
    }
  return TRUE;
}

static gboolean
commit (PackAccount *account, GError **error)
{
  if (!write_state (account, error) || !pack_settled_apply (account, error) || !pack_run (account, PACK_COMMIT, error))
    return FALSE;
  account->in_batch = FALSE;
  account->unsynced = TRUE;
  account->modseq_committed = account->modseq;
  return TRUE;
}

gboolean
pack_batch_commit (PackAccount *account, GError **error)
{
  guint64 most = 0;

  if (!account->in_batch)
    return TRUE;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->reserve)
        most = MAX (most, ahead (mailbox));
      if (mailbox->changed)
        raise_mark (mailbox);
    }
  if (most > 0 && account->modseq_mark < account->modseq + 1 + most / 2)
    {
      account->modseq_mark = account->modseq + 1 + most;
      account->meta_changed = TRUE;
    }
  return commit (account, error);
}

gboolean
pack_batch_lower (PackAccount *account, GError **error)
{
  gboolean needed = account->in_batch || account->modseq_mark > account->modseq + 1;

  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->uid_mark > mailbox->uidnext)
        mailbox->changed = TRUE;
      mailbox->uid_mark = mailbox->uidnext;
      mailbox->uid_durable = MIN (mailbox->uid_durable, mailbox->uid_mark);
      mailbox->reserve = FALSE;
      needed |= mailbox->changed;
    }
  account->modseq_durable = MIN (account->modseq_durable, account->modseq + 1);
  if (!needed)
    return TRUE;
  if (account->modseq_mark > account->modseq + 1)
    {
      account->modseq_mark = account->modseq + 1;
      account->meta_changed = TRUE;
    }
  return pack_batch_begin (account, error) && commit (account, error);
}

guint64
pack_change (PackAccount *account, PackMailbox *mailbox)
{
  mailbox->modseq = ++account->modseq;
  mailbox->changed = TRUE;
  return mailbox->modseq;
}

gboolean
pack_may_show (PackAccount *account)
{
  return account->modseq + 1 < account->modseq_durable;
}

void
pack_reserve (PackAccount *account, PackMailbox *mailbox)
{
  if (mailbox->reserve && account->modseq_mark >= account->modseq + 1 + PACK_RESERVE / 2
      && mailbox->uid_mark >= mailbox->uidnext + PACK_RESERVE / 2)
    return;
  mailbox->reserve = TRUE;
  mailbox->changed = TRUE;
}
