/* settle.c: how a child ends, or is put off. Each goes to the journal and to the ledger. */
#include "queue-log.h"

#define SOON_US (1 * G_USEC_PER_SEC)

static const char *
rcpt_text (const Message *m, const Child *child)
{
  if (child->address)
    return child->address;
  return m->hot ? m->hot->rcpts[CHILD_RCPT (child->number)] : NULL;
}

void
queue_tell (Message *m, const Child *child, const char *what, const char *detail)
{
  PliLedgerEvent event = { .id = m->hot ? m->hot->id : "",
                           .what = what,
                           .by = "queue-log",
                           .sender = m->hot ? m->hot->sender : NULL,
                           .rcpt = rcpt_text (m, child),
                           .message_id = m->hot ? m->hot->message_id : NULL,
                           .detail = detail };

  pli_ledger_tell (m->queue->instance, &event);
}

void
settle (Message *m, Child *child, const char *what, const char *detail)
{
  g_assert (child->state != CHILD_SETTLED);
  queue_tell (m, child, what, detail);
  journal_settled (m->queue->journal, m, child, g_str_equal (what, "delivered"));
  child->state = CHILD_SETTLED;
  child->waiting = FALSE;
  m->n_open--;
  m->queue->open--;
  m->queue->settled++;
}

/* Twice as long each time, and a quarter more or less, so that what failed together does not come back together. */
static gint64
pause_us (const Settings *set, guint tries, gboolean soon)
{
  gint64 pause = soon ? SOON_US : set->retry_first;

  for (guint i = 1; i < tries && pause < set->retry_max; i++)
    pause *= 2;
  pause = MIN (pause, set->retry_max);
  return pause - pause / 4 + g_random_int_range (0, 1001) * (pause / 2000);
}

void
postpone (Message *m, Child *child, const char *reason, gboolean soon)
{
  const Settings *set = queue_settings (m->queue);
  char *kept = g_ref_string_new_intern (reason);
  gboolean news = kept != child->reason;

  if (child->state == CHILD_BUSY)
    child->state = child->account ? CHILD_LOCAL : child->owned ? CHILD_REMOTE : CHILD_UNRESOLVED;
  if (child->reason)
    g_ref_string_release (child->reason);
  child->reason = kept;
  child->tries = (guint16) MIN (child->tries + 1u, G_MAXUINT16);
  child->waiting = TRUE;
  child->next_us = pli_now_us (m->queue->instance) + pause_us (set, child->tries, soon);
  journal_postponed (m->queue->journal, m, child);
  if (news)
    queue_tell (m, child, "deferred", reason);
}
