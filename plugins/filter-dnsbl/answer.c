/* answer.c: connect, hello and mail only begin to ask the lists and go on at once; a recipient is answered when they have
 * said what they know. So the lists cost a client no time but what they take longer than it. */
#include "dnsbl.h"

#include <pli/directory.h>
#include <pli/log.h>
#include <pli/network.h>

typedef struct
{
  Dnsbl *dnsbl;
  gint64 reject, quarantine, mark; /* settings: a reload may come while we wait */
  PliOp *op;
  PliTicket ticket;
  PliTxn *txn;
  PliVerdict *verdict;
  gboolean exempt;                         /* this recipient takes all */
  DnsblGathering *gatherings[DNSBL_KINDS]; /* NULL: nothing to ask */
} Asked;

static gboolean
is_ours (PliSession *session, const DnsblSettings *set)
{
  return pli_session_login (session) || strcmp (pli_session_role (session), "mx") != 0
         || pli_networks_contain (set->skip, pli_session_peer (session));
}

static void
begin (PliOp *op, PliSession *session, DnsblKind kind, const char *what)
{
  Dnsbl *dnsbl = pli_op_self (op);
  gboolean full;

  if (!is_ours (session, pli_plugin_settings (dnsbl->plugin)))
    dnsbl_gather (dnsbl, kind, what, &full);
}

PliStep
dnsbl_on_connect (PliOp *op, PliSession *session, PliVerdict *verdict)
{
  (void) verdict;
  begin (op, session, DNSBL_CLIENT, pli_session_peer (session));
  return PLI_DONE;
}

PliStep
dnsbl_on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)
{
  (void) verdict;
  begin (op, session, DNSBL_HELO, args->name);
  return PLI_DONE;
}

static const char *
domain_of (const char *sender)
{
  const char *at = strrchr (sender, '@');

  return at ? at + 1 : NULL;
}

PliStep
dnsbl_on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const char *domain = domain_of (pli_txn_sender (txn));

  (void) verdict;
  if (domain)
    begin (op, pli_txn_session (txn), DNSBL_SENDER, domain);
  return PLI_DONE;
}

/* "postmaster" stands for that name in each domain, "a@example.org" for itself. */
static gboolean
is_exempt (const char *const *words, const char *address)
{
  const char *at = strrchr (address, '@');
  PliSpan local = at ? pli_span (address, (gsize) (at - address)) : pli_span_from (address);

  for (; *words; words++)
    if (strchr (*words, '@') ? g_ascii_strcasecmp (*words, address) == 0 : pli_span_is_nocase (local, *words))
      return TRUE;
  return FALSE;
}

static void
let_go (Asked *asked)
{
  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    g_clear_pointer (&asked->gatherings[kind], dnsbl_unref);
}

static const char *
zones_text (Asked *asked)
{
  g_auto (PliBuffer) text = { 0 };

  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    for (guint i = 0; asked->gatherings[kind] && i < asked->gatherings[kind]->zones->len; i++)
      {
        pli_buffer_add_text (&text, text.len > 0 ? ", " : "");
        pli_buffer_add_text (&text, asked->gatherings[kind]->zones->pdata[i]);
      }
  return text.len > 0 ? pli_arena_text (pli_op_arena (asked->op), pli_buffer_span (&text)) : NULL;
}

/* Facts, and a field of the header, once a transaction. */
static void
publish (Asked *asked, const char *zones, gint64 score)
{
  const char *number = pli_arena_printf (pli_op_arena (asked->op), "%" G_GINT64_FORMAT, score);

  if (pli_txn_fact (asked->txn, "dnsbl.score"))
    return;
  pli_txn_set_fact (asked->txn, "dnsbl.listed", "yes");
  pli_txn_set_fact (asked->txn, "dnsbl.zone", zones);
  pli_txn_set_fact (asked->txn, "dnsbl.score", number);
  if (asked->mark > 0 && score >= asked->mark)
    pli_txn_add_header (asked->txn, "X-Pli-Dnsbl",
                        pli_arena_printf (pli_op_arena (asked->op), "score=%s; %s", number, zones));
}

static const DnsblGathering *
heaviest (Asked *asked)
{
  const DnsblGathering *found = NULL;

  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    {
      const DnsblGathering *gathering = asked->gatherings[kind];

      if (gathering && gathering->zones->len > 0 && (!found || gathering->heaviest > found->heaviest))
        found = gathering;
    }
  return found;
}

