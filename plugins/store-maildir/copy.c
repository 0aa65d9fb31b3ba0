/* copy.c: COPY and MOVE: hard links, since what may change is in the name. A copy keeps its base name where that is free,
 * so that others know it for the same message. MOVE removes the originals only after the copies are durable: a crash may
 * leave both, never none. RFC 9051 6.4.7, RFC 6851. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const *
names_of (MaildirMailbox *mailbox, guint64 bits, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, MAILDIR_KEYWORDS_MAX + 1);
  guint n = 0;

  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (bits >> i & 1)
      names[n++] = mailbox->keywords->pdata[i];
  return names;
}

/* (transfer full): base names that the mailbox has. */
static GHashTable *
bases_of (MaildirMailbox *mailbox)
{
  GHashTable *bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      const char *file = g_array_index (mailbox->rows, MaildirRow, i).file;

      g_hash_table_add (bases, g_strndup (file, strcspn (file, ":")));
    }
  return bases;
}

static char *
choose_base (GHashTable *taken, const MaildirRow *row)
{
  g_autofree char *base = g_strndup (row->file, strcspn (row->file, ":"));
  guint64 physical = row->bytes, virtual_bytes = row->bytes;

  if (g_hash_table_contains (taken, base))
    {
      maildir_filename_size (pli_span_from (base), 'S', &physical);
      maildir_filename_size (pli_span_from (base), 'W', &virtual_bytes);
      g_free (base);
      base = maildir_filename_unique (g_get_real_time (), (gsize) physical, (gsize) virtual_bytes);
    }
  g_hash_table_add (taken, g_strdup (base));
  return g_steal_pointer (&base);
}

/* tmp/BASE of @to becomes the file of @row. */
static gboolean
link_file (MaildirAccount *account, MaildirMailbox *from, MaildirMailbox *to, const MaildirRow *row, const char *base,
           GError **error)
{
  g_autofree char *below = g_strconcat ("tmp/", base, NULL);
  g_autofree char *source = maildir_file_path (account, from, row);
  g_autofree char *target = maildir_path (account, to, below);
  g_auto (PliBuffer) text = { 0 };

  if (linkat (AT_FDCWD, source, AT_FDCWD, target, 0) == 0)
    return TRUE;
  if (errno == ENOENT || errno == ENOSPC || errno == EDQUOT)
    return maildir_errno (error, source);
  /* Too many links, or a file system without them. */
  return maildir_read_file (source, account->maildir->set.message_max, &text, error)
         && maildir_body_write (account, to, base, pli_buffer_span (&text), row->received_us, error);
}

static void
drop_links (MaildirAccount *account, MaildirMailbox *to, GArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      MaildirRow *row = &g_array_index (rows, MaildirRow, i);
      g_autofree char *base = row->file ? g_strndup (row->file, strcspn (row->file, ":")) : NULL;
      g_autofree char *below = base ? g_strconcat ("tmp/", base, NULL) : NULL;
      g_autofree char *path = below ? maildir_path (account, to, below) : NULL;

      if (path)
        unlink (path);
      g_clear_pointer (&row->file, g_free);
    }
}

static gboolean
link_all (MaildirAccount *account, MaildirMailbox *from, MaildirMailbox *to, const GArray *indices, GArray *rows,
          GError **error)
{
  g_autoptr (GHashTable) taken = bases_of (to);
  g_autoptr (PliArena) arena = pli_arena_new ();
  guint64 modseq = maildir_change (account, to);

  for (guint i = 0; i < indices->len; i++)
    {
      const MaildirRow *row = &g_array_index (from->rows, MaildirRow, g_array_index (indices, guint, i));
      g_autofree char *base = choose_base (taken, row);
      MaildirFileName name = { .base = pli_span_from (base), .flags = row->flags };
      MaildirRow copy = *row;

      if (!maildir_keyword_bits (account, to, names_of (from, row->keywords, arena), TRUE, &copy.keywords, error)
          || !link_file (account, from, to, row, base, error))
        return FALSE;
      name.letters = maildir_letters_of (to, copy.keywords);
      copy.in_new = FALSE;
      copy.modseq = modseq;
      copy.file = maildir_filename_make (&name);
      g_array_append_val (rows, copy);
    }
  return TRUE;
}

static gboolean
sync_target (MaildirAccount *account, MaildirMailbox *to, GError **error)
{
  g_autofree char *path = maildir_path (account, to, "cur");

  return !maildir_syncs (account) || maildir_sync_dir (path, error);
}

