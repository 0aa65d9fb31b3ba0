/* call.h: calls that touch one account: run at once when the account is there, else when it is.
 *
 * A verb looks at call->args, fills call->result, and says how it goes on. It touches the account only, so that large
 * changes can run in the offload pool. */
#ifndef STORE_PACK_CALL_H
#define STORE_PACK_CALL_H

#include "account.h"

typedef enum
{
  PACK_DONE,
  PACK_FAIL,    /* call->error; a broken database: call->broken too */
  PACK_DURABLE, /* answered when the batch is durable, at once */
  PACK_AGAIN,   /* run again after the next round, at once */
  PACK_POOL,    /* run again in the offload pool: much work */
  PACK_WRITTEN, /* answered when the batch is in the WAL */
  PACK_AWAY,    /* pack_call_finish() will be called */
  PACK_BUSY,    /* of call.c alone: the account cannot be used now */
  PACK_ROOM,    /* of call.c alone: it cannot be opened now */
} PackStep;

typedef struct PackCall PackCall;
typedef PackStep (*PackVerb) (PackCall *call);

struct PackCall
{
  Pack *pack;
  PliOp *op;
  PackVerb verb;
  const void *args;
  gpointer result;
  PliArena *arena;
  PackAccount *account;
  GError *error;
  gboolean broken;
  gboolean in_pool;
  PliTicket ticket; /* 0: the slot has not returned */
  PackStep step;
  gpointer data; /* the verb's own */
};

PliStep pack_call (PliOp *op, gpointer self, PackVerb verb, const void *args, gpointer result);
/* Runs it (again), now that its account may be there. */
void pack_call_run (PackCall *call);
/* Answers. @error: (transfer full), or NULL. */
void pack_call_finish (PackCall *call, GError *error);
/* (transfer none): a copy that outlives the slot, with a ticket. */
PackCall *pack_call_keep (PackCall *call);

/* For verbs. */
PackStep pack_refuse (PackCall *call, PliErrorCode code, const char *text);
/* call->error was set by the database: the batch is lost. */
PackStep pack_fail (PackCall *call);

/* Answered or run, as the waiter says. @error: (transfer none), or NULL. */
void pack_waiter_wake (const PackWaiter *waiter, const GError *error);
/* Answers all of them with @error. */
void pack_turn_away (GQueue *queue, const GError *error);
/* Waits for the account's batch. */
void pack_wait_batch (PackAccount *account, PackWaiter waiter);
void pack_wait_account (PackAccount *account, PackWaiter waiter);
void pack_wait_room (Pack *pack, PackWaiter waiter);

/* deliver.c */
void pack_delivery_run (struct PackDelivery *delivery, guint32 item);
void pack_delivery_answer (struct PackDelivery *delivery, guint32 item, const GError *error);

#endif
