/* select.c: SELECT, EXAMINE, CLOSE, UNSELECT. RFC 3501 6.3.1, 6.3.2, 6.4.2; RFC 3691; RFC 7162 3.1.8. */
#include "imap.h"

typedef struct
{
  const char *name;
  gboolean read_only;
} Selection;

static void
watched (gpointer user, const void *result, const GError *error)
{
  ImapBox *box = user;
  const PliWatchResult *watch = result;

  box->watch = NULL;
  /* Without hints the client still gets its news: NOOP asks the store itself. */
  if (error)
    pli_log (PLI_LOG_WARNING, "imap.watch-failed", "error", error->message, NULL);
  else if (watch->modseq > box->modseq)
    box->dirty = TRUE;
}

static void
write_box (ImapSession *imap, guint32 first_unseen)
{
  ImapBox *box = imap->box;
  PliSession *session = imap->session;
  guint32 unseen = first_unseen ? imap_view_seq (&box->view, first_unseen) : 0;

  imap_write_flag_lists (imap);
  pli_session_printf (session, "* %u EXISTS\r\n* %u RECENT\r\n", imap_view_count (&box->view),
                      imap_box_count_recent (box));
  if (unseen > 0)
    pli_session_printf (session, "* OK [UNSEEN %u] First unseen message\r\n", unseen);
  pli_session_printf (session, "* OK [UIDVALIDITY %u] UIDs are valid\r\n* OK [UIDNEXT %u] Predicted next UID\r\n",
                      box->uidvalidity, box->uidnext);
  /* RFC 7162 7: mod-sequence-value is not 0. */
  pli_session_printf (session, "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest\r\n", MAX (box->modseq, 1));
}

/* Also when the store was restarted, which has forgotten who watches. */
void
imap_box_watch (ImapSession *imap)
{
  pli_call_cancel (imap->box->watch);
  imap->box->watch =
      pli_store_watch (imap->session, &(PliWatchArgs){ .mailbox = imap->box->mailbox, .on = TRUE }, watched, imap->box);
}

static void
opened (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  ImapSession *imap = cmd->imap;
  const PliOpenResult *open = result;
  Selection *selection = cmd->data;

  if (error)
    {
      imap_fail (cmd, error);
      return;
    }
  imap->box = imap_box_new (open, selection->name, selection->read_only);
  imap_set_state (imap, IMAP_SELECTED);
  imap_box_watch (imap);
  write_box (imap, open->first_unseen);
  imap_ok (cmd, selection->read_only ? "[READ-ONLY] EXAMINE completed" : "[READ-WRITE] SELECT completed");
}

/* RFC 4466 2.1: `SELECT box (CONDSTORE)` */
static gboolean
parameters (ImapCmd *cmd)
{
  if (!imap_lex_space (&cmd->lex) || imap_lex_at_end (&cmd->lex))
    return imap_lex_at_end (&cmd->lex);
  if (!imap_lex_char (&cmd->lex, '(') || !imap_lex_is_word (&cmd->lex, "CONDSTORE") || !imap_lex_char (&cmd->lex, ')')
      || !imap_lex_finish (&cmd->lex))
    return FALSE;
  cmd->imap->condstore = TRUE;
  return TRUE;
}

static void
start (ImapCmd *cmd, gboolean read_only)
{
  Selection *selection = pli_arena_new0 (cmd->arena, Selection);

  if (!imap_mailbox_arg (cmd, FALSE, &selection->name))
    return;
  if (!parameters (cmd))
    {
      imap_bad (cmd, "Unknown parameter");
      return;
    }
  /* RFC 3501 6.3.1: the mailbox selected before is left, also when the attempt fails. */
  imap_deselect (cmd->imap);
  selection->read_only = read_only;
  cmd->data = selection;
  pli_store_open (cmd->session, &(PliOpenArgs){ .name = selection->name, .read_only = read_only }, opened, cmd);
}

void
imap_select (ImapCmd *cmd)
{
  start (cmd, FALSE);
}

void
imap_examine (ImapCmd *cmd)
{
  start (cmd, TRUE);
}

void
imap_unselect (ImapCmd *cmd)
{
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  imap_deselect (cmd->imap);
  imap_done (cmd);
}

static void
closed (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;

  (void) result;
  imap_deselect (cmd->imap);
  if (error)
    imap_fail (cmd, error);
  else
    imap_done (cmd);
}

void
imap_close (ImapCmd *cmd)
{
  ImapBox *box = cmd->imap->box;
  PliUidRange known = { 1, imap_view_up_to (&box->view, G_MAXUINT32) };

  /* RFC 3501 6.4.2: messages with \Deleted go, without EXPUNGE; not from a mailbox opened by EXAMINE. */
  if (box->read_only || known.last == 0 || !imap_lex_finish (&cmd->lex))
    {
      imap_unselect (cmd);
      return;
    }
  pli_store_expunge (cmd->session, &(PliExpungeArgs){ .mailbox = box->mailbox, .uids = &known, .n_uids = 1 }, closed,
                     cmd);
}
