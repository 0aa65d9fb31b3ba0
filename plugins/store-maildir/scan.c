/* scan.c: what the tree says about a mailbox: which files are there, what their names say of flags, and which UIDs the list
 * gives them. Done when a stamp of new/, cur/ or the list has changed; and once more after a while when it had changed so
 * lately that a second change would not show.
 *
 * A file that a listing missed may have been renamed meanwhile: nothing is gone before a second listing has missed it. */
#include "maildir.h"
#include "uidlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define LIST_MOST (256 * 1024 * 1024)
#define SURE_AFTER_US G_USEC_PER_SEC
#define SPARE_LINES 1000 /* of files that are gone, before the list is written anew */

typedef struct
{
  char *file;
  gboolean in_new, known;
  guint32 uid; /* as the list has it, 0: not in it */
} Entry;

typedef struct
{
  MaildirAccount *account;
  MaildirMailbox *mailbox;
  GHashTable *entries; /* Entry by base name */
  guint64 modseq;      /* of what changed, 0: nothing yet */
  guint32 list_uidnext;
  gboolean other; /* the list must be written: there is none, or it is of an older kind */
} Scan;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->file);
  g_free (entry);
}

static gboolean
list_folder (Scan *scan, const char *below, GError **error)
{
  g_autofree char *path = maildir_path (scan->account, scan->mailbox, below);
  DIR *dir = opendir (path);
  struct dirent *one;

  if (!dir)
    return maildir_errno (error, path);
  while ((one = readdir (dir)))
    {
      Entry *entry;

      if (one->d_name[0] == '.' || (one->d_type != DT_REG && one->d_type != DT_UNKNOWN && one->d_type != DT_LNK))
        continue;
      entry = g_new0 (Entry, 1);
      entry->file = g_strdup (one->d_name);
      entry->in_new = below[0] == 'n';
      g_hash_table_replace (scan->entries, g_strndup (one->d_name, strcspn (one->d_name, ":")), entry);
    }
  closedir (dir);
  return TRUE;
}

/* What is moved meanwhile goes from new/ to cur/. */
static gboolean
list_files (Scan *scan, GError **error)
{
  return list_folder (scan, "new", error) && list_folder (scan, "cur", error);
}

static Entry *
find_entry (Scan *scan, const char *file)
{
  g_autofree char *base = g_strndup (file, strcspn (file, ":"));

  return g_hash_table_lookup (scan->entries, base);
}

static guint64
change (Scan *scan)
{
  if (scan->modseq == 0)
    scan->modseq = maildir_change (scan->account, scan->mailbox);
  return scan->modseq;
}

/* The list of a mailbox that was made anew under the same name, or that was there before us. */
static gboolean
read_header (Scan *scan, PliSpan *rest, MaildirUidHeader *header)
{
  MaildirMailbox *mailbox = scan->mailbox;

  if (!maildir_uidlist_header (rest, header))
    {
      *header = (MaildirUidHeader){ .version = 3, .uidvalidity = mailbox->uidvalidity, .uidnext = mailbox->uidnext };
      rest->len = 0;
      scan->other = TRUE;
    }
  if (header->version != 3)
    scan->other = TRUE;
  return mailbox->uidvalidity == 0 || header->uidvalidity == mailbox->uidvalidity;
}

static gboolean
forget_all (Scan *scan, GError **error)
{
  MaildirMailbox *mailbox = scan->mailbox;
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < mailbox->rows->len; i++)
    g_array_append_val (all, i);
  if (!maildir_rows_remove (scan->account, mailbox, all, change (scan), NULL, error)
      || !maildir_run (scan->account, error, MAILDIR_TOMB_REMOVE, 1, mailbox->number)
      || !maildir_run (scan->account, error, MAILDIR_BOX_REMOVE, 1, mailbox->number))
    return FALSE;
  /* Sessions that have it open hear that it is gone. */
  maildir_notice (scan->account, mailbox);
  mailbox->number = change (scan);
  mailbox->uidnext = mailbox->recent = 1;
  return TRUE;
}

