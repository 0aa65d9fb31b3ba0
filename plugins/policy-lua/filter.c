/* filter.c: policy-lua as a filter in the room `smtp`: fills the scene from session and transaction, and turns the answer
 * into a verdict. */
#include "policy.h"

static const PliVerdictKind verdicts[POLICY_N_KINDS] = {
  [POLICY_NONE] = PLI_CONTINUE, [POLICY_ACCEPT] = PLI_ACCEPT,   [POLICY_REJECT] = PLI_REJECT,
  [POLICY_DEFER] = PLI_DEFER,   [POLICY_DISCARD] = PLI_DISCARD, [POLICY_QUARANTINE] = PLI_QUARANTINE,
};

static void
see_session (PolicyScene *scene, PliSession *session)
{
  scene->peer = pli_session_peer (session);
  scene->local = pli_session_local (session);
  scene->tls = pli_session_tls_text (session);
  scene->role = pli_session_role (session);
  scene->login = pli_session_login (session);
  scene->loopback = pli_session_is_loopback (session);
}

static void
see_txn (PolicyScene *scene, PliTxn *txn)
{
  PliSpan message = pli_txn_message (txn);

  scene->txn = txn;
  scene->id = pli_txn_id (txn);
  scene->sender = pli_txn_sender (txn);
  scene->helo = pli_txn_helo (txn);
  scene->rcpts = pli_txn_rcpts (txn);
  scene->announced = pli_txn_announced_bytes (txn);
  scene->received_us = pli_txn_received_us (txn);
  if (!message.data)
    return;
  scene->message = message;
  scene->bytes = message.len;
  scene->header = pli_span_head (message, pli_header_end (message));
}

static void
take_verdict (PolicyCall *call)
{
  const PolicyAnswer *answer = &call->answer;
  PliVerdict *verdict = call->verdict;

  verdict->kind = verdicts[answer->kind];
  verdict->code = answer->code;
  verdict->status = answer->status;
  verdict->text = answer->text;
  verdict->where = answer->where;
}

static PliStep
start_txn (PliOp *op, PolicyStage stage, PliTxn *txn, const char *rcpt, PliVerdict *verdict)
{
  PolicyScene scene = { .rcpt = rcpt };

  see_session (&scene, pli_txn_session (txn));
  see_txn (&scene, txn);
  return policy_run (op, stage, &scene, take_verdict, verdict);
}

static PliStep
on_connect (PliOp *op, PliSession *session, PliVerdict *verdict)
{
  PolicyScene scene = { 0 };

  see_session (&scene, session);
  return policy_run (op, POLICY_CONNECT, &scene, take_verdict, verdict);
}

static PliStep
on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)
{
  PolicyScene scene = { .helo = args->name };

  see_session (&scene, session);
  return policy_run (op, POLICY_HELLO, &scene, take_verdict, verdict);
}

static PliStep
on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return start_txn (op, POLICY_MAIL, txn, NULL, verdict);
}

static PliStep
on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  return start_txn (op, POLICY_RCPT, txn, args->address, verdict);
}

static PliStep
on_headers (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return start_txn (op, POLICY_HEADERS, txn, NULL, verdict);
}

static PliStep
on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return start_txn (op, POLICY_MESSAGE, txn, NULL, verdict);
}

static gboolean
wants (gpointer self, PliStage stage)
{
  static const PolicyStage stages[PLI_N_STAGES] = {
    [PLI_STAGE_CONNECT] = POLICY_CONNECT, [PLI_STAGE_HELLO] = POLICY_HELLO,     [PLI_STAGE_MAIL] = POLICY_MAIL,
    [PLI_STAGE_RCPT] = POLICY_RCPT,       [PLI_STAGE_HEADERS] = POLICY_HEADERS, [PLI_STAGE_MESSAGE] = POLICY_MESSAGE,
  };
  const Policy *policy = self;

  return policy->state->handlers[stages[stage]]->len > 0;
}

const PliFilter policy_filter = { .size = sizeof (PliFilter),
                                  .on_connect = on_connect,
                                  .on_hello = on_hello,
                                  .on_mail = on_mail,
                                  .on_rcpt = on_rcpt,
                                  .on_message = on_message,
                                  .on_headers = on_headers,
                                  .wants = wants };
