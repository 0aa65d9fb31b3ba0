/* subscriptions.c: the names that the user subscribes to, in the tree's file `subscriptions`, shared with Dovecot: since its
 * version 2 the file begins with a line `V<TAB>2` and an empty one, and levels of a name are divided by TAB; before, names
 * stand as they are in folders, with dots. Names are in modified UTF-7. */
#include "maildir.h"

#define FILE_MOST (4 * 1024 * 1024)
#define HEAD "V\t2\n\n"

static void
take_line (MaildirAccount *account, PliSpan line, char divider)
{
  g_autofree char *text = pli_span_dup (line);
  g_autofree char *normal = NULL;
  g_auto (PliBuffer) name = { 0 };

  for (char *c = text; *c; c++)
    if (*c == divider)
      *c = '/';
  if (!pli_utf7_to_utf8 (pli_span_from (text), &name))
    pli_buffer_add_text (&name, text);
  pli_buffer_add_char (&name, 0);
  normal = maildir_name (&account->maildir->set, name.data, NULL);
  if (normal)
    g_hash_table_add (account->subscribed, g_steal_pointer (&normal));
}

gboolean
maildir_subscriptions_look (MaildirAccount *account, GError **error)
{
  g_autofree char *path = g_build_filename (account->tree, "subscriptions", NULL);
  g_auto (PliBuffer) text = { 0 };
  MaildirStamp stamp;
  gboolean tabs;
  PliSpan rest;

  if (!maildir_stamp (path, &stamp, error))
    return FALSE;
  if (account->subscribed && maildir_stamp_same (&stamp, &account->subscriptions))
    return TRUE;
  if (stamp.inode && !maildir_read_file (path, FILE_MOST, &text, error))
    return FALSE;
  g_clear_pointer (&account->subscribed, g_hash_table_unref);
  account->subscribed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  rest = pli_buffer_span (&text);
  tabs = pli_span_starts (rest, HEAD);
  if (tabs)
    rest = pli_span_skip (rest, strlen (HEAD));
  while (rest.len > 0)
    {
      gssize at = pli_span_find (rest, '\n');
      PliSpan line = at < 0 ? rest : pli_span_head (rest, (gsize) at);

      if (line.len > 0)
        take_line (account, line, tabs ? '\t' : '.');
      rest = at < 0 ? pli_span (NULL, 0) : pli_span_skip (rest, (gsize) at + 1);
    }
  account->subscriptions = stamp;
  return TRUE;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
print (MaildirAccount *account, PliBuffer *out)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, account->subscribed);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (sorted, name);
  g_ptr_array_sort (sorted, compare);
  pli_buffer_add_text (out, HEAD);
  for (guint i = 0; i < sorted->len; i++)
    {
      gsize from = out->len;

      pli_utf7_from_utf8 (pli_span_from (sorted->pdata[i]), out);
      for (; from < out->len; from++)
        if (out->data[from] == '/')
          out->data[from] = '\t';
      pli_buffer_add_char (out, '\n');
    }
}

static gboolean
write_file (MaildirAccount *account, const char *path, GError **error)
{
  g_auto (PliBuffer) text = { 0 };

  print (account, &text);
  if (!maildir_replace (account, path, pli_buffer_span (&text), error))
    return FALSE;
  account->sync_tree = TRUE;
  return maildir_stamp (path, &account->subscriptions, error);
}

gboolean
maildir_subscribe (MaildirAccount *account, const char *name, gboolean on, GError **error)
{
  g_autofree char *path = g_build_filename (account->tree, "subscriptions", NULL);
  MaildirLock lock;
  gboolean ok;

  if (!maildir_lock (account, path, &lock, error))
    return FALSE;
  ok = maildir_subscriptions_look (account, error);
  if (ok && on)
    g_hash_table_add (account->subscribed, g_strdup (name));
  else if (ok)
    g_hash_table_remove (account->subscribed, name);
  ok = ok && write_file (account, path, error);
  maildir_unlock (&lock);
  return ok;
}
