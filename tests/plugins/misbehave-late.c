/* misbehave-late.c: a filter that answers REJECT after its deadline, and only then reads all of the message that it was
 * given, and edits it. */
#include "misbehave.h"

typedef struct
{
  PliTxn *txn;
  PliVerdict *verdict;
  PliTicket ticket;
  PliSpan message;
  char *sum; /* of message when it was new */
} Late;

static char *
checksum (PliSpan text)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) text.data, text.len);
}

static void
now (gpointer user)
{
  Late *late = user;

  late->verdict->kind = PLI_REJECT;
  if (late->txn)
    {
      g_autofree char *sum = checksum (late->message);

      g_assert_cmpstr (sum, ==, late->sum);
      g_free (late->sum);
      pli_txn_add_header (late->txn, "X-Late", pli_txn_sender (late->txn));
      pli_txn_add_rcpt (late->txn, "late@example.test");
    }
  pli_op_done (late->ticket);
}

static PliStep
fault (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const Misbehave *set = pli_plugin_settings (pli_op_self (op));
  Late *late = pli_arena_new0 (pli_op_arena (op), Late);

  *late = (Late){ .txn = txn, .verdict = verdict, .ticket = pli_op_wait (op) };
  if (txn)
    {
      late->message = pli_txn_message (txn);
      late->sum = checksum (late->message);
    }
  pli_timer_after (pli_op_instance (op), set->delay, now, late);
  return PLI_WAIT;
}

MISBEHAVE_DECIDERS

static const PliSetting settings[] = { MISBEHAVE_STAGES,
                                       PLI_DURATION (Misbehave, delay, "60s", .doc = "How late."),
                                       { 0 } };
static const char *const rights[] = { "read-body", "edit-headers", "recipients", NULL };

PLI_PLUGIN (misbehave_late, .name = "misbehave-late", .version = "1", .summary = "For tests: answers late",
            .settings = settings, .settings_size = sizeof (Misbehave), .rights = rights, .services = services,
            .load = misbehave_load);
