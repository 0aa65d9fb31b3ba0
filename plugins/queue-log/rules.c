/* rules.c: asks the routers (`policy-*` plugins) where a remote recipient goes and what becomes of a local delivery, and
 * does what they say. The header is read only when a router wants to be asked. A router that fails, or says what its
 * stage cannot do, puts the recipient off. */
#include "queue-log.h"

#define HEADER_MOST (256 * 1024)

typedef struct
{
  Message *m;
  guint32 number;
  gboolean place;
} Question;

static void
go_on (Message *m, Child *child, gboolean place, const PliRouteResult *result)
{
  if (place)
    deliver_child (m, child, result->name, result->flags);
  else
    send_child (m, child, NULL);
}

static char *
detail_of (const PliRouteResult *result, const char *before)
{
  g_autofree char *to = result->to ? g_strjoinv (", ", (char **) result->to) : NULL;

  return g_strdup_printf ("%s%s%s%s", before,
                          to             ? to
                          : result->name ? result->name
                                         : "",
                          result->text ? ": " : "", result->text ? result->text : "");
}

static void
unable (Message *m, Child *child, const PliRouteResult *result, const char *why)
{
  g_autofree char *reason = g_strdup_printf ("the rule %s", why);

  postpone_told (m, child, &(Told){ .by = result->where, .detail = reason }, FALSE);
}

static gboolean
all_addresses (const char *const *to)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliAddress address;
  guint n = 0;

  for (; to && to[n]; n++)
    if (!pli_address_parse (pli_span_from (to[n]), PLI_PATH_UTF8, arena, &address, NULL))
      return FALSE;
  return n > 0;
}

/* New recipients that a rule names. FALSE: there are none, and the child is dealt with. */
static gboolean
add_rcpts (Message *m, Child *child, const PliRouteResult *result, gboolean copy)
{
  guint n = result->to ? g_strv_length ((GStrv) result->to) : 0;
  g_autofree PliTarget *targets = g_new0 (PliTarget, n + 1);
  guint32 number = child->number;

  if (!all_addresses (result->to))
    unable (m, child, result, "names an address that is none");
  else if (child->hops >= queue_settings (m->queue)->redirects_max)
    fail_child (m, child, "5.4.6", "rules send this message on and on", NULL);
  else
    {
      for (guint i = 0; i < n; i++)
        targets[i].address = result->to[i];
      if (grow (m, number, targets, n, CHILD_UNRESOLVED, copy))
        return TRUE;
      fail_child (m, child, "5.3.5", "rules name more addresses than the queue can serve at once", NULL);
    }
  return FALSE;
}

static void
redirect (Message *m, Child *child, const PliRouteResult *result)
{
  g_autofree char *detail = detail_of (result, "to ");
  guint32 number = child->number;

  if (add_rcpts (m, child, result, FALSE))
    queue_tell (m, message_child (m, number), "redirected", &(Told){ .by = result->where, .detail = detail });
}

static void
copy (Message *m, Child *child, gboolean place, const PliRouteResult *result)
{
  g_autofree char *detail = detail_of (result, "to ");
  guint32 number = child->number;

  if (!child->copied)
    {
      if (!add_rcpts (m, child, result, TRUE))
        return;
      child = message_child (m, number);
      queue_tell (m, child, "copied", &(Told){ .by = result->where, .detail = detail });
    }
  go_on (m, child, place, result);
}

static void
take_route (Message *m, Child *child, const PliRouteResult *result)
{
  const PliRouteSettings *route = result->name ? pli_route_settings (m->queue->instance, result->name) : NULL;
  g_autofree char *detail = detail_of (result, "to route ");

  if (!route)
    {
      unable (m, child, result, "names a route that there is not");
      return;
    }
  pli_route_settings_unref (route);
  queue_tell (m, child, "routed", &(Told){ .by = result->where, .detail = detail });
  send_child (m, child, result->name);
}

static void
file (Message *m, Child *child, const PliRouteResult *result)
{
  g_autofree char *detail = detail_of (result, "into ");

  queue_tell (m, child, "filed", &(Told){ .by = result->where, .detail = detail });
  deliver_child (m, child, result->name, result->flags);
}

