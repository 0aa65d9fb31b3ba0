/* path.c: paths, and the few things done to folders and files by path. All of it blocks: offload pool only. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
maildir_errno (GError **error, const char *path)
{
  int code = errno;
  PliErrorCode mapped = PLI_ERROR_TRY_AGAIN;

  if (code == ENOSPC || code == EDQUOT)
    mapped = PLI_ERROR_QUOTA;
  else if (code == ENOENT)
    mapped = PLI_ERROR_NOT_FOUND;
  g_set_error (error, PLI_ERROR, (gint) mapped, "%s: %s", path, g_strerror (code));
  return FALSE;
}

/* What stands for %@which; NULL: there is no such thing. */
static char *
expand (char which, const char *account, const char *address)
{
  const char *at = address ? strrchr (address, '@') : NULL;

  if (which == 'a')
    return g_strdup (account);
  if (!at)
    return NULL;
  if (which == 'u')
    return g_strdup (address);
  if (which == 'd')
    return g_strdup (at + 1);
  return which == 'n' ? g_strndup (address, (gsize) (at - address)) : NULL;
}

char *
maildir_tree_path (const MaildirSettings *set, const char *folder, const char *account, const char *address,
                   GError **error)
{
  g_auto (PliBuffer) path = { 0 };

  if (!set->path)
    return g_strdup_printf ("%s/%02x/%s/Maildir", folder, g_str_hash (account) & 0xff, account);
  for (const char *c = set->path; *c; c++)
    {
      g_autofree char *word = *c == '%' ? expand (c[1], account, address) : g_strndup (c, 1);

      if (!word || (*c == '%' && (word[0] == '.' || strchr (word, '/'))))
        {
          g_set_error (error, PLI_ERROR, address ? PLI_ERROR_CONFIG : PLI_ERROR_TRY_AGAIN,
                       "[store-maildir] path: %%%c cannot be said of account %s", c[1], account);
          return NULL;
        }
      pli_buffer_add_text (&path, word);
      c += *c == '%';
    }
  return g_strndup (path.data, path.len);
}

char *
maildir_path (MaildirAccount *account, MaildirMailbox *mailbox, const char *below)
{
  return g_strconcat (account->tree, mailbox->dir[0] ? "/" : "", mailbox->dir, "/", below, NULL);
}

char *
maildir_file_path (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *row)
{
  return g_strconcat (account->tree, mailbox->dir[0] ? "/" : "", mailbox->dir, row->in_new ? "/new/" : "/cur/",
                      row->file, NULL);
}

gboolean
maildir_make_dirs (const char *path, GError **error)
{
  static const char *const below[] = { "tmp", "new", "cur" };

  if (g_mkdir_with_parents (path, 0700) < 0)
    return maildir_errno (error, path);
  for (guint i = 0; i < G_N_ELEMENTS (below); i++)
    {
      g_autofree char *one = g_build_filename (path, below[i], NULL);

      if (mkdir (one, 0700) < 0 && errno != EEXIST)
        return maildir_errno (error, one);
    }
  return TRUE;
}

static gboolean
sync_path (const char *path, int (*sync) (int fd), GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && sync (fd) == 0;

  if (!ok)
    maildir_errno (error, path);
  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
maildir_sync_dir (const char *path, GError **error)
{
  return sync_path (path, fsync, error);
}

gboolean
maildir_sync_volume (const char *path, GError **error)
{
  return sync_path (path, syncfs, error);
}

gboolean
maildir_stamp (const char *path, MaildirStamp *out, GError **error)
{
  struct stat status;

  memset (out, 0, sizeof *out);
  if (stat (path, &status) < 0)
    return errno == ENOENT || maildir_errno (error, path);
  out->mtime_ns = (gint64) status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  out->inode = status.st_ino;
  out->size = (guint64) status.st_size;
  return TRUE;
}

gboolean
maildir_stamp_same (const MaildirStamp *a, const MaildirStamp *b)
{
  return a->mtime_ns == b->mtime_ns && a->inode == b->inode && a->size == b->size;
}

static gboolean
read_fd (int fd, guint64 most, PliBuffer *out)
{
  for (;;)
    {
      gssize got = read (fd, pli_buffer_reserve (out, 64 * 1024), 64 * 1024);

      if (got < 0 && errno == EINTR)
        continue;
      if (got > 0)
        out->len += (gsize) got;
      if (out->len > most)
        errno = EFBIG;
      if (got <= 0 || out->len > most)
        return got == 0;
    }
}

gboolean
maildir_read_file (const char *path, guint64 most, PliBuffer *out, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  gboolean ok;

  if (fd < 0)
    return maildir_errno (error, path);
  if (fstat (fd, &status) == 0 && (guint64) status.st_size <= most)
    pli_buffer_reserve (out, (gsize) status.st_size + 64 * 1024);
  ok = read_fd (fd, most, out) || maildir_errno (error, path);
  close (fd);
  return ok;
}
