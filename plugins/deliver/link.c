/* link.c: one connection of a destination: goes through hosts and addresses until one greets (RFC 5321 5.1), lets the chat
 * talk, and takes job after job. A host that refuses at its greeting or EHLO is passed over like one that is not there;
 * what is answered to a mail stands. Callbacks come from the connection; the chat's only note what is to be done after
 * it has returned. */
#include "deliver.h"

static void go_on (Link *link);
static void use_host (Link *link);

static const Hop *
hop_of (const Link *link)
{
  return &link->destination->hops->hops[link->order[link->hop]];
}

static guint
port_of (const Link *link)
{
  const Hop *hop = hop_of (link);
  guint port = hop->port ? hop->port : (guint) link->set.port;

  return hop->name[0] == '/' ? 0 : port ? port : link->destination->deliver->kind->port;
}

/* Hops come sorted; those of one preference are mixed (RFC 5321 5.1). */
static guint *
mixed_order (const Hops *hops)
{
  guint *order = g_new (guint, hops->n_hops);

  for (guint i = 0; i < hops->n_hops; i++)
    {
      guint first = i;

      while (first > 0 && hops->hops[first - 1].preference == hops->hops[i].preference)
        first--;
      guint k = (guint) g_random_int_range ((gint32) first, (gint32) i + 1);

      order[i] = order[k];
      order[k] = i;
    }
  return order;
}

Link *
link_new (Destination *destination)
{
  Deliver *deliver = destination->deliver;
  Link *link = g_new0 (Link, 1);

  link->destination = destination;
  link->set = *deliver_settings (deliver);
  link->helo = link->set.helo ? g_strdup (link->set.helo) : deliver_hostname (deliver);
  link->password = g_strdup (pli_route_password (deliver->instance, destination->route));
  link->order = mixed_order (destination->hops);
  link->never_existed = TRUE;
  return link;
}

void
link_free (Link *link)
{
  host_cancel (link->waiter);
  host_unref (link->host);
  pli_connection_free (link->connection);
  chat_free (link->chat);
  g_free (link->order);
  g_free (link->helo);
  g_free (link->password);
  g_free (link->where);
  g_free (link->failure);
  g_free (link);
}

/* The chat's functions */

static void
chat_writes (gpointer user, PliSpan bytes)
{
  pli_connection_write (((Link *) user)->connection, bytes);
}

static void
chat_starts_tls (gpointer user)
{
  Link *link = user;
  const Hops *hops = link->destination->hops;
  PliConnectionTls tls = { .host = hop_of (link)->name };

  /* The name of a relay is ours to know; that of an MX came from DNS, and proves nothing. */
  tls.verify = hops->is_relay && hops->route->tls == PLI_ROUTE_TLS_REQUIRE;
  link->in_handshake = TRUE;
  pli_connection_start_tls (link->connection, &tls);
}

static void
chat_waits (gpointer user, gint64 us)
{
  pli_connection_set_deadline (((Link *) user)->connection, us);
}

static void
chat_is_ready (gpointer user)
{
  ((Link *) user)->ready = TRUE;
}

static Mail *
chat_wants_more (gpointer user)
{
  Link *link = user;

  if (link->destination->waiting.n == 0 || link->n_begun >= (guint) link->set.messages_per_connection)
    return NULL;
  return &link_take (link)->mail;
}

static void
chat_has_sent (gpointer user, Mail *mail)
{
  job_done ((Job *) mail, user);
}

static void
chat_has_not_sent (gpointer user, Mail *mail, const PliSent *why)
{
  Link *link = user;
  Job *job = (Job *) mail;

  /* A connection that was good for others before may just have been kept for too long. */
  if (job->fresh || job->restarts++ > 1)
    {
      job_fail (job, link, why);
      return;
    }
  mail_reopen (mail);
  job_prepend (&link->destination->waiting, job);
}

static void
note_failure (Link *link, const char *text, const char *status)
{
  g_free (link->failure);
  link->failure = g_strdup (text);
  g_strlcpy (link->failure_status, status ? status : "", sizeof link->failure_status);
}

