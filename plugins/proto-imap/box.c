/* box.c: the selected mailbox as this session knows it: UIDs, \Recent, keywords; and its flags on the wire.
 *
 * Flags are never kept here: they come with each row from the store. What is kept is what the client has been told, so
 * that the next answer can be right. RFC 3501 2.3.1, 2.3.2, 7.2.6, 7.4. */
#include "imap.h"

#define SYSTEM_FLAGS "\\Answered \\Flagged \\Deleted \\Seen \\Draft"

static const struct
{
  guint32 bit;
  const char *name;
} flag_names[] = {
  { PLI_FLAG_ANSWERED, "\\Answered" }, { PLI_FLAG_FLAGGED, "\\Flagged" }, { PLI_FLAG_DELETED, "\\Deleted" },
  { PLI_FLAG_SEEN, "\\Seen" },         { PLI_FLAG_DRAFT, "\\Draft" },
};

static void
take_keywords (ImapBox *box, const char *const *keywords)
{
  guint n = keywords ? g_strv_length ((char **) keywords) : 0;

  if (n <= box->n_keywords)
    return;
  box->keywords = g_renew (char *, box->keywords, n);
  for (guint i = box->n_keywords; i < n; i++)
    box->keywords[i] = g_strdup (keywords[i]);
  box->n_keywords = n;
}

ImapBox *
imap_box_new (const PliOpenResult *opened, const char *name, gboolean read_only)
{
  ImapBox *box = g_new0 (ImapBox, 1);
  guint32 last = 0;

  box->mailbox = opened->mailbox;
  box->name = g_strdup (name);
  box->modseq = box->own_modseq = opened->modseq;
  box->uidvalidity = opened->uidvalidity;
  box->uidnext = opened->uidnext;
  box->read_only = read_only;
  for (guint32 i = 0; i < opened->n_uids; i++)
    imap_view_append (&box->view, opened->uids[i].first, opened->uids[i].last);
  last = imap_view_up_to (&box->view, G_MAXUINT32);
  if (opened->recent_from > 0 && opened->recent_from <= last)
    imap_ranges_append (&box->recent, opened->recent_from, last);
  take_keywords (box, opened->keywords);
  return box;
}

void
imap_box_free (ImapBox *box)
{
  if (!box)
    return;
  for (guint i = 0; i < box->n_keywords; i++)
    g_free (box->keywords[i]);
  g_free (box->keywords);
  g_free (box->name);
  imap_view_clear (&box->view);
  imap_ranges_clear (&box->recent);
  imap_box_settle (box, 0);
  g_free (box);
}

static void
unwatched (gpointer user, const void *result, const GError *error)
{
  (void) user;
  (void) result;
  if (error)
    pli_log (PLI_LOG_DEBUG, "imap.unwatch-failed", "error", error->message, NULL);
}

void
imap_deselect (ImapSession *imap)
{
  ImapBox *box = imap->box;

  if (!box)
    return;
  pli_call_cancel (box->watch);
  pli_store_watch (imap->session, &(PliWatchArgs){ .mailbox = box->mailbox, .on = FALSE }, unwatched, NULL);
  imap->box = NULL;
  imap_box_free (box);
  imap_set_state (imap, IMAP_AUTHENTICATED);
}

gboolean
imap_box_knows (const ImapBox *box, guint64 keywords)
{
  return box->n_keywords >= 64 || keywords >> box->n_keywords == 0;
}

int
imap_box_keyword (const ImapBox *box, PliSpan name)
{
  for (guint i = 0; i < box->n_keywords; i++)
    if (pli_span_is_nocase (name, box->keywords[i]))
      return (int) i;
  return -1;
}

gboolean
imap_box_is_recent (const ImapBox *box, guint32 uid)
{
  return imap_ranges_has (box->recent.items, box->recent.n, uid);
}

guint32
imap_box_count_recent (const ImapBox *box)
{
  return imap_view_count_in (&box->view, box->recent.items, box->recent.n);
}

void
imap_box_told (ImapBox *box, const PliFlagsResult *changed, gboolean shown)
{
  ImapTold *told;

  if (changed->modseq <= box->own_modseq)
    return; /* nothing changed */
  if (changed->modseq == box->own_modseq + 1)
    box->own_modseq = changed->modseq;
  else if (!shown)
    return;
  told = &box->told[box->n_told++ % IMAP_TOLD_MAX];
  told->modseq = changed->modseq;
  told->uids.n = 0;
  for (guint32 i = 0; i < changed->n_rows; i++)
    if (changed->rows[i].modseq == changed->modseq)
      imap_ranges_append (&told->uids, changed->rows[i].uid, changed->rows[i].uid);
}

gboolean
imap_box_was_told (const ImapBox *box, const PliMessageRow *row)
{
  for (guint i = 0; i < MIN (box->n_told, IMAP_TOLD_MAX); i++)
    if (box->told[i].modseq == row->modseq && imap_ranges_has (box->told[i].uids.items, box->told[i].uids.n, row->uid))
      return TRUE;
  return FALSE;
}

