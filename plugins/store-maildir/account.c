/* account.c: an account is opened (its tree made when there is none), committed at the end of each turn that changed
 * something, and closed. Offload pool. */
#include "maildir.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

guint32
maildir_next_uidvalidity (MaildirAccount *account)
{
  guint32 now = (guint32) (g_get_real_time () / G_USEC_PER_SEC);

  account->uidvalidity = MAX (account->uidvalidity + 1, now);
  account->meta_changed = TRUE;
  return account->uidvalidity;
}

guint64
maildir_change (MaildirAccount *account, MaildirMailbox *mailbox)
{
  mailbox->modseq = ++account->modseq;
  mailbox->changed = TRUE;
  account->meta_changed = TRUE;
  return mailbox->modseq;
}

gboolean
maildir_syncs (const MaildirAccount *account)
{
  return !account->bulk && account->maildir->set.fsync != MAILDIR_SYNC_NEVER;
}

static gboolean
make_folders (MaildirAccount *account, GError **error)
{
  const char *const *word = account->maildir->set.folders;

  if (!maildir_make_dirs (account->tree, error) || !maildir_tree_look (account, error)
      || !maildir_subscribe (account, "INBOX", TRUE, error))
    return FALSE;
  for (; word && *word; word++)
    {
      g_autofree char *given = NULL, *name = NULL;
      guint32 role;

      maildir_folder_parse (*word, &given, &role);
      name = maildir_name (&account->maildir->set, given, error);
      if (!name || (!maildir_by_name (account, name) && !maildir_make (account, name, role, error))
          || !maildir_subscribe (account, name, TRUE, error))
        return FALSE;
    }
  return TRUE;
}

/* Made beside its place, so that it is there whole or not at all. */
static gboolean
make_tree (MaildirAccount *account, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (account->tree), *tree = account->tree;
  gboolean made;

  account->tree = g_strconcat (tree, ".new", NULL);
  account->bulk = TRUE;
  made = make_folders (account, error);
  account->bulk = FALSE;
  made = made && (!maildir_syncs (account) || maildir_sync_volume (account->tree, error))
         && (rename (account->tree, tree) == 0 || maildir_errno (error, tree));
  g_free (account->tree);
  account->tree = g_steal_pointer (&tree);
  for (guint i = 0; i < account->mailboxes->len; i++)
    ((MaildirMailbox *) account->mailboxes->pdata[i])->sync_tree = FALSE;
  return made && (!maildir_syncs (account) || maildir_sync_dir (parent, error));
}

/* Folders of others get the roles that their names say. */
static void
give_roles (MaildirAccount *account)
{
  for (const char *const *word = account->maildir->set.folders; word && *word; word++)
    {
      g_autofree char *name = NULL;
      MaildirMailbox *mailbox;
      guint32 role;

      maildir_folder_parse (*word, &name, &role);
      mailbox = maildir_by_name (account, name);
      if (mailbox)
        mailbox->role = role;
    }
}

static gboolean
open_tree (MaildirAccount *account, GError **error)
{
  gboolean known = account->mailboxes->len > 0;

  if (!g_file_test (account->tree, G_FILE_TEST_IS_DIR))
    return make_tree (account, error);
  if (!maildir_make_dirs (account->tree, error) || !maildir_tree_look (account, error))
    return FALSE;
  if (!known)
    give_roles (account);
  return TRUE;
}

gboolean
maildir_account_open (MaildirAccount *account, GError **error)
{
  Maildir *maildir = account->maildir;
  guint shard = g_str_hash (account->name) & 0xff;
  g_autofree char *side = g_strdup_printf ("%s/%02x/%s", maildir->folder, shard, account->name);
  g_autofree char *database = g_build_filename (side, "side.db", NULL);
  gint64 expired = g_get_real_time () / G_USEC_PER_SEC - 30 * 24 * 3600;

  account->tree = maildir_tree_path (&maildir->set, maildir->folder, account->name, account->address, error);
  if (!account->tree)
    return FALSE;
  if (g_mkdir_with_parents (side, 0700) < 0)
    return maildir_errno (error, side);
  account->mailboxes = g_ptr_array_new_with_free_func (maildir_mailbox_free);
  account->is_open = maildir_database_open (account, database, error) && maildir_mailboxes_load (account, error)
                     && maildir_run (account, error, MAILDIR_TAKEN_EXPIRE, 1, expired) && open_tree (account, error);
  return account->is_open;
}

