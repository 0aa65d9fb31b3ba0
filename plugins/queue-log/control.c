/* control.c: what people do to the queue: try now, delete, bounce. A message is found by its id, which lies in its record:
 * cold ones are warmed first by their start, so the wish is kept with the message until then. */
#include "queue-log.h"

typedef struct
{
  PliTicket ticket;
  Queue *queue;
  PliQueueControlResult *result;
  guint32 verb;
  const char *id, *by;
  char *folder;
  GArray *keys;   /* guint64[2] of all messages */
  GArray *chosen; /* the same: those with the id */
} Control;

static void
choose (gpointer user)
{
  Control *c = user;
  g_autoptr (PliArena) arena = pli_arena_new ();

  for (guint i = 0; i < c->keys->len; i++)
    {
      const guint64 *key = (const guint64 *) c->keys->data + 2 * i;
      PliBuffer header = { 0 };
      PliRecordPlace at;
      gint64 received_us;
      const char *cause;
      Hot hot;

      if (pli_segment_read_header (c->folder, key[0], key[1], &header, &at, NULL)
          && record_read (pli_buffer_span (&header), arena, &hot, &received_us, &cause) && g_str_equal (hot.id, c->id))
        g_array_append_vals (c->chosen, key, 1);
      pli_buffer_clear (&header);
      pli_arena_reset (arena);
    }
}

/* Open and not in somebody's hands just now. */
static gboolean
is_free (const Child *child)
{
  return child->state != CHILD_SETTLED && child->state != CHILD_BUSY && child->waiting;
}

static void
act_on (Control *c, Message *m)
{
  g_autofree char *why = g_strdup_printf ("rule: deleted from the queue by %s", c->by ? c->by : "the administrator");

  if (c->verb == PLI_QUEUE_RETRY)
    {
      c->result->n += message_retry_now (m);
      return;
    }
  message_busy (m);
  for (guint i = 0; i < m->n_children; i++)
    {
      Child *child = &m->children[i];

      if (!is_free (child))
        continue;
      c->result->n++;
      if (c->verb == PLI_QUEUE_DELETE)
        settle (m, child, "discarded", why);
      else
        {
          child->given_up = TRUE; /* its next step, due at once, is the report */
          child->next_us = 0;
        }
    }
  message_unbusy (m);
}

static void
act (gpointer user)
{
  Control *c = user;
  GArray *keys = c->id ? c->chosen : c->keys;

  for (guint i = 0; i < keys->len; i++)
    {
      Message *m = g_hash_table_lookup (c->queue->messages, (const guint64 *) keys->data + 2 * i);

      if (m)
        act_on (c, m);
    }
  if (c->id && c->result->n == 0)
    pli_op_fail (c->ticket, g_error_new (PLI_ERROR, PLI_ERROR_NOT_FOUND, "no such message waits in the queue"));
  else
    pli_op_done (c->ticket);
  g_array_unref (c->keys);
  g_array_unref (c->chosen);
  g_free (c->folder);
  g_free (c);
}

PliStep
queue_control (PliOp *op, gpointer self, const PliQueueControlArgs *args, PliQueueControlResult *result)
{
  Queue *q = self;
  Control *c = g_new0 (Control, 1);
  GHashTableIter iter;
  gpointer value;

  *c = (Control){ .queue = q,
                  .result = result,
                  .verb = args->verb,
                  .id = args->id,
                  .by = args->by,
                  .folder = g_strdup (pli_store_segments (q->instance)),
                  .keys = g_array_new (FALSE, FALSE, 2 * sizeof (guint64)),
                  .chosen = g_array_new (FALSE, FALSE, 2 * sizeof (guint64)) };
  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_array_append_vals (c->keys, ((Message *) value)->key, 1);
  c->ticket = pli_op_wait (op);
  if (args->id)
    pli_offload (q->instance, choose, act, c);
  else
    pli_soon (q->instance, act, c);
  return PLI_WAIT;
}
