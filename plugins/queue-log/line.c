/* line.c: remote children get in line. Those of one message that share route and domain make one Send; it waits at its
 * Destination, which has so many sends under way at most, as has the queue altogether. What waits has no timer and no
 * bytes: its message may be cold until its turn comes. A destination where nobody answers puts off all that is in its
 * line, so that a dead host costs a few tries and not one a message. */
#include "send.h"

static void pump (Queue *q);

static guint
destination_hash (gconstpointer key)
{
  const Destination *d = key;

  return g_direct_hash (d->route) * 31 + g_direct_hash (d->domain);
}

/* Shared strings: equal ones are the same. */
static gboolean
destination_equal (gconstpointer a, gconstpointer b)
{
  const Destination *x = a, *y = b;

  return x->route == y->route && x->domain == y->domain;
}

static void
destination_free (gpointer data)
{
  Destination *d = data;

  g_ref_string_release (d->route);
  g_ref_string_release (d->domain);
  g_free (d);
}

static struct Sends *
sends_of (Queue *q)
{
  if (!q->sends)
    {
      q->sends = g_new0 (struct Sends, 1);
      q->sends->destinations = g_hash_table_new_full (destination_hash, destination_equal, NULL, destination_free);
      q->sends->calls = g_hash_table_new (NULL, NULL);
    }
  return q->sends;
}

static Destination *
find_destination (Queue *q, const char *route, const char *domain)
{
  struct Sends *sends = sends_of (q);
  Destination wanted = { g_ref_string_new_intern (route), g_ref_string_new_intern (domain), 0, 0, G_QUEUE_INIT, FALSE };
  Destination *found = g_hash_table_lookup (sends->destinations, &wanted);

  if (found)
    {
      g_ref_string_release (wanted.route);
      g_ref_string_release (wanted.domain);
      return found;
    }
  found = g_memdup2 (&wanted, sizeof wanted);
  g_hash_table_add (sends->destinations, found);
  return found;
}

static void
send_free (Send *send)
{
  g_free (send->numbers);
  g_free (send);
}

static void
settle_idle (Queue *q, Destination *d)
{
  if (d->under_way == 0 && g_queue_is_empty (&d->line) && !d->ready)
    g_hash_table_remove (q->sends->destinations, d);
}

static void
make_ready (Queue *q, Destination *d)
{
  if (d->ready || g_queue_is_empty (&d->line) || d->under_way >= queue_settings (q)->sends_per_destination)
    return;
  d->ready = TRUE;
  g_queue_push_tail (&q->sends->ready, d);
}

/* The children that are still in line; others were deleted meanwhile. */
static void
leave_line (Send *send)
{
  guint kept = 0;

  send->m->queued--;
  for (guint i = 0; i < send->n; i++)
    {
      Child *child = message_child (send->m, send->numbers[i]);

      if (child->state != CHILD_QUEUED)
        continue;
      child_take (child, CHILD_REMOTE);
      send->numbers[kept++] = send->numbers[i];
    }
  send->n = kept;
}

void
line_empty (Destination *d, const char *reason, gboolean soon)
{
  Send *send;

  while ((send = g_queue_pop_head (&d->line)))
    {
      Message *m = send->m;

      message_busy (m);
      leave_line (send);
      send_postpone (send, reason, soon);
      send_free (send);
      message_unbusy (m);
    }
}

void
send_over (Send *send)
{
  Message *m = send->m;
  Queue *q = m->queue;
  Destination *d = send->destination;

  d->under_way--;
  q->sends->under_way--;
  q->sends->bytes -= m->bytes;
  make_ready (q, d);
  settle_idle (q, d);
  send_free (send);
  message_unbusy (m);
  pump (q);
}

static void
start (Queue *q, Send *send)
{
  send->destination->under_way++;
  q->sends->under_way++;
  q->sends->bytes += send->m->bytes;
  message_busy (send->m);
  leave_line (send);
  if (send->n > 0)
    send_begin (send);
  else
    send_over (send);
}

/* One more may always begin when none is under way, however large. */
static gboolean
has_room (Queue *q, const Send *send)
{
  const Settings *set = queue_settings (q);

  return q->sends->under_way == 0
         || (q->sends->under_way < set->sends_max && q->sends->bytes + send->m->bytes <= set->send_bytes_max);
}

