/* report.c: tells the sender, in one report (RFC 3464), of all recipients of a message that failed for good in the same
 * run, and once a message of a delay. A report is a record of its own, and failed recipients are settled when it is
 * durable. It names its cause, so that after a crash in between they are settled by it and no second report is made.
 * Reports about reports are not made (RFC 5321 6.1). */
#include "queue-log.h"

#define HEADER_BACK_MAX (64 * 1024) /* of the message's header, in the report */

typedef struct
{
  Message *m;
  GArray *failures; /* Failure; of a delay: of what still waits */
  gboolean delayed;
  char id[PLI_ID_LEN + 1];
  PliBuffer text, report;
  PliArena *arena;
  Hot hot; /* of the report */
} Report;

static void
report_free (Report *r)
{
  g_array_unref (r->failures);
  pli_buffer_clear (&r->text);
  pli_buffer_clear (&r->report);
  g_free (r);
}

static void
settle_failed (Report *r, const GError *error)
{
  Message *m = r->m;

  for (guint i = 0; i < r->failures->len && !r->delayed; i++)
    {
      const Failure *failure = &g_array_index (r->failures, Failure, i);
      Child *child = message_child (m, failure->number);

      if (error)
        put_off (m, child, &(Told){ .detail = error->message }, TRUE);
      else
        settle (m, child, "bounced", &(Told){ .peer = failure->host, .detail = failure->text });
    }
}

static void
written (gpointer user, const PliRecordPlace *place, const GError *error)
{
  Report *r = user;
  Message *m = r->m;
  Queue *q = m->queue;

  if (error)
    {
      pli_arena_free (r->arena);
      settle_failed (r, error);
    }
  else
    {
      Message *report = message_new (q, place, pli_now_us (q->instance));

      q->accepted++;
      message_warm (report, &r->hot);
      message_add_child (report, CHILD_NUMBER (0, 0), CHILD_UNRESOLVED);
      settle_failed (r, NULL);
      if (r->delayed)
        journal_warned (q->journal, m);
      message_start (report);
    }
  report_free (r);
  message_unbusy (m);
}

/* "4 h", "2 d": units that all languages share. */
static void
duration_text (gint64 us, char out[32])
{
  gint64 minutes = us / (60 * G_USEC_PER_SEC);

  if (minutes < 120)
    g_snprintf (out, 32, "%" G_GINT64_FORMAT " min", MAX (minutes, 0));
  else if (minutes < 2 * 1440)
    g_snprintf (out, 32, "%" G_GINT64_FORMAT " h", minutes / 60);
  else
    g_snprintf (out, 32, "%" G_GINT64_FORMAT " d", minutes / 1440);
}

static void
add_rcpt_text (Report *r, const Failure *failure, const Words *words)
{
  Message *m = r->m;
  const Settings *set = queue_settings (m->queue);
  const Child *child = message_child (m, failure->number);
  char tries[32], over[32], until[PLI_DATE_SIZE];

  pli_buffer_printf (&r->text, "\n  <%s>\n\n", message_address (m, child));
  if (failure->host)
    pli_buffer_printf (&r->text, words->said, failure->host);
  else
    pli_buffer_add_text (&r->text, words->because);
  pli_buffer_printf (&r->text, "\n    %s\n", failure->text);
  g_snprintf (tries, sizeof tries, "%u×", MAX (child->tries, 1));
  duration_text (pli_now_us (m->queue->instance) - m->received_us, over);
  pli_buffer_printf (&r->text, words->tried, tries, over);
  if (r->delayed)
    {
      pli_date_format (m->received_us + set->lifetime, 0, until);
      pli_buffer_add_char (&r->text, ' ');
      pli_buffer_printf (&r->text, words->until, until);
    }
  pli_buffer_printf (&r->text, "\n%s\n", words_advice (set->language, failure->status, r->delayed));
}

/* "mx.example.net [192.0.2.1]:25": the name, or what there is of it. */
static PliSpan
host_name (const char *host)
{
  const char *end;

  if (!host)
    return pli_span (NULL, 0);
  end = *host == '[' ? strchr (host, ']') : host + strcspn (host, " [") - 1;
  return end ? pli_span (host, (gsize) (end - host) + 1) : pli_span_from (host);
}

