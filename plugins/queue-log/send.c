/* send.c: hands a Send to its transport when its turn has come: message warmed, bytes read back, then what became of each
 * recipient. What another host has taken is journalled at once: a crash in between sends it again. */
#include "send.h"

#define DEAD_AFTER 3                     /* sends in a row that came to no host */
#define MESSAGE_MOST (500 * 1024 * 1024) /* what a channel between rooms carries */

/* "550 5.1.1 no such user", whether or not the text has its code. */
static char *
reply_text (const PliSent *sent)
{
  char code[16];

  if (sent->code == 0)
    return g_strdup (sent->text ? sent->text : "the transport gave no reason");
  g_snprintf (code, sizeof code, "%u", sent->code);
  if (sent->text && g_str_has_prefix (sent->text, code))
    return g_strdup (sent->text);
  return g_strdup_printf ("%s %s%s%s", code, sent->status ? sent->status : "", sent->status && *sent->status ? " " : "",
                          sent->text ? sent->text : "");
}

/* The detail of an attempt, for the ledger. */
static char *
attempt_text (const Send *send, const PliSendResult *result, const char *reply)
{
  return g_strdup_printf ("%s; route=%s; tls=%s", reply, send->destination->route, result->tls ? result->tls : "none");
}

static void
take_outcome (Send *send, Child *child, const PliSent *sent, const PliSendResult *result)
{
  Message *m = send->m;
  g_autofree char *reply = reply_text (sent);
  g_autofree char *attempt = attempt_text (send, result, reply);
  g_autofree char *said = result->host ? g_strdup_printf ("%s said: %s", result->host, reply) : NULL;
  const char *status = sent->status ? sent->status : "";

  switch ((PliSendOutcome) sent->outcome)
    {
    case PLI_SEND_TAKEN:
      settle (m, child, "sent", &(Told){ .peer = result->host, .detail = attempt });
      journal_sync_now (m->queue->journal); /* until then a crash sends it again */
      return;
    case PLI_SEND_NEVER:
      queue_tell (m, child, "refused", &(Told){ .peer = result->host, .detail = attempt });
      fail_child (m, child, *status ? status : "5.0.0", reply, result->host);
      return;
    default:
      postpone_told (m, child, &(Told){ .peer = result->host, .detail = said ? said : reply, .reply = reply }, FALSE);
    }
}

/* Nobody answered, for none of the recipients. */
static gboolean
came_to_nobody (const PliSendResult *result)
{
  if (!result)
    return TRUE;
  for (guint i = 0; i < result->n_rcpts; i++)
    if (result->rcpts[i].outcome != PLI_SEND_LATER || result->rcpts[i].code != 0)
      return FALSE;
  return result->n_rcpts > 0;
}

void
send_postpone (Send *send, const char *reason, gboolean soon)
{
  for (guint i = 0; i < send->n; i++)
    postpone (send->m, message_child (send->m, send->numbers[i]), reason, soon);
}

static void
sent (gpointer user, const void *data, const GError *error)
{
  Send *send = user;
  Destination *d = send->destination;
  Queue *q = send->m->queue;
  const PliSendResult *result = data;
  PliSent none = { PLI_SEND_LATER, 0, NULL, "the transport answered for too few recipients" };

  g_hash_table_remove (q->sends->calls, send);
  for (guint i = 0; result && i < send->n; i++)
    take_outcome (send, message_child (send->m, send->numbers[i]), i < result->n_rcpts ? &result->rcpts[i] : &none,
                  result);
  if (!result)
    send_postpone (send, error->message, TRUE);
  d->failures = came_to_nobody (result) ? d->failures + 1 : 0;
  if (d->failures >= DEAD_AFTER)
    {
      g_autofree char *reason = result ? reply_text (&result->rcpts[0]) : g_strdup (error->message);

      line_empty (d, reason, !result);
    }
  send_over (send);
}

static void
body_read (gpointer user, char *bytes)
{
  Send *send = user;
  Message *m = send->m;
  Queue *q = m->queue;
  g_autofree const char **rcpts = g_new0 (const char *, send->n + 1);
  const PliRouteSettings *route = pli_route_settings (q->instance, send->destination->route);
  PliSendArgs args = { .id = m->hot->id,
                       .sender = m->hot->sender,
                       .rcpts = rcpts,
                       .route = send->destination->route,
                       .domain = send->destination->domain,
                       .message = pli_span (bytes, m->bytes) };

  for (guint i = 0; i < send->n; i++)
    rcpts[i] = message_address (m, message_child (m, send->numbers[i]));
  if (bytes && route)
    {
      send->call = pli_transport_send (q->instance, pli_route_transport (route), &args, sent, send);
      g_hash_table_add (q->sends->calls, send);
    }
  else
    {
      send_postpone (send, bytes ? "the route is no longer in the settings" : "the message cannot be read", FALSE);
      send_over (send);
    }
  if (route)
    pli_route_settings_unref (route);
  g_free (bytes);
}

static void
heated (Message *m, gboolean ok, gpointer user)
{
  Send *send = user;

  if (ok && m->bytes <= MESSAGE_MOST)
    {
      read_bytes (m->queue, m->key[0], m->body_offset, m->bytes, body_read, send);
      return;
    }
  for (guint i = 0; ok && i < send->n; i++)
    fail_child (m, message_child (m, send->numbers[i]), "5.3.4", "the message is too big to be sent", NULL);
  if (!ok)
    send_postpone (send, "the record cannot be read", FALSE);
  send_over (send);
}

void
send_begin (Send *send)
{
  message_heat (send->m, heated, send);
}
