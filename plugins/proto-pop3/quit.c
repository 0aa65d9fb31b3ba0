/* quit.c: QUIT, and the UPDATE state: what is marked goes now, and only now. RFC 1939 6. */
#include "pop3.h"
#include <pli/log.h>

static void
goodbye (Pop3 *pop3)
{
  pop3_ok (pop3, "Goodbye");
  pli_session_end (pop3->session);
}

static gboolean
is_deleted (const Pop3Message *message)
{
  return message->deleted;
}

static gboolean
is_read (const Pop3Message *message)
{
  return message->retrieved && !message->deleted;
}

/* (transfer full): the UIDs of messages that @wanted takes. UIDs between two neighbours of the snapshot are of messages
 * that had gone before, so a range may span them. */
static GArray *
collect (Pop3 *pop3, gboolean (*wanted) (const Pop3Message *message))
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  gboolean joins = FALSE;

  for (guint i = 0; i < pop3->messages->len; i++)
    {
      const Pop3Message *message = pop3_nth (pop3, i);
      PliUidRange range = { message->uid, message->uid };

      if (!wanted (message))
        joins = FALSE;
      else if (joins)
        g_array_index (ranges, PliUidRange, ranges->len - 1).last = message->uid;
      else
        {
          g_array_append_val (ranges, range);
          joins = TRUE;
        }
    }
  return ranges;
}

static void
marked (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;

  (void) result;
  /* The client did not ask for \Seen, so it is not told either. */
  if (error)
    pli_log (PLI_LOG_WARNING, "pop3.failed", "what", "mark-seen", "why", error->message, "session",
             pli_session_id (pop3->session), NULL);
  goodbye (pop3);
}

static void
mark_seen (Pop3 *pop3)
{
  g_autoptr (GArray) read = collect (pop3, is_read);
  const PliFlagsArgs args = { .mailbox = pop3->mailbox,
                              .uids = (PliUidRange *) (void *) read->data,
                              .n_uids = read->len,
                              .verb = PLI_FLAGS_ADD,
                              .flags = PLI_FLAG_SEEN };

  if (read->len > 0 && pop3->set->mark_seen)
    pli_store_flags (pop3->session, &args, marked, pop3);
  else
    goodbye (pop3);
}

static void
expunged (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;

  (void) result;
  if (!error)
    {
      mark_seen (pop3);
      return;
    }
  /* RFC 1939 6: -ERR says that some were not removed. */
  pop3_fail (pop3, "expunge", error);
  pli_session_end (pop3->session);
}

void
pop3_quit (Pop3 *pop3, PliSpan args)
{
  g_autoptr (GArray) deleted = NULL;
  PliExpungeArgs expunge = { .any = TRUE };

  if (args.len > 0)
    {
      pop3_refuse (pop3, "QUIT takes no argument");
      return;
    }
  if (pop3->state == POP3_AUTHORIZATION)
    {
      goodbye (pop3);
      return;
    }
  pop3->state = POP3_UPDATE;
  pli_session_pause (pop3->session);
  deleted = collect (pop3, is_deleted);
  expunge.mailbox = pop3->mailbox;
  expunge.uids = (PliUidRange *) (void *) deleted->data;
  expunge.n_uids = deleted->len;
  if (deleted->len > 0)
    pli_store_expunge (pop3->session, &expunge, expunged, pop3);
  else
    mark_seen (pop3);
}
