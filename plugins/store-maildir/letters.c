/* letters.c: keywords: a mailbox's table of at most 64 names, of which the first 26 have letters that stand in names of
 * files. Which letter has which name is in the folder's `dovecot-keywords`: lines `NUMBER NAME`, 0 being `a`. Keywords
 * without a letter are in our database only. The table only grows; letters follow the file. */
#include "maildir.h"

#include <errno.h>
#include <stdio.h>

#define NAME_MAX_BYTES 255
#define FILE_MOST (64 * 1024)

const char *const *
maildir_keywords (MaildirMailbox *mailbox, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, mailbox->keywords->len + 1);

  for (guint i = 0; i < mailbox->keywords->len; i++)
    names[i] = pli_arena_strdup (arena, mailbox->keywords->pdata[i]);
  return names;
}

static gint
find (MaildirMailbox *mailbox, const char *name)
{
  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (g_ascii_strcasecmp (mailbox->keywords->pdata[i], name) == 0)
      return (gint) i;
  return -1;
}

/* An atom with what IMAP allows in one; the file has lines. */
static gboolean
name_ok (const char *name)
{
  for (const guchar *c = (const guchar *) name; *c; c++)
    if (*c <= 0x20 || *c == 0x7f)
      return FALSE;
  return *name && strlen (name) <= NAME_MAX_BYTES;
}

static void
take_line (MaildirMailbox *mailbox, PliSpan line)
{
  gssize space = pli_span_find (line, ' ');
  g_autofree char *name = space > 0 ? pli_span_dup (pli_span_skip (line, (gsize) space + 1)) : NULL;
  guint64 letter;
  gint bit;

  if (!name || !name_ok (name) || !pli_span_to_u64 (pli_span_head (line, (gsize) space), MAILDIR_LETTERS - 1, &letter))
    return;
  bit = find (mailbox, name);
  if (bit < 0 && mailbox->keywords->len < MAILDIR_KEYWORDS_MAX)
    {
      bit = (gint) mailbox->keywords->len;
      g_ptr_array_add (mailbox->keywords, g_steal_pointer (&name));
      mailbox->changed = TRUE;
    }
  mailbox->letters[letter] = (gint8) bit;
}

gboolean
maildir_letters_look (MaildirAccount *account, MaildirMailbox *mailbox, GError **error)
{
  g_autofree char *path = maildir_path (account, mailbox, "dovecot-keywords");
  g_auto (PliBuffer) text = { 0 };
  MaildirStamp stamp;
  PliSpan rest;

  if (!maildir_stamp (path, &stamp, error))
    return FALSE;
  if (maildir_stamp_same (&stamp, &mailbox->letters_file))
    return TRUE;
  if (stamp.inode != 0 && !maildir_read_file (path, FILE_MOST, &text, error))
    return FALSE;
  memset (mailbox->letters, -1, sizeof mailbox->letters);
  rest = pli_buffer_span (&text);
  while (rest.len > 0)
    {
      gssize at = pli_span_find (rest, '\n');

      take_line (mailbox, at < 0 ? rest : pli_span_head (rest, (gsize) at));
      rest = at < 0 ? pli_span (NULL, 0) : pli_span_skip (rest, (gsize) at + 1);
    }
  mailbox->letters_file = stamp;
  return TRUE;
}

static gboolean
write_file (MaildirAccount *account, MaildirMailbox *mailbox, const char *path, GError **error)
{
  g_auto (PliBuffer) text = { 0 };

  for (guint i = 0; i < MAILDIR_LETTERS; i++)
    if (mailbox->letters[i] >= 0)
      pli_buffer_printf (&text, "%u %s\n", i, (const char *) mailbox->keywords->pdata[mailbox->letters[i]]);
  if (!maildir_replace (account, path, pli_buffer_span (&text), error))
    return FALSE;
  mailbox->sync_tree = TRUE;
  return maildir_stamp (path, &mailbox->letters_file, error);
}

/* Letters for the names from bit @first on, while there are letters. */
static gboolean
give_letters (MaildirAccount *account, MaildirMailbox *mailbox, guint first, GError **error)
{
  g_autofree char *path = maildir_path (account, mailbox, "dovecot-keywords");
  MaildirLock lock;
  gboolean ok, any = FALSE;

  for (guint i = 0; i < MAILDIR_LETTERS; i++)
    any |= mailbox->letters[i] < 0;
  if (!any)
    return TRUE;
  if (!maildir_lock (account, path, &lock, error))
    return FALSE;
  ok = maildir_letters_look (account, mailbox, error);
  for (guint bit = first; ok && bit < mailbox->keywords->len; bit++)
    {
      guint letter = 0;

      while (letter < MAILDIR_LETTERS && mailbox->letters[letter] >= 0 && mailbox->letters[letter] != (gint8) bit)
        letter++;
      if (letter < MAILDIR_LETTERS)
        mailbox->letters[letter] = (gint8) bit;
    }
  ok = ok && write_file (account, mailbox, path, error);
  maildir_unlock (&lock);
  return ok;
}

gboolean
maildir_keyword_bits (MaildirAccount *account, MaildirMailbox *mailbox, const char *const *names, gboolean make,
                      guint64 *out_bits, GError **error)
{
  guint before = mailbox->keywords->len;

  *out_bits = 0;
  for (; names && *names; names++)
    {
      gint bit = find (mailbox, *names);

      if (bit < 0 && make)
        {
          if (mailbox->keywords->len == MAILDIR_KEYWORDS_MAX || !name_ok (*names))
            {
              g_ptr_array_set_size (mailbox->keywords, (gint) before);
              g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT,
                                   "the mailbox has too many keywords, or this cannot be one");
              return FALSE;
            }
          bit = (gint) mailbox->keywords->len;
          g_ptr_array_add (mailbox->keywords, g_strdup (*names));
        }
      if (bit >= 0)
        *out_bits |= G_GUINT64_CONSTANT (1) << bit;
    }
  if (mailbox->keywords->len == before)
    return TRUE;
  mailbox->changed = TRUE;
  return give_letters (account, mailbox, before, error);
}

guint32
maildir_letters_of (MaildirMailbox *mailbox, guint64 keywords)
{
  guint32 letters = 0;

  for (guint i = 0; i < MAILDIR_LETTERS; i++)
    if (mailbox->letters[i] >= 0 && keywords >> mailbox->letters[i] & 1)
      letters |= 1u << i;
  return letters;
}

guint64
maildir_bits_of (MaildirMailbox *mailbox, guint32 letters)
{
  guint64 bits = 0;

  for (guint i = 0; i < MAILDIR_LETTERS; i++)
    if (mailbox->letters[i] >= 0 && letters >> i & 1)
      bits |= G_GUINT64_CONSTANT (1) << mailbox->letters[i];
  return bits;
}

guint64
maildir_bits_without_letter (MaildirMailbox *mailbox)
{
  return ~maildir_bits_of (mailbox, G_MAXUINT32);
}
