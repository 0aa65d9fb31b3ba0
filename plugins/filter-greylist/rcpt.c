/* rcpt.c: the one question: may this client, with this sender, write to us now? Asked of the shared state, so that it does not
 * matter which room a client comes back to: first whether its whole network has proved itself, then its own entry,
 * which is made when it is not there. */
#include "greylist.h"

#include <pli/directory.h>
#include <pli/log.h>
#include <pli/network.h>
#include <pli/state.h>

#define PASSED "1" /* value of an entry whose client has come back in time */

typedef struct
{
  PliPlugin *plugin;
  PliTxn *txn;
  PliOp *op;
  PliTicket ticket;
  PliVerdict *verdict;
  const char *peer, *network, *key;
  gint64 wait, retry, white, auto_white;
  PliCall *call;
  GreylistName *name;
} Asked;

static void
answer (Asked *asked, const char *result)
{
  pli_txn_set_fact (asked->txn, "greylist.result", result);
  pli_op_done (asked->ticket);
}

static void
cancelled (PliOp *op, gpointer user)
{
  Asked *asked = user;

  (void) op;
  pli_call_cancel (asked->call);
  greylist_name_cancel (asked->name);
  pli_op_done (asked->ticket);
}

static void
step (Asked *asked, PliStateVerb verb, const char *key, const char *value, gint64 ttl_us, PliDone done)
{
  const PliStateArgs args = { .verb = verb, .key = key, .value = pli_span_from (value), .ttl_us = ttl_us };

  asked->call = pli_state_step (asked->plugin, &args, done, asked);
}

/* Told, not asked: nobody waits for it. */
static void
renew (Asked *asked, const char *key, const char *value)
{
  const PliStateArgs args = {
    .verb = PLI_STATE_PUT, .key = key, .value = pli_span_from (value), .ttl_us = asked->white
  };

  pli_state_step (asked->plugin, &args, NULL, NULL);
}

static gboolean
is_half_over (const Asked *asked, const PliStateResult *result)
{
  return result->expires_us - pli_now_us (pli_op_instance (asked->op)) < asked->white / 2;
}

/* Greylisting helps against some; without its memory it would only be in the way of all. */
static void
failed (Asked *asked, const GError *error)
{
  if (!g_error_matches (error, PLI_ERROR, PLI_ERROR_QUOTA))
    {
      pli_op_fail (asked->ticket, g_error_copy (error));
      return;
    }
  pli_log (PLI_LOG_WARNING, "greylist.full", "why", error->message, NULL);
  answer (asked, "full");
}

static void
refuse_for_now (Asked *asked, gint64 left_us)
{
  gint64 seconds = MAX ((left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC, 1);

  *asked->verdict =
      (PliVerdict){ .kind = PLI_DEFER,
                    .code = 451,
                    .status = "4.7.1",
                    .text = pli_arena_printf (pli_op_arena (asked->op),
                                              "Greylisted, try again in %" G_GINT64_FORMAT " seconds", seconds),
                    .where = "wait" };
  answer (asked, "wait");
}

static void
got_entry (gpointer user, const void *result, const GError *error)
{
  Asked *asked = user;
  const PliStateResult *entry = result;
  gint64 left_us;

  asked->call = NULL;
  if (error)
    {
      failed (asked, error);
      return;
    }
  left_us = entry->made_us + asked->wait - pli_now_us (pli_op_instance (asked->op));
  if (pli_span_is (entry->value, PASSED))
    {
      if (is_half_over (asked, entry))
        renew (asked, asked->key, PASSED);
      answer (asked, "known");
    }
  else if (entry->found && left_us <= 0)
    {
      renew (asked, asked->key, PASSED);
      answer (asked, "passed");
    }
  else
    refuse_for_now (asked, left_us);
}

static void
got_network (gpointer user, const void *result, const GError *error)
{
  Asked *asked = user;
  const PliStateResult *entry = result;

  asked->call = NULL;
  if (error)
    {
      failed (asked, error);
      return;
    }
  if (entry->count < asked->auto_white)
    {
      step (asked, PLI_STATE_PUT_NEW, asked->key, NULL, asked->retry, got_entry);
      return;
    }
  if (is_half_over (asked, entry))
    renew (asked, greylist_white_key (pli_op_arena (asked->op), asked->network), NULL);
  answer (asked, "white");
}

static void
ask_state (Asked *asked)
{
  if (asked->auto_white > 0)
    step (asked, PLI_STATE_GET, greylist_white_key (pli_op_arena (asked->op), asked->network), NULL, 0, got_network);
  else
    step (asked, PLI_STATE_PUT_NEW, asked->key, NULL, asked->retry, got_entry);
}

static void
got_name (gpointer user, gboolean yes)
{
  Asked *asked = user;

  asked->name = NULL;
  if (yes)
    answer (asked, "skipped");
  else
    ask_state (asked);
}

/* What needs no question. */
static gboolean
is_exempt (PliTxn *txn, const GreylistSettings *set)
{
  PliSession *session = pli_txn_session (txn);
  const char *result = pli_txn_fact (txn, "greylist.result");

  return set->wait == 0 || pli_session_login (session) || strcmp (pli_session_role (session), "mx") != 0
         || (result && strcmp (result, "wait") != 0 && !set->key_rcpt)
         || pli_networks_contain (set->skip, pli_session_peer (session));
}

PliStep
greylist_on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  const GreylistSettings *set = pli_txn_settings (txn, PLI_SELF);
  PliArena *arena = pli_op_arena (op);
  Asked *asked;

  if (is_exempt (txn, set))
    return PLI_DONE;
  asked = pli_arena_new0 (arena, Asked);
  asked->plugin = pli_op_self (op);
  asked->txn = txn;
  asked->op = op;
  asked->verdict = verdict;
  asked->peer = pli_arena_strdup (arena, pli_session_peer (pli_txn_session (txn)));
  asked->network = greylist_network (arena, set, asked->peer);
  asked->key = greylist_key (arena, asked->network, pli_txn_sender (txn), set->key_rcpt ? args->address : NULL);
  asked->wait = set->wait;
  asked->retry = MAX (set->retry, set->wait + G_USEC_PER_SEC);
  asked->white = set->white;
  asked->auto_white = set->auto_white;
  asked->ticket = pli_op_wait (op);
  pli_op_on_cancel (op, cancelled, asked);
  if (*set->skip_names)
    asked->name = greylist_name_ask (pli_op_instance (op), arena, asked->peer, set->skip_names, got_name, asked);
  else
    ask_state (asked);
  return PLI_WAIT;
}

/* A client that came back and whose message was good: one more success of its network. */
void
greylist_saw_end (PliTxn *txn, const PliVerdict *verdict)
{
  const GreylistSettings *set = pli_txn_settings (txn, PLI_SELF);
  const char *result = pli_txn_fact (txn, "greylist.result");
  PliStateArgs args = { .verb = PLI_STATE_ADD, .add = 1, .ttl_us = set->white };
  g_autoptr (PliArena) arena = NULL;

  if (verdict->kind != PLI_ACCEPT || g_strcmp0 (result, "passed") != 0 || set->auto_white == 0)
    return;
  arena = pli_arena_new ();
  args.key = greylist_white_key (arena, greylist_network (arena, set, pli_session_peer (pli_txn_session (txn))));
  pli_state_step (pli_txn_plugin (txn), &args, NULL, NULL);
}
