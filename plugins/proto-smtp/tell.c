/* tell.c: what the ledger and the log hear of: each message accepted, each refusal, each failed login. */
#include "smtp.h"

void
smtp_tell (Smtp *smtp, const char *what, const char *by, const char *rcpt, const char *detail)
{
  PliTxn *txn = smtp->mail.txn;
  const PliLedgerEvent event = { .id = txn ? pli_txn_id (txn) : "",
                                 .what = what,
                                 .by = by,
                                 .sender = txn ? pli_txn_sender (txn) : NULL,
                                 .rcpt = rcpt,
                                 .peer = pli_session_peer (smtp->session),
                                 .session = pli_session_id (smtp->session),
                                 .message_id = smtp->mail.message_id,
                                 .detail = detail };

  pli_ledger_tell (pli_session_instance (smtp->session), &event);
}

/* The reply, the login and the facts, as far as there are any. */
static void
add_detail (Smtp *smtp, PliBuffer *detail)
{
  const char *login = pli_session_login (smtp->session);
  const char *facts = smtp->mail.txn ? pli_txn_facts_text (smtp->mail.txn) : "";

  if (login)
    pli_buffer_printf (detail, "; login=%s", login);
  if (*facts)
    pli_buffer_printf (detail, "; %s", facts);
  pli_buffer_add_char (detail, 0);
}

/* The words, and in brackets what decided: a setting, or a line of a script. */
static void
add_cause (PliBuffer *detail, const char *text, const char *where)
{
  pli_buffer_add_text (detail, text);
  if (where)
    pli_buffer_printf (detail, " (%s)", where);
}

void
smtp_tell_reply (Smtp *smtp, const char *rcpt, const SmtpRefusal *refusal)
{
  const char *what = refusal->code >= 500 ? "refused" : "deferred";
  PliTxn *txn = smtp->mail.txn;
  g_auto (PliBuffer) detail = { 0 };

  pli_buffer_printf (&detail, "%u %s ", refusal->code, refusal->status);
  add_cause (&detail, refusal->text, refusal->where);
  add_detail (smtp, &detail);
  smtp_tell (smtp, what, "proto-smtp", rcpt, detail.data);
  pli_log (PLI_LOG_INFO, refusal->code >= 500 ? "smtp.refused" : "smtp.deferred", "id", txn ? pli_txn_id (txn) : NULL,
           "sender", txn ? pli_txn_sender (txn) : NULL, "rcpt", rcpt, "peer", pli_session_peer (smtp->session), "reply",
           detail.data, "session", pli_session_id (smtp->session), NULL);
}

/* What a filter said, and where in it. */
static void
add_verdict (PliBuffer *detail, const PliVerdict *verdict)
{
  add_cause (detail, verdict->text ? verdict->text : "no reason given", verdict->where);
}

void
smtp_tell_verdict (Smtp *smtp, const char *rcpt, const PliVerdict *verdict)
{
  PliTxn *txn = smtp->mail.txn;
  g_auto (PliBuffer) detail = { 0 };

  pli_buffer_printf (&detail, "%u %s ", verdict->code, verdict->status);
  add_verdict (&detail, verdict);
  add_detail (smtp, &detail);
  smtp_tell (smtp, verdict->kind == PLI_REJECT ? "refused" : "deferred", verdict->by, rcpt, detail.data);
  pli_log (PLI_LOG_INFO, verdict->kind == PLI_REJECT ? "smtp.refused" : "smtp.deferred", "id",
           txn ? pli_txn_id (txn) : NULL, "by", verdict->by, "rcpt", rcpt, "peer", pli_session_peer (smtp->session),
           "reply", detail.data, "session", pli_session_id (smtp->session), NULL);
}

const char *
smtp_verdict_why (PliArena *arena, const PliVerdict *verdict)
{
  g_auto (PliBuffer) why = { 0 };

  if (!verdict->text && !verdict->where)
    return NULL;
  add_verdict (&why, verdict);
  return pli_arena_text (arena, pli_buffer_span (&why));
}

void
smtp_tell_accepted (Smtp *smtp, const char *reply)
{
  PliTxn *txn = smtp->mail.txn;
  const char *const *rcpts = pli_txn_rcpts (txn);
  g_auto (PliBuffer) detail = { 0 };
  char bytes[24];

  pli_buffer_add_text (&detail, reply);
  add_detail (smtp, &detail);
  for (guint i = 0; rcpts[i]; i++)
    smtp_tell (smtp, "accepted", "proto-smtp", rcpts[i], detail.data);
  g_snprintf (bytes, sizeof bytes, "%" G_GSIZE_FORMAT, smtp->mail.message.len);
  pli_log (PLI_LOG_INFO, "smtp.accepted", "id", pli_txn_id (txn), "sender", pli_txn_sender (txn), "rcpt", rcpts[0],
           "bytes", bytes, "peer", pli_session_peer (smtp->session), "login", pli_session_login (smtp->session),
           "message-id", smtp->mail.message_id, "session", pli_session_id (smtp->session), NULL);
}
