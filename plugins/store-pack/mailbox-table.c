/* mailbox-table.c: the mailboxes of an open account: few, so all of them are in memory. */
#include "account.h"

void
pack_mailbox_free (gpointer data)
{
  PackMailbox *mailbox = data;

  if (mailbox->rows)
    g_array_unref (mailbox->rows);
  g_ptr_array_unref (mailbox->keywords);
  g_free (mailbox->name);
  g_free (mailbox);
}

static PackMailbox *
mailbox_add (PackAccount *account, guint64 number, const char *name)
{
  PackMailbox *mailbox = g_new0 (PackMailbox, 1);

  mailbox->number = number;
  mailbox->name = g_strdup (name);
  mailbox->keywords = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (account->mailboxes, mailbox);
  return mailbox;
}

static void
load_keywords (PackMailbox *mailbox, const char *text)
{
  const char *end;

  for (; text && (end = strchr (text, '\n')); text = end + 1)
    g_ptr_array_add (mailbox->keywords, g_strndup (text, (gsize) (end - text)));
}

/* What was reserved and not given back may have been shown before a power cut: counting goes on at the mark, and a
 * tombstone tells clients that the messages they may have seen there are gone. */
static gboolean
bury_reserved (PackAccount *account, PackMailbox *mailbox, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_TOMBSTONE_ADD, error);

  if (!statement || !pack_batch_begin (account, error))
    return FALSE;
  pack_bind (statement, 4, mailbox->number, pack_change (account, mailbox), (gint64) mailbox->uidnext,
             (gint64) mailbox->uid_mark - 1);
  mailbox->uidnext = mailbox->uid_mark;
  return pack_step (account, statement, NULL, error);
}

static gboolean
load_rows (PackAccount *account, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code;

  if (sqlite3_prepare_v2 (
          account->db,
          "SELECT number, name, role, uidvalidity, uidnext, uid_mark, recent, modseq, keywords FROM mailbox", -1,
          &statement, NULL)
      != SQLITE_OK)
    {
      pack_database_error (account, error);
      return FALSE;
    }
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PackMailbox *mailbox = mailbox_add (account, (guint64) sqlite3_column_int64 (statement, 0),
                                          (const char *) sqlite3_column_text (statement, 1));

      mailbox->role = (guint32) sqlite3_column_int64 (statement, 2);
      mailbox->uidvalidity = (guint32) sqlite3_column_int64 (statement, 3);
      mailbox->uidnext = (guint32) sqlite3_column_int64 (statement, 4);
      mailbox->uid_mark = (guint32) sqlite3_column_int64 (statement, 5);
      mailbox->uid_syncing = mailbox->uid_durable = mailbox->uid_mark;
      mailbox->recent = (guint32) sqlite3_column_int64 (statement, 6);
      mailbox->modseq = (guint64) sqlite3_column_int64 (statement, 7);
      load_keywords (mailbox, (const char *) sqlite3_column_text (statement, 8));
      account->modseq = MAX (account->modseq, mailbox->modseq);
    }
  if (code != SQLITE_DONE)
    pack_database_error (account, error);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE;
}

static gboolean
load_meta (PackAccount *account, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean loaded;

  if (sqlite3_prepare_v2 (account->db, "SELECT modseq_mark, uidvalidity, pack FROM meta", -1, &statement, NULL)
      != SQLITE_OK)
    {
      pack_database_error (account, error);
      return FALSE;
    }
  loaded = sqlite3_step (statement) == SQLITE_ROW;
  if (loaded)
    {
      account->modseq_mark = (guint64) sqlite3_column_int64 (statement, 0);
      account->uidvalidity = (guint32) sqlite3_column_int64 (statement, 1);
      account->pack_number = (guint64) sqlite3_column_int64 (statement, 2);
    }
  else
    pack_database_error (account, error);
  sqlite3_finalize (statement);
  return loaded;
}

static guint32
next_uidvalidity (PackAccount *account)
{
  guint32 now = (guint32) (pli_now_us (account->pack->instance) / G_USEC_PER_SEC);

  account->uidvalidity = MAX (account->uidvalidity + 1, now);
  account->meta_changed = TRUE;
  return account->uidvalidity;
}

gboolean
pack_mailboxes_load (PackAccount *account, GError **error)
{
  if (!load_meta (account, error) || !load_rows (account, error))
    return FALSE;
  account->modseq = MAX (account->modseq, account->modseq_mark > 0 ? account->modseq_mark - 1 : 0);
  account->modseq_committed = account->modseq_synced = account->modseq;
  account->modseq_durable = account->modseq + 1;
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->uidvalidity == 0)
        {
          if (!pack_batch_begin (account, error))
            return FALSE;
          mailbox->uidvalidity = next_uidvalidity (account);
          mailbox->changed = TRUE;
        }
      if (mailbox->uid_mark > mailbox->uidnext && !bury_reserved (account, mailbox, error))
        return FALSE;
    }
  return TRUE;
}

PackMailbox *
pack_mailbox_by_name (PackAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (strcmp (mailbox->name, name) == 0)
        return mailbox;
    }
  return NULL;
}

PackMailbox *
pack_mailbox_by_number (PackAccount *account, guint64 number, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->number == number)
        return mailbox;
    }
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "the mailbox is gone");
  return NULL;
}

gboolean
pack_has_children (PackAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (pack_name_is_below (((PackMailbox *) account->mailboxes->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

static PackMailbox *
mailbox_make (PackAccount *account, const char *name, guint32 role, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_MAILBOX_ADD, error);
  PackMailbox *mailbox;

  if (!statement)
    return NULL;
  mailbox = mailbox_add (account, account->modseq + 1, name);
  pack_change (account, mailbox);
  mailbox->role = role;
  mailbox->uidvalidity = next_uidvalidity (account);
  mailbox->uidnext = mailbox->uid_mark = mailbox->recent = 1;
  pack_bind (statement, 7, mailbox->number, (gint64) role, (gint64) mailbox->uidvalidity, (gint64) 1, (gint64) 1,
             (gint64) 1, mailbox->modseq);
  sqlite3_bind_text (statement, 8, mailbox->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 9, "", -1, SQLITE_STATIC);
  return pack_step (account, statement, NULL, error) ? mailbox : NULL;
}

PackMailbox *
pack_mailbox_make (PackAccount *account, const char *name, guint32 role, GError **error)
{
  if (!pack_batch_begin (account, error))
    return NULL;
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *parent = g_strndup (name, (gsize) (slash - name));

      if (!pack_mailbox_by_name (account, parent) && !mailbox_make (account, parent, PLI_ROLE_NONE, error))
        return NULL;
    }
  return mailbox_make (account, name, role, error);
}
