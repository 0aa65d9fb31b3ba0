/* filter.c: the stand-in of a filter that runs in a room of its own.
 *
 * Each call becomes one packet, and each answer one. When the room dies, nobody knows which of the calls under way did it;
 * so each is asked once more, one at a time: the one that ends its room twice is the culprit and fails, the others are
 * answered and notice nothing but the time. A call that misses the deadline fails; when its answer does not come within
 * the grace time either, the room is ended. Who waits behind it gets time for another try. Loop thread. */
#include "host/host.h"

#include "ipc/peer.h"
#include <pli/log.h>

#define GONE_MOST_US (3 * G_USEC_PER_SEC) /* calls do not wait for a room that has been gone so long */
#define EXCUSES 5 /* times deadline and grace: how long a call waits behind others that end the room */

typedef struct
{
  PliInstance *instance;
  PliPlugin *plugin;
  guint index;
  guint32 slots;
  PliFilter filter;
  PliService services[2];
  PliArena *arena; /* of the description */
  gboolean described;
  gint64 gone_us; /* clock; since when the room is not there or has not said what it is; 0: it has */
  GQueue waiting, asked;
  guint suspects, overdue;
  PliTimer *grace;
} Hosted;

typedef struct
{
  Hosted *hosted;
  GList link; /* in waiting or asked */
  PliTicket ticket;
  PliStage stage;
  PliSession *session;
  PliTxn *txn;
  const char *arg;
  PliVerdict *verdict;
  PliOp *op;
  PliCall *call; /* NULL: waits */
  PliTimer *timer;
  gint64 began_us;
  guint64 epoch; /* of the channel it was asked over */
  gboolean answered, suspect, overdue;
} Forward;

static void pump (Hosted *hosted);
static void timer_fired (gpointer user);

static const PliHostSettings *
settings_of (const Hosted *hosted)
{
  return hosted->plugin->host_settings;
}

static gint64
deadline_of (const Hosted *hosted)
{
  return ((const PliFilterSettings *) hosted->plugin->filter_settings)->deadline;
}

static gboolean
is_long_gone (const Hosted *hosted, gint64 now)
{
  return hosted->gone_us && now - hosted->gone_us > GONE_MOST_US;
}

static void
set_timer (Forward *f, gint64 after_us)
{
  pli_timer_cancel (f->timer);
  f->timer = pli_timer_after (f->hosted->instance, after_us, timer_fired, f);
}

/* The chain hears of it; @error: (transfer full), NULL: it was answered. */
static void
finish (Forward *f, GError *error)
{
  pli_timer_cancel (f->timer);
  f->timer = NULL;
  f->answered = TRUE;
  f->hosted->suspects -= f->suspect;
  f->suspect = FALSE;
  if (error)
    pli_op_fail (f->ticket, error);
  else
    pli_op_done (f->ticket);
}

/* One that waits is over. */
static void
drop (Forward *f, GError *error)
{
  g_queue_unlink (&f->hosted->waiting, &f->link);
  finish (f, error);
  g_free (f);
}

static void
apply (Forward *f, const PliHostFilterResult *said)
{
  PliArena *arena = pli_op_arena (f->op);

  *f->verdict = (PliVerdict){ .kind = said->kind,
                              .code = said->code,
                              .status = pli_arena_strdup (arena, said->status),
                              .text = pli_arena_strdup (arena, said->text),
                              .where = pli_arena_strdup (arena, said->where) };
  if (!f->txn)
    return;
  for (guint i = 0; i < said->n_edits; i++)
    if (!said->edits[i].name)
      continue;
    else if (said->edits[i].kind == PLI_EDIT_ADD_TOP && said->edits[i].value)
      pli_txn_add_header (f->txn, said->edits[i].name, said->edits[i].value);
    else if (said->edits[i].kind == PLI_EDIT_REMOVE)
      pli_txn_remove_header (f->txn, said->edits[i].name);
  for (guint i = 0; i < said->n_facts; i++)
    if (said->facts[i].name && said->facts[i].value)
      pli_txn_set_fact (f->txn, said->facts[i].name, said->facts[i].value);
  for (guint i = 0; said->rcpts && said->rcpts[i]; i++)
    {
      PliAddress address;

      if (pli_address_parse (pli_span_from (said->rcpts[i]), PLI_PATH_UTF8, arena, &address, NULL))
        pli_txn_add_rcpt (f->txn, pli_address_text (arena, &address));
    }
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Forward *f = user;
  Hosted *hosted = f->hosted;
  gboolean lost = error && pli_peers_epoch (hosted->instance->peers, PLI_ROOM_HOST, hosted->index) != f->epoch;

  f->call = NULL;
  g_queue_unlink (&hosted->asked, &f->link);
  hosted->overdue -= f->overdue;
  if (hosted->overdue == 0)
    g_clear_pointer (&hosted->grace, pli_timer_cancel);
  if (!f->answered && lost && !f->suspect && hosted->plugin->loaded && !pli_peers_closed (hosted->instance->peers))
    {
      f->suspect = TRUE;
      g_queue_push_nth_link (&hosted->waiting, (gint) hosted->suspects++, &f->link);
      set_timer (f, deadline_of (hosted));
      pump (hosted);
      return;
    }
  if (!f->answered && lost && f->suspect)
    finish (f, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "it ended its room twice over this"));
  else if (!f->answered && error)
    finish (f, g_error_copy (error));
  else if (!f->answered)
    {
      apply (f, result);
      finish (f, NULL);
    }
  g_free (f);
  pump (hosted);
}