static void
chat_is_over (gpointer user, const PliSent *why)
{
  Link *link = user;

  link->over = TRUE;
  if (why)
    note_failure (link, why->text, why->status);
}

static const ChatFuncs chat_funcs = { .write = chat_writes,
                                      .start_tls = chat_starts_tls,
                                      .wait = chat_waits,
                                      .ready = chat_is_ready,
                                      .more = chat_wants_more,
                                      .sent = chat_has_sent,
                                      .unsent = chat_has_not_sent,
                                      .over = chat_is_over };

/* The life of a connection */

static void
drop_connection (Link *link)
{
  pli_connection_free (g_steal_pointer (&link->connection));
  chat_free (g_steal_pointer (&link->chat));
  link->over = link->ready = link->in_handshake = FALSE;
}

/* The address is of no use: on to the next one. Frees the link when there is none. */
static void
next_address (Link *link)
{
  const char *address = link->host->addresses->pdata[link->address];

  drop_connection (link);
  failure_note (link->destination->deliver, address, port_of (link), link->failure);
  link->address++;
  use_host (link);
}

/* The connection is over. */
static void
ended (Link *link)
{
  if (link->state == LINK_OPENING)
    next_address (link);
  else
    {
      drop_connection (link);
      destination_link_gone (link->destination, link);
    }
}

static void
become_idle (Link *link)
{
  Destination *destination = link->destination;

  if (link->state == LINK_OPENING)
    {
      destination->n_opening--;
      failure_forget (destination->deliver, link->host->addresses->pdata[link->address], port_of (link));
    }
  link->state = LINK_IDLE;
  link->ready = FALSE;
  link->idle_since_us = pli_clock_us (destination->deliver->instance);
  if (link->n_begun >= (guint) link->set.messages_per_connection)
    link_quit (link);
}

/* What the chat has noted is done, after it has returned. May free the link. */
static void
after_chat (Link *link)
{
  Destination *destination = link->destination;

  if (link->over)
    {
      ended (link);
      return;
    }
  if (!link->ready)
    return;
  become_idle (link);
  destination_work (destination);
  if (link->state != LINK_IDLE)
    return;
  if (destination->deliver->starved)
    link_quit (link);
  else
    deliver_want_sweep (destination->deliver);
}

static void
opened (PliConnection *connection, gpointer user)
{
  Link *link = user;
  Destination *destination = link->destination;
  const PliRouteSettings *route = destination->hops->route;
  const char *address = link->host->addresses->pdata[link->address];
  ChatOptions options = { .set = &link->set,
                          .helo = link->helo,
                          .lmtp = destination->deliver->kind->lmtp,
                          .tls = link->without_tls ? PLI_ROUTE_TLS_NONE : route->tls,
                          .login = route->login,
                          .password = link->password };

  (void) connection;
  options.private = address[0] == '/' || g_str_has_prefix (address, "127.") || g_str_equal (address, "::1");
  pli_counter_add (destination->deliver->connections, 1);
  link->chat = chat_new (&chat_funcs, link, &options);
}

static gsize
input (PliConnection *connection, gpointer user, PliSpan bytes)
{
  Link *link = user;
  gsize taken = chat_input (link->chat, bytes);

  (void) connection;
  after_chat (link);
  return taken;
}

static void
secured (PliConnection *connection, gpointer user)
{
  Link *link = user;

  (void) connection;
  link->in_handshake = FALSE;
  chat_secured (link->chat);
  after_chat (link);
}

static void
drained (PliConnection *connection, gpointer user)
{
  Link *link = user;

  (void) connection;
  chat_drained (link->chat);
  after_chat (link);
}