static void
decide (Asked *asked, gint64 score)
{
  const DnsblGathering *by = heaviest (asked);
  gboolean reject = asked->reject > 0 && score >= asked->reject;
  PliArena *arena = pli_op_arena (asked->op);

  if (!by || asked->exempt || (!reject && (asked->quarantine == 0 || score < asked->quarantine)))
    return;
  asked->verdict->kind = reject ? PLI_REJECT : PLI_QUARANTINE;
  asked->verdict->code = reject ? 550 : 0;
  asked->verdict->status = reject ? "5.7.1" : NULL;
  asked->verdict->where = reject ? "reject" : "quarantine";
  asked->verdict->text = pli_arena_printf (arena, "%s is listed by %s%s%s", by->what, (char *) by->zones->pdata[0],
                                           by->reason ? ": " : "", by->reason ? by->reason : "");
}

/* All that was asked for is there. FALSE: no list could be asked. */
static gboolean
conclude (Asked *asked)
{
  const char *zones = zones_text (asked);
  guint asked_zones = 0, failed = 0;
  gint64 score = 0;

  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    if (asked->gatherings[kind])
      {
        asked_zones += asked->gatherings[kind]->asked;
        failed += asked->gatherings[kind]->failed;
        score += asked->gatherings[kind]->score;
      }
  if (zones)
    publish (asked, zones, score);
  decide (asked, score);
  let_go (asked);
  return asked_zones == 0 || failed < asked_zones;
}

static DnsblGathering *
first_open (Asked *asked)
{
  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    if (asked->gatherings[kind] && !dnsbl_is_ready (asked->gatherings[kind]))
      return asked->gatherings[kind];
  return NULL;
}

static void
one_ready (gpointer user)
{
  Asked *asked = user;
  DnsblGathering *open = first_open (asked);

  if (open)
    dnsbl_wait (open, one_ready, asked);
  else if (conclude (asked))
    pli_op_done (asked->ticket);
  else
    pli_op_fail (asked->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "no list answered"));
}

static void
cancelled (PliOp *op, gpointer user)
{
  Asked *asked = user;

  (void) op;
  for (guint kind = 0; kind < DNSBL_KINDS; kind++)
    if (asked->gatherings[kind])
      dnsbl_wait_cancel (asked->gatherings[kind], asked);
  let_go (asked);
  pli_op_done (asked->ticket);
}

/* FALSE when there is no room to ask for it. */
static gboolean
want (Asked *asked, DnsblKind kind, const char *what)
{
  gboolean full;
  DnsblGathering *gathering = what && *what ? dnsbl_gather (asked->dnsbl, kind, what, &full) : NULL;

  if (gathering)
    asked->gatherings[kind] = dnsbl_ref (gathering);
  return gathering || !what || !*what || !full;
}

PliStep
dnsbl_on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  const DnsblSettings *set = pli_txn_settings (txn, PLI_SELF);
  PliSession *session = pli_txn_session (txn);
  Asked *asked;
  DnsblGathering *open;

  if (is_ours (session, set))
    return PLI_DONE;
  asked = pli_arena_new0 (pli_op_arena (op), Asked);
  *asked = (Asked){ .dnsbl = pli_op_self (op),
                    .reject = set->reject,
                    .quarantine = set->quarantine,
                    .mark = set->mark,
                    .op = op,
                    .txn = txn,
                    .verdict = verdict };
  asked->exempt = is_exempt (set->skip_rcpts, args->address);
  if (!want (asked, DNSBL_CLIENT, pli_session_peer (session)) || !want (asked, DNSBL_HELO, pli_txn_helo (txn))
      || !want (asked, DNSBL_SENDER, domain_of (pli_txn_sender (txn))))
    {
      let_go (asked);
      return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "too many clients are being asked for");
    }
  open = first_open (asked);
  if (!open)
    return conclude (asked) ? PLI_DONE : pli_op_error (op, PLI_ERROR_TRY_AGAIN, "no list answered");
  asked->ticket = pli_op_wait (op);
  pli_op_on_cancel (op, cancelled, asked);
  dnsbl_wait (open, one_ready, asked);
  return PLI_WAIT;
}
