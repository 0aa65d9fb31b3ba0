/* rows.c: mailboxes and rows, in memory and in the database. A row that goes takes what is kept of its message along,
 * unless another row has the message too. */
#include "maildir.h"

void
maildir_rows_drop (MaildirMailbox *mailbox)
{
  for (guint i = 0; mailbox->rows && i < mailbox->rows->len; i++)
    g_free (g_array_index (mailbox->rows, MaildirRow, i).file);
  g_clear_pointer (&mailbox->rows, g_array_unref);
}

void
maildir_mailbox_free (gpointer data)
{
  MaildirMailbox *mailbox = data;

  maildir_rows_drop (mailbox);
  g_ptr_array_unref (mailbox->keywords);
  g_free (mailbox->name);
  g_free (mailbox->dir);
  g_free (mailbox);
}

static gint64
next_number (PliSpan *rest)
{
  PliSpan word = *rest;
  gssize space = pli_span_find (word, ' ');
  guint64 number = 0;

  if (space >= 0)
    word = pli_span_head (word, (gsize) space);
  *rest = pli_span_skip (*rest, word.len + 1);
  return pli_span_to_u64 (word, G_MAXINT64, &number) ? (gint64) number : 0;
}

static void
read_stamp (PliSpan *rest, MaildirStamp *out)
{
  out->mtime_ns = next_number (rest);
  out->inode = (guint64) next_number (rest);
  out->size = (guint64) next_number (rest);
}

static void
write_stamp (const MaildirStamp *stamp, PliBuffer *out)
{
  pli_buffer_printf (out, "%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ", stamp->mtime_ns,
                     stamp->inode, stamp->size);
}

static void
load_keywords (MaildirMailbox *mailbox, const char *text)
{
  g_auto (GStrv) names = g_strsplit (text, "\n", -1);

  for (guint i = 0; names[i] && *names[i] && i < MAILDIR_KEYWORDS_MAX; i++)
    g_ptr_array_add (mailbox->keywords, g_strdup (names[i]));
}

static void
load_mailbox (MaildirAccount *account, sqlite3_stmt *statement)
{
  const char *dir = (const char *) sqlite3_column_text (statement, 6);
  g_autofree char *name = dir[0] ? maildir_name_of (dir) : g_strdup ("INBOX");
  PliSpan stamps = pli_span_from ((const char *) sqlite3_column_text (statement, 8));
  MaildirMailbox *mailbox = g_new0 (MaildirMailbox, 1);

  mailbox->number = (guint64) sqlite3_column_int64 (statement, 0);
  mailbox->role = (guint32) sqlite3_column_int64 (statement, 1);
  mailbox->uidvalidity = (guint32) sqlite3_column_int64 (statement, 2);
  mailbox->uidnext = (guint32) sqlite3_column_int64 (statement, 3);
  mailbox->recent = (guint32) sqlite3_column_int64 (statement, 4);
  mailbox->modseq = (guint64) sqlite3_column_int64 (statement, 5);
  mailbox->dir = g_strdup (dir);
  mailbox->name = name ? g_steal_pointer (&name) : g_strdup (dir);
  mailbox->keywords = g_ptr_array_new_with_free_func (g_free);
  memset (mailbox->letters, -1, sizeof mailbox->letters);
  load_keywords (mailbox, (const char *) sqlite3_column_text (statement, 7));
  read_stamp (&stamps, &mailbox->new);
  read_stamp (&stamps, &mailbox->cur);
  read_stamp (&stamps, &mailbox->uidlist);
  mailbox->unsure = next_number (&stamps) != 0;
  mailbox->lines = (guint) next_number (&stamps);
  g_ptr_array_add (account->mailboxes, mailbox);
}

gboolean
maildir_mailboxes_load (MaildirAccount *account, GError **error)
{
  sqlite3_stmt *statement = maildir_sql (account, MAILDIR_BOX_LIST, error), *meta = NULL;
  gboolean row = TRUE, known = FALSE;

  while (statement && row)
    {
      if (!maildir_step (account, statement, &row, error))
        return FALSE;
      if (row)
        load_mailbox (account, statement);
    }
  if (!statement
      || sqlite3_prepare_v2 (account->db, "SELECT modseq, uidvalidity FROM meta", -1, &meta, NULL) != SQLITE_OK)
    return FALSE;
  if (maildir_step (account, meta, &known, error) && known)
    {
      account->modseq = (guint64) sqlite3_column_int64 (meta, 0);
      account->uidvalidity = (guint32) sqlite3_column_int64 (meta, 1);
    }
  sqlite3_finalize (meta);
  /* A database that was lost and is made anew must not count below what clients remember. */
  if (!known)
    account->modseq = (guint64) (pli_now_us (account->maildir->instance) / G_USEC_PER_SEC) << 10;
  return !*error;
}

