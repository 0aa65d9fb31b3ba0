/* uidfile.c: `dovecot-uidlist` on disk: locked as Dovecot locks it, appended to, and now and then written anew. The list
 * comes before the file that it names: a line without a file costs a UID, a file without a line would be given one by
 * whoever looks first. */
#include "maildir.h"
#include "uidlist.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MOST (256 * 1024 * 1024)
#define WAIT_STEP_US (10 * 1000)
#define STALE_SECONDS 120

static gboolean
write_all (int fd, PliSpan text)
{
  while (text.len > 0)
    {
      gssize wrote = write (fd, text.data, text.len);

      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return FALSE;
      text = pli_span_skip (text, (gsize) wrote);
    }
  return TRUE;
}

/* Our own locks say so, and by which life of this room: an account is in one room only, so that a lock of another life has
 * no owner any more. */
static void
lock_text (MaildirAccount *account, char out[32])
{
  g_snprintf (out, 32, "pli %016" G_GINT64_MODIFIER "x\n", account->maildir->life);
}

/* Nobody holds a lock for so long; ours goes at once. */
static void
drop_stale (MaildirAccount *account, const char *path)
{
  g_auto (PliBuffer) text = { 0 };
  struct stat status;
  char own[32];

  lock_text (account, own);
  if (stat (path, &status) < 0)
    return;
  if (g_get_real_time () / G_USEC_PER_SEC - status.st_mtim.tv_sec > STALE_SECONDS
      || (maildir_read_file (path, LIST_MOST, &text, NULL) && pli_span_starts (pli_buffer_span (&text), "pli ")
          && !pli_span_is (pli_buffer_span (&text), own)))
    unlink (path);
}

gboolean
maildir_lock (MaildirAccount *account, const char *path, MaildirLock *out, GError **error)
{
  gint64 until = g_get_monotonic_time () + account->maildir->set.lock_timeout;
  char own[32];

  out->path = g_strconcat (path, ".lock", NULL);
  while ((out->fd = open (out->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
    {
      if (errno != EEXIST || g_get_monotonic_time () >= until)
        {
          maildir_errno (error, out->path);
          g_clear_pointer (&out->path, g_free);
          return FALSE;
        }
      drop_stale (account, out->path);
      g_usleep (WAIT_STEP_US);
    }
  lock_text (account, own);
  if (write_all (out->fd, pli_span_from (own)))
    return TRUE;
  maildir_errno (error, out->path);
  maildir_unlock (out);
  return FALSE;
}

void
maildir_unlock (MaildirLock *lock)
{
  unlink (lock->path);
  g_clear_pointer (&lock->path, g_free);
  close (lock->fd);
}

gboolean
maildir_replace (MaildirAccount *account, const char *path, PliSpan text, GError **error)
{
  g_autofree char *new = g_strconcat (path, ".pli", NULL);
  int fd = open (new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok;

  if (fd < 0)
    return maildir_errno (error, new);
  ok = (write_all (fd, text) && (!maildir_syncs (account) || fdatasync (fd) == 0) && rename (new, path) == 0)
       || maildir_errno (error, path);
  close (fd);
  if (!ok)
    unlink (new);
  return ok;
}

/* A list that ends in half a line would take the next one with it. */
static gboolean
append (MaildirAccount *account, int fd, PliSpan text)
{
  struct stat status;
  int code;

  if (fstat (fd, &status) < 0)
    return FALSE;
  if (write_all (fd, text) && (!maildir_syncs (account) || fdatasync (fd) == 0))
    return TRUE;
  code = errno;
  if (ftruncate (fd, status.st_size) < 0)
    pli_log (PLI_LOG_ERROR, "store.uidlist", "account", account->name, "error", g_strerror (errno), NULL);
  errno = code;
  return FALSE;
}

gboolean
maildir_uidlist_add (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *rows, guint n, GError **error)
{
  g_autofree char *path = maildir_path (account, mailbox, "dovecot-uidlist");
  g_auto (PliBuffer) text = { 0 };
  int fd = open (path, O_RDWR | O_APPEND | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return maildir_errno (error, path);
  for (guint i = 0; i < n; i++)
    maildir_uidlist_print_line (mailbox->uidnext + i, pli_span (rows[i].file, strcspn (rows[i].file, ":")), &text);
  ok = append (account, fd, pli_buffer_span (&text)) || maildir_errno (error, path);
  close (fd);
  mailbox->lines += n;
  return ok && maildir_stamp (path, &mailbox->uidlist, error);
}

static PliSpan
new_guid (char out[33])
{
  g_snprintf (out, 33, "%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
  return pli_span (out, 32);
}

/* Lines of others may say more than ours do, so they stay as they are. */
static void
print_rows (MaildirMailbox *mailbox, PliSpan old, guint version, PliBuffer *out)
{
  MaildirUidLine line = { 0 };

  for (guint i = 0; mailbox->rows && i < mailbox->rows->len; i++)
    {
      const MaildirRow *row = &g_array_index (mailbox->rows, MaildirRow, i);
      PliSpan base = pli_span (row->file, strcspn (row->file, ":"));

      while (line.uid < row->uid && maildir_uidlist_next (&old, version, line.uid, &line))
        continue;
      if (version == 3 && line.uid == row->uid && pli_span_equal (line.file, base))
        {
          pli_buffer_add_span (out, line.line);
          pli_buffer_add_char (out, '\n');
        }
      else
        maildir_uidlist_print_line (row->uid, base, out);
    }
}

gboolean
maildir_uidlist_write (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  g_autofree char *path = maildir_path (account, mailbox, "dovecot-uidlist");
  g_auto (PliBuffer) old = { 0 }, text = { 0 };
  g_autoptr (GError) unread = NULL;
  MaildirUidHeader header = { 0 };
  PliSpan rest;
  char guid[33];

  if (!maildir_read_file (path, LIST_MOST, &old, &unread) && unread->code != PLI_ERROR_NOT_FOUND)
    {
      g_propagate_error (error, g_steal_pointer (&unread));
      return FALSE;
    }
  rest = pli_buffer_span (&old);
  if (!maildir_uidlist_header (&rest, &header))
    rest.len = 0;
  if (header.guid.len == 0)
    header.guid = new_guid (guid);
  header.uidvalidity = mailbox->uidvalidity;
  header.uidnext = mailbox->uidnext;
  maildir_uidlist_print_header (&header, &text);
  print_rows (mailbox, rest, header.version, &text);
  if (!maildir_replace (account, path, pli_buffer_span (&text), error))
    return FALSE;
  mailbox->lines = mailbox->rows ? mailbox->rows->len : 0;
  mailbox->sync_tree = TRUE;
  return maildir_stamp (path, &mailbox->uidlist, error);
}