static gboolean
remove_originals (MaildirAccount *account, MaildirMailbox *from, const GArray *indices, guint64 modseq, GArray *gone,
                  GError **error)
{
  for (guint i = 0; i < indices->len; i++)
    {
      const MaildirRow *row = &g_array_index (from->rows, MaildirRow, g_array_index (indices, guint, i));
      g_autofree char *path = maildir_file_path (account, from, row);

      if (unlink (path) < 0 && errno != ENOENT)
        return maildir_errno (error, path);
      from->sync_new |= row->in_new;
      from->sync_cur |= !row->in_new;
    }
  from->modseq = modseq;
  from->changed = TRUE;
  return maildir_rows_remove (account, from, indices, modseq, gone, error) && maildir_own_change (account, from, error);
}

gboolean
maildir_copy_rows (MaildirAccount *account, MaildirMailbox *from, MaildirMailbox *to, const GArray *indices,
                   gboolean move, GArray *out_from, GArray *out_to, GError **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (MaildirRow));
  guint placed = account->placed->len;
  gboolean ok;

  if (indices->len == 0)
    return TRUE;
  for (guint i = 0; i < indices->len && out_from; i++)
    maildir_ranges_add (out_from, g_array_index (from->rows, MaildirRow, g_array_index (indices, guint, i)).uid);
  ok = link_all (account, from, to, indices, rows, error)
       && maildir_place (account, to, (MaildirRow *) rows->data, rows->len, error);
  drop_links (account, to, rows);
  if (!ok)
    return FALSE;
  for (guint i = 0; i < rows->len && out_to; i++)
    maildir_ranges_add (out_to, g_array_index (rows, MaildirRow, i).uid);
  if (!move)
    return TRUE;
  if (!sync_target (account, to, error))
    return FALSE;
  /* From here on the copies are all there is. */
  g_ptr_array_set_size (account->placed, (gint) placed);
  {
    g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

    return remove_originals (account, from, indices, to->modseq, gone, error);
  }
}

static gboolean
check_keywords (MaildirCall *call, MaildirMailbox *from, MaildirMailbox *to, GArray *indices)
{
  guint64 keywords = 0, unused;

  for (guint i = 0; i < indices->len; i++)
    keywords |= g_array_index (from->rows, MaildirRow, g_array_index (indices, guint, i)).keywords;
  return maildir_keyword_bits (call->account, to, names_of (from, keywords, call->arena), TRUE, &unused, &call->error);
}

static gboolean
copy_found (MaildirCall *call, MaildirMailbox *from, MaildirMailbox *to, GArray *indices)
{
  const PliCopyArgs *args = call->args;
  PliCopyResult *result = call->result;
  MaildirAccount *account = call->account;
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

  if (!maildir_copy_rows (account, from, to, indices, args->move, source, target, &call->error))
    return maildir_fail (call);
  result->from = maildir_ranges_copy (source, call->arena, &result->n_from);
  result->to = maildir_ranges_copy (target, call->arena, &result->n_to);
  maildir_notice (account, to);
  if (args->move)
    maildir_notice (account, from);
  return TRUE;
}

static gboolean
copy (MaildirCall *call)
{
  const PliCopyArgs *args = call->args;
  PliCopyResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *from = maildir_by_number (account, args->mailbox, &call->error), *to;
  g_autofree char *name = from ? maildir_name (&call->maildir->set, args->to, &call->error) : NULL;
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));
  MaildirWalk walk;

  if (!name || !maildir_tree_look (account, &call->error))
    return FALSE;
  from = maildir_by_number (account, args->mailbox, &call->error);
  to = from ? maildir_by_name (account, name) : NULL;
  if (!from)
    return FALSE;
  if (!to)
    return maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!maildir_look (account, from, &call->error) || !maildir_look (account, to, &call->error))
    return FALSE;
  maildir_walk_start (&walk, from, args->uids, args->n_uids);
  while (maildir_walk_next (&walk))
    {
      guint index = walk.row - 1;

      g_array_append_val (indices, index);
    }
  if (!check_keywords (call, from, to, indices) || (indices->len > 0 && !copy_found (call, from, to, indices)))
    return FALSE;
  result->uidvalidity = to->uidvalidity;
  result->modseq = args->move ? from->modseq : to->modseq;
  return TRUE;
}

PliStep
maildir_slot_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result)
{
  return maildir_call (op, self, copy, args, result);
}
