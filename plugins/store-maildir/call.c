/* call.c: calls wait in their account's queue; a turn takes all of them to the offload pool, runs one after the other, syncs
 * and commits once, and comes back to answer them. So deliveries and changes that arrive while one turn syncs share the
 * sync of the next. */
#include "maildir.h"

#include <unistd.h>

#define FORGET_AFTER_US (240 * G_USEC_PER_SEC)

static void start_turn (MaildirAccount *account);

gboolean
maildir_refuse (MaildirCall *call, PliErrorCode code, const char *text)
{
  g_set_error_literal (&call->error, PLI_ERROR, (gint) code, text);
  return FALSE;
}

gboolean
maildir_fail (MaildirCall *call)
{
  g_assert (call->error);
  call->account->broken = TRUE;
  return FALSE;
}

void
maildir_notice (MaildirAccount *account, MaildirMailbox *mailbox)
{
  for (guint i = 0; i < account->notices->len; i++)
    if (g_array_index (account->notices, guint64, i) == mailbox->number)
      return;
  g_array_append_val (account->notices, mailbox->number);
}

static gboolean
name_ok (const char *name)
{
  gsize len = name ? strlen (name) : 0;

  return len >= 1 && len <= 32 && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

MaildirAccount *
maildir_account (Maildir *maildir, const char *name, GError **error)
{
  MaildirAccount *account = name ? g_hash_table_lookup (maildir->accounts, name) : NULL;

  if (account)
    return account;
  if (!name_ok (name))
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_PERMANENT, "there can be no such account");
      return NULL;
    }
  account = g_new0 (MaildirAccount, 1);
  account->maildir = maildir;
  account->name = g_strdup (name);
  account->link.data = account;
  account->settled = g_array_new (FALSE, FALSE, sizeof (MaildirKey));
  account->forget = g_array_new (FALSE, FALSE, sizeof (MaildirKey));
  account->notices = g_array_new (FALSE, FALSE, sizeof (guint64));
  account->placed = g_ptr_array_new_with_free_func (g_free);
  account->turn = g_ptr_array_new ();
  g_hash_table_insert (maildir->accounts, account->name, account);
  return account;
}

void
maildir_free_when_over (Maildir *maildir)
{
  if (!maildir->closed || maildir->running > 0)
    return;
  g_hash_table_unref (maildir->accounts);
  maildir_watches_free (maildir->watches);
  maildir_addresses_free (maildir->addresses);
  g_strfreev ((GStrv) maildir->set.folders);
  g_free ((char *) maildir->set.path);
  g_free (maildir->folder);
  g_free (maildir);
}

static void
answer (MaildirCall *call)
{
  if (call->over)
    call->over (call);
  else if (call->error)
    pli_op_fail (call->ticket, g_steal_pointer (&call->error));
  else
    pli_op_done (call->ticket);
}

/* Offload pool. */
static void
take_back (MaildirAccount *account)
{
  for (guint i = 0; i < account->placed->len; i++)
    unlink (account->placed->pdata[i]);
}

static void
fail_all (MaildirAccount *account, const GError *error)
{
  for (guint i = 0; i < account->turn->len; i++)
    {
      MaildirCall *call = account->turn->pdata[i];

      if (!call->error)
        call->error = g_error_copy (error);
    }
  take_back (account);
}

static void
turn_work (gpointer user)
{
  MaildirAccount *account = user;
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;
  guint64 modseq;

  if (account->closing)
    {
      maildir_account_close (account);
      return;
    }
  if (!account->is_open)
    ok = maildir_account_open (account, &error);
  modseq = account->modseq;
  for (guint i = 0; ok && !account->broken && i < account->turn->len; i++)
    {
      MaildirCall *call = account->turn->pdata[i];

      if (!call->verb (call) && account->broken)
        error = g_error_copy (call->error);
    }
  if (!error && !maildir_account_commit (account, &error) && error->code == PLI_ERROR_QUOTA
      && account->modseq == modseq)
    {
      /* A full disk, and nothing was changed but notes on what the tree looks like: readers are answered. */
      g_clear_error (&error);
      maildir_account_close (account);
    }
  if (error)
    {
      pli_log (PLI_LOG_ERROR, "store.broken", "account", account->name, "error", error->message, NULL);
      if (error->code == PLI_ERROR_NOT_FOUND)
        error->code = PLI_ERROR_TRY_AGAIN;
      fail_all (account, error);
      maildir_account_close (account);
    }
  g_ptr_array_set_size (account->placed, 0);
}

