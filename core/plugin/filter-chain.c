/* filter-chain.c: asks the filters of one stage in order until one decides; pli_filters_run() of <pli/filter.h>.
 *
 * The engine waits for one op, the chain; each filter gets an op of its own under it, with the deadline that its
 * settings give. A filter that fails or misses its deadline counts as `on-failure` says: the message is deferred, or
 * the filter skipped; what it wished is forgotten and its late answer hurts nobody. When the engine cancels, so does
 * the chain. Verdicts are checked here: rights, codes that fit their kind, one clean line of text. Loop thread. */
#include "net/session.h"
#include "plugin/filters.h"
#include "plugin/txn.h"
#include <pli/ledger.h>

#define TEXT_MAX 400

typedef struct
{
  PliOp *op;
  PliTicket ticket;
  PliVerdict *result;
  PliInstance *instance;
  PliSession *session;
  PliTxn *txn; /* the engine's view, or NULL */
  PliStage stage;
  const void *args;
  PliFilterPlace place; /* of the last filter asked */
  PliCall *call;        /* of the filter that is asked now */
  PliPlugin *plugin;    /* the same */
  PliTxn *view;         /* its; NULL without a transaction */
  gint on_failure;      /* PliOnFailure, as it was when the filter was asked */
  gboolean finished;
} Chain;

/* One call of one filter; lives in its op's arena, and so until the filter lets go. */
typedef struct
{
  const PliFilter *filter;
  PliStage stage;
  PliSession *session;
  PliTxn view;
  const void *args;
} Asked;

static const char *const stage_names[] = { "connect", "hello", "mail", "rcpt", "message", "headers" };

static void ask_next (Chain *chain);

static PliStep
ask_slot (PliOp *op, gpointer self, const void *args, void *result)
{
  Asked *asked = (Asked *) args;
  const PliFilter *filter = asked->filter;

  (void) self;
  switch (asked->stage)
    {
    case PLI_STAGE_CONNECT:
      return filter->on_connect (op, asked->session, result);
    case PLI_STAGE_HELLO:
      return filter->on_hello (op, asked->session, asked->args, result);
    case PLI_STAGE_MAIL:
      return filter->on_mail (op, &asked->view, result);
    case PLI_STAGE_RCPT:
      return filter->on_rcpt (op, &asked->view, asked->args, result);
    case PLI_STAGE_MESSAGE:
      return filter->on_message (op, &asked->view, result);
    case PLI_STAGE_HEADERS:
      return filter->on_headers (op, &asked->view, result);
    case PLI_N_STAGES:
      break;
    }
  g_assert_not_reached ();
}

/* The stage's args struct and its texts, for a filter that may hold them longer than the engine does. */
static const void *
copy_args (PliArena *arena, PliStage stage, const void *args)
{
  if (stage == PLI_STAGE_HELLO)
    {
      PliHelloArgs *copy = pli_arena_new0 (arena, PliHelloArgs);

      copy->name = pli_arena_strdup (arena, ((const PliHelloArgs *) args)->name);
      return copy;
    }
  if (stage == PLI_STAGE_RCPT)
    {
      PliRcptArgs *copy = pli_arena_new0 (arena, PliRcptArgs);

      copy->address = pli_arena_strdup (arena, ((const PliRcptArgs *) args)->address);
      return copy;
    }
  return NULL;
}

static void
finish (Chain *chain)
{
  if (chain->finished)
    return;
  chain->finished = TRUE;
  pli_op_done (chain->ticket);
}

static void
tell (Chain *chain, const char *what, const char *why)
{
  const PliLedgerEvent event = { .id = chain->txn ? pli_txn_id (chain->txn) : "",
                                 .what = what,
                                 .by = chain->plugin->info.name,
                                 .sender = chain->txn ? pli_txn_sender (chain->txn) : NULL,
                                 .rcpt = chain->stage == PLI_STAGE_RCPT ? ((const PliRcptArgs *) chain->args)->address
                                                                        : NULL,
                                 .peer = pli_session_peer (chain->session),
                                 .session = pli_session_id (chain->session),
                                 .detail = why };

  pli_ledger_tell (chain->instance, &event);
}

/* A filter failed: our plugin's fault or the world's, never the client's; so 4xx at worst. */
static void
filter_failed (Chain *chain, const char *why)
{
  gboolean skip = chain->on_failure == PLI_ON_FAILURE_SKIP;

  pli_log (PLI_LOG_WARNING, "filter.failed", "plugin", chain->plugin->info.name, "stage", stage_names[chain->stage],
           "why", why, "means", skip ? "skip" : "defer", "session", pli_session_id (chain->session), "id",
           chain->txn ? pli_txn_id (chain->txn) : NULL, NULL);
  tell (chain, skip ? "skipped" : "deferred", why);
  if (skip)
    {
      ask_next (chain);
      return;
    }
  *chain->result = (PliVerdict){ .kind = PLI_DEFER,
                                 .code = 451,
                                 .status = "4.3.0",
                                 .text = "Temporary failure, try again later",
                                 .where = "on-failure",
                                 .by = chain->plugin->info.name };
  finish (chain);
}

static const char *
clean_text (PliArena *arena, const char *text)
{
  gsize len = text ? strcspn (text, "\r\n") : 0;
  char *clean;

  if (len == 0)
    return NULL;
  clean = pli_arena_text (arena, pli_span (text, MIN (len, TEXT_MAX)));
  for (char *c = clean; *c; c++)
    if (g_ascii_iscntrl (*c))
      *c = '?';
  return clean;
}

