/* sync.c: what others, and the session itself, did in the selected mailbox, as untagged answers.
 *
 * Asks the store for changes since the modseq that the client knows. Called at the end of commands after which EXPUNGE
 * is allowed, and while IDLE runs. One at a time. RFC 3501 5.2, 7.3, 7.4; RFC 7162 3.1. */
#include "imap.h"

static void
finish (ImapSession *imap, const GError *error)
{
  void (*then) (ImapSession * imap, const GError *error) = imap->synced;

  imap->sync = NULL;
  imap->synced = NULL;
  then (imap, error);
}

static void
write_added (ImapSession *imap, const PliChangesResult *changes)
{
  ImapBox *box = imap->box;
  guint32 recent = 0;

  if (changes->n_added == 0)
    return;
  for (guint32 i = 0; i < changes->n_added; i++)
    {
      PliUidRange range = changes->added[i];

      imap_view_append (&box->view, range.first, range.last);
      if (changes->recent_from > 0 && range.last >= changes->recent_from)
        imap_ranges_append (&box->recent, MAX (range.first, changes->recent_from), range.last);
    }
  recent = imap_box_count_recent (box);
  pli_session_printf (imap->session, "* %u EXISTS\r\n* %u RECENT\r\n", imap_view_count (&box->view), recent);
}

static void
write_rows (ImapSession *imap, const PliChangesResult *changes)
{
  for (guint32 i = 0; i < changes->n_rows; i++)
    if (!imap_box_was_told (imap->box, &changes->rows[i]))
      imap_write_flags_response (imap, &changes->rows[i], TRUE, TRUE);
}

static void
changed (gpointer user, const void *result, const GError *error)
{
  ImapSession *imap = user;
  const PliChangesResult *changes = result;
  ImapBox *box = imap->box;

  if ((error && g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND)) || (!error && changes->deleted))
    {
      imap_bye (imap, "Selected mailbox was deleted");
      finish (imap, NULL);
      return;
    }
  if (error)
    {
      box->dirty = TRUE;
      finish (imap, error);
      return;
    }
  imap_box_learn_keywords (imap, changes->keywords);
  imap_box_expunge (imap, changes->vanished, changes->n_vanished);
  write_added (imap, changes);
  write_rows (imap, changes);
  imap_box_settle (box, changes->modseq);
  if (changes->uidnext > box->uidnext)
    box->uidnext = changes->uidnext;
  finish (imap, NULL);
}

void
imap_sync (ImapSession *imap, void (*synced) (ImapSession *imap, const GError *error))
{
  ImapBox *box = imap->box;

  g_assert (!imap->synced);
  imap->synced = synced;
  box->dirty = FALSE;
  imap->sync = pli_store_changes (
      imap->session,
      &(PliChangesArgs){
          .mailbox = box->mailbox, .since = box->modseq, .uidnext = box->uidnext, .take_recent = !box->read_only },
      changed, imap);
}
