/* watch.c: which sessions want to hear of changes in which mailbox; each is told once, until it asks what changed. Folders
 * that are watched are looked at every few seconds (`poll`), by stat() alone: an account is opened only when another
 * program has changed something. Loop thread, but for that and what is marked. */
#include "maildir.h"

typedef struct
{
  guint64 session, mailbox;
  gboolean told;
  char *path;
  MaildirStamp new, cur;
} Watch;

struct MaildirWatches
{
  GHashTable *accounts; /* GPtrArray of Watch by name */
  GHashTable *sessions; /* char * account by guint64 * session */
  gboolean polling;
};

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_free (watch->path);
  g_free (watch);
}

static void
list_free (gpointer list)
{
  g_ptr_array_unref (list);
}

MaildirWatches *
maildir_watches_new (void)
{
  MaildirWatches *watches = g_new0 (MaildirWatches, 1);

  watches->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, list_free);
  watches->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return watches;
}

void
maildir_watches_free (MaildirWatches *watches)
{
  g_hash_table_unref (watches->accounts);
  g_hash_table_unref (watches->sessions);
  g_free (watches);
}

void
maildir_watches_tell (Maildir *maildir, const char *account, guint64 mailbox)
{
  GPtrArray *list = g_hash_table_lookup (maildir->watches->accounts, account);

  for (guint i = 0; list && i < list->len; i++)
    {
      Watch *watch = list->pdata[i];

      if (watch->mailbox != mailbox || watch->told)
        continue;
      watch->told = TRUE;
      pli_store_notify (maildir->instance, watch->session, mailbox);
    }
}

void
maildir_watches_asked (Maildir *maildir, const char *account, guint64 session, guint64 mailbox)
{
  GPtrArray *list = g_hash_table_lookup (maildir->watches->accounts, account);

  for (guint i = 0; list && i < list->len; i++)
    {
      Watch *watch = list->pdata[i];

      if (watch->session == session && watch->mailbox == mailbox)
        watch->told = FALSE;
    }
}

/* @mailbox: 0 for all. */
static void
forget (MaildirWatches *watches, const char *account, guint64 session, guint64 mailbox)
{
  GPtrArray *list = g_hash_table_lookup (watches->accounts, account);

  for (guint i = list ? list->len : 0; i > 0; i--)
    {
      const Watch *watch = list->pdata[i - 1];

      if (watch->session == session && (mailbox == 0 || watch->mailbox == mailbox))
        g_ptr_array_remove_index_fast (list, i - 1);
    }
  if (list && list->len == 0)
    g_hash_table_remove (watches->accounts, account);
}

void
maildir_gone (gpointer self, guint64 session)
{
  MaildirWatches *watches = ((Maildir *) self)->watches;
  const char *account = g_hash_table_lookup (watches->sessions, &session);

  if (!account)
    return;
  forget (watches, account, session, 0);
  g_hash_table_remove (watches->sessions, &session);
}

static void
add (MaildirWatches *watches, const char *account, Watch *watch)
{
  GPtrArray *list = g_hash_table_lookup (watches->accounts, account);

  if (!list)
    {
      list = g_ptr_array_new_with_free_func (watch_free);
      g_hash_table_insert (watches->accounts, g_strdup (account), list);
    }
  g_ptr_array_add (list, watch);
  if (!g_hash_table_contains (watches->sessions, &watch->session))
    g_hash_table_insert (watches->sessions, g_memdup2 (&watch->session, sizeof watch->session), g_strdup (account));
}

typedef struct
{
  char *account, *path;
  guint64 mailbox;
  MaildirStamp new, cur;
  gboolean changed;
} Look;

typedef struct
{
  Maildir *maildir;
  GArray *looks; /* Look */
} Poll;

/* Offload pool. A folder that cannot be looked at counts as changed: the account's own look says why. */
static gboolean
stamps_of (const char *path, MaildirStamp *new, MaildirStamp *cur)
{
  g_autofree char *new_path = g_build_filename (path, "new", NULL), *cur_path = g_build_filename (path, "cur", NULL);

  return maildir_stamp (new_path, new, NULL) && maildir_stamp (cur_path, cur, NULL);
}

static void
poll_work (gpointer user)
{
  Poll *poll = user;

  for (guint i = 0; i < poll->looks->len; i++)
    {
      Look *look = &g_array_index (poll->looks, Look, i);
      MaildirStamp new = { 0 }, cur = { 0 };

      look->changed = !stamps_of (look->path, &new, &cur) || !maildir_stamp_same (&new, &look->new)
                      || !maildir_stamp_same (&cur, &look->cur);
      look->new = new;
      look->cur = cur;
    }
}

static gboolean
look_verb (MaildirCall *call)
{
  const guint64 *number = call->data;
  MaildirMailbox *mailbox = maildir_by_number (call->account, *number, NULL);

  return !mailbox || maildir_look (call->account, mailbox, &call->error);
}

