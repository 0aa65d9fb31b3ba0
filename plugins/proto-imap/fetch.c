/* fetch.c: FETCH. Rows come from the store in pages; when all that is asked for is in them, a page is written as it
 * comes, else its messages are read (fetch_read.c). Produces no more than the client takes.
 *
 * RFC 3501 6.4.5, 6.4.8; RFC 7162 3.1.4; RFC 5530 (EXPUNGEISSUED). */
#include "fetch.h"

static void
forget_page (ImapFetch *fetch)
{
  for (guint i = 0; i < fetch->n_messages; i++)
    pli_buffer_clear (&fetch->messages[i].bytes);
  fetch->messages = NULL;
  fetch->n_messages = fetch->at = 0;
}

static void
clear (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;

  forget_page (fetch);
  pli_arena_free (fetch->page);
  pli_buffer_clear (&fetch->header);
  g_clear_error (&fetch->error);
}

static void
finish (ImapFetch *fetch)
{
  ImapCmd *cmd = fetch->cmd;

  if (fetch->error && !g_error_matches (fetch->error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    imap_fail (cmd, fetch->error);
  else if (fetch->error)
    imap_no (cmd, "[EXPUNGEISSUED] Some messages are gone");
  /* RFC 3501 6.4.8: a UID that does not exist is no error. */
  else if (!cmd->by_uid && fetch->args.changed_since == 0 && fetch->delivered < fetch->expected)
    imap_ok (cmd, "[EXPUNGEISSUED] FETCH completed, but some messages are gone");
  else
    imap_done (cmd);
}

/* Only UIDs are asked for: the session knows them itself. */
static void
write_known (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;
  const ImapView *view = &cmd->imap->box->view;

  for (guint32 i = 0; i < fetch->uids.n; i++)
    for (PliUidRange *range = &fetch->uids.items[i]; range->first <= range->last;)
      {
        PliMessageRow row = { .uid = imap_view_from (view, range->first) };

        if (row.uid == 0 || row.uid > range->last)
          break;
        imap_fetch_write (fetch, &row, FALSE, 0, pli_span (NULL, 0));
        fetch->delivered++;
        if (row.uid == G_MAXUINT32)
          break;
        range->first = row.uid + 1;
        if (pli_session_output_full (cmd->session))
          {
            cmd->drained = write_known;
            return;
          }
      }
  finish (fetch);
}

static void
marked (gpointer user, const void *result, const GError *error)
{
  ImapFetch *fetch = user;
  const PliFlagsResult *flags = result;
  ImapBox *box = fetch->cmd->imap->box;
  guint at = 0;

  if (error)
    {
      /* The message can be read all the same; the answer says NO in the end. */
      imap_fetch_failed (fetch, error);
      imap_fetch_messages (fetch->cmd);
      return;
    }
  imap_box_learn_keywords (fetch->cmd->imap, flags->keywords);
  for (guint32 i = 0; i < flags->n_rows; i++)
    {
      while (at < fetch->n_messages && fetch->messages[at].row.uid < flags->rows[i].uid)
        at++;
      if (at == fetch->n_messages || fetch->messages[at].row.uid != flags->rows[i].uid)
        continue;
      fetch->messages[at].row.flags = flags->rows[i].flags;
      fetch->messages[at].row.keywords = flags->rows[i].keywords;
      fetch->messages[at].row.modseq = flags->rows[i].modseq;
      fetch->messages[at].marked = TRUE;
    }
  imap_box_told (box, flags, TRUE);
  imap_fetch_messages (fetch->cmd);
}

/* Sets \Seen on those of the page that lack it, then reads. */
static void
mark (ImapFetch *fetch)
{
  ImapBox *box = fetch->cmd->imap->box;
  ImapRanges unseen = { 0 };

  for (guint i = 0; i < fetch->n_messages; i++)
    if (!(fetch->messages[i].row.flags & PLI_FLAG_SEEN))
      imap_ranges_append (&unseen, fetch->messages[i].row.uid, fetch->messages[i].row.uid);
  if (unseen.n == 0)
    imap_fetch_messages (fetch->cmd);
  else
    pli_store_flags (fetch->cmd->session,
                     &(PliFlagsArgs){ .mailbox = box->mailbox,
                                      .uids = unseen.items,
                                      .n_uids = unseen.n,
                                      .verb = PLI_FLAGS_ADD,
                                      .flags = PLI_FLAG_SEEN },
                     marked, fetch);
  imap_ranges_clear (&unseen);
}

/* Rows are the store's only as long as it calls. */
static void
keep_page (ImapFetch *fetch, const PliFetchResult *page)
{
  pli_arena_reset (fetch->page);
  fetch->messages = pli_arena_array (fetch->page, ImapMessage, page->n_rows);
  fetch->n_messages = page->n_rows;
  for (guint32 i = 0; i < page->n_rows; i++)
    {
      PliMessageRow *row = &fetch->messages[i].row;

      fetch->messages[i].fetch = fetch;
      *row = page->rows[i];
      row->envelope = pli_arena_span (fetch->page, row->envelope);
      row->body = pli_arena_span (fetch->page, row->body);
      row->bodystructure = pli_arena_span (fetch->page, row->bodystructure);
      row->parts = pli_arena_span (fetch->page, row->parts);
    }
}

static gboolean
has_unknown_keywords (const ImapFetch *fetch, const PliFetchResult *page)
{
  guint64 keywords = 0;

  if (!(fetch->want & PLI_WANT_FLAGS))
    return FALSE;
  for (guint32 i = 0; i < page->n_rows; i++)
    keywords |= page->rows[i].keywords;
  return !imap_box_knows (fetch->cmd->imap->box, keywords);
}

static void ask_page (ImapCmd *cmd);

static void
got_page (gpointer user, const void *result, const GError *error)
{
  ImapFetch *fetch = user;
  const PliFetchResult *page = result;

  if (error)
    {
      imap_fail (fetch->cmd, error);
      return;
    }
  if (!fetch->refreshed && has_unknown_keywords (fetch, page))
    {
      fetch->refreshed = TRUE;
      imap_box_refresh (fetch->cmd, ask_page);
      return;
    }
  fetch->refreshed = FALSE;
  fetch->cursor = page->cursor;
  if (fetch->reads)
    {
      keep_page (fetch, page);
      if (fetch->marks)
        mark (fetch);
      else
        imap_fetch_messages (fetch->cmd);
      return;
    }
  for (guint32 i = 0; i < page->n_rows; i++)
    imap_fetch_write (fetch, &page->rows[i], FALSE, 0, pli_span (NULL, 0));
  fetch->delivered += page->n_rows;
  imap_when_drained (fetch->cmd, imap_fetch_next_page);
}

static void
ask_page (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;

  pli_store_fetch (cmd->session,
                   &(PliFetchArgs){ .mailbox = cmd->imap->box->mailbox,
                                    .uids = fetch->uids.items,
                                    .n_uids = fetch->uids.n,
                                    .want = fetch->want,
                                    .since = fetch->args.changed_since,
                                    .cursor = fetch->cursor },
                   got_page, fetch);
}

void
imap_fetch_next_page (ImapCmd *cmd)
{
  ImapFetch *fetch = cmd->data;

  forget_page (fetch);
  if (fetch->cursor == 0)
    finish (fetch);
  else
    ask_page (cmd);
}

static void
add_item (ImapFetch *fetch, ImapItemKind kind, const char *label)
{
  ImapItem *item = pli_arena_new0 (fetch->cmd->arena, ImapItem);

  item->kind = kind;
  item->label = label;
  item->next = fetch->args.items;
  fetch->args.items = item;
}

/* What the items need from the store. */
static void
prepare (ImapFetch *fetch)
{
  static const guint32 wants[] = {
    [IMAP_ITEM_UID] = 0,
    [IMAP_ITEM_FLAGS] = PLI_WANT_FLAGS,
    [IMAP_ITEM_INTERNALDATE] = PLI_WANT_META,
    [IMAP_ITEM_SIZE] = PLI_WANT_META,
    [IMAP_ITEM_MODSEQ] = PLI_WANT_FLAGS,
    [IMAP_ITEM_ENVELOPE] = PLI_WANT_ENVELOPE,
    [IMAP_ITEM_BODY] = PLI_WANT_BODY,
    [IMAP_ITEM_BODYSTRUCTURE] = PLI_WANT_BODYSTRUCTURE,
    [IMAP_ITEM_SECTION] = PLI_WANT_META,
  };
  ImapSession *imap = fetch->cmd->imap;
  gboolean has_uid = FALSE, has_modseq = FALSE;

  for (const ImapItem *item = fetch->args.items; item; item = item->next)
    {
      fetch->want |= wants[item->kind];
      has_uid |= item->kind == IMAP_ITEM_UID;
      has_modseq |= item->kind == IMAP_ITEM_MODSEQ;
      fetch->has_flags |= item->kind == IMAP_ITEM_FLAGS;
      fetch->reads |= item->kind == IMAP_ITEM_SECTION;
      fetch->marks |= item->seen && !imap->box->read_only;
      /* The sections of the message itself need no map of its parts. */
      if (item->section.len > 0 && g_ascii_isdigit (item->section.data[0]))
        fetch->want |= PLI_WANT_PARTS;
    }
  /* RFC 7162 3.1: asking for it shows that the client knows of modseqs. */
  if (has_modseq || fetch->args.changed_since > 0)
    imap->condstore = TRUE;
  if (fetch->args.changed_since > 0 && !has_modseq)
    add_item (fetch, IMAP_ITEM_MODSEQ, "MODSEQ");
  if (fetch->args.changed_since > 0 || fetch->marks)
    fetch->want |= PLI_WANT_FLAGS;
  /* RFC 3501 6.4.8: UID FETCH answers with the UID in any case. */
  if (fetch->cmd->by_uid && !has_uid)
    add_item (fetch, IMAP_ITEM_UID, "UID");
}

void
imap_fetch (ImapCmd *cmd)
{
  ImapFetch *fetch = pli_arena_new0 (cmd->arena, ImapFetch);
  const ImapView *view = &cmd->imap->box->view;
  ImapSet set;

  fetch->cmd = cmd;
  if (!imap_lex_set (&cmd->lex, &set) || !imap_lex_space (&cmd->lex) || !imap_lex_fetch (&cmd->lex, &fetch->args))
    {
      imap_bad (cmd, "Sequence set and items expected");
      return;
    }
  if (!imap_view_resolve (view, &set, cmd->by_uid, cmd->arena, &fetch->uids))
    {
      imap_bad (cmd, "No such message number");
      return;
    }
  fetch->page = pli_arena_new ();
  cmd->data = fetch;
  cmd->clear = clear;
  prepare (fetch);
  fetch->expected = imap_view_count_in (view, fetch->uids.items, fetch->uids.n);
  if (fetch->expected == 0)
    finish (fetch);
  else if (fetch->want == 0)
    write_known (cmd);
  else
    ask_page (cmd);
}