gboolean
maildir_meta_save (MaildirAccount *account, GError **error)
{
  account->meta_changed = FALSE;
  return maildir_run (account, error, MAILDIR_META_SET, 2, account->modseq, (gint64) account->uidvalidity);
}

gboolean
maildir_mailbox_save (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  sqlite3_stmt *statement = maildir_batch (account, error) ? maildir_sql (account, MAILDIR_BOX_SET, error) : NULL;
  g_auto (PliBuffer) keywords = { 0 }, stamps = { 0 };

  if (!statement)
    return FALSE;
  for (guint i = 0; i < mailbox->keywords->len; i++)
    pli_buffer_printf (&keywords, "%s\n", (const char *) mailbox->keywords->pdata[i]);
  write_stamp (&mailbox->new, &stamps);
  write_stamp (&mailbox->cur, &stamps);
  write_stamp (&mailbox->uidlist, &stamps);
  pli_buffer_printf (&stamps, "%u %u", (guint) mailbox->unsure, mailbox->lines);
  maildir_bind (statement, 6, mailbox->number, (gint64) mailbox->role, (gint64) mailbox->uidvalidity,
                (gint64) mailbox->uidnext, (gint64) mailbox->recent, mailbox->modseq);
  sqlite3_bind_text (statement, 7, mailbox->dir, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 8, keywords.len ? keywords.data : "", (int) keywords.len, SQLITE_STATIC);
  sqlite3_bind_text (statement, 9, stamps.data, (int) stamps.len, SQLITE_STATIC);
  if (!maildir_step (account, statement, NULL, error))
    return FALSE;
  sqlite3_clear_bindings (statement);
  mailbox->changed = FALSE;
  return TRUE;
}

gboolean
maildir_rows_load (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  sqlite3_stmt *statement;
  gboolean more = TRUE;

  if (mailbox->rows)
    return TRUE;
  statement = maildir_sql (account, MAILDIR_ROW_LIST, error);
  if (!statement)
    return FALSE;
  mailbox->rows = g_array_new (FALSE, FALSE, sizeof (MaildirRow));
  maildir_bind (statement, 1, mailbox->number);
  while (maildir_step (account, statement, &more, error) && more)
    {
      gint64 kind = sqlite3_column_int64 (statement, 8);
      MaildirRow row = { .uid = (guint32) sqlite3_column_int64 (statement, 0),
                         .flags = (guint32) sqlite3_column_int64 (statement, 1),
                         .keywords = (guint64) sqlite3_column_int64 (statement, 2),
                         .modseq = (guint64) sqlite3_column_int64 (statement, 3),
                         .email = (guint64) sqlite3_column_int64 (statement, 4),
                         .received_us = sqlite3_column_int64 (statement, 5),
                         .bytes = (guint32) sqlite3_column_int64 (statement, 6),
                         .header_bytes = (guint32) sqlite3_column_int64 (statement, 7),
                         .direct = kind & 1,
                         .in_new = (kind & 2) != 0,
                         .learnt = (kind & 4) != 0,
                         .file = g_strdup ((const char *) sqlite3_column_text (statement, 9)) };

      g_array_append_val (mailbox->rows, row);
    }
  if (!*error)
    return TRUE;
  maildir_rows_drop (mailbox);
  return FALSE;
}

gboolean
maildir_row_save (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *row, GError **error)
{
  sqlite3_stmt *statement = maildir_batch (account, error) ? maildir_sql (account, MAILDIR_ROW_SET, error) : NULL;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 10, mailbox->number, (gint64) row->uid, (gint64) row->flags, row->keywords, row->modseq,
                row->email, row->received_us, (gint64) row->bytes, (gint64) row->header_bytes,
                (gint64) ((row->direct ? 1 : 0) | (row->in_new ? 2 : 0) | (row->learnt ? 4 : 0)));
  sqlite3_bind_text (statement, 11, row->file, -1, SQLITE_TRANSIENT);
  return maildir_step (account, statement, NULL, error);
}

