/* address.c: addresses of accounts, for a `path` that names them (%u, %d, %n). The store's contract knows accounts by id only,
 * so the directory's list is read when an account comes up that is not in it yet. Loop thread. */
#include "maildir.h"

#include <pli/directory.h>

#define AGAIN_US G_USEC_PER_SEC /* an account that the list does not have makes us read it this often at most */

struct MaildirAddresses
{
  GHashTable *by_account; /* char *: char * */
  GPtrArray *waiting;     /* MaildirAccount */
  GString *after;
  gboolean reading;
  gint64 read_us;
  PliCall *call;
};

MaildirAddresses *
maildir_addresses_new (const char *path)
{
  MaildirAddresses *addresses;

  if (!path || !(strstr (path, "%u") || strstr (path, "%d") || strstr (path, "%n")))
    return NULL;
  addresses = g_new0 (MaildirAddresses, 1);
  addresses->by_account = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  addresses->waiting = g_ptr_array_new ();
  addresses->after = g_string_new (NULL);
  return addresses;
}

void
maildir_addresses_free (MaildirAddresses *addresses)
{
  if (!addresses)
    return;
  g_hash_table_unref (addresses->by_account);
  g_ptr_array_unref (addresses->waiting);
  g_string_free (addresses->after, TRUE);
  g_free (addresses);
}

static void
tell_waiting (Maildir *maildir)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&maildir->addresses->waiting);

  maildir->addresses->waiting = g_ptr_array_new ();
  maildir->addresses->reading = FALSE;
  maildir->addresses->read_us = pli_clock_us (maildir->instance);
  for (guint i = 0; i < waiting->len; i++)
    {
      MaildirAccount *account = waiting->pdata[i];

      account->address = g_strdup (g_hash_table_lookup (maildir->addresses->by_account, account->name));
      maildir_account_addressed (account);
    }
}

static void ask (Maildir *maildir);

static void
on_list (gpointer user, const void *result, const GError *error)
{
  Maildir *maildir = user;
  const PliDirectoryListResult *list = result;

  maildir->addresses->call = NULL;
  maildir->running--;
  if (error)
    pli_log (PLI_LOG_WARNING, "store.addresses", "error", error->message, NULL);
  for (guint32 i = 0; list && i < list->n_rows; i++)
    if (list->rows[i].account)
      g_hash_table_insert (maildir->addresses->by_account, g_strdup (list->rows[i].account),
                           g_strdup (list->rows[i].name));
  if (list && list->more && list->n_rows > 0 && !maildir->closed)
    {
      g_string_assign (maildir->addresses->after, list->rows[list->n_rows - 1].name);
      ask (maildir);
      return;
    }
  tell_waiting (maildir);
  maildir_free_when_over (maildir);
}

static void
ask (Maildir *maildir)
{
  const char *after = maildir->addresses->after->len ? maildir->addresses->after->str : NULL;
  PliDirectoryListArgs args = { .what = PLI_LIST_ACCOUNTS, .after = after };

  maildir->running++;
  maildir->addresses->call = pli_directory_list (maildir->instance, &args, on_list, maildir);
}

void
maildir_addresses_stop (Maildir *maildir)
{
  if (!maildir->addresses || !maildir->addresses->call)
    return;
  pli_call_cancel (g_steal_pointer (&maildir->addresses->call));
  maildir->running--;
  tell_waiting (maildir);
}

gboolean
maildir_address_find (MaildirAccount *account)
{
  Maildir *maildir = account->maildir;
  MaildirAddresses *addresses = maildir->addresses;

  if (!addresses || account->address)
    return TRUE;
  account->address = g_strdup (g_hash_table_lookup (addresses->by_account, account->name));
  if (account->address
      || (addresses->read_us && pli_clock_us (maildir->instance) - addresses->read_us < AGAIN_US
          && !addresses->reading))
    return TRUE;
  g_ptr_array_add (addresses->waiting, account);
  if (!addresses->reading)
    {
      addresses->reading = TRUE;
      g_string_truncate (addresses->after, 0);
      ask (maildir);
    }
  return FALSE;
}
