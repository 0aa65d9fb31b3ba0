/* tree.c: the mailboxes of an account: its tree's own folder is INBOX, `.Name` beside cur/ and new/ are the others. Folders
 * that others make, rename or remove are noticed. Names that begin with `..` are on their way out. */
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH_US G_USEC_PER_SEC

MaildirMailbox *
maildir_by_name (MaildirAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MaildirMailbox *mailbox = account->mailboxes->pdata[i];

      if (strcmp (mailbox->name, name) == 0)
        return mailbox;
    }
  return NULL;
}

MaildirMailbox *
maildir_by_number (MaildirAccount *account, guint64 number, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MaildirMailbox *mailbox = account->mailboxes->pdata[i];

      if (mailbox->number == number)
        return mailbox;
    }
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "the mailbox is gone");
  return NULL;
}

gboolean
maildir_has_children (MaildirAccount *account, const char *name)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    if (maildir_name_is_below (((MaildirMailbox *) account->mailboxes->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

static MaildirMailbox *
add (MaildirAccount *account, const char *dir, char *name)
{
  MaildirMailbox *mailbox = g_new0 (MaildirMailbox, 1);

  mailbox->dir = g_strdup (dir);
  mailbox->name = name;
  mailbox->role = dir[0] ? PLI_ROLE_NONE : PLI_ROLE_INBOX;
  mailbox->uidnext = mailbox->recent = 1;
  mailbox->keywords = g_ptr_array_new_with_free_func (g_free);
  memset (mailbox->letters, -1, sizeof mailbox->letters);
  mailbox->number = maildir_change (account, mailbox);
  g_ptr_array_add (account->mailboxes, mailbox);
  return mailbox;
}

/* A folder without cur/ and Courier's marker is none of mail. */
static void
found (MaildirAccount *account, const char *dir)
{
  g_autofree char *name = dir[0] ? maildir_name_of (dir) : g_strdup ("INBOX");
  g_autofree char *cur = g_build_filename (account->tree, dir, "cur", NULL);
  g_autofree char *marker = g_build_filename (account->tree, dir, "maildirfolder", NULL);
  g_autofree char *normal = name ? maildir_name (&account->maildir->set, name, NULL) : NULL;

  if (normal && g_str_equal (normal, name) && !maildir_by_name (account, name)
      && (access (cur, F_OK) == 0 || access (marker, F_OK) == 0))
    add (account, dir, g_steal_pointer (&name));
}

static gboolean
is_gone (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  maildir_rows_drop (mailbox);
  if (!maildir_rows_load (account, mailbox, error))
    return FALSE;
  while (mailbox->rows->len > 0)
    {
      g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint));

      for (guint i = 0; i < mailbox->rows->len; i++)
        g_array_append_val (all, i);
      if (!maildir_rows_remove (account, mailbox, all, ++account->modseq, NULL, error))
        return FALSE;
    }
  account->meta_changed = TRUE;
  if (!maildir_run (account, error, MAILDIR_TOMB_REMOVE, 1, mailbox->number)
      || !maildir_run (account, error, MAILDIR_BOX_REMOVE, 1, mailbox->number))
    return FALSE;
  maildir_notice (account, mailbox);
  g_ptr_array_remove (account->mailboxes, mailbox);
  return TRUE;
}

static GHashTable *
list_dirs (MaildirAccount *account, GError **error)
{
  g_autoptr (GHashTable) dirs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  DIR *dir = opendir (account->tree);
  struct dirent *one;

  if (!dir)
    {
      maildir_errno (error, account->tree);
      return NULL;
    }
  g_hash_table_add (dirs, g_strdup (""));
  while ((one = readdir (dir)))
    if (one->d_name[0] == '.' && one->d_name[1] != '.' && one->d_name[1] != 0
        && (one->d_type == DT_DIR || one->d_type == DT_UNKNOWN || one->d_type == DT_LNK))
      g_hash_table_add (dirs, g_strdup (one->d_name));
  closedir (dir);
  return g_steal_pointer (&dirs);
}

gboolean
maildir_tree_look (MaildirAccount *account, GError **error)
{
  g_autoptr (GHashTable) dirs = NULL;
  GHashTableIter iter;
  MaildirStamp stamp;
  gpointer dir;

  if (!maildir_stamp (account->tree, &stamp, error))
    return FALSE;
  if (maildir_stamp_same (&stamp, &account->stamp) && g_get_real_time () - stamp.mtime_ns / 1000 > FRESH_US)
    return TRUE;
  dirs = list_dirs (account, error);
  if (!dirs)
    return FALSE;
  for (guint i = account->mailboxes->len; i > 0; i--)
    {
      MaildirMailbox *mailbox = account->mailboxes->pdata[i - 1];

      if (!g_hash_table_remove (dirs, mailbox->dir) && !is_gone (account, mailbox, error))
        {
          account->broken = TRUE;
          return FALSE;
        }
    }
  g_hash_table_iter_init (&iter, dirs);
  while (g_hash_table_iter_next (&iter, &dir, NULL))
    found (account, dir);
  account->stamp = stamp;
  return TRUE;
}

static gboolean
write_marker (const char *path, GError **error)
{
  g_autofree char *marker = g_build_filename (path, "maildirfolder", NULL);
  int fd = open (marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    return maildir_errno (error, marker);
  close (fd);
  return TRUE;
}

static MaildirMailbox *
make_one (MaildirAccount *account, const char *name, guint32 role, GError **error)
{
  g_autofree char *dir = maildir_dir_of (name, error);
  g_autofree char *path = dir ? g_build_filename (account->tree, dir, NULL) : NULL;
  MaildirMailbox *mailbox;

  if (!path || !maildir_make_dirs (path, error) || !write_marker (path, error))
    return NULL;
  mailbox = add (account, dir, g_strdup (name));
  mailbox->role = role;
  mailbox->sync_tree = TRUE;
  account->sync_tree = TRUE;
  if (!maildir_look (account, mailbox, error))
    return NULL;
  mailbox->recent = mailbox->uidnext;
  return mailbox;
}

MaildirMailbox *
maildir_make (MaildirAccount *account, const char *name, guint32 role, GError **error)
{
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *parent = g_strndup (name, (gsize) (slash - name));

      if (!maildir_by_name (account, parent) && !make_one (account, parent, PLI_ROLE_NONE, error))
        return NULL;
    }
  return make_one (account, name, role, error);
}

static gboolean
empty_dir (const char *path, guint depth, GError **error)
{
  DIR *dir = opendir (path);
  gboolean ok = TRUE;
  struct dirent *one;

  if (!dir)
    return errno == ENOENT || maildir_errno (error, path);
  while (ok && (one = readdir (dir)))
    {
      g_autofree char *below = g_build_filename (path, one->d_name, NULL);

      if (strcmp (one->d_name, ".") == 0 || strcmp (one->d_name, "..") == 0)
        continue;
      if (unlink (below) == 0 || errno == ENOENT)
        continue;
      ok = depth > 0 && empty_dir (below, depth - 1, error) && (rmdir (below) == 0 || maildir_errno (error, below));
    }
  closedir (dir);
  return ok;
}

/* cur/, new/ and tmp/ are one level; what programs put below them is not ours to remove. */
gboolean
maildir_remove_dir (const char *path, GError **error)
{
  return empty_dir (path, 1, error) && (rmdir (path) == 0 || maildir_errno (error, path));
}
