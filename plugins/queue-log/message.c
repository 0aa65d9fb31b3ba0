/* message.c: the life of a message in memory: hot while something happens to it, cold while all that is open waits. */
#include "queue-log.h"

static void due (gpointer user);

static void
note_end (Queue *q, const PliRecordPlace *place)
{
  guint64 *end = g_hash_table_lookup (q->ends, &place->segment);

  if (!end)
    {
      end = g_new0 (guint64, 2);
      end[0] = place->segment;
      g_hash_table_insert (q->ends, end, end);
    }
  end[1] = MAX (end[1], place->end);
}

Message *
message_new (Queue *q, const PliRecordPlace *place, gint64 received_us)
{
  Message *m = g_new0 (Message, 1);

  m->queue = q;
  m->key[0] = place->segment;
  m->key[1] = place->offset;
  m->body_offset = place->body_offset;
  m->bytes = place->body_bytes;
  m->received_us = received_us;
  g_hash_table_replace (q->messages, m->key, m);
  note_end (q, place);
  return m;
}

void
message_warm (Message *m, const Hot *hot)
{
  g_assert (!m->hot);
  m->hot = g_memdup2 (hot, sizeof *hot);
  m->queue->hot++;
}

static void
cool (Message *m)
{
  if (!m->hot)
    return;
  for (guint i = 0; i < m->n_children; i++)
    if (!m->children[i].owned)
      m->children[i].address = m->children[i].account = m->children[i].store = NULL;
  pli_arena_free (m->hot->arena);
  g_free (m->hot);
  m->hot = NULL;
  m->queue->hot--;
}

static void
child_clear (Child *child)
{
  if (child->reason)
    g_ref_string_release (child->reason);
  if (!child->owned)
    return;
  g_free ((char *) child->address);
  g_free ((char *) child->account);
  g_free ((char *) child->store);
}

static void
message_free (Message *m)
{
  Queue *q = m->queue;

  g_hash_table_remove (q->messages, m->key);
  cool (m);
  pli_timer_cancel (m->timer);
  for (guint i = 0; i < m->n_children; i++)
    child_clear (&m->children[i]);
  g_free (m->children);
  g_free (m);
}

void
message_free_all (Queue *q)
{
  GHashTableIter iter;
  gpointer value;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (all, value);
  for (guint i = 0; i < all->len; i++)
    message_free (all->pdata[i]);
}

Child *
message_child (Message *m, guint32 number)
{
  for (guint i = 0; i < m->n_children; i++)
    if (m->children[i].number == number)
      return &m->children[i];
  return NULL;
}

Child *
message_add_child (Message *m, guint32 number, ChildState state)
{
  Child *child;

  m->children = g_renew (Child, m->children, m->n_children + 1);
  child = &m->children[m->n_children++];
  memset (child, 0, sizeof *child);
  child->number = number;
  child->state = (guint8) state;
  if (state != CHILD_SETTLED)
    {
      m->n_open++;
      m->queue->open++;
    }
  return child;
}

/* When the first open child is due; what does not wait is due now (0). */
static gint64
next_due (const Message *m)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < m->n_children; i++)
    if (m->children[i].state != CHILD_SETTLED)
      next = MIN (next, m->children[i].waiting ? m->children[i].next_us : 0);
  return next;
}

void
message_busy (Message *m)
{
  m->busy++;
}

void
message_schedule (Message *m)
{
  gint64 next = next_due (m);

  g_assert (m->busy == 0);
  if (m->n_open == 0)
    {
      message_free (m);
      return;
    }
  cool (m);
  pli_timer_cancel (m->timer);
  m->timer = NULL;
  if (!m->queue->stopping)
    m->timer = pli_timer_after (m->queue->instance, next - pli_now_us (m->queue->instance), due, m);
}

void
message_unbusy (Message *m)
{
  g_assert (m->busy > 0);
  if (--m->busy == 0)
    message_schedule (m);
}

/* A cold message is read back in the pool. */
typedef struct
{
  Message *m;
  char *folder;
  PliBuffer header;
  GError *error;
} Warming;

static void
warm_read (gpointer user)
{
  Warming *w = user;
  PliRecordPlace place;

  pli_segment_read_header (w->folder, w->m->key[0], w->m->key[1], &w->header, &place, &w->error);
}

static void
warm_done (gpointer user)
{
  Warming *w = user;
  Message *m = w->m;
  PliArena *arena = pli_arena_new ();
  gint64 received_us;
  const char *cause;
  Hot hot;

  if (!w->error && record_read (pli_buffer_span (&w->header), arena, &hot, &received_us, &cause))
    {
      hot.renderings.size = m->bytes;
      message_warm (m, &hot);
      message_start (m);
    }
  else
    {
      pli_log (PLI_LOG_ERROR, "queue.unreadable", "why", w->error ? w->error->message : "fields are missing", NULL);
      pli_arena_free (arena);
      for (guint i = 0; i < m->n_children; i++)
        if (m->children[i].state != CHILD_SETTLED)
          postpone (m, &m->children[i], "the record cannot be read", FALSE);
    }
  g_clear_error (&w->error);
  pli_buffer_clear (&w->header);
  g_free (w->folder);
  g_free (w);
  message_unbusy (m);
}

static void
warm (Message *m)
{
  Warming *w = g_new0 (Warming, 1);

  w->m = m;
  w->folder = g_strdup (pli_store_segments (m->queue->instance));
  message_busy (m);
  pli_offload (m->queue->instance, warm_read, warm_done, w);
}

static void
due (gpointer user)
{
  Message *m = user;

  m->timer = NULL;
  message_start (m);
}

guint
message_retry_now (Message *m)
{
  guint n = 0;

  for (guint i = 0; i < m->n_children; i++)
    if (m->children[i].state != CHILD_SETTLED && m->children[i].waiting)
      {
        m->children[i].next_us = 0;
        n++;
      }
  if (n > 0 && m->timer)
    {
      pli_timer_cancel (m->timer);
      m->timer = NULL;
      message_start (m);
    }
  return n;
}

static gboolean
expired (Message *m, const Child *child)
{
  return child->given_up
         || (child->tries > 0
             && pli_now_us (m->queue->instance) - m->received_us > queue_settings (m->queue)->lifetime);
}

static void
step_child (Message *m, Child *child)
{
  switch (child->state)
    {
    case CHILD_UNRESOLVED:
      expand_child (m, child);
      break;
    case CHILD_LOCAL:
      if (child->account)
        deliver_child (m, child);
      else
        expand_child (m, child); /* read back: the journal says where, or the directory does */
      break;
    case CHILD_REMOTE:
      postpone (m, child, "no transport yet", FALSE);
      break;
    default:
      break;
    }
}

void
message_start (Message *m)
{
  gint64 now = pli_now_us (m->queue->instance);

  if (m->queue->stopping)
    return; /* it is open on disk */
  if (!m->hot)
    {
      warm (m);
      return;
    }
  message_busy (m);
  /* Children may be added behind the present ones while this runs: they are started by whoever adds them. */
  for (guint i = 0, n = m->n_children; i < n; i++)
    {
      Child *child = &m->children[i];

      if (child->state == CHILD_SETTLED || child->state == CHILD_BUSY || (child->waiting && child->next_us > now))
        continue;
      child->waiting = FALSE;
      if (expired (m, child))
        bounce_child (m, child, "4.4.7", child->reason ? child->reason : "delivery time expired");
      else
        step_child (m, child);
    }
  message_unbusy (m);
}