static PliHostFilterArgs
args_of (PliStage stage, PliSession *session, PliTxn *txn, const char *arg)
{
  PliHostFilterArgs args = { .stage = stage, .arg = arg };

  pli_session_facts (session, &args.session);
  if (!txn)
    return args;
  args.id = pli_txn_id (txn);
  args.sender = pli_txn_sender (txn);
  args.helo = pli_txn_helo (txn);
  args.announced = pli_txn_announced_bytes (txn);
  args.received_us = pli_txn_received_us (txn);
  args.rcpts = pli_txn_rcpts (txn);
  args.message = pli_txn_message (txn);
  args.facts = pli_txn_facts (txn, &args.n_facts);
  return args;
}

static void
ask (Forward *f)
{
  Hosted *hosted = f->hosted;
  PliHostFilterArgs args = args_of (f->stage, f->session, f->txn, f->arg);
  PliCaller caller = { .instance = hosted->instance, .shard = hosted->index, .done = answered, .user = f };

  set_timer (f, deadline_of (hosted));
  f->epoch = pli_peers_epoch (hosted->instance->peers, PLI_ROOM_HOST, hosted->index);
  g_queue_push_tail_link (&hosted->asked, &f->link);
  f->call = pli_method_call (PLI_METHOD_HOST_FILTER, &caller, &args);
}

/* Asks what waits, if it may be asked now. */
static void
pump (Hosted *hosted)
{
  while (hosted->described && hosted->waiting.head && (hosted->suspects == 0 || !hosted->asked.head))
    {
      Forward *f = hosted->waiting.head->data;

      if (!(hosted->slots & 1u << f->stage) || !hosted->plugin->loaded)
        {
          drop (f, NULL); /* as it turned out, this filter has no opinion here */
          continue;
        }
      g_queue_unlink (&hosted->waiting, &f->link);
      ask (f);
    }
}

static void
grace_over (gpointer user)
{
  Hosted *hosted = user;

  hosted->grace = NULL;
  pli_hosted_kill (hosted->instance, hosted->index);
}

static void
timer_fired (gpointer user)
{
  Forward *f = user;
  Hosted *hosted = f->hosted;
  const PliHostSettings *set = settings_of (hosted);
  gint64 now = pli_clock_us (hosted->instance);
  gboolean first = f->call && hosted->asked.head->data == f;
  gboolean excused = !first && (hosted->overdue > 0 || hosted->suspects > 0 || !hosted->described);
  GError *late;

  f->timer = NULL;
  if (excused && now - f->began_us < EXCUSES * (deadline_of (hosted) + set->grace) && !is_long_gone (hosted, now))
    {
      set_timer (f, set->grace);
      return;
    }
  late = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s did not answer in time", hosted->plugin->info.name);
  if (!f->call)
    {
      drop (f, late);
      return;
    }
  finish (f, late);
  f->overdue = TRUE;
  hosted->overdue++;
  if (!hosted->grace)
    hosted->grace = pli_timer_after (hosted->instance, set->grace, grace_over, hosted);
}

/* The session has gone. */
static void
cancelled (PliOp *op, gpointer user)
{
  Forward *f = user;

  (void) op;
  if (f->answered)
    return;
  if (f->call)
    finish (f, NULL);
  else
    drop (f, NULL);
}

static PliStep
forward (PliOp *op, PliStage stage, PliSession *session, PliTxn *txn, const char *arg, PliVerdict *verdict)
{
  Hosted *hosted = pli_op_self (op);
  gint64 now = pli_clock_us (hosted->instance);
  Forward *f;

  if (is_long_gone (hosted, now))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "its room host/%u does not run", hosted->index);
  f = g_new0 (Forward, 1);
  *f = (Forward){ .hosted = hosted,
                  .link = { .data = f },
                  .ticket = pli_op_wait (op),
                  .stage = stage,
                  .session = session,
                  .txn = txn,
                  .arg = arg,
                  .verdict = verdict,
                  .op = op,
                  .began_us = now };
  pli_op_on_cancel (op, cancelled, f);
  g_queue_push_tail_link (&hosted->waiting, &f->link);
  set_timer (f, deadline_of (hosted));
  pump (hosted);
  return PLI_WAIT;
}

static PliStep
on_connect (PliOp *op, PliSession *session, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_CONNECT, session, NULL, NULL, verdict);
}

static PliStep
on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_HELLO, session, NULL, args->name, verdict);
}

