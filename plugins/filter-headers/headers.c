/* headers.c: what a submission server may put right (RFC 6409 8): a missing Message-ID, a missing Date, Bcc fields that
 * a client left in (RFC 5322 3.6.3). Mail from outside is not touched: its header is evidence. Never refuses. */
#include "headers.h"

static void
add_message_id (PliTxn *txn)
{
  const char *host = pli_session_hostname (pli_txn_session (txn));

  pli_txn_add_header (txn, "Message-ID", pli_arena_printf (pli_txn_arena (txn), "<%s@%s>", pli_txn_id (txn), host));
}

static void
add_date (PliTxn *txn)
{
  char date[PLI_DATE_SIZE];

  pli_date_format (pli_txn_received_us (txn), 0, date);
  pli_txn_add_header (txn, "Date", date);
}

PliStep
headers_on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const Headers *set = pli_txn_settings (txn, PLI_SELF);
  PliSpan rest = pli_txn_message (txn); /* without the right to read the body: the header */
  PliHeaderField field;
  gboolean has_message_id = FALSE, has_date = FALSE, has_bcc = FALSE;

  (void) op;
  (void) verdict;
  if (!g_str_has_prefix (pli_session_role (pli_txn_session (txn)), "submission"))
    return PLI_DONE;
  while (pli_header_next (&rest, &field))
    {
      has_message_id |= pli_span_is_nocase (field.name, "Message-ID");
      has_date |= pli_span_is_nocase (field.name, "Date");
      has_bcc |= pli_span_is_nocase (field.name, "Bcc");
    }
  if (!has_message_id && set->add_message_id)
    add_message_id (txn);
  if (!has_date && set->add_date)
    add_date (txn);
  if (has_bcc && set->remove_bcc)
    pli_txn_remove_header (txn, "Bcc");
  return PLI_DONE;
}
