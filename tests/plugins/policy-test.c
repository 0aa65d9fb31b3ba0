/* policy-test.c: a router for tests: what it says is in the address it is asked about, "WORD+…@…" for a remote recipient,
 * "USER+WORD@…" for a local delivery. A header field `X-Word:` says it too, which shows that headers are read. */
#include <pli/plugin.h>
#include <pli/route.h>
#include <pli/store.h>

static const struct
{
  const char *word;
  PliRouteResult answer;
} answers[] = {
  { "special", { .kind = PLI_ROUTE_TO, .name = "special" } },
  { "nowhere", { .kind = PLI_ROUTE_TO, .name = "nowhere" } },
  { "file", { .kind = PLI_ROUTE_FILE, .name = "Lists", .flags = PLI_FLAG_SEEN } },
  { "redirect", { .kind = PLI_ROUTE_REDIRECT, .to = (const char *const[]){ "b@d.test", NULL } } },
  { "round", { .kind = PLI_ROUTE_REDIRECT, .to = (const char *const[]){ "a+round@d.test", NULL } } },
  { "copy",
    { .kind = PLI_ROUTE_COPY, .name = "Lists", .to = (const char *const[]){ "b@d.test", "far@away.test", NULL } } },
  { "reject", { .kind = PLI_ROUTE_REJECT, .status = "5.7.1", .text = "not in this house" } },
  { "defer", { .kind = PLI_ROUTE_DEFER, .text = "not today" } },
  { "discard", { .kind = PLI_ROUTE_DISCARD, .text = "to the bin" } },
  { "nonsense", { .kind = PLI_ROUTE_REDIRECT, .to = (const char *const[]){ "no address", NULL } } },
};

static PliSpan
header_word (PliSpan header)
{
  PliHeaderField field;

  while (pli_header_next (&header, &field))
    if (pli_span_is_nocase (field.name, "X-Word"))
      return field.value;
  return pli_span (NULL, 0);
}

static PliStep
say (PliOp *op, PliSpan word, PliRouteResult *result)
{
  if (pli_span_is (word, "fail"))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "policy.lua:9: a mistake");
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (pli_span_is (word, answers[i].word))
      {
        *result = answers[i].answer;
        result->where = "policy.lua:12";
      }
  return PLI_DONE;
}

static PliStep
route (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result)
{
  PliSpan word = header_word (args->header);

  (void) self;
  return say (op, word.data ? word : pli_span (args->rcpt, strcspn (args->rcpt, "+@")), result);
}

static PliStep
place (PliOp *op, gpointer self, const PliRouteArgs *args, PliRouteResult *result)
{
  const char *plus = strchr (args->rcpt, '+');

  (void) self;
  g_assert (args->account && args->original);
  return plus ? say (op, pli_span (plus + 1, strcspn (plus + 1, "@")), result) : PLI_DONE;
}

static const PliRouter router = { .size = sizeof router, .route = route, .place = place };
static const PliService services[] = { PLI_ROUTER ("test", &router), { 0 } };

PLI_PLUGIN (policy_test, .name = "policy-test", .version = "1", .summary = "For tests: a router", .services = services);
