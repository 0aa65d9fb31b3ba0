/* flags.c: STORE, with UNCHANGEDSINCE: files get other names. A row whose flags stay as they were keeps its name and its
 * modseq. RFC 7162 3.1.3. */
#include "maildir.h"

#include <errno.h>
#include <stdio.h>

#define FLAGS_ALL (PLI_FLAG_SEEN | PLI_FLAG_ANSWERED | PLI_FLAG_FLAGGED | PLI_FLAG_DELETED | PLI_FLAG_DRAFT)

typedef struct
{
  MaildirCall *call;
  MaildirMailbox *mailbox;
  guint64 keywords, modseq;
  GArray *modified;
} Flags;

static void
apply (MaildirRow *row, guint32 verb, guint32 flags, guint64 keywords)
{
  switch (verb)
    {
    case PLI_FLAGS_ADD:
      row->flags |= flags;
      row->keywords |= keywords;
      break;
    case PLI_FLAGS_REMOVE:
      row->flags &= ~flags;
      row->keywords &= ~keywords;
      break;
    default:
      row->flags = flags;
      row->keywords = keywords;
    }
}

/* With flags a message is in cur/. */
static gboolean
rename_file (Flags *flags, MaildirRow *row, MaildirRow *after)
{
  MaildirAccount *account = flags->call->account;
  MaildirMailbox *mailbox = flags->mailbox;
  g_autofree char *from = maildir_file_path (account, mailbox, row), *to = NULL;
  MaildirFileName name;

  maildir_filename_parse (row->file, &name);
  name.flags = after->flags;
  name.letters = maildir_letters_of (mailbox, after->keywords);
  after->file = maildir_filename_make (&name);
  after->in_new = FALSE;
  to = maildir_file_path (account, mailbox, after);
  if (g_str_equal (from, to) || rename (from, to) == 0)
    {
      gboolean always = account->maildir->set.fsync == MAILDIR_SYNC_ALWAYS;

      mailbox->sync_cur |= always;
      mailbox->sync_new |= always && row->in_new;
      return TRUE;
    }
  g_clear_pointer (&after->file, g_free);
  return maildir_errno (&flags->call->error, from);
}

static gboolean
change_row (Flags *flags, MaildirRow *row)
{
  const PliFlagsArgs *args = flags->call->args;
  MaildirAccount *account = flags->call->account;
  MaildirRow after = *row;

  if (args->unchanged_since && row->modseq > args->unchanged_since)
    {
      maildir_ranges_add (flags->modified, row->uid);
      return TRUE;
    }
  apply (&after, args->verb, args->flags & FLAGS_ALL, flags->keywords);
  if (after.flags == row->flags && after.keywords == row->keywords)
    return TRUE;
  if (!rename_file (flags, row, &after))
    return FALSE;
  flags->modseq = flags->modseq ? flags->modseq : maildir_change (account, flags->mailbox);
  after.modseq = flags->modseq;
  g_free (row->file);
  *row = after;
  return maildir_row_save (account, flags->mailbox, row, &flags->call->error);
}

static MaildirRow *
find_row (MaildirMailbox *mailbox, guint32 uid)
{
  guint at = maildir_find (mailbox, uid);

  if (at == mailbox->rows->len || g_array_index (mailbox->rows, MaildirRow, at).uid != uid)
    return NULL;
  return &g_array_index (mailbox->rows, MaildirRow, at);
}

/* Another program may have renamed or removed the file. */
static gboolean
change_uid (Flags *flags, guint32 uid, GArray *out)
{
  MaildirCall *call = flags->call;
  MaildirRow *row = find_row (flags->mailbox, uid);
  gboolean ok = !row || change_row (flags, row);

  if (!ok && call->error->code == PLI_ERROR_NOT_FOUND)
    {
      g_clear_error (&call->error);
      if (!maildir_own_change (call->account, flags->mailbox, &call->error)
          || !maildir_look_again (call->account, flags->mailbox, &call->error))
        return FALSE;
      row = find_row (flags->mailbox, uid);
      ok = !row || change_row (flags, row);
    }
  if (!ok || !row)
    return ok;
  g_array_set_size (out, out->len + 1);
  maildir_row_fill (row, &g_array_index (out, PliMessageRow, out->len - 1));
  return TRUE;
}

static gboolean
change_all (Flags *flags, GArray *out)
{
  const PliFlagsArgs *args = flags->call->args;
  g_autoptr (GArray) uids = g_array_new (FALSE, FALSE, sizeof (guint32));
  MaildirWalk walk;
  MaildirRow *row;

  maildir_walk_start (&walk, flags->mailbox, args->uids, args->n_uids);
  while ((row = maildir_walk_next (&walk)))
    g_array_append_val (uids, row->uid);
  for (guint i = 0; i < uids->len; i++)
    if (!change_uid (flags, g_array_index (uids, guint32, i), out))
      return FALSE;
  return TRUE;
}

static gboolean
change_flags (MaildirCall *call)
{
  const PliFlagsArgs *args = call->args;
  PliFlagsResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox = maildir_by_number (account, args->mailbox, &call->error);
  g_autoptr (GArray) modified = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (PliMessageRow));
  Flags flags = { call, mailbox, 0, 0, modified };

  if (!mailbox || !maildir_look (account, mailbox, &call->error)
      || !maildir_keyword_bits (account, mailbox, args->keywords, args->verb != PLI_FLAGS_REMOVE, &flags.keywords,
                                &call->error))
    return FALSE;
  if (!change_all (&flags, rows) || (flags.modseq && !maildir_own_change (account, mailbox, &call->error)))
    return maildir_fail (call);
  if (flags.modseq)
    maildir_notice (account, mailbox);
  result->n_rows = rows->len;
  result->rows =
      (PliMessageRow *) pli_arena_span (call->arena, pli_span (rows->data, rows->len * sizeof (PliMessageRow))).data;
  result->modified = maildir_ranges_copy (modified, call->arena, &result->n_modified);
  result->keywords = maildir_keywords (mailbox, call->arena);
  result->modseq = mailbox->modseq;
  return TRUE;
}

PliStep
maildir_slot_flags (PliOp *op, gpointer self, const PliFlagsArgs *args, PliFlagsResult *result)
{
  return maildir_call (op, self, change_flags, args, result);
}
