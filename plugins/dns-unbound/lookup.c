/* lookup.c: a question from its ticket to its answer. A question that took too long is answered at once, and kept until
 * libunbound lets go of it. New settings make a new context: what is under way is asked again there. */
#include "dns-unbound.h"

#include "answer.h"
#include <pli/log.h>

#define CLASS_IN 1

struct Query
{
  Query *next, **prev;
  Dns *dns;
  PliTicket ticket; /* 0: answered already */
  PliOp *op;        /* like result NULL when it is answered */
  PliDnsResult *result;
  PliTimer *timer;
  guint32 type;
  char name[]; /* as it is asked */
};

static void
query_free (Query *query)
{
  *query->prev = query->next;
  if (query->next)
    query->next->prev = query->prev;
  query->dns->n_queries--;
  pli_timer_cancel (query->timer);
  g_free (query);
}

/* Ends the op's part; @error: (transfer full), NULL for success. */
static void
query_answer (Query *query, GError *error)
{
  PliTicket ticket = query->ticket;

  pli_op_on_cancel (query->op, NULL, NULL);
  query->ticket = 0;
  query->op = NULL;
  query->result = NULL;
  pli_timer_cancel (g_steal_pointer (&query->timer));
  if (error)
    {
      pli_counter_add (pli_counter ("dns_failures", "Names that could not be looked up"), 1);
      pli_op_fail (ticket, error);
    }
  else
    pli_op_done (ticket);
}

static GError *
failure (const Query *query, const char *why)
{
  return g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", query->name, why);
}

static void
out_of_time (gpointer user)
{
  Query *query = user;

  query->timer = NULL;
  query_answer (query, failure (query, "no answer in time"));
}

/* libunbound: the packet may be read only when @rcode is 0. */
static void
has_come (void *user, int rcode, void *packet, int len, int security, char *why_bogus, int was_ratelimited)
{
  Query *query = user;
  GError *error = NULL;

  (void) was_ratelimited;
  if (query->dns->deleting)
    return;
  if (!query->ticket)
    {
      query_free (query);
      return;
    }
  if (security == 1)
    error = failure (query, why_bogus ? why_bogus : "the signatures are wrong");
  else if (rcode == DNS_RCODE_NXDOMAIN)
    query->result->status = PLI_DNS_NO_NAME;
  else if (rcode != 0)
    error = failure (query, dns_rcode_text (rcode));
  else
    {
      const DnsSettings *set = pli_plugin_settings (query->dns->plugin);
      g_autoptr (GError) why = NULL;

      if (!dns_answer_parse (pli_span (packet, (gsize) MAX (len, 0)), query->type, (guint) set->records_max,
                             pli_op_arena (query->op), query->result, &why))
        error = failure (query, why->message);
    }
  if (!error)
    query->result->secure = security == 2;
  query_answer (query, error);
  query_free (query);
}

/* May answer at once: @query may be gone then. */
static void
ask (Query *query)
{
  int rc = ub_resolve_event (query->dns->context, query->name, (int) query->type, CLASS_IN, query, has_come, NULL);

  if (rc == 0)
    return;
  if (query->ticket)
    query_answer (query, failure (query, ub_strerror (rc)));
  query_free (query);
}

/* A question that is answered at once ends itself alone: the others have not been asked in this context. */
static void
ask_again (Dns *dns)
{
  for (Query *query = dns->queries, *next; query; query = next)
    {
      next = query->next;
      if (query->ticket)
        ask (query);
      else
        query_free (query);
    }
}

static void
delete_context (Dns *dns)
{
  dns->deleting = TRUE;
  if (dns->context)
    ub_ctx_delete (dns->context);
  dns->context = NULL;
  dns->deleting = FALSE;
}

/* The settings have changed. */
static void
renew (Dns *dns, const DnsSettings *set)
{
  g_autoptr (GError) error = NULL;
  struct ub_ctx *context = dns_context_new (dns, set, &error);

  dns->made_with = set;
  if (!context)
    {
      pli_log (PLI_LOG_ERROR, "dns.settings-refused", "why", error->message, NULL);
      return;
    }
  delete_context (dns);
  dns->context = context;
  ask_again (dns);
}

static void
gone (PliOp *op, gpointer user)
{
  Query *query = user;

  (void) op;
  if (query->ticket)
    query_answer (query, failure (query, "nobody waits any more"));
}

static Query *
query_new (Dns *dns, const char *name, const PliDnsArgs *args)
{
  gsize len = strlen (name) + 1;
  Query *query = g_malloc0 (sizeof *query + len);

  memcpy (query->name, name, len);
  query->dns = dns;
  query->type = args->type;
  query->next = dns->queries;
  query->prev = &dns->queries;
  if (query->next)
    query->next->prev = &query->next;
  dns->queries = query;
  dns->n_queries++;
  return query;
}

PliStep
dns_lookup (PliOp *op, gpointer self, const PliDnsArgs *args, PliDnsResult *result)
{
  Dns *dns = self;
  const DnsSettings *set = pli_plugin_settings (dns->plugin);
  g_autofree char *name = args->name ? dns_question (args->name, args->type) : NULL;
  Query *query;

  pli_counter_add (pli_counter ("dns_lookups", "Names that were asked for"), 1);
  if (!name)
    return pli_op_error (op, PLI_ERROR_PERMANENT, "cannot be asked: %s, type %u", args->name ? args->name : "no name",
                         args->type);
  if (set != dns->made_with)
    renew (dns, set);
  if (dns->n_queries >= (guint) set->queries_max)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "%u names are being looked up already", dns->n_queries);
  query = query_new (dns, name, args);
  query->op = op;
  query->result = result;
  query->ticket = pli_op_wait (op);
  query->timer = pli_timer_after (pli_op_instance (op), set->timeout, out_of_time, query);
  pli_op_on_cancel (op, gone, query);
  ask (query);
  return PLI_WAIT;
}

Dns *
dns_new (PliPlugin *plugin, GError **error)
{
  Dns *dns = g_new0 (Dns, 1);

  dns->plugin = plugin;
  dns->events = dns_events_new (pli_plugin_instance (plugin));
  dns->made_with = pli_plugin_settings (plugin);
  dns->context = dns_context_new (dns, dns->made_with, error);
  if (dns->context)
    return dns;
  dns_free (dns);
  return NULL;
}

void
dns_free (Dns *dns)
{
  if (!dns)
    return;
  delete_context (dns);
  while (dns->queries)
    {
      if (dns->queries->ticket)
        query_answer (dns->queries, failure (dns->queries, "the resolver ends"));
      query_free (dns->queries);
    }
  g_free (dns->events);
  g_strfreev (dns->resolvers);
  g_free (dns);
}
