/* stamp.c: a filter for tests of plugins that come, change and go: it writes "X-Stamp: N" onto each message and into the
 * fact `stamp.value`, N being what it was compiled with; refuses what says "X-Refuse"; sees what the session is.
 *
 * tests/e2e/plugins.py and tests/hostile/hosts.py compile it under names of their own ($STAMP_ID, $STAMP_NAME). */
#include <pli/filter.h>

#ifndef STAMP_ID
#define STAMP_ID stamp
#define STAMP_NAME "stamp"
#define STAMP_VALUE "1"
#endif

static PliStep
on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  PliSpan message = pli_txn_message (txn);
  PliSession *session = pli_txn_session (txn);
  const char *seen = pli_arena_printf (
      pli_op_arena (op), "%s peer=%s helo=%s sender=%s rcpts=%u bytes=%" G_GSIZE_FORMAT, STAMP_VALUE,
      pli_session_peer (session), pli_txn_helo (txn), pli_txn_sender (txn), pli_txn_n_rcpts (txn), message.len);

  if (g_strstr_len (message.data, (gssize) message.len, "X-Refuse"))
    {
      *verdict = (PliVerdict){ .kind = PLI_REJECT, .code = 554, .status = "5.7.1", .text = "refused by " STAMP_NAME };
      return PLI_DONE;
    }
  pli_txn_set_fact (txn, "stamp.value", STAMP_VALUE);
  pli_txn_add_header (txn, "X-Stamp", seen);
  return PLI_DONE;
}

static const char *const rights[] = { "read-body", "edit-headers", NULL };
static const PliFactRow facts[] = { { "stamp.value", PLI_TYPE_TEXT, "What the filter was compiled with." }, { 0 } };
static const PliFilter filter = { .size = sizeof (PliFilter), .on_message = on_message };
static const PliService services[] = { PLI_FILTER ("stamp", &filter), { 0 } };

#define STAMP_PLUGIN(id)                                                                                               \
  PLI_PLUGIN (id, .name = STAMP_NAME, .version = STAMP_VALUE, .summary = "For tests: stamps", .rights = rights,        \
              .facts = facts, .services = services)
STAMP_PLUGIN (STAMP_ID);