/* Sets entry->uid from the list. */
static gboolean
read_list (Scan *scan, GError **error)
{
  MaildirMailbox *mailbox = scan->mailbox;
  g_autofree char *path = maildir_path (scan->account, mailbox, "dovecot-uidlist");
  g_autofree char *courier = maildir_path (scan->account, mailbox, "courierimapuiddb");
  g_auto (PliBuffer) text = { 0 };
  g_autoptr (GError) none = NULL;
  MaildirUidHeader header;
  MaildirUidLine line = { 0 };
  PliSpan rest;

  if (!maildir_stamp (path, &mailbox->uidlist, error))
    return FALSE;
  if (!maildir_read_file (mailbox->uidlist.inode ? path : courier, LIST_MOST, &text, &none)
      && none->code != PLI_ERROR_NOT_FOUND)
    {
      g_propagate_error (error, g_steal_pointer (&none));
      return FALSE;
    }
  scan->other = mailbox->uidlist.inode == 0;
  rest = pli_buffer_span (&text);
  if (!read_header (scan, &rest, &header) && !forget_all (scan, error))
    return FALSE;
  mailbox->uidvalidity = header.uidvalidity ? header.uidvalidity : maildir_next_uidvalidity (scan->account);
  mailbox->lines = 0;
  mailbox->changed = TRUE;
  while (maildir_uidlist_next (&rest, header.version, line.uid, &line))
    {
      g_autofree char *base = g_strndup (line.file.data, line.file.len);
      Entry *entry = g_hash_table_lookup (scan->entries, base);

      mailbox->lines++;
      if (entry)
        entry->uid = line.uid;
    }
  scan->list_uidnext = MAX (header.uidnext, line.uid + 1);
  return TRUE;
}

/* The name of a file we know, as it is now. */
static gboolean
take_name (Scan *scan, MaildirRow *row, Entry *entry, GError **error)
{
  MaildirFileName name;
  guint64 keywords;

  entry->known = TRUE;
  if (row->in_new == entry->in_new && g_str_equal (row->file, entry->file))
    return TRUE;
  g_free (row->file);
  row->file = g_strdup (entry->file);
  row->in_new = entry->in_new;
  maildir_filename_parse (row->file, &name);
  keywords =
      (row->keywords & maildir_bits_without_letter (scan->mailbox)) | maildir_bits_of (scan->mailbox, name.letters);
  if (row->flags != name.flags || row->keywords != keywords)
    {
      row->flags = name.flags;
      row->keywords = keywords;
      row->modseq = change (scan);
    }
  return maildir_row_save (scan->account, scan->mailbox, row, error);
}

static gboolean
compare_known (Scan *scan, gboolean second, GError **error)
{
  MaildirMailbox *mailbox = scan->mailbox;
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < mailbox->rows->len; i++)
    {
      MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, i);
      Entry *entry = find_entry (scan, row->file);

      if (entry && (entry->uid == 0 || entry->uid == row->uid))
        {
          if (!take_name (scan, row, entry, error))
            return FALSE;
        }
      else
        g_array_append_val (gone, i);
    }
  if (gone->len == 0)
    return TRUE;
  if (!second)
    return list_files (scan, error) && read_list (scan, error) && compare_known (scan, TRUE, error);
  return maildir_rows_remove (scan->account, mailbox, gone, change (scan), NULL, error);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = *(Entry *const *) a, *y = *(Entry *const *) b;

  if (x->uid != y->uid)
    return (x->uid == 0) - (y->uid == 0) ? (x->uid == 0) - (y->uid == 0) : (x->uid > y->uid) - (x->uid < y->uid);
  return strcmp (x->file, y->file);
}

/* (transfer full): files that have no row: first those with a UID, by it, then the others, by name, which begins with the
 * time of their arrival. A UID that we may have told to be gone is not taken. */
static GPtrArray *
collect_new (Scan *scan)
{
  GPtrArray *new = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, scan->entries);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      Entry *entry = data;

      if (entry->known)
        continue;
      if (entry->uid < scan->mailbox->uidnext)
        entry->uid = 0;
      g_ptr_array_add (new, entry);
    }
  g_ptr_array_sort (new, compare_entries);
  return new;
}