void
maildir_account_close (MaildirAccount *account)
{
  if (account->db && !sqlite3_get_autocommit (account->db))
    sqlite3_exec (account->db, "ROLLBACK", NULL, NULL, NULL);
  maildir_database_close (account);
  g_clear_pointer (&account->mailboxes, g_ptr_array_unref);
  g_clear_pointer (&account->subscribed, g_hash_table_unref);
  g_clear_pointer (&account->tree, g_free);
  g_clear_pointer (&account->body, g_free);
  account->body_email = account->body_bytes = account->modseq = 0;
  account->uidvalidity = 0;
  memset (&account->stamp, 0, sizeof account->stamp);
  memset (&account->subscriptions, 0, sizeof account->subscriptions);
  account->is_open = account->in_batch = account->sync_tree = account->sync_volume = account->meta_changed =
      account->broken = FALSE;
}

void
maildir_account_free (gpointer data)
{
  MaildirAccount *account = data;

  maildir_account_close (account);
  g_array_unref (account->settled);
  g_array_unref (account->forget);
  g_array_unref (account->notices);
  g_ptr_array_unref (account->placed);
  g_ptr_array_unref (account->turn);
  g_free (account->name);
  g_free (account->address);
  g_free (account);
}

static gboolean
sync_below (MaildirAccount *account, MaildirMailbox *mailbox, gboolean *which, const char *below, GError **error)
{
  g_autofree char *path = *which ? maildir_path (account, mailbox, below) : NULL;

  *which = FALSE;
  return !path || !maildir_syncs (account) || maildir_sync_dir (path, error);
}

static gboolean
forget_settled (MaildirAccount *account, GError **error)
{
  for (guint i = 0; i < account->forget->len; i++)
    {
      const MaildirKey *key = &g_array_index (account->forget, MaildirKey, i);

      if (!maildir_run (account, error, MAILDIR_TAKEN_REMOVE, 3, key->segment, key->offset, (gint64) key->child))
        return FALSE;
    }
  g_array_set_size (account->forget, 0);
  return TRUE;
}

static gboolean
save_all (MaildirAccount *account, GError **error)
{
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      MaildirMailbox *mailbox = account->mailboxes->pdata[i];

      if (!sync_below (account, mailbox, &mailbox->sync_new, "new", error)
          || !sync_below (account, mailbox, &mailbox->sync_cur, "cur", error)
          || !sync_below (account, mailbox, &mailbox->sync_tree, "", error)
          || (mailbox->changed && !maildir_mailbox_save (account, mailbox, error)))
        return FALSE;
    }
  if (account->sync_volume && maildir_syncs (account) && !maildir_sync_volume (account->tree, error))
    return FALSE;
  account->sync_volume = FALSE;
  if (account->sync_tree && maildir_syncs (account) && !maildir_sync_dir (account->tree, error))
    return FALSE;
  account->sync_tree = FALSE;
  return !account->meta_changed || maildir_meta_save (account, error);
}

gboolean
maildir_account_commit (MaildirAccount *account, GError **error)
{
  sqlite3_stmt *commit;

  if (!save_all (account, error))
    return FALSE;
  if (!account->in_batch)
    return TRUE;
  if (!forget_settled (account, error))
    return FALSE;
  commit = maildir_sql (account, MAILDIR_COMMIT, error);
  account->in_batch = FALSE;
  return commit && maildir_step (account, commit, NULL, error);
}

gsize
maildir_account_bytes (MaildirAccount *account)
{
  gsize bytes = sizeof *account + 1024 * 1024 + account->body_bytes;

  for (guint i = 0; account->mailboxes && i < account->mailboxes->len; i++)
    {
      const MaildirMailbox *mailbox = account->mailboxes->pdata[i];

      bytes += sizeof *mailbox + (mailbox->rows ? mailbox->rows->len * (sizeof (MaildirRow) + 80) : 0);
    }
  return bytes;
}