/* Gives each destination a turn until no more may begin. What ends at once comes back here: not deeper, but again. */
static void
pump (Queue *q)
{
  struct Sends *sends = q->sends;
  Destination *d;

  if (sends->pumping || q->stopping)
    return;
  sends->pumping = TRUE;
  while ((d = g_queue_peek_head (&sends->ready)))
    {
      Send *send = g_queue_peek_head (&d->line);

      if (send && !has_room (q, send))
        break;
      g_queue_pop_head (&sends->ready);
      d->ready = FALSE;
      if (!send)
        {
          settle_idle (q, d);
          continue;
        }
      g_queue_pop_head (&d->line);
      d->under_way++; /* so that it outlives the send */
      start (q, send);
      d->under_way--;
      make_ready (q, d);
      settle_idle (q, d);
    }
  sends->pumping = FALSE;
}

static void
get_in_line (Send *send)
{
  Message *m = send->m;

  for (guint i = 0; i < send->n; i++)
    message_child (m, send->numbers[i])->state = CHILD_QUEUED;
  m->queued++;
  g_queue_push_tail (&send->destination->line, send);
  make_ready (m->queue, send->destination);
}

void
sends_flush (Message *m)
{
  g_autoptr (GHashTable) gathered = g_steal_pointer (&m->hot->sends);
  GHashTableIter iter;
  gpointer value;

  if (!gathered)
    return;
  g_hash_table_iter_init (&iter, gathered);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Send *send = value;

      send->destination->under_way--; /* it was kept for us */
      get_in_line (send);
    }
  pump (m->queue);
}

static void
gather (Message *m, Child *child, Destination *d)
{
  Hot *hot = m->hot;
  Send *send;

  if (!hot->sends)
    hot->sends = g_hash_table_new (NULL, NULL);
  send = g_hash_table_lookup (hot->sends, d);
  if (send && send->n >= queue_settings (m->queue)->send_rcpts_max)
    {
      get_in_line (send);
      d->under_way--;
      send = NULL;
    }
  if (!send)
    {
      send = g_new0 (Send, 1);
      send->destination = d;
      send->m = m;
      d->under_way++; /* until it is in line */
      g_hash_table_insert (hot->sends, d, send);
    }
  if (send->n == send->size)
    {
      send->size = MAX (1, send->size * 2);
      send->numbers = g_renew (guint32, send->numbers, send->size);
    }
  send->numbers[send->n++] = child->number;
  child_take (child, CHILD_REMOTE);
}

char *
send_domain_of (const char *address)
{
  const char *at = strrchr (address, '@');

  if (!at || !at[1])
    return NULL;
  return g_str_is_ascii (at + 1) ? g_ascii_strdown (at + 1, -1) : g_hostname_to_ascii (at + 1);
}

static guint16
route_number (Queue *q, const char *route)
{
  guint n = 0;

  while (n < q->routes->len && !g_str_equal (q->routes->pdata[n], route))
    n++;
  if (n == G_MAXUINT16)
    return 0; /* settings that change all the time: the list does not show it */
  if (n == q->routes->len)
    g_ptr_array_add (q->routes, g_strdup (route));
  return (guint16) (n + 1);
}

void
send_child (Message *m, Child *child, const char *route)
{
  Queue *q = m->queue;
  g_autofree char *domain = send_domain_of (message_address (m, child));
  g_autofree char *found = domain && !route ? pli_route_of_domain (q->instance, domain) : NULL;
  Destination *d;

  if (!domain)
    {
      fail_child (m, child, "5.1.2", "the address has no domain that mail could be sent to", NULL);
      return;
    }
  d = find_destination (q, route ? route : found, domain);
  child->route = route_number (q, d->route);
  gather (m, child, d);
}

guint
sends_under_way (Queue *q)
{
  return q->sends ? q->sends->under_way : 0;
}

/* What is gathered, in line or under way stays open on disk. */
void
sends_drop (GHashTable *gathered)
{
  GHashTableIter iter;
  gpointer value;

  if (!gathered)
    return;
  g_hash_table_iter_init (&iter, gathered);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    send_free (value);
  g_hash_table_unref (gathered);
}

void
sends_free (struct Sends *sends)
{
  GHashTableIter iter;
  gpointer value;

  if (!sends)
    return;
  g_hash_table_iter_init (&iter, sends->destinations);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_queue_clear_full (&((Destination *) value)->line, (GDestroyNotify) send_free);
  g_hash_table_iter_init (&iter, sends->calls);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      pli_call_cancel (((Send *) value)->call);
      send_free (value);
    }
  g_hash_table_unref (sends->calls);
  g_queue_clear (&sends->ready);
  g_hash_table_unref (sends->destinations);
  g_free (sends);
}
