/* plan.c: `pli route test`: what would become of a message to an address: the directory's word, the rules', the routes',
 * and then the transport's plan. Nothing is sent, and rules see a message without a header. */
#include "queue-log.h"

typedef struct
{
  PliTicket ticket;
  Queue *queue;
  PliQueueRouteResult *result;
  const PliQueueRouteArgs *args;
  PliArena *arena;
  PliBuffer text;
  char *domain;
} Plan;

static void
over (Plan *plan)
{
  plan->result->text = pli_arena_text (plan->arena, pli_buffer_span (&plan->text));
  pli_op_done (plan->ticket);
  pli_buffer_clear (&plan->text);
  g_free (plan->domain);
  g_free (plan);
}

static void
planned (gpointer user, const void *data, const GError *error)
{
  Plan *plan = user;
  const PliPlanResult *result = data;

  if (error)
    pli_buffer_printf (&plan->text, "no plan: %s\n", error->message);
  else
    pli_buffer_printf (&plan->text, "%s\n", result->text ? result->text : "");
  over (plan);
}

static void
ask_transport (Plan *plan, const char *route, const char *why)
{
  Queue *q = plan->queue;
  const PliRouteSettings *set = pli_route_settings (q->instance, route);
  PliPlanArgs args = { route, plan->domain };

  if (!set)
    {
      pli_buffer_printf (&plan->text, "route %s: %s; there is none of that name: it is put off\n", route, why);
      over (plan);
      return;
    }
  pli_buffer_printf (&plan->text, "route %s: %s\ntransport %s\n", route, why, pli_route_transport (set));
  pli_transport_plan (q->instance, pli_route_transport (set), &args, planned, plan);
  pli_route_settings_unref (set);
}

static void
go_by_domain (Plan *plan)
{
  g_autofree char *route = pli_route_of_domain (plan->queue->instance, plan->domain);

  ask_transport (plan, route,
                 g_str_equal (route, "default") ? "no [route] names the domain" : "its domains cover this one");
}

static void
say_rule (Plan *plan, const PliRouteResult *result)
{
  static const char *const words[] = { "no opinion", "route",  "file",  "redirect to",
                                       "copy to",    "reject", "defer", "discard" };
  g_autofree char *to = result->to ? g_strjoinv (", ", (char **) result->to) : NULL;
  const char *word = result->kind < G_N_ELEMENTS (words) ? words[result->kind] : "?";

  pli_buffer_printf (&plan->text, "rule %s: %s %s%s%s\n", result->where ? result->where : "of a policy", word,
                     to             ? to
                     : result->name ? result->name
                                    : "",
                     result->text ? ": " : "", result->text ? result->text : "");
}

static void
asked (gpointer user, const void *data, const GError *error)
{
  Plan *plan = user;
  const PliRouteResult *result = data;

  if (error)
    {
      pli_buffer_printf (&plan->text, "rule failed, so that it is put off: %s\n", error->message);
      over (plan);
      return;
    }
  if (result->kind != PLI_ROUTE_NO_OPINION)
    say_rule (plan, result);
  if (result->kind == PLI_ROUTE_TO && result->name)
    ask_transport (plan, result->name, result->where ? result->where : "a rule says so");
  else if (result->kind == PLI_ROUTE_NO_OPINION || result->kind == PLI_ROUTE_COPY)
    go_by_domain (plan);
  else
    over (plan);
}

static void
ask_rules (Plan *plan)
{
  Queue *q = plan->queue;
  PliRouteArgs args = { .id = "",
                        .sender = plan->args->sender ? plan->args->sender : "",
                        .rcpt = plan->args->address,
                        .original = plan->args->address,
                        .received_us = pli_now_us (q->instance),
                        .header = PLI_SPAN ("\r\n") };

  plan->domain = send_domain_of (plan->args->address);
  if (!plan->domain)
    {
      pli_buffer_add_text (&plan->text, "no domain that mail could be sent to: it is returned\n");
      over (plan);
    }
  else if (pli_router_wants (q->instance, FALSE))
    pli_router_ask (q->instance, FALSE, &args, asked, plan);
  else
    go_by_domain (plan);
}

static void
resolved (gpointer user, const void *data, const GError *error)
{
  static const char *const words[] = { "foreign", "unknown here: it is refused", "disabled: it is refused", "local",
                                       "an alias loop: it is refused" };
  Plan *plan = user;
  const PliResolveResult *result = data;

  if (error)
    pli_buffer_printf (&plan->text, "directory: %s\n", error->message);
  else if (result->kind == PLI_RCPT_FOREIGN)
    {
      ask_rules (plan);
      return;
    }
  else
    pli_buffer_printf (&plan->text, "directory: %s\n", words[MIN (result->kind, G_N_ELEMENTS (words) - 1)]);
  for (guint i = 0; result && i < result->n_targets; i++)
    {
      const PliTarget *target = &result->targets[i];

      if (target->account)
        pli_buffer_printf (&plan->text, "delivered to account %s in store %s (%s)\n", target->account,
                           target->store ? target->store : "of the server", target->address);
      else
        pli_buffer_printf (&plan->text, "sent on to %s\n", target->address);
    }
  over (plan);
}

PliStep
queue_route (PliOp *op, gpointer self, const PliQueueRouteArgs *args, PliQueueRouteResult *result)
{
  Plan *plan;
  PliAddress address;
  PliResolveArgs asking = { NULL };
  g_autoptr (GError) error = NULL;

  if (!args->address
      || !pli_address_parse (pli_span_from (args->address), PLI_PATH_UTF8, pli_op_arena (op), &address, &error))
    return pli_op_error (op, PLI_ERROR_SYNTAX, "not an address: %s", error ? error->message : "none given");
  plan = g_new0 (Plan, 1);
  *plan = (Plan){ .queue = self, .result = result, .args = args, .arena = pli_op_arena (op) };
  plan->ticket = pli_op_wait (op);
  asking.address = pli_address_text (plan->arena, &address);
  pli_directory_resolve (plan->queue->instance, &asking, resolved, plan);
  return PLI_WAIT;
}