void
imap_box_settle (ImapBox *box, guint64 modseq)
{
  box->modseq = MAX (box->modseq, modseq);
  box->own_modseq = box->modseq;
  for (guint i = 0; i < IMAP_TOLD_MAX; i++)
    imap_ranges_clear (&box->told[i].uids);
  box->n_told = 0;
}

static void
write_keywords (PliBuffer *out, const ImapBox *box)
{
  for (guint i = 0; i < box->n_keywords; i++)
    {
      pli_buffer_add_char (out, ' ');
      pli_buffer_add_text (out, box->keywords[i]);
    }
}

void
imap_write_flag_lists (ImapSession *imap)
{
  PliBuffer *out = pli_session_output (imap->session);

  pli_buffer_add_text (out, "* FLAGS (" SYSTEM_FLAGS);
  write_keywords (out, imap->box);
  pli_buffer_add_text (out, ")\r\n* OK [PERMANENTFLAGS (");
  if (!imap->box->read_only)
    {
      pli_buffer_add_text (out, SYSTEM_FLAGS);
      write_keywords (out, imap->box);
      if (imap->box->n_keywords < 64)
        pli_buffer_add_text (out, " \\*");
    }
  pli_buffer_add_text (out, ")] Flags that can be kept\r\n");
}

void
imap_box_learn_keywords (ImapSession *imap, const char *const *keywords)
{
  guint before = imap->box->n_keywords;

  take_keywords (imap->box, keywords);
  if (imap->box->n_keywords > before)
    imap_write_flag_lists (imap);
}

void
imap_write_flags (PliBuffer *out, const ImapBox *box, const PliMessageRow *row)
{
  gsize start;

  pli_buffer_add_text (out, "FLAGS (");
  start = out->len;
  for (gsize i = 0; i < G_N_ELEMENTS (flag_names); i++)
    if (row->flags & flag_names[i].bit)
      {
        pli_buffer_add_text (out, flag_names[i].name);
        pli_buffer_add_char (out, ' ');
      }
  if (imap_box_is_recent (box, row->uid))
    pli_buffer_add_text (out, "\\Recent ");
  for (guint i = 0; i < box->n_keywords && row->keywords >> i != 0; i++)
    if (row->keywords >> i & 1)
      {
        pli_buffer_add_text (out, box->keywords[i]);
        pli_buffer_add_char (out, ' ');
      }
  if (out->len > start)
    out->len--;
  pli_buffer_add_char (out, ')');
}

void
imap_write_flags_response (ImapSession *imap, const PliMessageRow *row, gboolean with_uid, gboolean with_flags)
{
  PliBuffer *out = pli_session_output (imap->session);
  guint32 seq = imap_view_seq (&imap->box->view, row->uid);
  gsize start;

  if (seq == 0)
    return;
  pli_buffer_add_text (out, "* ");
  pli_buffer_add_u64 (out, seq);
  pli_buffer_add_text (out, " FETCH (");
  start = out->len;
  if (with_uid)
    {
      pli_buffer_add_text (out, "UID ");
      pli_buffer_add_u64 (out, row->uid);
      pli_buffer_add_char (out, ' ');
    }
  if (with_flags)
    {
      imap_write_flags (out, imap->box, row);
      pli_buffer_add_char (out, ' ');
    }
  if (imap->condstore)
    {
      pli_buffer_add_text (out, "MODSEQ (");
      pli_buffer_add_u64 (out, row->modseq);
      pli_buffer_add_text (out, ") ");
    }
  if (out->len > start)
    out->len--;
  pli_buffer_add_text (out, ")\r\n");
}

void
imap_box_expunge (ImapSession *imap, const PliUidRange *uids, guint32 n)
{
  PliBuffer *out = pli_session_output (imap->session);
  ImapView *view = &imap->box->view;

  /* From the last to the first, so that no number changes before it is written. */
  for (guint32 i = n; i-- > 0;)
    for (guint32 uid = imap_view_up_to (view, uids[i].last); uid >= uids[i].first && uid > 0;
         uid = imap_view_up_to (view, uid - 1))
      {
        pli_buffer_add_text (out, "* ");
        pli_buffer_add_u64 (out, imap_view_seq (view, uid));
        pli_buffer_add_text (out, " EXPUNGE\r\n");
      }
  imap_view_remove (view, uids, n);
}

typedef struct
{
  ImapCmd *cmd;
  ImapStep step;
} Refresh;

static void
refreshed (gpointer user, const void *result, const GError *error)
{
  Refresh *refresh = user;
  const PliChangesResult *changes = result;

  if (error)
    {
      imap_fail (refresh->cmd, error);
      return;
    }
  imap_box_learn_keywords (refresh->cmd->imap, changes->keywords);
  refresh->step (refresh->cmd);
}

void
imap_box_refresh (ImapCmd *cmd, ImapStep step)
{
  Refresh *refresh = pli_arena_new0 (cmd->arena, Refresh);

  *refresh = (Refresh){ cmd, step };
  /* Nothing has changed since the end of time: only the table comes. */
  pli_store_changes (
      cmd->session,
      &(PliChangesArgs){ .mailbox = cmd->imap->box->mailbox, .since = G_MAXINT64, .uidnext = G_MAXUINT32 }, refreshed,
      refresh);
}
