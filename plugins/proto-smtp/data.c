/* data.c: DATA: the message comes in. RFC 5321 4.1.1.4, 4.5.2, 2.3.8.
 *
 * Whatever is wrong with a message, it is read to its end (CRLF . CRLF and nothing else) before that is said: the
 * client listens only then, and what it sends after another end that we do not know must not be taken for commands. */
#include "smtp.h"

#define INPUT_MAX (256 * 1024)
#define RESERVE_MAX (1024 * 1024) /* however much was announced */
#define EDIT_ROOM 512             /* before the trace fields, for what filters add */

static void
refuse (Smtp *smtp, guint code, const char *status, const char *text, const char *where)
{
  if (smtp->mail.refusal.code == 0)
    smtp->mail.refusal = (SmtpRefusal){ code, status, text, where };
  smtp_header_note_id (smtp);
  smtp_memory_drop (smtp);
}

static gboolean
may_data (Smtp *smtp, PliSpan args)
{
  if (args.len > 0)
    smtp_error (smtp, 501, "5.5.4", "No arguments allowed");
  else if (!smtp->mail.txn)
    smtp_error (smtp, 503, "5.5.1", "Say MAIL first");
  else if (smtp->mail.rcpts == 0)
    smtp_error (smtp, smtp_is_lmtp (smtp) ? 503 : 554, "5.5.1", "No valid recipients"); /* RFC 2033 4.2: 503 */
  else
    return TRUE;
  return FALSE;
}

void
smtp_data (Smtp *smtp, PliSpan args)
{
  SmtpTxn *mail = &smtp->mail;
  gsize announced;

  if (!may_data (smtp, args))
    return;
  announced = (gsize) MIN (pli_txn_announced_bytes (mail->txn), RESERVE_MAX);
  if (!smtp_memory_take (smtp, &mail->message, announced + 4096))
    {
      smtp_reply (smtp, 452, "4.3.1", "No room for the message now, try again later");
      return;
    }
  mail->scan.line_max = smtp->set->data_line_max;
  if (pli_filters_any (pli_session_instance (smtp->session), PLI_STAGE_MESSAGE)
      || pli_filters_any (pli_session_instance (smtp->session), PLI_STAGE_HEADERS))
    {
      memset (pli_buffer_reserve (&mail->message, EDIT_ROOM), 0, EDIT_ROOM);
      mail->message.len = EDIT_ROOM;
    }
  mail->begin = mail->message.len;
  smtp_trace_write (smtp, &mail->message);
  mail->body = mail->message.len;
  smtp->state = SMTP_DATA;
  pli_session_set_input_max (smtp->session, INPUT_MAX);
  smtp_reply (smtp, 354, NULL, "End data with <CR><LF>.<CR><LF>");
}

/* The faults that refuse a message; the one that counts most comes first, in whatever pieces the message arrived. */
static guint
fatal_faults (Smtp *smtp)
{
  return smtp->mail.scan.faults & ~(smtp->set->nul == SMTP_NUL_PASS ? (guint) SMTP_FAULT_NUL : 0);
}

static void
refuse_faults (Smtp *smtp, guint faults)
{
  smtp->mail.refusal.code = 0;
  if (faults & (SMTP_FAULT_BARE_CR | SMTP_FAULT_BARE_LF))
    refuse (smtp, 550, "5.6.11", "Message has a CR or LF that is no line end; lines end in CRLF", "bare-newline");
  else if (faults & SMTP_FAULT_NUL)
    refuse (smtp, 550, "5.6.0", "Message has a NUL", "nul");
  else
    refuse (smtp, 550, "5.6.0", "Message has too long a line", "data-line-max");
}

gsize
smtp_data_input (Smtp *smtp, PliSpan data)
{
  SmtpTxn *mail = &smtp->mail;
  gsize used;

  if (mail->refusal.code == 0 && !smtp_memory_take (smtp, &mail->message, data.len))
    refuse (smtp, 452, "4.3.1", "No room for the message now, try again later", "memory-max");
  used = smtp_scan (&mail->scan, data, mail->refusal.code == 0 ? &mail->message : NULL);
  if (fatal_faults (smtp))
    refuse_faults (smtp, fatal_faults (smtp));
  else if (mail->refusal.code == 0 && mail->message.len - mail->body > smtp->set->size_max)
    refuse (smtp, 552, "5.3.4", "Message too big", "size-max");
  if (mail->scan.ended)
    {
      smtp->state = SMTP_COMMAND;
      pli_session_set_input_max (smtp->session, smtp_line_room (smtp));
      smtp_data_end (smtp);
    }
  return used;
}
