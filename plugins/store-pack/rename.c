/* rename.c: RENAME, with the mailboxes below; INBOX gives its messages away and stays. RFC 9051 6.3.6.
 *
 * Subscriptions are names of their own: the old ones stay, as the RFC asks, and the new ones are subscribed to when the
 * old ones were. */
#include "mailbox.h"

static gboolean
is_moved (const char *name, const char *from)
{
  return g_str_equal (name, from) || pack_name_is_below (name, from);
}

static char *
moved_name (const char *name, const char *from, const char *to)
{
  return g_strconcat (to, name + strlen (from), NULL);
}

static gboolean
check_targets (PackCall *call, const char *from, const char *to)
{
  GPtrArray *mailboxes = call->account->mailboxes;
  gboolean any = FALSE;

  for (guint i = 0; i < mailboxes->len; i++)
    {
      PackMailbox *mailbox = mailboxes->pdata[i];
      g_autofree char *name = NULL, *normal = NULL;

      if (!is_moved (mailbox->name, from))
        continue;
      any = TRUE;
      name = moved_name (mailbox->name, from, to);
      normal = pack_name (&call->pack->names, name, &call->error);
      if (!normal)
        return FALSE;
      if (pack_mailbox_by_name (call->account, name))
        {
          pack_refuse (call, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
          return FALSE;
        }
    }
  if (!any)
    pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  return any;
}

static gboolean
is_subscribed (PackAccount *account, const char *name, gboolean *out, GError **error)
{
  sqlite3_stmt *statement = pack_statement (account, PACK_SUBSCRIBED_GET, error);

  if (!statement)
    return FALSE;
  sqlite3_bind_text (statement, 1, name, -1, SQLITE_TRANSIENT);
  if (!pack_step (account, statement, out, error))
    return FALSE;
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
rename_one (PackAccount *account, PackMailbox *mailbox, const char *from, const char *to, GError **error)
{
  g_autofree char *old = g_steal_pointer (&mailbox->name);
  gboolean subscribed;

  mailbox->name = moved_name (old, from, to);
  mailbox->changed = TRUE;
  return is_subscribed (account, old, &subscribed, error)
         && (!subscribed || pack_subscribe (account, mailbox->name, TRUE, error));
}

static gboolean
make_parents (PackAccount *account, const char *name, GError **error)
{
  const char *slash = strrchr (name, '/');
  g_autofree char *parent = slash ? g_strndup (name, (gsize) (slash - name)) : NULL;

  return !parent || pack_mailbox_by_name (account, parent) || pack_mailbox_make (account, parent, PLI_ROLE_NONE, error);
}

static gboolean
move_all (PackAccount *account, PackMailbox *from, PackMailbox *to, GError **error)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));
  guint64 modseq = pack_change (account, to);

  for (guint i = 0; i < from->keywords->len; i++)
    g_ptr_array_add (to->keywords, g_strdup (from->keywords->pdata[i]));
  for (guint i = 0; i < from->rows->len; i++)
    {
      PackRow row = g_array_index (from->rows, PackRow, i);

      row.modseq = modseq;
      if (!pack_row_add (account, to, &row, error))
        return FALSE;
      g_array_append_val (indices, i);
    }
  return pack_rows_remove (account, from, indices, modseq, TRUE, gone, error);
}

static PackStep
rename_inbox (PackCall *call, PackMailbox *inbox, const char *to)
{
  PliMailboxResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *target;

  if (!pack_view_load (account, inbox, &call->error))
    return pack_fail (call);
  if (inbox->rows->len > PACK_HEAVY && !call->in_pool)
    return PACK_POOL;
  target = pack_mailbox_make (account, to, PLI_ROLE_NONE, &call->error);
  if (!target || !move_all (account, inbox, target, &call->error))
    return pack_fail (call);
  result->mailbox = target->number;
  pack_account_notice (account, inbox);
  return PACK_DURABLE;
}

PackStep
pack_rename (PackCall *call, const char *from, const char *to)
{
  PliMailboxResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *mailbox = pack_mailbox_by_name (account, from);

  if (pack_name_is_below (to, from) && !(mailbox && mailbox->role == PLI_ROLE_INBOX))
    return pack_refuse (call, PLI_ERROR_DENIED, "a mailbox cannot move below itself");
  if (pack_mailbox_by_name (account, to))
    return pack_refuse (call, PLI_ERROR_EXISTS, "there is a mailbox of the new name already");
  if (mailbox && mailbox->role == PLI_ROLE_INBOX)
    return rename_inbox (call, mailbox, to);
  if (!check_targets (call, from, to))
    return PACK_FAIL;
  if (!pack_batch_begin (account, &call->error) || !make_parents (account, to, &call->error))
    return pack_fail (call);
  for (guint i = 0; i < account->mailboxes->len; i++)
    {
      PackMailbox *one = account->mailboxes->pdata[i];

      if (is_moved (one->name, from) && !rename_one (account, one, from, to, &call->error))
        return pack_fail (call);
    }
  result->mailbox = mailbox ? mailbox->number : 0;
  return PACK_DURABLE;
}
