/* list.c: what is open, for people; and the audit that the books balance. Texts are read from the segments, so a page of
 * the list costs a page of small reads. */
#include "queue-log.h"
#include <stdio.h>

#define ROWS 500
#define SHOW_BYTES (64 * 1024)
#define OVERDUE_US (10 * 60 * G_USEC_PER_SEC)

/* Entries that nobody owns, and the difference between what came in and what is open or has ended. */
gint64
queue_unaccounted (Queue *q)
{
  GHashTableIter iter;
  gpointer value;
  guint64 open = 0, lost = 0;
  gint64 now = pli_now_us (q->instance);

  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Message *m = value;

      for (guint i = 0; i < m->n_children; i++)
        {
          const Child *child = &m->children[i];

          if (child->state == CHILD_SETTLED)
            continue;
          open++;
          if (m->busy == 0 && child->state != CHILD_QUEUED
              && (!m->timer || (child->waiting && child->next_us < now - OVERDUE_US)))
            lost++;
        }
    }
  return (gint64) lost + ABS ((gint64) (q->accepted - q->settled) - (gint64) open);
}

static int
by_age (gconstpointer a, gconstpointer b)
{
  const Message *const *x = a, *const *y = b;

  if ((*x)->key[0] != (*y)->key[0])
    return (*x)->key[0] < (*y)->key[0] ? -1 : 1;
  return (*x)->key[1] < (*y)->key[1] ? -1 : (*x)->key[1] > (*y)->key[1];
}

typedef struct
{
  PliTicket ticket;
  PliArena *arena;
  PliQueueListResult *result;
  const char *after, *id;
  guint max;
  char *folder;
  const char **routes; /* NULL-terminated: names as they are now */
  GArray *todo;        /* Todo */
  GArray *rows;        /* PliQueueRow */
} Listing;

typedef struct
{
  guint64 key[2];
  guint64 bytes;
  GArray *children; /* Child, copied, with address in the listing's arena */
} Todo;

static void
todo_clear (gpointer data)
{
  g_array_unref (((Todo *) data)->children);
}

/* In the pool, on copies. */
static void
read_rows (gpointer user)
{
  Listing *l = user;

  for (guint i = 0; i < l->todo->len && !l->result->more; i++)
    {
      Todo *todo = &g_array_index (l->todo, Todo, i);
      PliBuffer header = { 0 };
      PliRecordPlace place;
      gint64 received_us = 0;
      const char *cause;
      Hot hot = { 0 };

      if (pli_segment_read_header (l->folder, todo->key[0], todo->key[1], &header, &place, NULL)
          && record_read (pli_buffer_span (&header), l->arena, &hot, &received_us, &cause)
          && (!l->id || g_str_equal (l->id, hot.id)) && (!l->after || strcmp (hot.id, l->after) > 0))
        for (guint k = 0; k < todo->children->len; k++)
          {
            const Child *child = &g_array_index (todo->children, Child, k);
            PliQueueRow row = { .id = hot.id,
                                .sender = hot.sender,
                                .rcpt = child->address ? child->address
                                        : CHILD_RCPT (child->number) < hot.n_rcpts
                                            ? hot.rcpts[CHILD_RCPT (child->number)]
                                            : "",
                                .received_us = received_us,
                                .next_us = child->waiting ? child->next_us : 0,
                                .bytes = todo->bytes,
                                .tries = child->tries,
                                .reason = child->reason,
                                .route = child->route ? l->routes[child->route - 1] : NULL,
                                .queued = child->state == CHILD_QUEUED };

            g_array_append_val (l->rows, row);
          }
      pli_buffer_clear (&header);
      l->result->more = l->rows->len >= l->max && i + 1 < l->todo->len;
    }
  l->result->n_rows = l->rows->len;
  l->result->rows = pli_arena_array (l->arena, PliQueueRow, l->rows->len + 1);
  if (l->rows->len > 0)
    memcpy ((gpointer) l->result->rows, l->rows->data, l->rows->len * sizeof (PliQueueRow));
}

static void
rows_read (gpointer user)
{
  Listing *l = user;

  pli_op_done (l->ticket);
  g_array_unref (l->todo);
  g_array_unref (l->rows);
  g_free (l->folder);
  g_free (l);
}

static const char **
copy_routes (Queue *q, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, q->routes->len + 1);

  for (guint i = 0; i < q->routes->len; i++)
    names[i] = pli_arena_strdup (arena, q->routes->pdata[i]);
  return names;
}