static void
closed (PliConnection *connection, gpointer user, const GError *error)
{
  Link *link = user;
  g_autofree char *text = NULL;

  (void) connection;
  if (!link->chat)
    text = g_strdup (error ? error->message : "closed at once");
  else
    {
      text = g_strdup_printf ("%s (at %s)", error ? error->message : "the host closed the connection",
                              chat_step_name (link->chat));
      chat_lost (link->chat, text);
    }
  note_failure (link, text, link->in_handshake ? "4.7.5" : "4.4.2");
  if (link->in_handshake && !link->without_tls && link->destination->hops->route->tls == PLI_ROUTE_TLS_OPPORTUNISTIC)
    {
      /* RFC 7435: better in the clear than not at all. */
      pli_log (PLI_LOG_NOTICE, "deliver.without-tls", "host", link->where, "why", text, NULL);
      drop_connection (link);
      link->without_tls = TRUE;
      use_host (link);
      return;
    }
  ended (link);
}

static const PliConnectionFuncs connection_funcs = { .size = sizeof (PliConnectionFuncs),
                                                     .opened = opened,
                                                     .input = input,
                                                     .secured = secured,
                                                     .drained = drained,
                                                     .closed = closed };

static void
connect_to (Link *link, const char *address)
{
  const Hop *hop = hop_of (link);
  guint port = port_of (link);

  g_free (link->where);
  if (address[0] == '/')
    link->where = g_strdup (address);
  else if (g_str_equal (address, hop->name))
    link->where = g_strdup_printf ("[%s]:%u", address, port);
  else
    link->where = g_strdup_printf ("%s [%s]:%u", hop->name, address, port);
  link->connection = pli_connection_new (link->destination->deliver->plugin, address, port, &connection_funcs, link);
  pli_connection_set_deadline (link->connection, link->set.connect_wait);
}

static void
no_host (Link *link)
{
  gboolean for_good = link->never_existed && !link->destination->hops->is_relay;
  PliSent why = { PLI_SEND_LATER, 0, "4.4.1", link->failure };

  if (for_good)
    {
      why.outcome = PLI_SEND_NEVER;
      why.status = link->destination->hops->is_fallback ? "5.1.2" : "5.4.4";
    }
  else if (link->failure_status[0] == '4')
    why.status = link->failure_status;
  destination_no_host (link->destination, link, &why);
}

static void
next_host (Link *link)
{
  host_unref (g_steal_pointer (&link->host));
  link->hop++;
  link->address = 0;
  link->without_tls = FALSE;
}

/* The addresses are known: tries those that are left. */
static void
use_host (Link *link)
{
  Deliver *deliver = link->destination->deliver;

  link->never_existed &= link->host->no_such_name;
  if (link->host->addresses->len == 0)
    note_failure (link, link->host->why, link->host->no_such_name ? "4.4.4" : "4.4.3");
  for (; link->address < link->host->addresses->len; link->address++)
    {
      const char *address = link->host->addresses->pdata[link->address];
      const char *failure = failure_of (deliver, address, port_of (link));

      if (!failure)
        {
          connect_to (link, address);
          return;
        }
      note_failure (link, failure, "4.4.1");
    }
  next_host (link);
  go_on (link);
}

static void
resolved (gpointer user)
{
  Link *link = user;

  link->waiter = NULL;
  use_host (link);
}

static void
go_on (Link *link)
{
  if (link->hop == link->destination->hops->n_hops)
    {
      no_host (link);
      return;
    }
  link->host = host_ref (link->destination->deliver, hop_of (link)->name);
  if (host_resolve (link->host, resolved, link, &link->waiter))
    use_host (link);
}

void
link_start (Link *link)
{
  go_on (link);
}

Job *
link_take (Link *link)
{
  Job *job = link->destination->waiting.first;

  job_remove (job);
  job->fresh = link->n_begun++ == 0;
  if (!job->fresh)
    pli_counter_add (link->destination->deliver->reused, 1);
  return job;
}

void
link_send (Link *link, Job *job)
{
  link->state = LINK_BUSY;
  link->ready = FALSE;
  chat_send (link->chat, &job->mail);
  if (link->ready)
    become_idle (link);
}

void
link_quit (Link *link)
{
  link->state = LINK_QUITTING;
  chat_quit (link->chat);
}