static void
fill (Report *r, PliSpan original)
{
  Message *m = r->m;
  const Settings *set = queue_settings (m->queue);
  const Words *words = words_of (set->language);
  const char *host = set->hostname ? set->hostname : g_get_host_name ();
  g_autofree char *from = g_strdup_printf ("postmaster@%s", host);
  g_autofree PliDsnRcpt *rcpts = g_new0 (PliDsnRcpt, r->failures->len);
  gint64 now = pli_now_us (m->queue->instance);
  PliDsn dsn = { .id = pli_span_from (r->id),
                 .host = pli_span_from (host),
                 .from = pli_span_from (from),
                 .to = pli_span_from (m->hot->sender),
                 .original_id = pli_span_from (m->hot->id),
                 .now_us = now,
                 .arrival_us = m->received_us,
                 .rcpts = rcpts,
                 .n_rcpts = r->failures->len,
                 .original = original,
                 .subject = pli_span_from (r->delayed ? words->subject_delayed : words->subject_failed) };

  pli_buffer_printf (&r->text, words->greeting, host);
  pli_buffer_printf (&r->text, "\n\n%s\n", r->delayed ? words->delayed : words->failed);
  for (guint i = 0; i < r->failures->len; i++)
    {
      const Failure *failure = &g_array_index (r->failures, Failure, i);

      rcpts[i] = (PliDsnRcpt){ .action = r->delayed ? PLI_DSN_DELAYED : PLI_DSN_FAILED,
                               .final_rcpt = pli_span_from (message_address (m, message_child (m, failure->number))),
                               .status = pli_span_from (failure->status),
                               .remote_mta = host_name (failure->host),
                               .diagnostic = pli_span_from (failure->text),
                               .last_attempt_us = now,
                               .retry_until_us = m->received_us + set->lifetime };
      add_rcpt_text (r, failure, words);
    }
  dsn.text = pli_buffer_span (&r->text);
  pli_buffer_add_text (&r->report, "Return-Path: <>\r\n");
  pli_dsn_write (&dsn, &r->report);
}

/* "segment offset number,number", or "segment offset w" for a delay. */
static char *
cause_text (const Report *r)
{
  GString *cause = g_string_new (NULL);

  g_string_printf (cause, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ", r->m->key[0], r->m->key[1]);
  if (r->delayed)
    g_string_append_c (cause, 'w');
  for (guint i = 0; i < r->failures->len && !r->delayed; i++)
    g_string_append_printf (cause, "%s%u", i > 0 ? "," : "", g_array_index (r->failures, Failure, i).number);
  return g_string_free (cause, FALSE);
}

static void
append (Report *r)
{
  Message *m = r->m;
  g_autofree char *cause = cause_text (r);
  const char **rcpts;
  PliSubmitArgs args = { .id = r->id,
                         .sender = "",
                         .received_us = pli_now_us (m->queue->instance),
                         .role = "report",
                         .message = pli_buffer_span (&r->report) };
  g_auto (PliBuffer) header = { 0 };

  r->arena = pli_arena_new ();
  rcpts = pli_arena_array (r->arena, const char *, 2);
  rcpts[0] = pli_arena_strdup (r->arena, m->hot->sender);
  args.rcpts = rcpts;
  pli_render (args.message, NULL, r->arena, &args.renderings);
  record_write (&args, "-", cause, &header);
  r->hot = (Hot){ .arena = r->arena,
                  .id = pli_arena_strdup (r->arena, r->id),
                  .sender = "",
                  .granted = "-",
                  .role = "report",
                  .rcpts = rcpts,
                  .n_rcpts = 1,
                  .renderings = args.renderings };
  /* The report's memory goes with this Report: what the renderings need of it is copied. */
  r->hot.renderings.envelope = pli_arena_span (r->arena, args.renderings.envelope);
  r->hot.renderings.preview = pli_arena_span (r->arena, args.renderings.preview);
  pli_segments_append (m->queue->segments, pli_buffer_span (&header), args.message, written, r);
}

static void
original_read (gpointer user, char *bytes)
{
  Report *r = user;
  PliSpan original = pli_span (bytes, bytes ? (gsize) MIN (r->m->bytes, HEADER_BACK_MAX) : 0);

  fill (r, pli_span_head (original, pli_header_end (original)));
  append (r);
  g_free (bytes);
}

static void
begin (Message *m, GArray *failures, gboolean delayed)
{
  Report *r = g_new0 (Report, 1);

  r->m = m;
  r->failures = failures;
  r->delayed = delayed;
  pli_id_new (r->id, pli_now_us (m->queue->instance));
  message_busy (m);
  read_bytes (m->queue, m->key[0], m->body_offset, (gsize) MIN (m->bytes, HEADER_BACK_MAX), original_read, r);
}

/* All that is still open. */
static GArray *
delayed_of (Message *m)
{
  GArray *failures = g_array_new (FALSE, FALSE, sizeof (Failure));

  for (guint i = 0; i < m->n_children; i++)
    {
      const Child *child = &m->children[i];
      Failure failure = { child->number, "4.4.1", pli_arena_strdup (m->hot->arena, child->reason), NULL };

      if (!failure.text)
        failure.text = "it waits for its turn";
      if (child->state != CHILD_SETTLED)
        g_array_append_val (failures, failure);
    }
  return failures;
}

gboolean
report_if_due (Message *m)
{
  gint64 delay = queue_settings (m->queue)->delay_warning;

  if (!m->hot || m->queue->stopping)
    return FALSE;
  if (m->hot->failures)
    {
      begin (m, g_steal_pointer (&m->hot->failures), FALSE);
      return TRUE;
    }
  if (m->warned || delay == 0 || m->n_open == 0 || pli_now_us (m->queue->instance) - m->received_us < delay)
    return FALSE;
  m->warned = TRUE; /* also when it cannot be written: one that is missing is better than many */
  begin (m, delayed_of (m), TRUE);
  return TRUE;
}
