/* serve.c: what a host room does for a filter's stand-in: makes session and transaction as the packet says they are, calls
 * the one filter that is here, and packs what it wishes. The plugin sees no difference. Loop thread. */
#include "host/host.h"

#include <sys/resource.h>

PLI_SHAPE (PliHostDescription, F_U32 (PliHostDescription, slots), F_TEXTS (PliHostDescription, rights),
           F_TEXTS (PliHostDescription, facts));
PLI_SHAPE (PliHostNothing, F_U32 (PliHostNothing, unused));
PLI_SHAPE (PliHostEdit, F_U32 (PliHostEdit, kind), F_TEXT (PliHostEdit, name), F_TEXT (PliHostEdit, value));
PLI_SHAPE (PliTxnFact, F_TEXT (PliTxnFact, name), F_TEXT (PliTxnFact, value));
PLI_SHAPE (PliSessionFacts, F_U64 (PliSessionFacts, number), F_TEXT (PliSessionFacts, id),
           F_TEXT (PliSessionFacts, peer), F_U32 (PliSessionFacts, peer_port), F_TEXT (PliSessionFacts, local),
           F_TEXT (PliSessionFacts, role), F_TEXT (PliSessionFacts, listener), F_TEXT (PliSessionFacts, tls),
           F_TEXT (PliSessionFacts, account), F_TEXT (PliSessionFacts, login), F_U32 (PliSessionFacts, flags));
PLI_SHAPE (PliHostFilterArgs, F_U32 (PliHostFilterArgs, stage), F_INNER (PliHostFilterArgs, session, PliSessionFacts),
           F_TEXT (PliHostFilterArgs, arg), F_TEXT (PliHostFilterArgs, id), F_TEXT (PliHostFilterArgs, sender),
           F_TEXT (PliHostFilterArgs, helo), F_U64 (PliHostFilterArgs, announced),
           F_U64 (PliHostFilterArgs, received_us), F_TEXTS (PliHostFilterArgs, rcpts),
           F_SPAN (PliHostFilterArgs, message), F_ROWS (PliHostFilterArgs, facts, n_facts, PliTxnFact),
           F_U32 (PliHostFilterArgs, kind), F_U32 (PliHostFilterArgs, code), F_TEXT (PliHostFilterArgs, status),
           F_TEXT (PliHostFilterArgs, text));
PLI_SHAPE (PliHostFilterResult, F_U32 (PliHostFilterResult, kind), F_U32 (PliHostFilterResult, code),
           F_TEXT (PliHostFilterResult, status), F_TEXT (PliHostFilterResult, text),
           F_TEXT (PliHostFilterResult, where), F_ROWS (PliHostFilterResult, edits, n_edits, PliHostEdit),
           F_ROWS (PliHostFilterResult, facts, n_facts, PliTxnFact), F_TEXTS (PliHostFilterResult, rcpts));

#define HOST PLI_ROOM_HOST, PLI_ROOM_BIT
#define SECONDS(n) ((n) *G_USEC_PER_SEC)

/* The first two are core's own; their slots are in method.c. A filter's deadline is the stand-in's affair. */
const PliMethod pli_host_methods[] = {
  { "host.describe", PLI_SERVICE_END, HOST (PLI_ROOM_SMTP), PLI_CALL_IDEMPOTENT, 0, offsetof (PliOwn, describe),
    &PliHostNothing_shape, &PliHostDescription_shape },
  { "host.filter", PLI_SERVICE_END, HOST (PLI_ROOM_SMTP), 0, 0, offsetof (PliOwn, filter), &PliHostFilterArgs_shape,
    &PliHostFilterResult_shape },
  { "host.resolve", PLI_SERVICE_DIRECTORY, HOST (PLI_ROOM_AUTH), PLI_CALL_IDEMPOTENT, SECONDS (10),
    offsetof (PliDirectory, resolve), &PliResolveArgs_shape, &PliResolveResult_shape },
  { "host.verify", PLI_SERVICE_DIRECTORY, HOST (PLI_ROOM_AUTH), PLI_CALL_IDEMPOTENT, SECONDS (60),
    offsetof (PliDirectory, verify), &PliVerifyArgs_shape, &PliVerifyResult_shape },
};

static PliPlugin *
filter_here (PliInstance *instance, guint stage, const PliFilter **out_filter)
{
  PliFilterPlace place = { 0 };

  return pli_filters_next (instance->registry, (PliStage) stage, &place, out_filter);
}

PliStep
pli_host_describe (PliOp *op, gpointer self, const void *args, void *result)
{
  PliHostDescription *out = result;
  PliInstance *instance = self;
  const PliFilter *filter;
  PliPlugin *plugin;
  const char **facts;
  guint n = 0;

  (void) args;
  for (guint stage = 0; stage <= PLI_N_STAGES; stage++)
    out->slots |= filter_here (instance, stage, &filter) ? 1u << stage : 0;
  plugin = pli_registry_n (instance->registry) > 0 ? pli_registry_nth (instance->registry, 0) : NULL;
  if (!plugin)
    return PLI_DONE;
  out->rights = plugin->info.rights;
  while (plugin->info.facts && plugin->info.facts[n].name)
    n++;
  facts = pli_arena_array (pli_op_arena (op), const char *, n + 1);
  for (guint i = 0; i < n; i++)
    facts[i] = plugin->info.facts[i].name;
  out->facts = facts;
  return PLI_DONE;
}

