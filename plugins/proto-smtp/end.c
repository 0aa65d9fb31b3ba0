/* end.c: the end of data: header checks, filters, edits, renderings, the queue, and then the answer, to which all
 * depends come by one way: finish(). RFC 5321 4.1.1.4 and 6.1: 250 means that the message is ours; the queue says when
 * it is durable. RFC 2033 4.2: LMTP answers once for each recipient accepted. */
#include "smtp.h"

/* What the end of data is answered with, and by whom. */
static void
finish (Smtp *smtp, const PliVerdict *said)
{
  guint replies = smtp_is_lmtp (smtp) ? smtp->mail.rcpts : 1;
  gboolean malformed = smtp->mail.scan.faults & (SMTP_FAULT_BARE_CR | SMTP_FAULT_BARE_LF);

  pli_filters_end (smtp->mail.txn, said);
  for (guint i = 0; i < replies; i++)
    smtp_reply_verdict (smtp, said);
  smtp_txn_end (smtp);
  if (said->kind == PLI_ACCEPT)
    smtp->errors = 0; /* a client that sends mail may have recipients refused for as long as it likes */
  else if (malformed && smtp->set->bare_newline == SMTP_BARE_NEWLINE_CLOSE)
    smtp_over (smtp);
  else if (said->kind == PLI_REJECT)
    smtp_count_error (smtp);
}

static void
refuse_as_noted (Smtp *smtp)
{
  const SmtpRefusal *why = &smtp->mail.refusal;
  const PliVerdict said = {
    .kind = why->code >= 500 ? PLI_REJECT : PLI_DEFER, .code = why->code, .status = why->status, .text = why->text
  };

  smtp_tell_reply (smtp, NULL, why);
  finish (smtp, &said);
}

static void
refuse (Smtp *smtp, guint code, const char *status, const char *text, const char *where)
{
  smtp->mail.refusal = (SmtpRefusal){ code, status, text, where };
  refuse_as_noted (smtp);
}

static const char *
accepted_text (Smtp *smtp)
{
  return pli_arena_printf (pli_txn_arena (smtp->mail.txn), "Ok: queued as %s", pli_txn_id (smtp->mail.txn));
}

static void
accept_message (Smtp *smtp)
{
  const PliVerdict said = { .kind = PLI_ACCEPT, .code = 250, .status = "2.0.0", .text = accepted_text (smtp) };

  finish (smtp, &said);
}

static void
submitted (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;

  (void) result;
  smtp_go_on (smtp);
  if (!error)
    {
      if (smtp->mail.quarantined_by)
        smtp_tell (smtp, "quarantined", smtp->mail.quarantined_by, NULL, smtp->mail.quarantined_why);
      smtp_tell_accepted (smtp, "250 2.0.0 Ok");
      accept_message (smtp);
      return;
    }
  pli_log (PLI_LOG_WARNING, "smtp.not-queued", "id", pli_txn_id (smtp->mail.txn), "why", error->message, NULL);
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_QUOTA))
    refuse (smtp, 452, "4.3.1", "No room for the message now, try again later", "queue");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_LIMIT))
    refuse (smtp, 552, "5.3.4", "Message too big", "queue");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED))
    refuse (smtp, 550, "5.7.1", "Not allowed", "queue");
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT))
    refuse (smtp, 554, "5.3.0", "The message cannot be taken", "queue");
  else
    refuse (smtp, 451, "4.3.0", "Cannot take the message now, try again later", "queue");
}

/* Filters agree. Renders what readers will ask for, and hands over. */
static void
submit (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;
  PliSubmitArgs args = { .id = pli_txn_id (mail->txn),
                         .sender = pli_txn_sender (mail->txn),
                         .rcpts = pli_txn_rcpts (mail->txn),
                         .received_us = pli_txn_received_us (mail->txn),
                         .message_id = mail->message_id,
                         .peer = pli_session_peer (smtp->session),
                         .login = pli_session_login (smtp->session),
                         .role = pli_session_role (smtp->session) };

  if (mail->discarded_by || !args.rcpts[0])
    {
      smtp_tell (smtp, "discarded", mail->discarded_by ? mail->discarded_by : "proto-smtp", NULL, mail->discarded_why);
      accept_message (smtp);
      return;
    }
  if (!smtp_header_edit (smtp))
    {
      refuse_as_noted (smtp);
      return;
    }
  if (mail->quarantined_by && *smtp->set->quarantine)
    args.mailbox = smtp->set->quarantine;
  args.message = pli_span_skip (pli_buffer_span (&mail->message), mail->begin);
  if (!pli_render (args.message, NULL, pli_txn_arena (mail->txn), &args.renderings))
    {
      refuse (smtp, 554, "5.6.0", "Message header too big", NULL);
      return;
    }
  smtp_wait (smtp, pli_queue_submit (smtp->session, &args, submitted, smtp));
}

static void ask_filters (Smtp *smtp, PliStage stage);

/* @after: the stage that comes next, PLI_N_STAGES when that was the last one. */
static void
asked (Smtp *smtp, const PliVerdict *verdict, PliStage after)
{
  smtp_go_on (smtp);
  if (smtp_take_verdict (smtp, verdict))
    {
      ask_filters (smtp, after);
      return;
    }
  pli_txn_set_message (smtp->mail.txn, pli_span (NULL, 0));
  smtp_tell_verdict (smtp, NULL, verdict);
  finish (smtp, verdict);
}

static void
headers_asked (gpointer user, const void *result, const GError *error)
{
  g_assert (!error); /* filter.h: never */
  asked (user, result, PLI_STAGE_MESSAGE);
}

static void
message_asked (gpointer user, const void *result, const GError *error)
{
  g_assert (!error); /* filter.h: never */
  asked (user, result, PLI_N_STAGES);
}

/* From @stage on. */
static void
ask_filters (Smtp *smtp, PliStage stage)
{
  PliInstance *instance = pli_session_instance (smtp->session);
  PliTxn *txn = smtp->mail.txn;

  if (stage == PLI_STAGE_HEADERS && pli_filters_any (instance, PLI_STAGE_HEADERS))
    smtp_wait (smtp, pli_filters_run (smtp->session, txn, PLI_STAGE_HEADERS, NULL, headers_asked, smtp));
  else if (stage != PLI_N_STAGES && pli_filters_any (instance, PLI_STAGE_MESSAGE))
    smtp_wait (smtp, pli_filters_run (smtp->session, txn, PLI_STAGE_MESSAGE, NULL, message_asked, smtp));
  else
    {
      pli_txn_set_message (txn, pli_span (NULL, 0)); /* it will move */
      submit (smtp);
    }
}

void
smtp_data_end (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;

  if (mail->refusal.code != 0 || !smtp_header_check (smtp))
    {
      refuse_as_noted (smtp);
      return;
    }
  pli_txn_set_message (mail->txn, pli_span_skip (pli_buffer_span (&mail->message), mail->body));
  ask_filters (smtp, PLI_STAGE_HEADERS);
}
