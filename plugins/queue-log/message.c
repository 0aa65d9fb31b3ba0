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
  if (!*hot->sender)
    m->warned = TRUE; /* nobody is to be told */
}

static void
keep_hot (Message *m, gboolean keep)
{
  if (m->kept_hot != (guint) keep)
    m->queue->kept_hot += keep ? 1 : -1;
  m->kept_hot = (guint) keep;
}

static void
cool (Message *m)
{
  keep_hot (m, FALSE);
  if (!m->hot)
    return;
  g_assert (m->hot->asking == 0 && !m->hot->failures && !m->hot->sends);
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

/* At the end of the queue: what is under way is open on disk. */
static void
hot_drop (Hot *hot)
{
  hot->asking = 0;
  g_clear_pointer (&hot->failures, g_array_unref);
  g_clear_pointer (&hot->questions, g_array_unref);
  sends_drop (g_steal_pointer (&hot->sends));
}

static void
message_free (Message *m)
{
  Queue *q = m->queue;

  g_hash_table_remove (q->messages, m->key);
  if (m->hot)
    hot_drop (m->hot);
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

const char *
message_address (const Message *m, const Child *child)
{
  return child->owned ? child->address : m->hot->rcpts[CHILD_RCPT (child->number)];
}

void
child_take (Child *child, ChildState home)
{
  child->state = CHILD_BUSY;
  child->home = (guint8) home;
  child->waiting = FALSE;
}

/* When the first open child is due, or the sender to be warned; what does not wait is due now (0), and what is in line
 * has no time. */
static gint64
next_due (const Message *m)
{
  gint64 delay = queue_settings (m->queue)->delay_warning, next = G_MAXINT64;

  if (!m->warned && delay > 0)
    next = m->received_us + delay;
  for (guint i = 0; i < m->n_children; i++)
    if (m->children[i].state != CHILD_SETTLED && m->children[i].state != CHILD_QUEUED)
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
  Queue *q = m->queue;
  gint64 next = next_due (m);

  g_assert (m->busy == 0);
  if (m->n_open == 0 && m->queued == 0)
    {
      message_free (m);
      return;
    }
  if (q->stopping)
    return;
  if (m->hot && m->queued > 0 && (m->kept_hot || q->kept_hot < queue_settings (q)->waiting_hot))
    keep_hot (m, TRUE); /* its turn comes soon, most likely */
  else
    cool (m);
  pli_timer_cancel (m->timer);
  m->timer = NULL;
  if (next < G_MAXINT64)
    m->timer = pli_timer_after (q->instance, next - pli_now_us (q->instance), due, m);
}

void
message_unbusy (Message *m)
{
  g_assert (m->busy > 0);
  if (--m->busy == 0 && !report_if_due (m))
    message_schedule (m);
}

void
message_answered (Message *m)
{
  g_assert (m->hot->asking > 0);
  if (--m->hot->asking == 0)
    sends_flush (m);
}

/* A cold message is read back in the pool. */
typedef struct
{
  Message *m;
  char *folder;
  PliBuffer header;
  GError *error;
  MessageHot func;
  gpointer user;
} Heating;

static void
heat_read (gpointer user)
{
  Heating *w = user;
  PliRecordPlace place;

  pli_segment_read_header (w->folder, w->m->key[0], w->m->key[1], &w->header, &place, &w->error);
}

static gboolean
heat_take (Heating *w)
{
  Message *m = w->m;
  PliArena *arena;
  gint64 received_us;
  const char *cause;
  Hot hot;

  if (m->hot)
    return TRUE; /* somebody else was faster */
  arena = pli_arena_new ();
  if (!w->error && record_read (pli_buffer_span (&w->header), arena, &hot, &received_us, &cause))
    {
      hot.renderings.size = m->bytes;
      message_warm (m, &hot);
      return TRUE;
    }
  pli_log (PLI_LOG_ERROR, "queue.unreadable", "why", w->error ? w->error->message : "fields are missing", NULL);
  pli_arena_free (arena);
  return FALSE;
}

static void
heat_done (gpointer user)
{
  Heating *w = user;
  Message *m = w->m;

  w->func (m, heat_take (w), w->user);
  g_clear_error (&w->error);
  pli_buffer_clear (&w->header);
  g_free (w->folder);
  g_free (w);
  message_unbusy (m);
}

void
message_heat (Message *m, MessageHot func, gpointer user)
{
  Heating *w;

  if (m->hot)
    {
      func (m, TRUE, user);
      return;
    }
  w = g_new0 (Heating, 1);
  w->m = m;
  w->func = func;
  w->user = user;
  w->folder = g_strdup (pli_store_segments (m->queue->instance));
  message_busy (m);
  pli_offload (m->queue->instance, heat_read, heat_done, w);
}

static void
heated (Message *m, gboolean ok, gpointer user)
{
  (void) user;
  if (ok)
    {
      message_start (m);
      return;
    }
  m->warned = TRUE; /* nobody knows whom to tell */
  for (guint i = 0; i < m->n_children; i++)
    if (m->children[i].state < CHILD_QUEUED)
      postpone (m, &m->children[i], "the record cannot be read", FALSE);
}

static void
due (gpointer user)
{
  Message *m = user;

  m->timer = NULL;
  message_start (m);
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
      if (!child->account)
        expand_child (m, child); /* read back: the journal says where, or the directory does */
      else if (pli_router_wants (m->queue->instance, TRUE))
        rules_ask (m, child, TRUE);
      else
        deliver_child (m, child, NULL, 0);
      break;
    case CHILD_REMOTE:
      if (pli_router_wants (m->queue->instance, FALSE))
        rules_ask (m, child, FALSE);
      else
        send_child (m, child, NULL);
      break;
    default:
      break;
    }
}

void
message_step (Message *m, guint32 number)
{
  Child *child = message_child (m, number);

  if (child->state < CHILD_QUEUED && !child->waiting && !m->queue->stopping)
    step_child (m, child);
}

void
message_start (Message *m)
{
  gint64 now = pli_now_us (m->queue->instance);

  if (m->queue->stopping)
    return; /* it is open on disk */
  if (!m->hot)
    {
      message_heat (m, heated, NULL);
      return;
    }
  message_busy (m);
  m->hot->asking++;
  /* Children may be added behind the present ones while this runs: they are started by whoever adds them. */
  for (guint i = 0, n = m->n_children; i < n; i++)
    {
      Child *child = &m->children[i];

      if (child->state >= CHILD_QUEUED || (child->waiting && child->next_us > now))
        continue;
      child->waiting = FALSE;
      if (child->given_up)
        fail_child (m, child, "5.4.7", child->reason ? child->reason : "given up by the administrator", NULL);
      else
        step_child (m, child);
    }
  message_answered (m);
  message_unbusy (m);
}