static void
end (Message *m, Child *child, const PliRouteResult *result)
{
  g_autofree char *rule = g_strdup_printf ("rule %s%s%s", result->where ? result->where : "of a policy",
                                           result->text ? ": " : "", result->text ? result->text : "");
  const char *status = result->status && pli_status_valid (pli_span_from (result->status)) ? result->status : "5.7.1";

  if (result->kind == PLI_ROUTE_DISCARD)
    settle (m, child, "discarded", &(Told){ .by = result->where, .detail = rule });
  else if (result->kind == PLI_ROUTE_DEFER)
    postpone_told (m, child, &(Told){ .by = result->where, .detail = result->text ? result->text : "a rule says so" },
                   FALSE);
  else
    {
      queue_tell (m, child, "rejected", &(Told){ .by = result->where, .detail = result->text });
      fail_child (m, child, status, result->text ? result->text : "a rule refuses it", NULL);
    }
}

static void
take (Message *m, Child *child, gboolean place, const PliRouteResult *result)
{
  switch ((PliRouteKind) result->kind)
    {
    case PLI_ROUTE_NO_OPINION:
      go_on (m, child, place, &(PliRouteResult){ 0 });
      return;
    case PLI_ROUTE_TO:
      if (!place)
        take_route (m, child, result);
      else
        unable (m, child, result, "routes what is delivered here");
      return;
    case PLI_ROUTE_FILE:
      if (place)
        file (m, child, result);
      else
        unable (m, child, result, "files what is not delivered here");
      return;
    case PLI_ROUTE_REDIRECT:
      redirect (m, child, result);
      return;
    case PLI_ROUTE_COPY:
      copy (m, child, place, result);
      return;
    case PLI_ROUTE_REJECT:
    case PLI_ROUTE_DEFER:
    case PLI_ROUTE_DISCARD:
      end (m, child, result);
      return;
    }
  unable (m, child, result, "gives an answer that is none");
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Question *question = user;
  Message *m = question->m;
  Child *child = message_child (m, question->number);

  if (error)
    postpone (m, child, error->message, FALSE);
  else
    take (m, child, question->place, result);
  g_free (question);
  message_answered (m);
  message_unbusy (m);
}

static void
ask (Question *question)
{
  Message *m = question->m;
  Hot *hot = m->hot;
  const Child *child = message_child (m, question->number);
  PliRouteArgs args = { .id = hot->id,
                        .sender = hot->sender,
                        .rcpt = message_address (m, child),
                        .account = question->place ? child->account : NULL,
                        .original = hot->rcpts[CHILD_RCPT (child->number)],
                        .login = hot->login,
                        .role = hot->role,
                        .peer = hot->peer,
                        .bytes = m->bytes,
                        .received_us = m->received_us,
                        .tries = child->tries,
                        .header = hot->header };

  pli_router_ask (m->queue->instance, question->place, &args, answered, question);
}

static void
header_read (gpointer user, char *bytes)
{
  Message *m = user;
  Hot *hot = m->hot;
  g_autoptr (GArray) questions = g_steal_pointer (&hot->questions);
  PliSpan header = pli_span (bytes, (gsize) MIN (hot->renderings.header_bytes, HEADER_MOST));

  if (bytes)
    hot->header = pli_arena_span (hot->arena, header);
  g_free (bytes);
  for (guint i = 0; i < questions->len; i++)
    {
      Question *question = g_array_index (questions, Question *, i);

      if (bytes)
        {
          ask (question);
          continue;
        }
      postpone (m, message_child (m, question->number), "the message cannot be read", FALSE);
      g_free (question);
      message_answered (m);
      message_unbusy (m);
    }
  message_unbusy (m);
}

void
rules_ask (Message *m, Child *child, gboolean place)
{
  Hot *hot = m->hot;
  Question *question = g_new (Question, 1);

  *question = (Question){ m, child->number, place };
  child_take (child, place ? CHILD_LOCAL : CHILD_REMOTE);
  message_busy (m);
  hot->asking++;
  if (hot->header.data)
    {
      ask (question);
      return;
    }
  if (!hot->questions)
    hot->questions = g_array_new (FALSE, FALSE, sizeof (Question *));
  g_array_append_val (hot->questions, question);
  if (hot->questions->len > 1)
    return;
  message_busy (m);
  read_bytes (m->queue, m->key[0], m->body_offset, MIN (hot->renderings.header_bytes, HEADER_MOST), header_read, m);
}
