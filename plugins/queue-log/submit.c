/* submit.c: takes a message: checks that there is room, writes the record, answers when it is durable, and only then
 * begins with its recipients. */
#include "queue-log.h"

#define RCPTS_MOST 100000 /* an engine's own limit is lower; child numbers hold a million */

typedef struct
{
  Queue *queue;
  PliTicket ticket;
  PliSubmitResult *result;
  Hot hot;
  gint64 received_us;
} Submission;

static void
copy_hot (const PliSubmitArgs *args, const char *granted, Hot *hot)
{
  PliArena *arena = pli_arena_new ();
  const PliRenderings *from = &args->renderings;
  guint n = 0;
  const char **rcpts;

  while (args->rcpts[n])
    n++;
  rcpts = pli_arena_array (arena, const char *, n + 1);
  for (guint i = 0; i < n; i++)
    rcpts[i] = pli_arena_strdup (arena, args->rcpts[i]);
  *hot = (Hot){ .arena = arena,
                .id = pli_arena_strdup (arena, args->id),
                .sender = pli_arena_strdup (arena, args->sender),
                .granted = pli_arena_strdup (arena, granted),
                .message_id = pli_arena_strdup (arena, args->message_id),
                .login = pli_arena_strdup (arena, args->login),
                .role = pli_arena_strdup (arena, args->role),
                .peer = pli_arena_strdup (arena, args->peer),
                .mailbox = pli_arena_strdup (arena, args->mailbox),
                .rcpts = rcpts,
                .n_rcpts = n,
                .renderings = { .envelope = pli_arena_span (arena, from->envelope),
                                .body = pli_arena_span (arena, from->body),
                                .bodystructure = pli_arena_span (arena, from->bodystructure),
                                .parts = pli_arena_span (arena, from->parts),
                                .preview = pli_arena_span (arena, from->preview),
                                .header_bytes = from->header_bytes,
                                .size = args->message.len } };
}

static void
appended (gpointer user, const PliRecordPlace *place, const GError *error)
{
  Submission *s = user;
  Queue *q = s->queue;

  if (error)
    {
      pli_arena_free (s->hot.arena);
      pli_op_fail (s->ticket, g_error_copy (error));
    }
  else
    {
      Message *m = message_new (q, place, s->received_us);

      q->accepted += s->hot.n_rcpts;
      *s->result = (PliSubmitResult){ place->segment, place->offset };
      pli_op_done (s->ticket);
      message_warm (m, &s->hot);
      for (guint i = 0; i < s->hot.n_rcpts; i++)
        message_add_child (m, CHILD_NUMBER (i, 0), CHILD_UNRESOLVED);
      message_start (m);
    }
  g_free (s);
}

/* By which right the message may go to other domains; NULL: by none. The edge room's word counts for the role, and only
 * if there is such a listener at all. */
static const char *
granted_by (PliOp *op, const PliSubmitArgs *args)
{
  const char *account = pli_op_account (op);

  if (account || !args->role || !g_str_equal (args->role, "relay"))
    return account;
  return pli_route_relays (pli_op_instance (op)) ? "-relay" : NULL;
}

PliStep
queue_submit (PliOp *op, gpointer self, const PliSubmitArgs *args, PliSubmitResult *result)
{
  Queue *q = self;
  const Settings *set = queue_settings (q);
  PliBuffer header = { 0 };
  Submission *s;
  guint n = 0;

  while (args->rcpts && args->rcpts[n])
    n++;
  if (n > RCPTS_MOST)
    return pli_op_error (op, PLI_ERROR_PERMANENT, "too many recipients");
  if (!args->id || !pli_id_valid (pli_span_from (args->id)) || !args->sender || !args->rcpts || !args->rcpts[0])
    return pli_op_error (op, PLI_ERROR_PERMANENT, "a message needs an id, a sender and a recipient");
  /* A queue that was restarted under the session gets the grant again from auth. */
  if (args->login && !pli_op_account (op))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the session's grant has not come");
  if (q->stopping)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the queue is stopping");
  if (pli_segments_free_bytes (q->segments) < set->free_min + args->message.len)
    return pli_op_error (op, PLI_ERROR_QUOTA, "insufficient system storage");
  if (q->hot > set->lag_max)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "delivery lags behind");
  record_write (args, granted_by (op, args), NULL, &header);
  s = g_new0 (Submission, 1);
  s->queue = q;
  s->result = result;
  s->received_us = args->received_us;
  copy_hot (args, granted_by (op, args), &s->hot);
  s->ticket = pli_op_wait (op);
  pli_segments_append (q->segments, pli_buffer_span (&header), args->message, appended, s);
  pli_buffer_clear (&header);
  return PLI_WAIT;
}