static void
add_todo (Listing *l, Message *m)
{
  Todo todo = { { m->key[0], m->key[1] }, m->bytes, g_array_new (FALSE, FALSE, sizeof (Child)) };

  for (guint i = 0; i < m->n_children; i++)
    {
      Child copy = m->children[i];

      if (copy.state == CHILD_SETTLED)
        continue;
      copy.address = pli_arena_strdup (l->arena, copy.address);
      copy.reason = pli_arena_strdup (l->arena, copy.reason);
      g_array_append_val (todo.children, copy);
    }
  g_array_append_val (l->todo, todo);
}

PliStep
queue_list (PliOp *op, gpointer self, const PliQueueListArgs *args, PliQueueListResult *result)
{
  Queue *q = self;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  Listing *l = g_new0 (Listing, 1);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (all, value);
  g_ptr_array_sort (all, by_age);
  *l = (Listing){ .arena = pli_op_arena (op),
                  .result = result,
                  .after = args->after,
                  .id = args->id,
                  .max = args->max ? MIN (args->max, ROWS) : ROWS,
                  .folder = g_strdup (pli_store_segments (q->instance)),
                  .routes = copy_routes (q, pli_op_arena (op)),
                  .todo = g_array_new (FALSE, FALSE, sizeof (Todo)),
                  .rows = g_array_new (FALSE, FALSE, sizeof (PliQueueRow)) };
  g_array_set_clear_func (l->todo, todo_clear);
  for (guint i = 0; i < all->len; i++)
    add_todo (l, all->pdata[i]);
  result->open = q->open;
  result->unaccounted = (guint64) queue_unaccounted (q);
  l->ticket = pli_op_wait (op);
  pli_offload (q->instance, read_rows, rows_read, l);
  return PLI_WAIT;
}

typedef struct
{
  PliTicket ticket;
  PliArena *arena;
  PliQueueShowResult *result;
  const char *id;
  char *folder;
  GArray *places; /* guint64[4]: segment, offset, body_offset, bytes */
  gboolean found;
} Showing;

static void
read_message (Showing *s, const guint64 *place)
{
  g_autofree char *path = pli_segment_path (s->folder, place[0]);
  gsize want = (gsize) MIN (place[3], SHOW_BYTES);
  FILE *file = fopen (path, "re");
  char *text = pli_arena_alloc (s->arena, want + 1);

  if (file && fseeko (file, (off_t) place[2], SEEK_SET) == 0)
    s->result->message = pli_span (text, fread (text, 1, want, file));
  if (file)
    fclose (file);
  s->result->bytes = place[3];
  s->found = TRUE;
}

static void
find_and_read (gpointer user)
{
  Showing *s = user;

  for (guint i = 0; i < s->places->len && !s->found; i++)
    {
      const guint64 *place = (const guint64 *) s->places->data + 4 * i;
      PliBuffer header = { 0 };
      PliRecordPlace at;
      gint64 received_us;
      const char *cause;
      Hot hot;

      if (pli_segment_read_header (s->folder, place[0], place[1], &header, &at, NULL)
          && record_read (pli_buffer_span (&header), s->arena, &hot, &received_us, &cause)
          && g_str_equal (hot.id, s->id))
        read_message (s, place);
      pli_buffer_clear (&header);
    }
}

static void
shown (gpointer user)
{
  Showing *s = user;

  if (s->found)
    pli_op_done (s->ticket);
  else
    pli_op_fail (s->ticket, g_error_new (PLI_ERROR, PLI_ERROR_NOT_FOUND, "no such message in the queue"));
  g_array_unref (s->places);
  g_free (s->folder);
  g_free (s);
}

PliStep
queue_show (PliOp *op, gpointer self, const PliQueueShowArgs *args, PliQueueShowResult *result)
{
  Queue *q = self;
  Showing *s = g_new0 (Showing, 1);
  GHashTableIter iter;
  gpointer value;

  *s = (Showing){ .arena = pli_op_arena (op),
                  .result = result,
                  .id = args->id ? args->id : "",
                  .folder = g_strdup (pli_store_segments (q->instance)),
                  .places = g_array_new (FALSE, FALSE, 4 * sizeof (guint64)) };
  g_hash_table_iter_init (&iter, q->messages);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Message *m = value;
      guint64 place[4] = { m->key[0], m->key[1], m->body_offset, m->bytes };

      g_array_append_vals (s->places, place, 1);
    }
  s->ticket = pli_op_wait (op);
  pli_offload (q->instance, find_and_read, shown, s);
  return PLI_WAIT;
}
