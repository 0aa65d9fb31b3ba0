/* search.c: SEARCH and UID SEARCH. Rows come in pages; what flags, dates and sizes decide is decided there, and only
 * the rest is read (search_read.c). A search for numbers alone asks the store nothing.
 *
 * RFC 3501 6.4.4, 6.4.8, 7.2.5; RFC 7162 3.1.5. */
#include "search.h"

static void
forget_page (ImapSearch *search)
{
  for (guint i = 0; i < search->n_candidates; i++)
    pli_buffer_clear (&search->candidates[i].header);
  search->candidates = NULL;
  search->n_candidates = search->at = 0;
}

static void
clear (ImapCmd *cmd)
{
  ImapSearch *search = cmd->data;

  forget_page (search);
  pli_arena_free (search->page);
  g_array_unref (search->found);
  g_clear_error (&search->error);
}

void
imap_search_found (ImapSearch *search, const PliMessageRow *row)
{
  g_array_append_val (search->found, row->uid);
  search->modseq = MAX (search->modseq, row->modseq);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

  return left < right ? -1 : left > right;
}

static void
finish (ImapSearch *search)
{
  ImapCmd *cmd = search->cmd;
  PliBuffer *out = pli_session_output (cmd->session);

  if (search->error)
    {
      imap_fail (cmd, search->error);
      return;
    }
  g_array_sort (search->found, compare);
  pli_buffer_add_text (out, "* SEARCH");
  for (guint i = 0; i < search->found->len; i++)
    {
      guint32 uid = g_array_index (search->found, guint32, i);

      pli_buffer_add_char (out, ' ');
      pli_buffer_add_u64 (out, cmd->by_uid ? uid : imap_view_seq (&cmd->imap->box->view, uid));
    }
  if (search->args.has_modseq && search->found->len > 0)
    pli_buffer_printf (out, " (MODSEQ %" G_GUINT64_FORMAT ")", search->modseq);
  pli_buffer_add_text (out, "\r\n");
  imap_done (cmd);
}

/* The session itself knows enough. */
static void
search_known (ImapSearch *search)
{
  const ImapView *view = &search->cmd->imap->box->view;

  for (guint32 i = 0; i < search->uids.n; i++)
    for (guint64 next = search->uids.items[i].first; next <= search->uids.items[i].last; next++)
      {
        PliMessageRow row = { .uid = imap_view_from (view, (guint32) next) };

        if (row.uid == 0 || row.uid > search->uids.items[i].last)
          break;
        if (imap_search_row (search, &row) == IMAP_YES)
          imap_search_found (search, &row);
        next = row.uid;
      }
  finish (search);
}

static void
keep (ImapSearch *search, const PliMessageRow *row)
{
  ImapCandidate *candidate = &search->candidates[search->n_candidates++];

  candidate->search = search;
  candidate->row = *row;
  candidate->row.parts = pli_arena_span (search->page, row->parts);
}

static gboolean
has_unknown_keywords (const ImapSearch *search, const PliFetchResult *page)
{
  guint64 keywords = 0;

  if (!(search->want & PLI_WANT_FLAGS))
    return FALSE;
  for (guint32 i = 0; i < page->n_rows; i++)
    keywords |= page->rows[i].keywords;
  return !imap_box_knows (search->cmd->imap->box, keywords);
}

static void ask_page (ImapCmd *cmd);

static void
got_page (gpointer user, const void *result, const GError *error)
{
  ImapSearch *search = user;
  const PliFetchResult *page = result;

  if (error)
    {
      imap_fail (search->cmd, error);
      return;
    }
  if (!search->refreshed && has_unknown_keywords (search, page))
    {
      search->refreshed = TRUE;
      imap_box_refresh (search->cmd, ask_page);
      return;
    }
  search->refreshed = FALSE;
  search->cursor = page->cursor;
  pli_arena_reset (search->page);
  search->candidates = pli_arena_array (search->page, ImapCandidate, page->n_rows);
  imap_search_reset (search);
  for (guint32 i = 0; i < page->n_rows; i++)
    {
      ImapTruth truth = imap_search_row (search, &page->rows[i]);

      if (truth == IMAP_YES)
        imap_search_found (search, &page->rows[i]);
      else if (truth == IMAP_UNKNOWN)
        keep (search, &page->rows[i]);
    }
  imap_search_candidates (search->cmd);
}

