/* rename.c: RENAME, with the mailboxes below; INBOX gives its messages away and stays. RFC 9051 6.3.6.
 *
 * Subscriptions are names of their own: the old ones stay, as the RFC asks, and the new ones are subscribed to when the
 * old ones were. */
#include "maildir.h"

#include <stdio.h>

static gboolean
is_moved (const char *name, const char *from)
{
  return g_str_equal (name, from) || maildir_name_is_below (name, from);
}

static char *
moved_name (const char *name, const char *from, const char *to)
{
  return g_strconcat (to, name + strlen (from), NULL);
}

static gboolean
check_target (MaildirCall *call, const char *name)
{
  g_autofree char *normal = maildir_name (&call->maildir->set, name, &call->error);
  g_autofree char *dir = normal ? maildir_dir_of (normal, &call->error) : NULL;

  if (!dir)
    return FALSE;
  if (maildir_by_name (call->account, name))
    return maildir_refuse (call, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
  return TRUE;
}

static gboolean
check_targets (MaildirCall *call, const char *from, const char *to)
{
  GPtrArray *mailboxes = call->account->mailboxes;
  gboolean any = FALSE;

  for (guint i = 0; i < mailboxes->len; i++)
    {
      MaildirMailbox *mailbox = mailboxes->pdata[i];
      g_autofree char *name = NULL;

      if (!is_moved (mailbox->name, from))
        continue;
      any = TRUE;
      name = moved_name (mailbox->name, from, to);
      if (!check_target (call, name))
        return FALSE;
    }
  return any || maildir_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
}

static gboolean
rename_one (MaildirAccount *account, MaildirMailbox *mailbox, const char *from, const char *to, GError **error)
{
  g_autofree char *name = moved_name (mailbox->name, from, to);
  g_autofree char *dir = maildir_dir_of (name, error);
  g_autofree char *old_path = g_build_filename (account->tree, mailbox->dir, NULL);
  g_autofree char *new_path = dir ? g_build_filename (account->tree, dir, NULL) : NULL;
  gboolean subscribed = g_hash_table_contains (account->subscribed, mailbox->name);

  if (!dir)
    return FALSE;
  if (rename (old_path, new_path) < 0)
    return maildir_errno (error, old_path);
  g_free (mailbox->name);
  g_free (mailbox->dir);
  mailbox->name = g_steal_pointer (&name);
  mailbox->dir = g_steal_pointer (&dir);
  mailbox->changed = account->sync_tree = TRUE;
  return !subscribed || maildir_subscribe (account, mailbox->name, TRUE, error);
}

static gboolean
make_parents (MaildirAccount *account, const char *name, GError **error)
{
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash ? g_strndup (name, (gsize) (slash - name)) : NULL;

  return !parent || maildir_by_name (account, parent) || maildir_make (account, parent, PLI_ROLE_NONE, error);
}

static gboolean
rename_inbox (MaildirCall *call, MaildirMailbox *inbox, const char *to)
{
  PliMailboxResult *result = call->result;
  MaildirAccount *account = call->account;
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  MaildirMailbox *target;

  if (!check_target (call, to) || !maildir_look (account, inbox, &call->error))
    return FALSE;
  target = maildir_make (account, to, PLI_ROLE_NONE, &call->error);
  if (!target)
    return maildir_fail (call);
  for (guint i = 0; i < inbox->rows->len; i++)
    g_array_append_val (all, i);
  if (!maildir_copy_rows (account, inbox, target, all, TRUE, NULL, gone, &call->error))
    return maildir_fail (call);
  result->mailbox = target->number;
  maildir_notice (account, inbox);
  return TRUE;
}

gboolean
maildir_rename (MaildirCall *call, const char *from, const char *to)
{
  PliMailboxResult *result = call->result;
  MaildirAccount *account = call->account;
  MaildirMailbox *mailbox = maildir_by_name (account, from);

  if (maildir_name_is_below (to, from) && !(mailbox && mailbox->role == PLI_ROLE_INBOX))
    return maildir_refuse (call, PLI_ERROR_DENIED, "a mailbox cannot move below itself");
  if (maildir_by_name (account, to))
    return maildir_refuse (call, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
  if (mailbox && mailbox->role == PLI_ROLE_INBOX)
    return rename_inbox (call, mailbox, to);
  if (!check_targets (call, from, to) || !maildir_subscriptions_look (account, &call->error))
    return FALSE;
  if (!make_parents (account, to, &call->error))
    return maildir_fail (call);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MaildirMailbox *one = account->mailboxes->pdata[i];

      if (is_moved (one->name, from) && !rename_one (account, one, from, to, &call->error))
        return maildir_fail (call);
    }
  result->mailbox = mailbox ? mailbox->number : 0;
  return TRUE;
}
