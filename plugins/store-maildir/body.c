/* body.c: the bytes of messages. A file is written to tmp/, synced, and only then renamed to its place, under the lock of
 * the list of UIDs. On disk lines end in LF (`line-ends`) where nothing is lost by that, as other programs expect; what
 * is read has CRLF. A file of another program is read, measured and rendered when somebody first asks for it. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each LF has just one CR before it. */
static gboolean
is_plain (PliSpan message)
{
  const char *end = message.data + message.len;

  for (const char *at = message.data; (at = memchr (at, '\n', (gsize) (end - at))); at++)
    if (at == message.data || at[-1] != '\r' || (at - 1 > message.data && at[-2] == '\r'))
      return FALSE;
  return TRUE;
}

PliSpan
maildir_body_pack (const MaildirSettings *set, PliSpan message, PliBuffer *space)
{
  const char *from = message.data, *end = message.data + message.len;

  if (set->line_ends == MAILDIR_CRLF || message.len == 0 || !is_plain (message))
    return message;
  pli_buffer_reserve (space, message.len);
  for (const char *at = from; (at = memchr (at, '\n', (gsize) (end - at))); at++)
    {
      pli_buffer_add (space, from, (gsize) (at - 1 - from));
      from = at;
    }
  pli_buffer_add (space, from, (gsize) (end - from));
  return pli_buffer_span (space);
}

/* Each LF that has no CR gets one. @out takes nothing when all have. */
static gboolean
lengthen (PliSpan text, PliBuffer *out)
{
  const char *from = text.data, *end = text.data + text.len;

  for (const char *at = from; at && (at = memchr (at, '\n', (gsize) (end - at))); at++)
    if (at == text.data || at[-1] != '\r')
      {
        pli_buffer_add (out, from, (gsize) (at - from));
        pli_buffer_add_char (out, '\r');
        from = at;
      }
  if (from == text.data)
    return FALSE;
  pli_buffer_add (out, from, (gsize) (end - from));
  return TRUE;
}

static gboolean
write_fd (MaildirAccount *account, int fd, PliSpan bytes, gint64 received_us)
{
  struct timespec times[2] = { { .tv_nsec = UTIME_NOW },
                               { received_us / G_USEC_PER_SEC, (long) (received_us % G_USEC_PER_SEC) * 1000 } };

  while (bytes.len > 0)
    {
      gssize wrote = write (fd, bytes.data, bytes.len);

      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return FALSE;
      bytes = pli_span_skip (bytes, (gsize) wrote);
    }
  /* INTERNALDATE is the time of the file. */
  return (received_us <= 0 || futimens (fd, times) == 0) && (!maildir_syncs (account) || fsync (fd) == 0);
}

gboolean
maildir_body_write (MaildirAccount *account, MaildirMailbox *mailbox, const char *name, PliSpan bytes,
                    gint64 received_us, GError **error)
{
  g_autofree char *below = g_strconcat ("tmp/", name, NULL);
  g_autofree char *path = maildir_path (account, mailbox, below);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok;

  if (fd < 0)
    return maildir_errno (error, path);
  ok = write_fd (account, fd, bytes, received_us) || maildir_errno (error, path);
  close (fd);
  if (!ok)
    unlink (path);
  return ok;
}

static gboolean
move_in (MaildirAccount *account, MaildirMailbox *mailbox, const MaildirRow *row, GError **error)
{
  g_autofree char *base = g_strndup (row->file, strcspn (row->file, ":"));
  g_autofree char *below = g_strconcat ("tmp/", base, NULL);
  g_autofree char *from = maildir_path (account, mailbox, below);
  g_autofree char *to = maildir_file_path (account, mailbox, row);

  if (rename (from, to) < 0)
    return maildir_errno (error, to);
  g_ptr_array_add (account->placed, g_steal_pointer (&to));
  mailbox->sync_new |= row->in_new;
  mailbox->sync_cur |= !row->in_new;
  return TRUE;
}

static gboolean
place_locked (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *rows, guint n, GError **error)
{
  if (n > G_MAXUINT32 - mailbox->uidnext)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT, "the mailbox has used up its UIDs");
      return FALSE;
    }
  if (!maildir_uidlist_add (account, mailbox, rows, n, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      rows[i].uid = mailbox->uidnext;
      if (!move_in (account, mailbox, &rows[i], error) || !maildir_row_add (account, mailbox, &rows[i], error))
        return FALSE;
      rows[i].file = NULL;
    }
  return TRUE;
}