typedef struct
{
  PliOp *op;
  PliTicket ticket;
  PliHostFilterResult *result;
  PliSession *session;
  PliTxn *txn;        /* NULL at connect and hello */
  const PliTxn *view; /* the filter's */
} Serving;

static void
serving_end (gpointer data)
{
  Serving *s = data;

  pli_txn_free (s->txn);
  pli_session_unref (s->session);
}

static void
pack_wishes (Serving *s)
{
  PliArena *arena = pli_op_arena (s->op);
  const PliTxn *view = s->view;
  PliHostEdit *edits = pli_arena_array (arena, PliHostEdit, view->edits.n);

  for (guint i = 0; i < view->edits.n; i++)
    edits[i] =
        (PliHostEdit){ view->edits.items[i].kind, pli_arena_text (arena, view->edits.items[i].name),
                       view->edits.items[i].value.data ? pli_arena_text (arena, view->edits.items[i].value) : NULL };
  s->result->edits = edits;
  s->result->n_edits = view->edits.n;
  s->result->facts = view->facts.items;
  s->result->n_facts = view->facts.n;
  s->result->rcpts = view->rcpts.items;
}

static void
filter_answered (gpointer user, const void *answer, const GError *error)
{
  Serving *s = user;
  const PliVerdict *verdict = answer;

  if (error)
    {
      pli_op_fail (s->ticket, g_error_copy (error));
      return;
    }
  s->result->kind = verdict->kind;
  s->result->code = verdict->code;
  s->result->status = pli_arena_strdup (pli_op_arena (s->op), verdict->status);
  s->result->text = pli_arena_strdup (pli_op_arena (s->op), verdict->text);
  s->result->where = pli_arena_strdup (pli_op_arena (s->op), verdict->where);
  if (s->view)
    pack_wishes (s);
  pli_op_done (s->ticket);
}

/* A filter that spins is ended by the kernel. */
static void
allow_cpu (const PliHostSettings *set)
{
  struct rusage used;
  struct rlimit limit;

  if (getrusage (RUSAGE_SELF, &used) < 0 || getrlimit (RLIMIT_CPU, &limit) < 0)
    g_error ("limits cannot be read");
  limit.rlim_cur = (rlim_t) (used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + set->cpu / G_USEC_PER_SEC);
  if (setrlimit (RLIMIT_CPU, &limit) < 0)
    g_error ("the limit of processor time cannot be set");
}

static PliTxn *
make_txn (PliSession *session, const PliHostFilterArgs *args)
{
  PliTxn *txn = pli_txn_new (session, args->sender ? args->sender : "");

  pli_txn_mirror (txn, args->id, args->received_us);
  pli_txn_set_helo (txn, args->helo ? args->helo : "");
  pli_txn_set_announced (txn, args->announced);
  for (guint i = 0; args->rcpts && args->rcpts[i]; i++)
    pli_txn_add_rcpt (txn, args->rcpts[i]);
  for (guint i = 0; i < args->n_facts; i++)
    if (args->facts[i].name)
      pli_txn_set_fact (txn, args->facts[i].name, args->facts[i].value);
  if (args->message.len > 0)
    pli_txn_set_message (txn, args->message);
  return txn;
}

static void
tell_end (Serving *s, PliPlugin *plugin, const PliFilter *filter, const PliHostFilterArgs *args)
{
  const PliVerdict verdict = { .kind = args->kind, .code = args->code, .status = args->status, .text = args->text };
  PliTxn view;

  pli_txn_view_open (&view, s->txn, plugin, pli_txn_arena (s->txn));
  view.closed = TRUE;
  filter->saw_end (&view, &verdict);
  pli_txn_view_release (&view);
}

PliStep
pli_host_filter (PliOp *op, gpointer self, const void *args, void *result)
{
  const PliHostFilterArgs *asked = args;
  PliInstance *instance = self;
  PliArena *arena = pli_op_arena (op);
  Serving *s = pli_arena_new0 (arena, Serving);
  PliHelloArgs *hello = pli_arena_new0 (arena, PliHelloArgs);
  PliRcptArgs *rcpt = pli_arena_new0 (arena, PliRcptArgs);
  const PliFilter *filter;
  PliPlugin *plugin = asked->stage <= PLI_N_STAGES ? filter_here (instance, asked->stage, &filter) : NULL;
  PliOpSpec spec = { .done = filter_answered, .user = s };

  if (!plugin || (asked->stage >= PLI_STAGE_MAIL && !asked->id))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "no filter here is asked at this stage");
  allow_cpu (plugin->host_settings);
  *s = (Serving){ .op = op, .result = result, .session = pli_session_mirror (instance->net, &asked->session) };
  pli_op_keep (op, serving_end, s);
  if (asked->id)
    s->txn = make_txn (s->session, asked);
  if (asked->stage == PLI_N_STAGES)
    {
      tell_end (s, plugin, filter, asked);
      return PLI_DONE;
    }
  s->ticket = pli_op_wait (op);
  hello->name = rcpt->address = asked->arg ? asked->arg : "";
  spec.account = asked->session.account;
  pli_filter_ask (plugin, filter, (PliStage) asked->stage, s->session, s->txn,
                  asked->stage == PLI_STAGE_HELLO ? (const void *) hello : rcpt, &spec, &s->view);
  return PLI_WAIT;
}