/* Loop thread. */
static void
look_over (MaildirCall *call)
{
  g_clear_error (&call->error);
  g_free (call->data);
  g_free (call);
}

static void
look_at (Maildir *maildir, const Look *look)
{
  GPtrArray *list = g_hash_table_lookup (maildir->watches->accounts, look->account);
  MaildirAccount *account = maildir_account (maildir, look->account, NULL);
  MaildirCall *call;

  for (guint i = 0; list && i < list->len; i++)
    {
      Watch *watch = list->pdata[i];

      if (watch->mailbox != look->mailbox)
        continue;
      watch->new = look->new;
      watch->cur = look->cur;
    }
  if (!list || !account)
    return;
  call = g_new0 (MaildirCall, 1);
  call->maildir = maildir;
  call->account = account;
  call->verb = look_verb;
  call->over = look_over;
  call->data = g_memdup2 (&look->mailbox, sizeof look->mailbox);
  maildir_call_push (call);
}

static void
poll_over (gpointer user)
{
  Poll *poll = user;
  Maildir *maildir = poll->maildir;

  maildir->running--;
  maildir->watches->polling = FALSE;
  for (guint i = 0; i < poll->looks->len; i++)
    {
      Look *look = &g_array_index (poll->looks, Look, i);

      if (look->changed && !maildir->closed)
        look_at (maildir, look);
      g_free (look->account);
      g_free (look->path);
    }
  g_array_unref (poll->looks);
  g_free (poll);
  maildir_poll_start (maildir);
  maildir_free_when_over (maildir);
}

static void
add_looks (GArray *looks, const char *account, GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    {
      const Watch *watch = list->pdata[i];
      gboolean known = FALSE;

      for (guint j = looks->len; j > 0 && !known; j--)
        {
          const Look *look = &g_array_index (looks, Look, j - 1);

          if (strcmp (look->account, account) != 0)
            break;
          known = look->mailbox == watch->mailbox;
        }
      if (!known)
        {
          Look look = { g_strdup (account), g_strdup (watch->path), watch->mailbox, watch->new, watch->cur, FALSE };

          g_array_append_val (looks, look);
        }
    }
}

static void
poll_now (gpointer user)
{
  Maildir *maildir = user;
  Poll *poll = g_new0 (Poll, 1);
  GHashTableIter iter;
  gpointer account, list;

  maildir->poll = NULL;
  poll->maildir = maildir;
  poll->looks = g_array_new (FALSE, FALSE, sizeof (Look));
  g_hash_table_iter_init (&iter, maildir->watches->accounts);
  while (g_hash_table_iter_next (&iter, &account, &list))
    add_looks (poll->looks, account, list);
  maildir->watches->polling = TRUE;
  maildir->running++;
  pli_offload (maildir->instance, poll_work, poll_over, poll);
}

void
maildir_poll_start (Maildir *maildir)
{
  if (maildir->poll || maildir->watches->polling || maildir->closed
      || g_hash_table_size (maildir->watches->accounts) == 0)
    return;
  maildir->poll = pli_timer_after (maildir->instance, maildir->set.poll, poll_now, maildir);
}

/* Offload pool. */
static gboolean
watch_mailbox (MaildirCall *call)
{
  const PliWatchArgs *args = call->args;
  PliWatchResult *result = call->result;
  MaildirMailbox *mailbox = maildir_by_number (call->account, args->mailbox, args->on ? &call->error : NULL);
  Watch *watch;

  if (!mailbox)
    return !args->on;
  if (!maildir_look (call->account, mailbox, &call->error))
    return FALSE;
  result->modseq = mailbox->modseq;
  watch = g_new0 (Watch, 1);
  watch->path = maildir_path (call->account, mailbox, "");
  watch->session = call->session;
  watch->mailbox = args->mailbox;
  watch->new = mailbox->new;
  watch->cur = mailbox->cur;
  call->data = watch;
  return TRUE;
}

/* Loop thread. */
static void
watch_over (MaildirCall *call)
{
  const PliWatchArgs *args = call->args;
  Maildir *maildir = call->maildir;

  forget (maildir->watches, call->account->name, call->session, args->mailbox);
  if (call->data && args->on && !call->error)
    {
      add (maildir->watches, call->account->name, call->data);
      maildir_poll_start (maildir);
    }
  else if (call->data)
    watch_free (call->data);
  if (call->error)
    pli_op_fail (call->ticket, g_steal_pointer (&call->error));
  else
    pli_op_done (call->ticket);
}

PliStep
maildir_slot_watch (PliOp *op, gpointer self, const PliWatchArgs *args, PliWatchResult *result)
{
  return maildir_call_with (op, self, watch_mailbox, watch_over, args, result);
}