/* Loop thread from here on. */
static void
leave_idle (MaildirAccount *account)
{
  Maildir *maildir = account->maildir;

  if (!account->is_idle)
    return;
  account->is_idle = FALSE;
  g_queue_unlink (&maildir->idle, &account->link);
  maildir->bytes -= account->bytes;
}

static void
make_room (Maildir *maildir)
{
  const MaildirSettings *set = pli_plugin_settings (maildir->plugin);

  while (!maildir->closed && maildir->idle.head
         && (maildir->bytes > set->cache || maildir->open > (guint) set->open_max))
    {
      MaildirAccount *account = maildir->idle.head->data;

      leave_idle (account);
      maildir->open--;
      account->closing = TRUE;
      start_turn (account);
    }
}

static void
turn_over (gpointer user)
{
  MaildirAccount *account = user;
  Maildir *maildir = account->maildir;
  g_autoptr (GPtrArray) turn = g_steal_pointer (&account->turn);
  g_autoptr (GArray) notices = g_steal_pointer (&account->notices);

  account->turn = g_ptr_array_new ();
  account->notices = g_array_new (FALSE, FALSE, sizeof (guint64));
  account->busy = FALSE;
  maildir->running--;
  for (guint i = 0; i < notices->len && !maildir->closed; i++)
    maildir_watches_tell (maildir, account->name, g_array_index (notices, guint64, i));
  for (guint i = 0; i < turn->len; i++)
    answer (turn->pdata[i]);
  if (!account->closing && !account->is_open)
    maildir->open--;
  account->closing = FALSE;
  if (account->queue.length > 0)
    start_turn (account);
  else if (account->is_open && !account->busy)
    {
      account->is_idle = TRUE;
      account->bytes = maildir_account_bytes (account);
      maildir->bytes += account->bytes;
      g_queue_push_tail_link (&maildir->idle, &account->link);
    }
  make_room (maildir);
  maildir_free_when_over (maildir);
}

/* Not at once: a call of a queue that died since, or that gave up waiting, may still wait here, and would deliver again. */
static void
choose_settled (MaildirAccount *account)
{
  gint64 before_us = pli_clock_us (account->maildir->instance) - FORGET_AFTER_US;
  guint n = 0;

  while (n < account->settled->len && g_array_index (account->settled, MaildirKey, n).at_us <= before_us)
    n++;
  if (n == 0)
    return;
  g_array_append_vals (account->forget, account->settled->data, n);
  g_array_remove_range (account->settled, 0, n);
}

static void
start_turn (MaildirAccount *account)
{
  Maildir *maildir = account->maildir;
  MaildirCall *call;

  leave_idle (account);
  choose_settled (account);
  if (!account->closing)
    {
      maildir->open += !account->is_open;
      while ((call = g_queue_pop_head (&account->queue)))
        g_ptr_array_add (account->turn, call);
    }
  account->busy = TRUE;
  maildir->running++;
  pli_offload (maildir->instance, turn_work, turn_over, account);
}

static void
begin (MaildirAccount *account)
{
  account->busy = TRUE;
  if (maildir_address_find (account))
    start_turn (account);
}

void
maildir_account_addressed (MaildirAccount *account)
{
  start_turn (account);
}

void
maildir_call_push (MaildirCall *call)
{
  MaildirAccount *account = call->account;

  g_queue_push_tail (&account->queue, call);
  if (!account->busy)
    begin (account);
}

PliStep
maildir_call_with (PliOp *op, gpointer self, MaildirVerb verb, void (*over) (MaildirCall *call), const void *args,
                   void *result)
{
  Maildir *maildir = self;
  GError *error = NULL;
  MaildirAccount *account = maildir_account (maildir, pli_op_account (op), &error);
  MaildirCall *call;

  if (!account)
    return pli_op_take_error (op, error);
  if (maildir->closed)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the store is closed");
  call = pli_arena_new0 (pli_op_arena (op), MaildirCall);
  call->maildir = maildir;
  call->account = account;
  call->verb = verb;
  call->over = over;
  call->arena = pli_op_arena (op);
  call->session = pli_op_session (op);
  call->now_us = pli_now_us (maildir->instance);
  call->args = args;
  call->result = result;
  call->ticket = pli_op_wait (op);
  maildir_call_push (call);
  return PLI_WAIT;
}

PliStep
maildir_call (PliOp *op, gpointer self, MaildirVerb verb, const void *args, void *result)
{
  return maildir_call_with (op, self, verb, NULL, args, result);
}