gboolean
maildir_email_of (MaildirAccount *account, PliSpan base, guint64 *out_email, GError **error)
{
  sqlite3_stmt *statement = maildir_sql (account, MAILDIR_GUID_GET, error);
  gboolean found;

  if (!statement)
    return FALSE;
  sqlite3_bind_text (statement, 1, base.data, (int) base.len, SQLITE_TRANSIENT);
  if (!maildir_step (account, statement, &found, error))
    return FALSE;
  *out_email = found ? (guint64) sqlite3_column_int64 (statement, 0) : ++account->modseq;
  account->meta_changed |= !found;
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
guid_add (MaildirAccount *account, const MaildirRow *row, GError **error)
{
  sqlite3_stmt *statement = maildir_batch (account, error) ? maildir_sql (account, MAILDIR_GUID_SET, error) : NULL;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 1, row->email);
  sqlite3_bind_text (statement, 2, row->file, (int) strcspn (row->file, ":"), SQLITE_TRANSIENT);
  return maildir_step (account, statement, NULL, error);
}

gboolean
maildir_row_add (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, GError **error)
{
  g_array_append_vals (mailbox->rows, row, 1);
  mailbox->uidnext = row->uid + 1;
  mailbox->changed = TRUE;
  return guid_add (account, row, error) && maildir_row_save (account, mailbox, row, error);
}

/* (nullable) is {NULL, 0} */
static void
bind_text (sqlite3_stmt *statement, int at, PliSpan text)
{
  if (text.data)
    sqlite3_bind_blob (statement, at, text.data, (int) text.len, SQLITE_STATIC);
  else
    sqlite3_bind_null (statement, at);
}

gboolean
maildir_texts_save (MaildirAccount *account, guint64 email, const PliRenderings *renderings, GError **error)
{
  sqlite3_stmt *statement = maildir_batch (account, error) ? maildir_sql (account, MAILDIR_TEXT_SET, error) : NULL;
  gboolean saved;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 1, email);
  bind_text (statement, 2, renderings->envelope);
  bind_text (statement, 3, renderings->body);
  bind_text (statement, 4, renderings->bodystructure);
  bind_text (statement, 5, renderings->parts);
  bind_text (statement, 6, renderings->preview);
  saved = maildir_step (account, statement, NULL, error);
  sqlite3_clear_bindings (statement);
  return saved;
}

static gboolean
drop_message (MaildirAccount *account, guint64 email, GError **error)
{
  sqlite3_stmt *statement = maildir_sql (account, MAILDIR_ROWS_OF_EMAIL, error);
  gboolean found;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 1, email);
  if (!maildir_step (account, statement, &found, error))
    return FALSE;
  sqlite3_reset (statement);
  return found
         || (maildir_run (account, error, MAILDIR_TEXT_REMOVE, 1, email)
             && maildir_run (account, error, MAILDIR_GUID_REMOVE, 1, email));
}

static gboolean
bury (MaildirAccount *account, MaildirMailbox *mailbox, GArray *gone, guint64 modseq, GError **error)
{
  for (guint i = 0; i < gone->len; i++)
    {
      const PliUidRange *range = &g_array_index (gone, PliUidRange, i);

      if (!maildir_run (account, error, MAILDIR_TOMB_ADD, 4, mailbox->number, modseq, (gint64) range->first,
                        (gint64) range->last))
        return FALSE;
    }
  return TRUE;
}

gboolean
maildir_rows_remove (MaildirAccount *account, MaildirMailbox *mailbox, const GArray *indices, guint64 modseq,
                     GArray *out_gone, GError **error)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  guint kept = indices->len > 0 ? g_array_index (indices, guint, 0) : 0, next = 0;

  for (guint i = 0; i < indices->len; i++)
    {
      const MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, g_array_index (indices, guint, i));

      maildir_ranges_add (gone, row->uid);
      if (!maildir_run (account, error, MAILDIR_ROW_REMOVE, 2, mailbox->number, (gint64) row->uid)
          || !drop_message (account, row->email, error))
        return FALSE;
    }
  for (guint i = kept; i < mailbox->rows->len; i++)
    {
      MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, i);

      if (next < indices->len && g_array_index (indices, guint, next) == i)
        {
          g_free (row->file);
          next++;
        }
      else
        g_array_index (mailbox->rows, MaildirRow, kept++) = *row;
    }
  g_array_set_size (mailbox->rows, kept);
  if (out_gone)
    g_array_append_vals (out_gone, gone->data, gone->len);
  return bury (account, mailbox, gone, modseq, error);
}
