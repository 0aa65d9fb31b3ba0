/* fetch.c: rows of messages in batches, and the bytes of one. A file that is not where it was has got other flags from
 * another program, or is gone: the mailbox is looked at again, once. */
#include "maildir.h"

#define ANSWER_BYTES (48 * 1024)
#define READ_MOST (1024 * 1024)
#define TEXTS (PLI_WANT_ENVELOPE | PLI_WANT_BODY | PLI_WANT_BODYSTRUCTURE | PLI_WANT_PARTS | PLI_WANT_PREVIEW)

static MaildirMailbox *
find (MaildirCall *call, guint64 number)
{
  MaildirMailbox *mailbox = maildir_by_number (call->account, number, &call->error);

  return mailbox && maildir_look (call->account, mailbox, &call->error) ? mailbox : NULL;
}

static PliSpan
column (MaildirCall *call, sqlite3_stmt *statement, int at, gboolean wanted, gsize *bytes)
{
  PliSpan text = { 0 };

  if (!wanted || sqlite3_column_type (statement, at) == SQLITE_NULL)
    return text;
  text.data = sqlite3_column_blob (statement, at);
  text.len = (gsize) sqlite3_column_bytes (statement, at);
  *bytes += text.len;
  return text.len > 0 ? pli_arena_span (call->arena, text) : PLI_SPAN ("");
}

/* Order of the columns of MAILDIR_TEXT_GET. */
static gboolean
fill_texts (MaildirCall *call, guint32 want, PliMessageRow *out, gsize *bytes)
{
  sqlite3_stmt *statement = maildir_sql (call->account, MAILDIR_TEXT_GET, &call->error);
  gboolean row;

  if (!statement)
    return FALSE;
  maildir_bind (statement, 1, out->email);
  if (!maildir_step (call->account, statement, &row, &call->error))
    return FALSE;
  if (!row)
    return maildir_refuse (call, PLI_ERROR_CORRUPT, "the index has lost a message");
  out->envelope = column (call, statement, 0, want & PLI_WANT_ENVELOPE, bytes);
  out->body = column (call, statement, 1, want & PLI_WANT_BODY, bytes);
  out->bodystructure = column (call, statement, 2, want & PLI_WANT_BODYSTRUCTURE, bytes);
  out->parts = column (call, statement, 3, want & PLI_WANT_PARTS, bytes);
  out->preview = column (call, statement, 4, want & PLI_WANT_PREVIEW, bytes);
  sqlite3_reset (statement);
  return TRUE;
}

static MaildirRow *
find_row (MaildirMailbox *mailbox, guint32 uid)
{
  guint at = maildir_find (mailbox, uid);

  if (at == mailbox->rows->len || g_array_index (mailbox->rows, MaildirRow, at).uid != uid)
    return NULL;
  return &g_array_index (mailbox->rows, MaildirRow, at);
}

/* NULL with an error, or without one: the message is gone. */
static MaildirRow *
learn (MaildirCall *call, MaildirMailbox *mailbox, guint32 uid)
{
  MaildirRow *row = find_row (mailbox, uid);

  if (!row || maildir_learn (call->account, mailbox, row, &call->error))
    return row;
  if (call->error->code != PLI_ERROR_NOT_FOUND)
    return NULL;
  g_clear_error (&call->error);
  if (!maildir_look_again (call->account, mailbox, &call->error))
    return NULL;
  row = find_row (mailbox, uid);
  return row && maildir_learn (call->account, mailbox, row, &call->error) ? row : NULL;
}

static gboolean
fetch_row (MaildirCall *call, MaildirMailbox *mailbox, guint32 uid, GArray *rows, gsize *bytes)
{
  const PliFetchArgs *args = call->args;
  gboolean whole = (args->want & (TEXTS | PLI_WANT_META)) != 0;
  MaildirRow *row = whole ? learn (call, mailbox, uid) : find_row (mailbox, uid);
  PliMessageRow *out;

  if (!row)
    return !call->error;
  g_array_set_size (rows, rows->len + 1);
  out = &g_array_index (rows, PliMessageRow, rows->len - 1);
  maildir_row_fill (row, out);
  *bytes += sizeof *out;
  return !(args->want & TEXTS) || fill_texts (call, args->want, out, bytes);
}

/* UIDs first: rows may change while files are looked at. */
static GArray *
collect (const PliFetchArgs *args, MaildirMailbox *mailbox)
{
  GArray *uids = g_array_new (FALSE, FALSE, sizeof (guint32));
  MaildirWalk walk;
  MaildirRow *row;

  maildir_walk_start (&walk, mailbox, args->uids, args->n_uids);
  walk.row = maildir_find (mailbox, args->cursor);
  while ((row = maildir_walk_next (&walk)))
    if (row->modseq > args->since)
      g_array_append_val (uids, row->uid);
  return uids;
}

static gboolean
fetch (MaildirCall *call)
{
  const PliFetchArgs *args = call->args;
  PliFetchResult *result = call->result;
  MaildirMailbox *mailbox = find (call, args->mailbox);
  gsize most = args->max_bytes ? args->max_bytes : ANSWER_BYTES, bytes = 0;
  g_autoptr (GArray) rows = NULL, uids = NULL;

  if (!mailbox)
    return FALSE;
  rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  uids = collect (args, mailbox);
  for (guint i = 0; i < uids->len; i++)
    {
      guint32 uid = g_array_index (uids, guint32, i);

      if (bytes >= most)
        {
          result->cursor = uid;
          break;
        }
      if (!fetch_row (call, mailbox, uid, rows, &bytes))
        return FALSE;
    }
  result->n_rows = rows->len;
  result->rows =
      (PliMessageRow *) pli_arena_span (call->arena, pli_span (rows->data, rows->len * sizeof (PliMessageRow))).data;
  return TRUE;
}

PliStep
maildir_slot_fetch (PliOp *op, gpointer self, const PliFetchArgs *args, PliFetchResult *result)
{
  return maildir_call (op, self, fetch, args, result);
}

static gboolean
read_bytes (MaildirCall *call)
{
  const PliReadArgs *args = call->args;
  PliReadResult *result = call->result;
  MaildirMailbox *mailbox = find (call, args->mailbox);

  if (!mailbox)
    return FALSE;
  if (args->length > READ_MOST)
    return maildir_refuse (call, PLI_ERROR_LIMIT, "more than 1 MiB is not read at once");
  for (guint tries = 0; tries < 2; tries++)
    {
      MaildirRow *row = find_row (mailbox, args->uid);

      if (!row)
        return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "the message is gone");
      if (maildir_body_read (call->account, mailbox, row, args->offset, args->length, call->arena, &result->bytes,
                             &call->error))
        return TRUE;
      if (call->error->code != PLI_ERROR_NOT_FOUND)
        return FALSE;
      g_clear_error (&call->error);
      if (!maildir_look_again (call->account, mailbox, &call->error))
        return FALSE;
    }
  return maildir_refuse (call, PLI_ERROR_TRY_AGAIN, "the message is being moved");
}

PliStep
maildir_slot_read (PliOp *op, gpointer self, const PliReadArgs *args, PliReadResult *result)
{
  return maildir_call (op, self, read_bytes, args, result);
}
