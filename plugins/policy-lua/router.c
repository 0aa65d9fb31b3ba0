/* router.c: policy-lua as a router in the room `queue`: stages route and deliver. */
#include "policy.h"

static const PliRouteKind kinds[POLICY_N_KINDS] = {
  [POLICY_NONE] = PLI_ROUTE_NO_OPINION, [POLICY_REJECT] = PLI_ROUTE_REJECT,
  [POLICY_DEFER] = PLI_ROUTE_DEFER,     [POLICY_DISCARD] = PLI_ROUTE_DISCARD,
  [POLICY_TO] = PLI_ROUTE_TO,           [POLICY_FILE] = PLI_ROUTE_FILE,
  [POLICY_COPY] = PLI_ROUTE_COPY,       [POLICY_REDIRECT] = PLI_ROUTE_REDIRECT,
};

static void
take_result (PolicyCall *call)
{
  const PolicyAnswer *answer = &call->answer;
  PliRouteResult *result = call->verdict;

  *result = (PliRouteResult){ .kind = kinds[answer->kind],
                              .name = answer->name,
                              .flags = answer->flags,
                              .to = answer->to,
                              .status = answer->status,
                              .text = answer->text,
                              .where = answer->where };
}

static PliStep
start (PliOp *op, PolicyStage stage, const PliRouteArgs *args, PliRouteResult *result)
{
  PolicyScene scene = { .peer = args->peer,
                        .role = args->role,
                        .login = args->login,
                        .id = args->id,
                        .sender = args->sender ? args->sender : "",
                        .rcpt = args->rcpt ? args->rcpt : "",
                        .account = args->account,
                        .original = args->original,
                        .tries = args->tries,
                        .bytes = args->bytes,
                        .received_us = args->received_us,
                        .header = args->header };

  return policy_run (op, stage, &scene, take_result, result);
}

static PliStep
route (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result)
{
  (void) self;
  return start (op, POLICY_ROUTE, args, result);
}

static PliStep
place (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result)
{
  (void) self;
  return start (op, POLICY_DELIVER, args, result);
}

static gboolean
wants (gpointer self, gboolean is_place)
{
  const Policy *policy = self;

  return policy->state->handlers[is_place ? POLICY_DELIVER : POLICY_ROUTE]->len > 0;
}

const PliRouter policy_router = { .size = sizeof (PliRouter), .route = route, .place = place, .wants = wants };
