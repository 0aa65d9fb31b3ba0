/* store.c: STORE. RFC 3501 6.4.6; RFC 7162 3.1.3; RFC 2180 4.2 (messages that are gone). */
#include "imap.h"

typedef struct
{
  ImapSet uids;
  guint32 expected;
  PliFlagsArgs args;
  gboolean silent, conditional;
  ImapFlags flags;
} Change;

static gboolean
take_verb (ImapCmd *cmd, Change *change)
{
  static const char silent[] = ".SILENT";
  PliSpan word;

  change->args.verb = imap_lex_char (&cmd->lex, '+')   ? PLI_FLAGS_ADD
                      : imap_lex_char (&cmd->lex, '-') ? PLI_FLAGS_REMOVE
                                                       : PLI_FLAGS_REPLACE;
  if (!imap_lex_word (&cmd->lex, &word) || !pli_span_starts_nocase (word, "FLAGS"))
    return FALSE;
  word = pli_span_skip (word, sizeof "FLAGS" - 1);
  change->silent = pli_span_is_nocase (word, silent);
  return change->silent || word.len == 0;
}

/* `(UNCHANGEDSINCE 5) ` */
static gboolean
take_condition (ImapCmd *cmd, Change *change)
{
  ImapLex *lex = &cmd->lex;

  if (!imap_lex_char (lex, '('))
    return TRUE;
  change->conditional = TRUE;
  cmd->imap->condstore = TRUE;
  return imap_lex_is_word (lex, "UNCHANGEDSINCE") && imap_lex_space (lex)
         && imap_lex_number (lex, G_MAXINT64, &change->args.unchanged_since) && imap_lex_char (lex, ')')
         && imap_lex_space (lex);
}

/* `[MODIFIED 7,9]`: what the condition has kept from change. */
static const char *
modified_text (ImapCmd *cmd, const PliUidRange *uids, guint32 n)
{
  const ImapView *view = &cmd->imap->box->view;
  g_auto (PliBuffer) text = { 0 };
  PliUidRange *numbers = pli_arena_array (cmd->arena, PliUidRange, n);

  for (guint32 i = 0; i < n; i++)
    numbers[i] = cmd->by_uid ? uids[i]
                             : (PliUidRange){ imap_view_seq (view, imap_view_from (view, uids[i].first)),
                                              imap_view_seq (view, imap_view_up_to (view, uids[i].last)) };
  pli_buffer_add_text (&text, "[MODIFIED ");
  imap_ranges_write (&text, numbers, n);
  pli_buffer_add_text (&text, "] STORE completed but for some");
  return pli_arena_text (cmd->arena, pli_buffer_span (&text));
}

static void
changed (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  Change *change = cmd->data;
  ImapBox *box = cmd->imap->box;
  const PliFlagsResult *flags = result;
  guint32 refused;

  if (error)
    {
      imap_fail (cmd, error);
      return;
    }
  imap_box_learn_keywords (cmd->imap, flags->keywords);
  if (!change->silent || cmd->imap->condstore)
    for (guint32 i = 0; i < flags->n_rows; i++)
      imap_write_flags_response (cmd->imap, &flags->rows[i], cmd->by_uid || cmd->imap->condstore, !change->silent);
  imap_box_told (box, flags, !change->silent);
  refused = imap_view_count_in (&box->view, flags->modified, flags->n_modified);
  if (refused > 0)
    imap_ok (cmd, modified_text (cmd, flags->modified, flags->n_modified));
  else if (!cmd->by_uid && flags->n_rows < change->expected)
    imap_no (cmd, "[EXPUNGEISSUED] Some messages are gone");
  else
    imap_done (cmd);
}

void
imap_store (ImapCmd *cmd)
{
  Change *change = pli_arena_new0 (cmd->arena, Change);
  ImapBox *box = cmd->imap->box;
  ImapSet set;

  if (!imap_lex_set (&cmd->lex, &set) || !imap_lex_space (&cmd->lex) || !take_condition (cmd, change)
      || !take_verb (cmd, change) || !imap_lex_space (&cmd->lex) || !imap_lex_flags (&cmd->lex, TRUE, &change->flags)
      || !imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Sequence set, FLAGS and flags expected");
      return;
    }
  if (!imap_view_resolve (&box->view, &set, cmd->by_uid, cmd->arena, &change->uids))
    {
      imap_bad (cmd, "No such message number");
      return;
    }
  if (box->read_only)
    {
      imap_no (cmd, "[READ-ONLY] Mailbox is selected read-only");
      return;
    }
  change->expected = imap_view_count_in (&box->view, change->uids.items, change->uids.n);
  if (change->expected == 0)
    {
      imap_done (cmd);
      return;
    }
  /* RFC 7162 3.1.3: every message has a modseq greater than 0. */
  if (change->conditional && change->args.unchanged_since == 0)
    {
      imap_ok (cmd, modified_text (cmd, change->uids.items, change->uids.n));
      return;
    }
  cmd->data = change;
  change->args.mailbox = box->mailbox;
  change->args.uids = change->uids.items;
  change->args.n_uids = change->uids.n;
  change->args.flags = change->flags.flags;
  change->args.keywords = change->flags.keywords;
  pli_store_flags (cmd->session, &change->args, changed, cmd);
}
