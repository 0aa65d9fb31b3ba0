/* status.c: STATUS, and its untagged answer for LIST-STATUS. RFC 3501 6.3.10; RFC 7162 3.1.7; RFC 8438; RFC 5819. */
#include "imap.h"

void
imap_write_status (ImapSession *imap, const PliMailboxRow *row, guint32 items)
{
  const guint64 values[IMAP_STATUS_ITEMS] = { row->messages, row->recent, row->uidnext,        row->uidvalidity,
                                              row->unseen,   row->bytes,  MAX (row->modseq, 1) };
  PliBuffer *out = pli_session_output (imap->session);
  gboolean first = TRUE;

  pli_buffer_add_text (out, "* STATUS ");
  imap_write_mailbox (out, row->name);
  pli_buffer_add_text (out, " (");
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (items & 1u << i)
      {
        if (!first)
          pli_buffer_add_char (out, ' ');
        first = FALSE;
        pli_buffer_add_text (out, imap_status_names[i]);
        pli_buffer_add_char (out, ' ');
        pli_buffer_add_u64 (out, values[i]);
      }
  pli_buffer_add_text (out, ")\r\n");
}

static void
found (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  const PliMailboxesResult *mailboxes = result;
  const guint32 *items = cmd->data;

  if (error)
    imap_fail (cmd, error);
  else if (mailboxes->n_rows == 0 || mailboxes->rows[0].mailbox == 0)
    imap_no (cmd, "[NONEXISTENT] No such mailbox");
  else
    {
      imap_write_status (cmd->imap, &mailboxes->rows[0], *items);
      imap_done (cmd);
    }
}

void
imap_status (ImapCmd *cmd)
{
  guint32 *items = pli_arena_new0 (cmd->arena, guint32);
  const char *name;

  if (!imap_mailbox_arg (cmd, FALSE, &name))
    return;
  if (!imap_lex_space (&cmd->lex) || !imap_lex_status_items (&cmd->lex, items) || !imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "List of status items expected");
      return;
    }
  /* RFC 7162 3.1: asking for it shows that the client knows of modseqs. */
  if (*items & IMAP_STATUS_MODSEQ)
    cmd->imap->condstore = TRUE;
  cmd->data = items;
  pli_store_mailboxes (cmd->session, &(PliMailboxesArgs){ .name = name, .counts = TRUE }, found, cmd);
}
