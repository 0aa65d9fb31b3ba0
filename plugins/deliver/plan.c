/* plan.c: `pli route test`: what send() would do for a route and a domain, in words, without connecting anywhere. */
#include "deliver.h"

typedef struct
{
  Deliver *deliver;
  PliTicket ticket;
  PliPlanResult *result;
  PliArena *arena;
  char *domain, *route;
  GString *text;
  Hops *hops;
  HopsSearch *search;
  guint hop;
  Host *host;
  HostWaiter *waiter;
} Plan;

static void next_hop (Plan *plan);

static void
plan_free (Plan *plan)
{
  plan->deliver->plans = g_slist_remove (plan->deliver->plans, plan);
  hops_search_cancel (plan->search);
  host_cancel (plan->waiter);
  host_unref (plan->host);
  hops_free (plan->hops);
  g_string_free (plan->text, TRUE);
  g_free (plan->domain);
  g_free (plan->route);
  g_free (plan);
}

static void
finish (Plan *plan)
{
  plan->result->text = pli_arena_strdup (plan->arena, plan->text->str);
  pli_op_done (plan->ticket);
  plan_free (plan);
}

void
plan_stop_all (Deliver *deliver)
{
  while (deliver->plans)
    {
      Plan *plan = deliver->plans->data;

      pli_op_fail (plan->ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the server is stopping"));
      plan_free (plan);
    }
}

static void
say_hop (Plan *plan)
{
  const Hop *hop = &plan->hops->hops[plan->hop];
  guint port = hop->port ? hop->port : (guint) deliver_settings (plan->deliver)->port;

  port = port ? port : plan->deliver->kind->port;
  g_string_append_printf (plan->text, "  %u. %s", plan->hop + 1, hop->name);
  if (!plan->hops->is_relay && !plan->hops->is_fallback)
    g_string_append_printf (plan->text, " (preference %u)", hop->preference);
  if (hop->name[0] != '/')
    g_string_append_printf (plan->text, ", port %u", port);
  g_string_append_c (plan->text, '\n');
  if (plan->host->addresses->len == 0)
    g_string_append_printf (plan->text, "     no address: %s\n", plan->host->why);
  for (guint i = 0; i < plan->host->addresses->len; i++)
    {
      const char *address = plan->host->addresses->pdata[i];
      const char *failure = failure_of (plan->deliver, address, port);

      g_string_append_printf (plan->text, "     %s%s%s\n", address, failure ? ", not tried now: " : "",
                              failure ? failure : "");
    }
}

static void
resolved (gpointer user)
{
  Plan *plan = user;

  plan->waiter = NULL;
  say_hop (plan);
  host_unref (g_steal_pointer (&plan->host));
  plan->hop++;
  next_hop (plan);
}

static void
next_hop (Plan *plan)
{
  if (plan->hop == plan->hops->n_hops)
    {
      finish (plan);
      return;
    }
  plan->host = host_ref (plan->deliver, plan->hops->hops[plan->hop].name);
  if (host_resolve (plan->host, resolved, plan, &plan->waiter))
    resolved (plan);
}

static void
say_tls (Plan *plan)
{
  static const char *const policies[] = { "none", "opportunistic", "require" };
  static const char *const meanings[] = { "never encrypted",
                                          "encrypted when the host offers it, in the clear otherwise",
                                          "encrypted, or not sent" };
  const PliRouteSettings *route = plan->hops->route;
  const char *certificate = "";

  if (route->tls == PLI_ROUTE_TLS_REQUIRE)
    certificate = plan->hops->is_relay ? "; the certificate must be the relay's" : "; certificates are not checked";
  g_string_append_printf (plan->text, "tls = %s: %s%s\n", policies[route->tls], meanings[route->tls], certificate);
}

static void
say_route (Plan *plan)
{
  const Hops *hops = plan->hops;

  if (hops->n_hops == 0)
    {
      g_string_append_printf (plan->text, "%s: %s %s\n",
                              hops->failure.outcome == PLI_SEND_NEVER ? "refused for good" : "put off",
                              hops->failure.status, hops->failure.text);
      return;
    }
  if (hops->route->login)
    g_string_append_printf (plan->text, "signs in as %s%s\n", hops->route->login,
                            pli_route_password (plan->deliver->instance, plan->route) ? "" : ", but has no password");
  say_tls (plan);
  if (hops->is_relay)
    g_string_append_printf (plan->text, "to the relay of the route:\n");
  else if (hops->is_fallback)
    g_string_append_printf (plan->text, "%s has no MX, so to its own address:\n", plan->domain);
  else
    g_string_append_printf (plan->text, "to the hosts for %s, in this order, at random within a preference:\n",
                            plan->domain);
}

static void
hops_found (gpointer user, Hops *hops)
{
  Plan *plan = user;

  plan->search = NULL;
  plan->hops = hops;
  say_route (plan);
  next_hop (plan);
}

PliStep
deliver_plan (PliOp *op, gpointer self, const PliPlanArgs *args, PliPlanResult *result)
{
  HopsSearch *search;
  Plan *plan;

  if (!args->route || !args->domain)
    return pli_op_error (op, PLI_ERROR_PERMANENT, "a plan without route or domain");
  plan = g_new0 (Plan, 1);
  plan->deliver = self;
  plan->result = result;
  plan->arena = pli_op_arena (op);
  plan->domain = g_strdup (args->domain);
  plan->route = g_strdup (args->route);
  plan->text = g_string_new (NULL);
  plan->ticket = pli_op_wait (op);
  plan->deliver->plans = g_slist_prepend (plan->deliver->plans, plan);
  deliver_look_at_settings (self);
  search = hops_find (self, plan->route, plan->domain, hops_found, plan);
  /* Without one the plan may be finished, and gone. */
  if (search)
    plan->search = search;
  return PLI_WAIT;
}