static PliStep
on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_MAIL, pli_txn_session (txn), txn, NULL, verdict);
}

static PliStep
on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_RCPT, pli_txn_session (txn), txn, args->address, verdict);
}

static PliStep
on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_MESSAGE, pli_txn_session (txn), txn, NULL, verdict);
}

static PliStep
on_headers (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  return forward (op, PLI_STAGE_HEADERS, pli_txn_session (txn), txn, NULL, verdict);
}

static void
saw_end (PliTxn *txn, const PliVerdict *verdict)
{
  Hosted *hosted = txn->plugin->data;
  PliHostFilterArgs args = args_of (PLI_N_STAGES, pli_txn_session (txn), txn, NULL);
  PliCaller caller = { .instance = hosted->instance, .shard = hosted->index };

  args.kind = verdict->kind;
  args.code = verdict->code;
  args.status = verdict->status;
  args.text = verdict->text;
  pli_method_call (PLI_METHOD_HOST_FILTER, &caller, &args);
}

/* Until its room has described it, a filter is taken to have all deciders. */
static void
set_slots (Hosted *hosted, guint32 slots)
{
  PliFilter *filter = &hosted->filter;

  hosted->slots = slots;
  *filter = (PliFilter){ .size = sizeof *filter };
  filter->on_connect = slots & 1 << PLI_STAGE_CONNECT ? on_connect : NULL;
  filter->on_hello = slots & 1 << PLI_STAGE_HELLO ? on_hello : NULL;
  filter->on_mail = slots & 1 << PLI_STAGE_MAIL ? on_mail : NULL;
  filter->on_rcpt = slots & 1 << PLI_STAGE_RCPT ? on_rcpt : NULL;
  filter->on_message = slots & 1 << PLI_STAGE_MESSAGE ? on_message : NULL;
  filter->on_headers = slots & 1 << PLI_STAGE_HEADERS ? on_headers : NULL;
  filter->saw_end = slots & 1 << PLI_N_STAGES ? saw_end : NULL;
}

static const char *const *
copy_texts (PliArena *arena, const char *const *texts)
{
  guint n = texts ? g_strv_length ((GStrv) texts) : 0;
  const char **copy = pli_arena_array (arena, const char *, n + 1);

  for (guint i = 0; i < n; i++)
    copy[i] = pli_arena_strdup (arena, texts[i]);
  return copy;
}

static void
described (gpointer user, const void *result, const GError *error)
{
  Hosted *hosted = user;
  const PliHostDescription *description = result;
  PliFactRow *facts;
  guint n = 0;

  if (error)
    return; /* the room has gone; its successor is asked */
  pli_arena_reset (hosted->arena);
  while (description->facts && description->facts[n])
    n++;
  facts = pli_arena_array (hosted->arena, PliFactRow, n + 1);
  for (guint i = 0; i < n; i++)
    facts[i] = (PliFactRow){ .name = pli_arena_strdup (hosted->arena, description->facts[i]) };
  hosted->plugin->info.facts = facts;
  hosted->plugin->info.rights = copy_texts (hosted->arena, description->rights);
  set_slots (hosted, description->slots);
  hosted->described = TRUE;
  hosted->gone_us = 0;
  pump (hosted);
}

void
pli_hosted_filter_peer (PliPlugin *stand_in, gboolean there)
{
  Hosted *hosted = stand_in->data;
  PliCaller caller = { .instance = hosted->instance, .shard = hosted->index, .done = described, .user = hosted };

  hosted->described = FALSE;
  hosted->gone_us = hosted->gone_us ? hosted->gone_us : pli_clock_us (hosted->instance);
  while (pli_peers_closed (hosted->instance->peers) && hosted->waiting.head)
    drop (hosted->waiting.head->data, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the server stops"));
  if (there)
    pli_method_call (PLI_METHOD_HOST_DESCRIBE, &caller, &(PliHostNothing){ 0 });
}

static void
unload (PliPlugin *plugin)
{
  Hosted *hosted = plugin->data;

  pli_timer_cancel (hosted->grace);
  pli_arena_free (hosted->arena);
  g_free (hosted);
}

PliPlugin *
pli_hosted_filter (PliInstance *instance, const char *name, guint index, GError **error)
{
  Hosted *hosted = g_new0 (Hosted, 1);
  PliPluginInfo info = pli_hosted_info (name);

  hosted->instance = instance;
  hosted->index = index;
  hosted->arena = pli_arena_new ();
  hosted->services[0] = (PliService) PLI_FILTER (strchr (info.name, '-') + 1, &hosted->filter);
  hosted->gone_us = pli_clock_us (instance);
  set_slots (hosted, (1 << PLI_N_STAGES) - 1);
  info.services = hosted->services;
  info.unload = unload;
  hosted->plugin = pli_registry_add (instance->registry, &info, error);
  g_assert (hosted->plugin);
  hosted->plugin->data = hosted;
  return hosted->plugin;
}