static gboolean
fill_row (Scan *scan, const Entry *entry, guint32 uid, MaildirRow *row, GError **error)
{
  MaildirFileName name;
  guint64 bytes, segment, offset;
  struct stat status = { 0 };
  guint32 child;
  g_autofree char *path = NULL;

  *row = (MaildirRow){ .uid = uid, .in_new = entry->in_new, .file = g_strdup (entry->file) };
  path = maildir_file_path (scan->account, scan->mailbox, row);
  maildir_filename_parse (row->file, &name);
  row->flags = name.flags;
  row->keywords = maildir_bits_of (scan->mailbox, name.letters);
  row->modseq = change (scan);
  if (stat (path, &status) == 0)
    row->received_us = (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
  else if (errno != ENOENT)
    return maildir_errno (error, path);
  row->bytes = (guint32) MIN (status.st_size, G_MAXUINT32);
  if (maildir_filename_size (name.base, 'W', &bytes))
    row->bytes = (guint32) bytes;
  if (maildir_filename_is_delivery (name.base, &segment, &offset, &child)
      && !maildir_run (scan->account, error, MAILDIR_TAKEN_ADD, 4, segment, offset, (gint64) child,
                       g_get_real_time () / G_USEC_PER_SEC))
    return FALSE;
  return maildir_email_of (scan->account, name.base, &row->email, error);
}

static gboolean
add_rows (Scan *scan, GPtrArray *new, guint from, guint to, GError **error)
{
  for (guint i = from; i < to; i++)
    {
      const Entry *entry = new->pdata[i];
      MaildirRow row;

      if (!fill_row (scan, entry, entry->uid ? entry->uid : scan->mailbox->uidnext, &row, error)
          || !maildir_row_add (scan->account, scan->mailbox, &row, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_listed (Scan *scan, GPtrArray *new, guint n, GError **error)
{
  gboolean ok = add_rows (scan, new, 0, n, error);

  scan->mailbox->uidnext = MAX (scan->mailbox->uidnext, scan->list_uidnext);
  return ok;
}

/* Files that nobody has given a UID. Under the lock. */
static gboolean
add_unlisted (Scan *scan, GPtrArray *new, guint from, GError **error)
{
  MaildirMailbox *mailbox = scan->mailbox;
  guint first = mailbox->rows->len;
  guint32 uidnext = mailbox->uidnext;
  gboolean ok = add_rows (scan, new, from, new->len, error);

  if (!ok)
    return FALSE;
  if (scan->other || mailbox->lines > 2 * mailbox->rows->len + SPARE_LINES)
    return maildir_uidlist_write (scan->account, mailbox, error);
  if (mailbox->rows->len == first)
    return TRUE;
  mailbox->uidnext = uidnext;
  ok = maildir_uidlist_add (scan->account, mailbox, &g_array_index (mailbox->rows, MaildirRow, first),
                            mailbox->rows->len - first, error);
  mailbox->uidnext += mailbox->rows->len - first;
  return ok;
}

static guint
listed (GPtrArray *new)
{
  guint n = 0;

  while (n < new->len && ((Entry *) new->pdata[n])->uid != 0)
    n++;
  return n;
}

static gboolean
add_locked (Scan *scan, GError **error)
{
  g_autofree char *path = maildir_path (scan->account, scan->mailbox, "dovecot-uidlist");
  g_autoptr (GPtrArray) new = NULL;
  MaildirStamp stamp;
  guint n;

  if (!maildir_stamp (path, &stamp, error))
    return FALSE;
  if (!maildir_stamp_same (&stamp, &scan->mailbox->uidlist) && !read_list (scan, error))
    return FALSE;
  new = collect_new (scan);
  n = listed (new);
  return add_listed (scan, new, n, error) && add_unlisted (scan, new, n, error);
}

static gboolean
add_new (Scan *scan, GError **error)
{
  g_autoptr (GPtrArray) new = collect_new (scan);
  g_autofree char *path = NULL;
  MaildirLock lock;
  gboolean ok;

  if (listed (new) == new->len && !scan->other)
    return add_listed (scan, new, new->len, error);
  if (scan->mailbox->held)
    return add_locked (scan, error);
  path = maildir_path (scan->account, scan->mailbox, "dovecot-uidlist");
  if (!maildir_lock (scan->account, path, &lock, error))
    return FALSE;
  ok = add_locked (scan, error);
  maildir_unlock (&lock);
  return ok;
}

static gboolean
stamps_now (MaildirAccount *account, MaildirMailbox *mailbox, MaildirStamp *new, MaildirStamp *cur,
            MaildirStamp *uidlist, GError **error)
{
  g_autofree char *new_path = maildir_path (account, mailbox, "new");
  g_autofree char *cur_path = maildir_path (account, mailbox, "cur");
  g_autofree char *list_path = maildir_path (account, mailbox, "dovecot-uidlist");

  return maildir_stamp (new_path, new, error) && maildir_stamp (cur_path, cur, error)
         && maildir_stamp (list_path, uidlist, error);
}

static gboolean
is_fresh (const MaildirStamp *new, const MaildirStamp *cur)
{
  return g_get_real_time () - MAX (new->mtime_ns, cur->mtime_ns) / 1000 < SURE_AFTER_US;
}

/* The first look at a mailbox that others made: what lies in cur/ was seen by somebody. */
static void
guess_recent (MaildirMailbox *mailbox)
{
  mailbox->recent = mailbox->uidnext;
  for (guint i = mailbox->rows->len; i > 0; i--)
    if (g_array_index (mailbox->rows, MaildirRow, i - 1).in_new)
      mailbox->recent = g_array_index (mailbox->rows, MaildirRow, i - 1).uid;
}

static gboolean
scan_mailbox (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirStamp *new, const MaildirStamp *cur,
              const MaildirStamp *uidlist, GError **error)
{
  Scan scan = { .account = account, .mailbox = mailbox };
  gboolean first = mailbox->uidvalidity == 0;
  gboolean list = first || !maildir_stamp_same (uidlist, &mailbox->uidlist);
  gboolean ok;

  scan.entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  ok = list_files (&scan, error) && (!list || read_list (&scan, error)) && compare_known (&scan, FALSE, error);
  /* The list is not kept in memory: new files are looked up in it. */
  if (ok && !list)
    {
      GPtrArray *some = collect_new (&scan);

      ok = some->len == 0 || read_list (&scan, error);
      g_ptr_array_unref (some);
    }
  ok = ok && add_new (&scan, error);
  g_hash_table_unref (scan.entries);
  if (!ok)
    return FALSE;
  if (first)
    guess_recent (mailbox);
  mailbox->new = *new;
  mailbox->cur = *cur;
  mailbox->unsure = is_fresh (new, cur);
  mailbox->changed = TRUE;
  if (scan.modseq)
    maildir_notice (account, mailbox);
  return TRUE;
}

/* Somebody has removed an empty new/ or cur/, or the whole folder. */
static gboolean
mend (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  g_autofree char *path = g_build_filename (account->tree, mailbox->dir, NULL);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return maildir_make_dirs (path, error);
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "the mailbox is gone");
  return FALSE;
}

gboolean
maildir_look (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  MaildirStamp new, cur, uidlist;

  if (!maildir_rows_load (account, mailbox, error) || !maildir_letters_look (account, mailbox, error)
      || !stamps_now (account, mailbox, &new, &cur, &uidlist, error))
    return FALSE;
  if ((new.inode == 0 || cur.inode == 0)
      && (!mend (account, mailbox, error) || !stamps_now (account, mailbox, &new, &cur, &uidlist, error)))
    return FALSE;
  if (maildir_stamp_same (&new, &mailbox->new) && maildir_stamp_same (&cur, &mailbox->cur)
      && maildir_stamp_same (&uidlist, &mailbox->uidlist) && mailbox->uidvalidity != 0
      && (!mailbox->unsure || is_fresh (&new, &cur)))
    return TRUE;
  if (scan_mailbox (account, mailbox, &new, &cur, &uidlist, error))
    return TRUE;
  account->broken = TRUE;
  return FALSE;
}

gboolean
maildir_look_again (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  mailbox->cur.mtime_ns = 0;
  return maildir_look (account, mailbox, error);
}

gboolean
maildir_own_change (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  MaildirStamp uidlist;

  mailbox->unsure = TRUE;
  mailbox->changed = TRUE;
  return stamps_now (account, mailbox, &mailbox->new, &mailbox->cur, &uidlist, error);
}
