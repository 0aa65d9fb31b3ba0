/* ledger.c: façade of the ledger. What a room has to tell gathers here for 100 ms and leaves as one packet; a process
 * that ends tells the rest first. */
#include "service/ledger.h"

#include "service/method.h"

#define GATHER_US (100 * 1000)
#define GATHER_BYTES (48 * 1024)

PLI_SHAPE (PliLedgerEvent, F_U64 (PliLedgerEvent, at_us), F_TEXT (PliLedgerEvent, id), F_TEXT (PliLedgerEvent, what),
           F_TEXT (PliLedgerEvent, by), F_TEXT (PliLedgerEvent, sender), F_TEXT (PliLedgerEvent, rcpt),
           F_TEXT (PliLedgerEvent, peer), F_TEXT (PliLedgerEvent, session), F_TEXT (PliLedgerEvent, message_id),
           F_TEXT (PliLedgerEvent, detail));
PLI_SHAPE (PliRecordArgs, F_ROWS (PliRecordArgs, events, n_events, PliLedgerEvent));
PLI_SHAPE (PliRecordResult, F_U32 (PliRecordResult, n));
PLI_SHAPE (PliExplainArgs, F_TEXT (PliExplainArgs, what), F_U64 (PliExplainArgs, since_us),
           F_U32 (PliExplainArgs, max));
PLI_SHAPE (PliExplainResult, F_ROWS (PliExplainResult, events, n_events, PliLedgerEvent));

#define ALL_ROOMS ((1u << PLI_N_ROOMS) - 1)

const PliMethod pli_ledger_methods[] = {
  { "ledger.record", PLI_SERVICE_LEDGER, PLI_ROOM_ADMIN, ALL_ROOMS, 0, 0, offsetof (PliLedger, record),
    &PliRecordArgs_shape, &PliRecordResult_shape },
  { "ledger.explain", PLI_SERVICE_LEDGER, PLI_ROOM_ADMIN, PLI_ROOM_BIT (PLI_ROOM_ADMIN), PLI_CALL_IDEMPOTENT,
    60 * G_USEC_PER_SEC, offsetof (PliLedger, explain), &PliExplainArgs_shape, &PliExplainResult_shape },
};

struct PliTellings
{
  PliInstance *instance;
  PliArena *arena;
  GArray *events;
  PliTimer *timer;
};

static void
tell_all (PliTellings *tellings)
{
  PliRecordArgs args = { (const PliLedgerEvent *) tellings->events->data, tellings->events->len };
  PliCaller caller = { .instance = tellings->instance };

  pli_timer_cancel (tellings->timer);
  tellings->timer = NULL;
  if (args.n_events == 0)
    return;
  pli_method_call (PLI_METHOD_RECORD, &caller, &args);
  g_array_set_size (tellings->events, 0);
  pli_arena_reset (tellings->arena);
}

static void
time_is_up (gpointer user)
{
  PliTellings *tellings = user;

  tellings->timer = NULL;
  tell_all (tellings);
}

PliTellings *
pli_tellings_new (PliInstance *instance)
{
  PliTellings *tellings = g_new0 (PliTellings, 1);

  tellings->instance = instance;
  tellings->arena = pli_arena_new ();
  tellings->events = g_array_new (FALSE, FALSE, sizeof (PliLedgerEvent));
  return tellings;
}

void
pli_tellings_flush (PliTellings *tellings)
{
  tell_all (tellings);
}

void
pli_tellings_free (PliTellings *tellings)
{
  if (!tellings)
    return;
  pli_timer_cancel (tellings->timer);
  pli_arena_free (tellings->arena);
  g_array_unref (tellings->events);
  g_free (tellings);
}

void
pli_ledger_tell (PliInstance *instance, const PliLedgerEvent *event)
{
  PliTellings *tellings = instance->tellings;
  PliArena *arena = tellings->arena;
  PliLedgerEvent copy = *event;
  const char **texts[] = { &copy.id,   &copy.what,    &copy.by,         &copy.sender, &copy.rcpt,
                           &copy.peer, &copy.session, &copy.message_id, &copy.detail };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *texts[i] = pli_arena_strdup (arena, *texts[i]);
  if (!copy.at_us)
    copy.at_us = pli_now_us (instance);
  g_array_append_val (tellings->events, copy);
  if (pli_arena_bytes (arena) > GATHER_BYTES)
    tell_all (tellings);
  else if (!tellings->timer)
    tellings->timer = pli_timer_after (instance, GATHER_US, time_is_up, tellings);
}

PliCall *
pli_ledger_explain (PliInstance *instance, const PliExplainArgs *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = instance, .done = done, .user = user };

  return pli_method_call (PLI_METHOD_EXPLAIN, &caller, args);
}