static void
ask_page (ImapCmd *cmd)
{
  ImapSearch *search = cmd->data;

  pli_store_fetch (cmd->session,
                   &(PliFetchArgs){ .mailbox = cmd->imap->box->mailbox,
                                    .uids = search->uids.items,
                                    .n_uids = search->uids.n,
                                    .want = search->want,
                                    .cursor = search->cursor },
                   got_page, search);
}

void
imap_search_next_page (ImapCmd *cmd)
{
  ImapSearch *search = cmd->data;

  forget_page (search);
  if (search->cursor == 0)
    finish (search);
  else
    ask_page (cmd);
}

/* Resolves sets to UIDs and sums up what the keys need. FALSE for a message number that is none. */
static gboolean
prepare (ImapSearch *search, ImapKey *key)
{
  const ImapView *view = &search->cmd->imap->box->view;

  for (; key; key = key->next)
    {
      ImapSet written = key->set;

      switch (key->kind)
        {
        case IMAP_KEY_SEQUENCE:
        case IMAP_KEY_UID:
          if (!imap_view_resolve (view, &written, key->kind == IMAP_KEY_UID, search->cmd->arena, &key->set))
            return FALSE;
          break;
        case IMAP_KEY_FLAG:
        case IMAP_KEY_KEYWORD:
        case IMAP_KEY_MODSEQ:
          search->want |= PLI_WANT_FLAGS;
          break;
        case IMAP_KEY_BEFORE:
        case IMAP_KEY_ON:
        case IMAP_KEY_SINCE:
        case IMAP_KEY_LARGER:
        case IMAP_KEY_SMALLER:
          search->want |= PLI_WANT_META;
          break;
        default:
          break;
        }
      if (!prepare (search, key->child))
        return FALSE;
    }
  return TRUE;
}

/* Sets that all messages must be in narrow what is asked for. */
static void
narrow (ImapSearch *search)
{
  PliUidRange all = { 1, imap_view_up_to (&search->cmd->imap->box->view, G_MAXUINT32) };
  PliArena *arena = search->cmd->arena;

  search->uids = imap_ranges_both (&all, all.last > 0, &all, all.last > 0, arena);
  for (const ImapKey *key = search->args.root->child; key; key = key->next)
    if (key->kind == IMAP_KEY_SEQUENCE || key->kind == IMAP_KEY_UID)
      search->uids = imap_ranges_both (search->uids.items, search->uids.n, key->set.items, key->set.n, arena);
}

void
imap_search (ImapCmd *cmd)
{
  ImapSearch *search = pli_arena_new0 (cmd->arena, ImapSearch);

  search->cmd = cmd;
  if (!imap_lex_search (&cmd->lex, (guint) cmd->imap->set->nesting_max, &search->args))
    {
      if (search->args.bad_charset)
        imap_no (cmd, "[BADCHARSET (US-ASCII UTF-8)] Charset is not supported");
      else
        imap_bad (cmd, "Search keys expected");
      return;
    }
  if (!prepare (search, search->args.root))
    {
      imap_bad (cmd, "No such message number");
      return;
    }
  search->page = pli_arena_new ();
  search->found = g_array_new (FALSE, FALSE, sizeof (guint32));
  cmd->data = search;
  cmd->clear = clear;
  for (const ImapKey *key = search->args.reading; key; key = key->next_read)
    {
      search->reads_header |= key->kind <= IMAP_KEY_TEXT;
      search->reads_body |= key->kind >= IMAP_KEY_TEXT;
    }
  if (search->reads_header || search->reads_body)
    search->want |= PLI_WANT_META;
  if (search->reads_body)
    search->want |= PLI_WANT_PARTS;
  if (search->args.has_modseq)
    cmd->imap->condstore = TRUE;
  narrow (search);
  if (search->uids.n == 0)
    finish (search);
  else if (search->want == 0)
    search_known (search);
  else
    ask_page (cmd);
}