/* The filter's verdict in words that the engine may send as they are. */
static void
settle (Chain *chain, const PliVerdict *said)
{
  PliArena *arena = pli_op_arena (chain->op);
  PliVerdict *result = chain->result;
  guint class = said->kind == PLI_REJECT ? 5 : said->kind == PLI_DEFER ? 4 : 2;
  char digit = (char) ('0' + class);

  result->kind = said->kind;
  result->code = said->code / 100 == class ? said->code : class == 5 ? 550 : class == 4 ? 451 : 250;
  result->status = class == 5 ? "5.7.1" : class == 4 ? "4.7.1" : "2.0.0";
  if (said->status && said->status[0] == digit && pli_status_valid (pli_span_from (said->status)))
    result->status = pli_arena_strdup (arena, said->status);
  result->text = clean_text (arena, said->text);
  result->where = clean_text (arena, said->where);
  result->by = chain->plugin->info.name;
}

/* What the filter wishes from now on does not count. */
static void
close_view (Chain *chain)
{
  if (chain->view)
    chain->view->closed = TRUE;
}

static gboolean
agrees (const PliVerdict *said)
{
  return said->kind == PLI_ACCEPT || said->kind == PLI_QUARANTINE;
}

static void
filter_answered (gpointer user, const void *answer, const GError *error)
{
  Chain *chain = user;
  const PliVerdict *said = answer;

  chain->call = NULL;
  if (error || said->kind > PLI_QUARANTINE)
    {
      close_view (chain);
      filter_failed (chain, error ? error->message : "gave a verdict that there is not");
      return;
    }
  if (said->kind == PLI_ACCEPT && !pli_plugin_has_right (chain->plugin, "accept"))
    {
      close_view (chain);
      filter_failed (chain, "answered ACCEPT without the right to");
      return;
    }
  if (chain->view)
    pli_txn_view_commit (chain->view);
  /* Quarantine is a mark: what another filter refuses is refused all the same. */
  if (said->kind != PLI_CONTINUE && (chain->result->kind == PLI_CONTINUE || !agrees (said)))
    settle (chain, said);
  if (said->kind == PLI_CONTINUE || said->kind == PLI_QUARANTINE)
    ask_next (chain);
  else
    finish (chain);
}

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  if (asked->view.body)
    pli_txn_view_release (&asked->view);
  pli_session_unref (asked->session);
}

PliCall *
pli_filter_ask (PliPlugin *plugin, const PliFilter *filter, PliStage stage, PliSession *session, PliTxn *txn,
                const void *args, PliOpSpec *spec, const PliTxn **out_view)
{
  PliOp *op;
  Asked *asked;

  spec->label = plugin->info.name;
  spec->result_size = sizeof (PliVerdict);
  spec->session = pli_session_number (session);
  spec->self = plugin->data;
  op = pli_op_new (plugin->instance, spec);
  asked = pli_arena_new0 (pli_op_arena (op), Asked);
  asked->filter = filter;
  asked->stage = stage;
  asked->session = session;
  asked->args = copy_args (pli_op_arena (op), stage, args);
  /* Both may be over before a late filter is. */
  pli_session_ref (session);
  if (txn)
    pli_txn_view_open (&asked->view, txn, plugin, pli_op_arena (op));
  if (out_view)
    *out_view = txn ? &asked->view : NULL;
  pli_op_keep (op, asked_free, asked);
  pli_op_start (op, ask_slot, asked);
  return (PliCall *) op;
}

static void
ask_next (Chain *chain)
{
  const PliFilterSettings *settings;
  const PliFilter *filter;
  PliPlugin *plugin = pli_filters_next (chain->instance->registry, chain->stage, &chain->place, &filter);
  PliOpSpec spec = { .account = pli_session_account (chain->session), .done = filter_answered, .user = chain };

  if (!plugin)
    {
      finish (chain);
      return;
    }
  settings = plugin->filter_settings;
  chain->plugin = plugin;
  chain->on_failure = settings->on_failure;
  spec.deadline_us = plugin->stand_in ? 0 : settings->deadline; /* a stand-in has more to weigh */
  chain->call = pli_filter_ask (plugin, filter, chain->stage, chain->session, chain->txn, chain->args, &spec,
                                (const PliTxn **) &chain->view);
}

/* The engine does not want to know any more. */
static void
chain_cancelled (PliOp *op, gpointer user)
{
  Chain *chain = user;

  (void) op;
  pli_call_cancel (chain->call);
  chain->call = NULL;
  finish (chain);
}

static PliStep
chain_slot (PliOp *op, gpointer self, const void *args, void *result)
{
  Chain *chain = (Chain *) args;

  (void) self;
  chain->result = result;
  chain->ticket = pli_op_wait (op);
  pli_op_on_cancel (op, chain_cancelled, chain);
  ask_next (chain);
  return PLI_WAIT;
}

PliCall *
pli_filters_run (PliSession *session, PliTxn *txn, PliStage stage, const void *args, PliDone done, gpointer user)
{
  PliInstance *instance = pli_session_instance (session);
  const PliOpSpec spec = { .label = "filters.run",
                           .session = pli_session_number (session),
                           .result_size = sizeof (PliVerdict),
                           .done = done,
                           .user = user,
                           .owner = pli_session_calls (session) };
  PliOp *op = pli_op_new (instance, &spec);
  Chain *chain = pli_arena_new0 (pli_op_arena (op), Chain);

  *chain = (Chain){ .op = op, .instance = instance, .session = session, .txn = txn, .stage = stage };
  chain->args = copy_args (pli_op_arena (op), stage, args);
  pli_op_start (op, chain_slot, chain);
  return (PliCall *) op;
}
