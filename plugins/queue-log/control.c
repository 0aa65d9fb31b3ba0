/* control.c: what people do to the queue: try now, delete, bounce. A message is found by its id, which lies in its record:
 * cold ones are warmed first by their start, so the wish is kept with the message until then. */
#include "queue-log.h"

typedef struct
{
  PliTicket ticket;
  Queue *queue;
  PliQueueControlResult *result;
  guint32 verb;
  const char *id, *by, *domain;
  char *folder;
  GArray *keys;       /* guint64[2] of all messages */
  guint next;         /* of keys: whose turn it is */
  GHashTable *chosen; /* the same -> Chosen: those that are meant, when not all are */
} Control;

/* Recipients of a message that are in the domain. */
typedef struct
{
  guint64 key[2];
  guint8 *rcpts; /* NULL: no domain is asked for */
  guint n_rcpts;
} Chosen;

static void
chosen_free (gpointer data)
{
  g_free (((Chosen *) data)->rcpts);
  g_free (data);
}

static gboolean
is_in_domain (const char *address, const char *domain)
{
  const char *at = address ? strrchr (address, '@') : NULL;

  return at && g_ascii_strcasecmp (at + 1, domain) == 0;
}

static void
choose_message (Control *c, const guint64 *key, const Hot *hot)
{
  Chosen *chosen;

  if (c->id && !g_str_equal (hot->id, c->id))
    return;
  chosen = g_new0 (Chosen, 1);
  memcpy (chosen->key, key, sizeof chosen->key);
  if (c->domain)
    {
      chosen->rcpts = g_new0 (guint8, hot->n_rcpts);
      chosen->n_rcpts = hot->n_rcpts;
      for (guint i = 0; i < hot->n_rcpts; i++)
        chosen->rcpts[i] = is_in_domain (hot->rcpts[i], c->domain);
    }
  g_hash_table_replace (c->chosen, chosen->key, chosen);
}

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
          && record_read (pli_buffer_span (&header), arena, &hot, &received_us, &cause))
        choose_message (c, key, &hot);
      pli_buffer_clear (&header);
      pli_arena_reset (arena);
    }
}

/* Open and not in somebody's hands just now. */
static gboolean
is_free (const Child *child)
{
  return child->state == CHILD_QUEUED || (child->state < CHILD_QUEUED && child->waiting);
}

static gboolean
is_meant (const Control *c, const Chosen *chosen, const Child *child)
{
  guint32 rcpt = CHILD_RCPT (child->number);

  if (!is_free (child) || !c->domain)
    return is_free (child);
  return child->owned ? is_in_domain (child->address, c->domain) : rcpt < chosen->n_rcpts && chosen->rcpts[rcpt];
}

static void
act_on_child (Control *c, Message *m, Child *child)
{
  g_autofree char *why = g_strdup_printf ("rule: deleted from the queue by %s", c->by ? c->by : "the administrator");

  c->result->n++;
  if (c->verb == PLI_QUEUE_DELETE)
    {
      settle (m, child, "discarded", &(Told){ .detail = why });
      return;
    }
  if (child->state == CHILD_QUEUED)
    {
      if (c->verb == PLI_QUEUE_RETRY)
        return; /* it is next already */
      child->state = child->home;
    }
  child->waiting = TRUE;
  child->next_us = 0;
  child->given_up |= c->verb == PLI_QUEUE_BOUNCE; /* its next step, due at once, is the report */
}

static void
act_on (Control *c, Message *m, const Chosen *chosen)
{
  message_busy (m);
  for (guint i = 0; i < m->n_children; i++)
    if (is_meant (c, chosen, &m->children[i]))
      act_on_child (c, m, &m->children[i]);
  message_unbusy (m);
}

static void
end (Control *c)
{
  if (c->id && c->result->n == 0)
    pli_op_fail (c->ticket, g_error_new (PLI_ERROR, PLI_ERROR_NOT_FOUND, "no such message waits in the queue"));
  else
    pli_op_done (c->ticket);
  g_array_unref (c->keys);
  g_hash_table_unref (c->chosen);
  g_free (c->folder);
  g_free (c);
}

static void act (gpointer user);

/* A record that cannot be read is deleted, too: the ledger hears less of it then. */
static void
heated (Message *m, gboolean ok, gpointer user)
{
  Control *c = user;

  (void) ok;
  act_on (c, m, g_hash_table_lookup (c->chosen, m->key));
  act (c);
}

/* Goes on with the messages, one after the other: what is deleted is read back first, so that the ledger hears whose
 * mail it was. */
static void
act (gpointer user)
{
  Control *c = user;

  while (c->next < c->keys->len)
    {
      const guint64 *key = (const guint64 *) c->keys->data + 2 * c->next++;
      Message *m = g_hash_table_lookup (c->queue->messages, key);
      const Chosen *chosen = g_hash_table_lookup (c->chosen, key);

      if (!m || (!chosen && (c->id || c->domain)))
        continue;
      if (c->verb == PLI_QUEUE_DELETE && !m->hot)
        {
          message_heat (m, heated, c);
          return;
        }
      act_on (c, m, chosen);
    }
  end (c);
}

static guint
key_hash (gconstpointer key)
{
  return g_int64_hash (key) ^ g_int64_hash ((const guint64 *) key + 1);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (guint64)) == 0;
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
                  .domain = args->domain,
                  .folder = g_strdup (pli_store_segments (q->instance)),
                  .keys = g_array_new (FALSE, FALSE, 2 * sizeof (guint64)),
                  .chosen = g_hash_table_new_full (key_hash, key_equal, NULL, chosen_free) };
  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_array_append_vals (c->keys, ((Message *) value)->key, 1);
  c->ticket = pli_op_wait (op);
  if (args->id || args->domain)
    pli_offload (q->instance, choose, act, c);
  else
    pli_soon (q->instance, act, c);
  return PLI_WAIT;
}
