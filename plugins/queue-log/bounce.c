/* bounce.c: a recipient has failed for good: the sender gets one report (RFC 3464), which is a record of its own, and the
 * recipient is settled when that record is durable. The record names its cause, so that after a crash in between the
 * recipient is settled by it and no second report is made. Reports about reports are not made (RFC 5321 6.1). */
#include "queue-log.h"
#include <stdio.h>

#define HEADER_BACK_MAX (64 * 1024) /* of the failed message's header, in the report */

typedef struct
{
  Message *m;
  guint32 number;
  char *status, *text, *folder, *id, *sender;
  PliBuffer original; /* header of the failed message */
  PliBuffer report;
  PliArena *arena;
  Hot hot; /* of the report */
} Bounce;

static void
bounce_free (Bounce *b)
{
  g_free (b->status);
  g_free (b->text);
  g_free (b->folder);
  g_free (b->id);
  g_free (b->sender);
  pli_buffer_clear (&b->original);
  pli_buffer_clear (&b->report);
  g_free (b);
}

static void
written (gpointer user, const PliRecordPlace *place, const GError *error)
{
  Bounce *b = user;
  Message *m = b->m;
  Queue *q = m->queue;
  Child *child = message_child (m, b->number);

  if (error)
    {
      pli_arena_free (b->arena);
      postpone (m, child, error->message, TRUE);
    }
  else
    {
      Message *report = message_new (q, place, pli_now_us (q->instance));

      q->accepted++;
      message_warm (report, &b->hot);
      message_add_child (report, CHILD_NUMBER (0, 0), CHILD_UNRESOLVED);
      settle (m, child, "bounced", b->text);
      message_start (report);
    }
  bounce_free (b);
  message_unbusy (m);
}

static void
compose (Bounce *b, const char *rcpt)
{
  Message *m = b->m;
  Queue *q = m->queue;
  const char *host = queue_settings (q)->hostname ? queue_settings (q)->hostname : g_get_host_name ();
  g_autofree char *from = g_strdup_printf ("postmaster@%s", host);
  g_autofree char *cause =
      g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u", m->key[0], m->key[1], b->number);
  gint64 now = pli_now_us (q->instance);
  PliDsnRcpt failed = { .action = PLI_DSN_FAILED,
                        .final_rcpt = pli_span_from (rcpt),
                        .status = pli_span_from (b->status),
                        .diagnostic = pli_span_from (b->text),
                        .last_attempt_us = now };
  PliDsn dsn = { .id = pli_span_from (b->id),
                 .host = pli_span_from (host),
                 .from = pli_span_from (from),
                 .to = pli_span_from (b->sender),
                 .original_id = pli_span_from (m->hot->id),
                 .now_us = now,
                 .arrival_us = m->received_us,
                 .rcpts = &failed,
                 .n_rcpts = 1,
                 .original = pli_buffer_span (&b->original) };
  const char *rcpts[] = { b->sender, NULL };
  PliSubmitArgs args = { .id = b->id, .sender = "", .rcpts = rcpts, .received_us = now, .role = "report" };
  PliBuffer header = { 0 };

  pli_buffer_add_text (&b->report, "Return-Path: <>\r\n");
  pli_dsn_write (&dsn, &b->report);
  b->arena = pli_arena_new ();
  args.message = pli_buffer_span (&b->report);
  pli_render (args.message, NULL, b->arena, &args.renderings);
  record_write (&args, "-", cause, &header);
  b->hot = (Hot){ .arena = b->arena,
                  .id = pli_arena_strdup (b->arena, b->id),
                  .sender = "",
                  .granted = "-",
                  .n_rcpts = 1,
                  .renderings = args.renderings };
  /* The report's memory goes with this Bounce: what the renderings need of it is copied. */
  b->hot.renderings.envelope = pli_arena_span (b->arena, args.renderings.envelope);
  b->hot.renderings.preview = pli_arena_span (b->arena, args.renderings.preview);
  b->hot.rcpts = pli_arena_array (b->arena, const char *, 2);
  ((const char **) b->hot.rcpts)[0] = pli_arena_strdup (b->arena, b->sender);
  pli_segments_append (q->segments, pli_buffer_span (&header), args.message, written, b);
  pli_buffer_clear (&header);
}

/* In the pool: the header that goes back with the report. */
static void
read_original (gpointer user)
{
  Bounce *b = user;
  g_autofree char *path = pli_segment_path (b->folder, b->m->key[0]);
  gsize want = (gsize) MIN (b->m->bytes, HEADER_BACK_MAX);
  FILE *file = fopen (path, "re");

  if (file && fseeko (file, (off_t) b->m->body_offset, SEEK_SET) == 0)
    b->original.len = fread (pli_buffer_reserve (&b->original, want), 1, want, file);
  if (file)
    fclose (file);
  b->original.len = pli_header_end (pli_buffer_span (&b->original));
}

static void
original_read (gpointer user)
{
  Bounce *b = user;
  Child *child = message_child (b->m, b->number);

  compose (b, child->address ? child->address : b->m->hot->rcpts[CHILD_RCPT (b->number)]);
}

void
bounce_child (Message *m, Child *child, const char *status, const char *text)
{
  char id[PLI_ID_LEN + 1];
  Bounce *b;

  if (!*m->hot->sender)
    {
      settle (m, child, "discarded", "rule double-bounce: it failed for good, and the null sender gets no report");
      return;
    }
  child->state = CHILD_BUSY;
  child->waiting = FALSE;
  pli_id_new (id, pli_now_us (m->queue->instance));
  b = g_new0 (Bounce, 1);
  b->m = m;
  b->number = child->number;
  b->status = g_strdup (status);
  b->text = g_strdup (text ? text : "delivery failed");
  b->folder = g_strdup (pli_store_segments (m->queue->instance));
  b->id = g_strdup (id);
  b->sender = g_strdup (m->hot->sender);
  message_busy (m);
  pli_offload (m->queue->instance, read_original, original_read, b);
}