gboolean
maildir_place (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *rows, guint n, GError **error)
{
  g_autofree char *path = maildir_path (account, mailbox, "dovecot-uidlist");
  MaildirLock lock;
  gboolean ok;

  if (!maildir_lock (account, path, &lock, error))
    return FALSE;
  mailbox->held = TRUE;
  ok = maildir_look (account, mailbox, error);
  mailbox->held = FALSE;
  ok = ok && place_locked (account, mailbox, rows, n, error);
  maildir_unlock (&lock);
  return ok && maildir_own_change (account, mailbox, error);
}

/* Takes @text when it is as it should be; else account->body. */
static PliSpan
convert (MaildirAccount *account, guint64 email, const PliBuffer *text)
{
  PliBuffer longer = { 0 };

  if (!lengthen (pli_buffer_span (text), &longer))
    return pli_buffer_span (text);
  g_free (account->body);
  account->body = longer.data;
  account->body_bytes = longer.len;
  account->body_email = email;
  return pli_span (account->body, account->body_bytes);
}

gboolean
maildir_learn (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, GError **error)
{
  g_autofree char *path = maildir_file_path (account, mailbox, row);
  g_autoptr (PliArena) arena = NULL;
  g_auto (PliBuffer) text = { 0 };
  PliRenderings renderings = { 0 };
  PliSpan message;

  if (row->learnt)
    return TRUE;
  if (!maildir_read_file (path, account->maildir->set.message_max, &text, error))
    return FALSE;
  arena = pli_arena_new ();
  message = convert (account, row->email, &text);
  if (!pli_render (message, NULL, arena, &renderings))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_LIMIT, "%s: cannot be rendered", path);
      return FALSE;
    }
  row->bytes = (guint32) message.len;
  row->header_bytes = renderings.header_bytes;
  row->direct = message.data == text.data;
  row->learnt = TRUE;
  return maildir_texts_save (account, row->email, &renderings, error)
         && maildir_row_save (account, mailbox, row, error);
}

static gboolean
read_direct (const char *path, guint64 offset, gsize length, char *data, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gsize have = 0;
  gssize got = 1;

  if (fd < 0)
    return maildir_errno (error, path);
  while (have < length && got > 0)
    {
      got = pread (fd, data + have, length - have, (off_t) (offset + have));
      if (got < 0 && errno == EINTR)
        got = 1;
      else if (got > 0)
        have += (gsize) got;
    }
  if (got < 0)
    maildir_errno (error, path);
  else if (have < length)
    g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "%s: the file is too short", path);
  close (fd);
  return have == length;
}

/* Files never change in a Maildir, so the message read last is good as long as its id is known. */
static gboolean
load_body (MaildirAccount *account, const char *path, guint64 email, GError **error)
{
  g_auto (PliBuffer) text = { 0 };
  PliSpan message;

  if (account->body && account->body_email == email)
    return TRUE;
  if (!maildir_read_file (path, account->maildir->set.message_max, &text, error))
    return FALSE;
  message = convert (account, email, &text);
  if (message.data == text.data)
    {
      g_free (account->body);
      account->body = g_steal_pointer (&text.data);
      account->body_bytes = message.len;
      account->body_email = email;
    }
  return TRUE;
}

gboolean
maildir_body_read (MaildirAccount *account, MaildirMailbox *mailbox, MaildirRow *row, guint64 offset, guint32 length,
                   PliArena *arena, PliSpan *out, GError **error)
{
  g_autofree char *path = NULL;
  char *data;

  if (!maildir_learn (account, mailbox, row, error))
    return FALSE;
  *out = PLI_SPAN ("");
  if (offset >= row->bytes || length == 0)
    return TRUE;
  length = (guint32) MIN (length, row->bytes - offset);
  path = maildir_file_path (account, mailbox, row);
  if (row->direct)
    {
      data = pli_arena_alloc (arena, length);
      *out = pli_span (data, length);
      return read_direct (path, offset, length, data, error);
    }
  if (!load_body (account, path, row->email, error))
    return FALSE;
  *out = pli_arena_span (arena,
                         pli_span_head (pli_span_skip (pli_span (account->body, account->body_bytes), offset), length));
  if (out->len == length)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_CORRUPT, "%s: the file is too short", path);
  return FALSE;
}
