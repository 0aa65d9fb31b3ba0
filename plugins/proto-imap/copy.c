/* copy.c: COPY and MOVE. RFC 3501 6.4.7; RFC 6851; RFC 4315 3. */
#include "imap.h"

typedef struct
{
  ImapSet uids;
  PliCopyArgs args;
} Copy;

/* `[COPYUID 38505 304,319:320 3956:3958] words` */
static const char *
copyuid (ImapCmd *cmd, const PliCopyResult *copied, const char *words)
{
  g_auto (PliBuffer) text = { 0 };

  pli_buffer_printf (&text, "[COPYUID %u ", copied->uidvalidity);
  imap_ranges_write (&text, copied->from, copied->n_from);
  pli_buffer_add_char (&text, ' ');
  imap_ranges_write (&text, copied->to, copied->n_to);
  pli_buffer_printf (&text, "] %s", words);
  return pli_arena_text (cmd->arena, pli_buffer_span (&text));
}

static void
copied (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  Copy *copy = cmd->data;
  const PliCopyResult *copied = result;

  if (error && g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    {
      imap_no (cmd, "[TRYCREATE] No such mailbox");
      return;
    }
  if (error)
    {
      imap_fail (cmd, error);
      return;
    }
  if (strcmp (copy->args.to, cmd->imap->box->name) == 0)
    cmd->sync = IMAP_SYNC_ALWAYS;
  if (copied->n_from == 0)
    imap_ok (cmd, "No messages were there");
  else if (!copy->args.move)
    imap_ok (cmd, copyuid (cmd, copied, "COPY completed"));
  else
    {
      /* RFC 6851 4.3: COPYUID comes before the EXPUNGEs. */
      pli_session_printf (cmd->session, "* OK %s\r\n", copyuid (cmd, copied, "Moved"));
      imap_box_expunge (cmd->imap, copied->from, copied->n_from);
      imap_done (cmd);
    }
}

static void
start (ImapCmd *cmd, gboolean move)
{
  Copy *copy = pli_arena_new0 (cmd->arena, Copy);
  ImapBox *box = cmd->imap->box;
  ImapSet set;

  if (!imap_lex_set (&cmd->lex, &set) || !imap_lex_space (&cmd->lex))
    {
      imap_bad (cmd, "Sequence set and mailbox expected");
      return;
    }
  if (!imap_mailbox_arg (cmd, FALSE, &copy->args.to))
    return;
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Too many arguments");
      return;
    }
  if (!imap_view_resolve (&box->view, &set, cmd->by_uid, cmd->arena, &copy->uids))
    {
      imap_bad (cmd, "No such message number");
      return;
    }
  if (move && box->read_only)
    {
      imap_no (cmd, "[READ-ONLY] Mailbox is selected read-only");
      return;
    }
  if (copy->uids.n == 0)
    {
      imap_ok (cmd, "No messages were there");
      return;
    }
  cmd->data = copy;
  copy->args.mailbox = box->mailbox;
  copy->args.uids = copy->uids.items;
  copy->args.n_uids = copy->uids.n;
  copy->args.move = move;
  pli_store_copy (cmd->session, &copy->args, copied, cmd);
}

void
imap_copy (ImapCmd *cmd)
{
  start (cmd, FALSE);
}

void
imap_move (ImapCmd *cmd)
{
  start (cmd, TRUE);
}
