/* mailbox.c: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 3501 6.3.3 to 6.3.7; RFC 6154 3. */
#include "imap.h"

static void
changed (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;

  (void) result;
  if (error)
    imap_fail (cmd, error);
  else
    imap_done (cmd);
}

static void
ask (ImapCmd *cmd, const PliMailboxArgs *args, PliDone done)
{
  if (imap_lex_finish (&cmd->lex))
    pli_store_mailbox (cmd->session, args, done, cmd);
  else
    imap_bad (cmd, "Too many arguments");
}

/* ` (USE (\Sent))`: one role, as a mailbox has one. FALSE after an answer was sent. */
static gboolean
take_use (ImapCmd *cmd, guint32 *out_role)
{
  ImapLex *lex = &cmd->lex;
  PliSpan name;

  if (!imap_lex_space (lex) || imap_lex_at_end (lex))
    return TRUE;
  if (!imap_lex_char (lex, '(') || !imap_lex_is_word (lex, "USE") || !imap_lex_space (lex) || !imap_lex_char (lex, '(')
      || imap_lex_peek (lex) != '\\')
    {
      imap_bad (cmd, "Unknown parameter");
      return FALSE;
    }
  name.data = lex->at++;
  while (imap_is_atom_char (imap_lex_peek (lex)))
    lex->at++;
  name.len = (gsize) (lex->at - name.data);
  *out_role = imap_role_from_attribute (name);
  if (*out_role == PLI_ROLE_NONE || imap_lex_peek (lex) == ' ')
    {
      imap_no (cmd, "[USEATTR] One of \\Archive, \\Drafts, \\Junk, \\Sent, \\Trash is possible");
      return FALSE;
    }
  if (!imap_lex_char (lex, ')') || !imap_lex_char (lex, ')'))
    {
      imap_bad (cmd, "Closing parenthesis expected");
      return FALSE;
    }
  return TRUE;
}

void
imap_create (ImapCmd *cmd)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_CREATE };

  if (!imap_mailbox_arg (cmd, TRUE, &args.name) || !take_use (cmd, &args.role))
    return;
  if (strcmp (args.name, "INBOX") == 0)
    imap_no (cmd, "[ALREADYEXISTS] INBOX is always there");
  else
    ask (cmd, &args, changed);
}

static void
deleted (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  ImapBox *box = cmd->imap->box;

  /* The session that deletes what it has selected is back where it was after login. */
  if (!error && box && strcmp (box->name, cmd->data) == 0)
    imap_deselect (cmd->imap);
  changed (cmd, result, error);
}

void
imap_delete (ImapCmd *cmd)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_DELETE };

  if (!imap_mailbox_arg (cmd, FALSE, &args.name))
    return;
  cmd->data = (gpointer) args.name;
  if (strcmp (args.name, "INBOX") == 0)
    imap_no (cmd, "[CANNOT] INBOX cannot be deleted");
  else
    ask (cmd, &args, deleted);
}

void
imap_rename (ImapCmd *cmd)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_RENAME };

  if (!imap_mailbox_arg (cmd, FALSE, &args.name))
    return;
  if (!imap_lex_space (&cmd->lex))
    {
      imap_bad (cmd, "New name expected");
      return;
    }
  if (!imap_mailbox_arg (cmd, TRUE, &args.to))
    return;
  if (strcmp (args.to, "INBOX") == 0)
    imap_no (cmd, "[ALREADYEXISTS] INBOX is always there");
  else
    ask (cmd, &args, changed);
}

void
imap_subscribe (ImapCmd *cmd)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_SUBSCRIBE };

  if (imap_mailbox_arg (cmd, FALSE, &args.name))
    ask (cmd, &args, changed);
}

void
imap_unsubscribe (ImapCmd *cmd)
{
  PliMailboxArgs args = { .verb = PLI_MAILBOX_UNSUBSCRIBE };

  if (imap_mailbox_arg (cmd, FALSE, &args.name))
    ask (cmd, &args, changed);
}
