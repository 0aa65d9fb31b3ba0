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
queue_tell (Message *m, const Child *child, const char *what, const Told *told)
{
  PliLedgerEvent event = { .id = m->hot ? m->hot->id : "",
                           .what = what,
                           .by = told && told->by ? told->by : "queue-log",
                           .sender = m->hot ? m->hot->sender : NULL,
                           .rcpt = rcpt_text (m, child),
                           .peer = told ? told->peer : NULL,
                           .message_id = m->hot ? m->hot->message_id : NULL,
                           .detail = told ? told->detail : NULL };

  pli_ledger_tell (m->queue->instance, &event);
}

void
settle (Message *m, Child *child, const char *what, const Told *told)
{
  g_assert (child->state != CHILD_SETTLED);
  queue_tell (m, child, what, told);
  journal_settled (m->queue->journal, m, child, g_str_equal (what, "delivered"));
  child->state = CHILD_SETTLED;
  child->waiting = FALSE;
  m->n_open--;
  m->queue->open--;
  m->queue->settled++;
}

void
fail_child (Message *m, Child *child, const char *status, const char *text, const char *host)
{
  PliArena *arena = m->hot->arena;
  Failure failure = { child->number, pli_arena_strdup (arena, status),
                      pli_arena_strdup (arena, text ? text : "delivery failed"), pli_arena_strdup (arena, host) };

  if (!*m->hot->sender)
    {
      g_autofree char *rule = g_strdup_printf ("rule double-bounce: the null sender gets no report: %s", failure.text);

      settle (m, child, "discarded", &(Told){ .peer = host, .detail = rule });
      return;
    }
  if (child->state != CHILD_BUSY)
    child_take (child, (ChildState) child->state);
  if (!m->hot->failures)
    m->hot->failures = g_array_new (FALSE, FALSE, sizeof (Failure));
  g_array_append_val (m->hot->failures, failure);
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

/* What equal reasons share, and what is kept of one in memory: its beginning. */
static char *
shared (const char *reason)
{
  const char *end = reason + strnlen (reason, REASON_KEPT);
  g_autofree char *begin = NULL;

  while (end > reason && ((guint8) *end & 0xc0) == 0x80)
    end--;
  begin = g_strndup (reason, (gsize) (end - reason));
  return g_ref_string_new_intern (begin);
}

void
put_off (Message *m, Child *child, const Told *told, gboolean soon)
{
  char *kept = shared (told->detail);
  gboolean news = kept != child->reason || told->peer;

  if (child->reason)
    g_ref_string_release (child->reason);
  child->reason = kept;
  child->tries = (guint16) MIN (child->tries + 1u, G_MAXUINT16);
  if (child->state == CHILD_BUSY)
    child->state = child->home;
  child->waiting = TRUE;
  child->next_us = pli_now_us (m->queue->instance) + pause_us (queue_settings (m->queue), child->tries, soon);
  journal_postponed (m->queue->journal, m, child, told->detail);
  if (news)
    queue_tell (m, child, "deferred", told);
}

/* Given up after a try that failed past its time, so that the sender reads what was said last. */
static gboolean
is_too_old (const Message *m, const Child *child)
{
  return m->hot && child->tries > 0
         && pli_now_us (m->queue->instance) - m->received_us > queue_settings (m->queue)->lifetime;
}

void
postpone_told (Message *m, Child *child, const Told *told, gboolean soon)
{
  if (!is_too_old (m, child))
    put_off (m, child, told, soon);
  else
    {
      child->tries = (guint16) MIN (child->tries + 1u, G_MAXUINT16);
      fail_child (m, child, "5.4.7", told->reply ? told->reply : told->detail, told->peer);
    }
}

void
postpone (Message *m, Child *child, const char *reason, gboolean soon)
{
  postpone_told (m, child, &(Told){ .detail = reason }, soon);
}
