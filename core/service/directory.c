/* directory.c: façade of the directory (room auth), and what a login does to the session. */
#include "ipc/peer.h"
#include "net/session.h"
#include "service/method.h"
#include "service/resolved.h"

PLI_SHAPE_SHARED (PliResolveArgs, F_TEXT (PliResolveArgs, address));
PLI_SHAPE (PliTarget, F_TEXT (PliTarget, account), F_TEXT (PliTarget, address), F_TEXT (PliTarget, detail),
           F_TEXT (PliTarget, store));
PLI_SHAPE_SHARED (PliResolveResult, F_U32 (PliResolveResult, kind),
                  F_ROWS (PliResolveResult, targets, n_targets, PliTarget));
PLI_SHAPE_SHARED (PliVerifyArgs, F_TEXT (PliVerifyArgs, login), F_SPAN (PliVerifyArgs, password),
                  F_TEXT (PliVerifyArgs, authzid), F_TEXT (PliVerifyArgs, service), F_TEXT (PliVerifyArgs, peer));
PLI_SHAPE_SHARED (PliVerifyResult, F_TEXT (PliVerifyResult, account), F_TEXT (PliVerifyResult, login),
                  F_TEXT (PliVerifyResult, name), F_TEXT (PliVerifyResult, store), F_U32 (PliVerifyResult, rights),
                  F_U64 (PliVerifyResult, quota_bytes));
PLI_SHAPE (PliChangeArgs, F_U32 (PliChangeArgs, verb), F_TEXT (PliChangeArgs, name), F_TEXT (PliChangeArgs, target),
           F_TEXT (PliChangeArgs, display), F_SPAN (PliChangeArgs, password));
PLI_SHAPE (PliChangeResult, F_TEXT (PliChangeResult, account));
PLI_SHAPE (PliDirectoryListArgs, F_U32 (PliDirectoryListArgs, what), F_TEXT (PliDirectoryListArgs, domain),
           F_TEXT (PliDirectoryListArgs, after), F_U32 (PliDirectoryListArgs, max));
PLI_SHAPE (PliDirectoryRow, F_TEXT (PliDirectoryRow, name), F_TEXT (PliDirectoryRow, account),
           F_TEXT (PliDirectoryRow, target), F_TEXT (PliDirectoryRow, display), F_U32 (PliDirectoryRow, disabled));
PLI_SHAPE (PliDirectoryListResult, F_ROWS (PliDirectoryListResult, rows, n_rows, PliDirectoryRow),
           F_U32 (PliDirectoryListResult, more));

PLI_SHAPE (PliSaslArgs, F_TEXT (PliSaslArgs, mechanism), F_SPAN (PliSaslArgs, response), F_TEXT (PliSaslArgs, service),
           F_TEXT (PliSaslArgs, peer), F_SPAN (PliSaslArgs, exporter), F_SPAN (PliSaslArgs, unique));
PLI_SHAPE (PliSaslResult, F_U32 (PliSaslResult, done), F_SPAN (PliSaslResult, challenge),
           F_INNER (PliSaslResult, who, PliVerifyResult));
PLI_SHAPE (PliKeysArgs, F_TEXT (PliKeysArgs, login), F_TEXT (PliKeysArgs, service));
PLI_SHAPE (PliKeysResult, F_INNER (PliKeysResult, who, PliVerifyResult), F_SPAN (PliKeysResult, salt),
           F_SPAN (PliKeysResult, stored_key), F_SPAN (PliKeysResult, server_key), F_U32 (PliKeysResult, iterations));

#define EDGES (PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_ACCESS))
#define ADMIN PLI_ROOM_BIT (PLI_ROOM_ADMIN)
#define AUTH PLI_ROOM_BIT (PLI_ROOM_AUTH)
#define QUEUE PLI_ROOM_BIT (PLI_ROOM_QUEUE)
#define SECONDS(n) ((n) *G_USEC_PER_SEC)

const PliMethod pli_directory_methods[] = {
  { "directory.resolve", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, EDGES | QUEUE | ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (10),
    offsetof (PliDirectory, resolve), &PliResolveArgs_shape, &PliResolveResult_shape },
  { "directory.verify", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, EDGES, PLI_CALL_IDEMPOTENT, SECONDS (60),
    offsetof (PliDirectory, verify), &PliVerifyArgs_shape, &PliVerifyResult_shape },
  { "directory.change", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, ADMIN, 0, SECONDS (60), offsetof (PliDirectory, change),
    &PliChangeArgs_shape, &PliChangeResult_shape },
  { "directory.list", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, ADMIN | PLI_ROOM_BIT (PLI_ROOM_STORE), PLI_CALL_IDEMPOTENT,
    SECONDS (60), offsetof (PliDirectory, list), &PliDirectoryListArgs_shape, &PliDirectoryListResult_shape },
  { "directory.sasl", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, EDGES, 0, SECONDS (60), offsetof (PliDirectory, sasl),
    &PliSaslArgs_shape, &PliSaslResult_shape },
  { "source.resolve", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, AUTH, PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (8),
    offsetof (PliDirectory, resolve), &PliResolveArgs_shape, &PliResolveResult_shape },
  { "source.verify", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, AUTH, PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (50),
    offsetof (PliDirectory, verify), &PliVerifyArgs_shape, &PliVerifyResult_shape },
  { "source.keys", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, AUTH, PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (50),
    offsetof (PliDirectory, keys), &PliKeysArgs_shape, &PliKeysResult_shape },
  { "source.change", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, AUTH, PLI_CALL_SYSTEM, SECONDS (50),
    offsetof (PliDirectory, change), &PliChangeArgs_shape, &PliChangeResult_shape },
  { "source.list", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, AUTH, PLI_CALL_SYSTEM | PLI_CALL_IDEMPOTENT, SECONDS (50),
    offsetof (PliDirectory, list), &PliDirectoryListArgs_shape, &PliDirectoryListResult_shape },
};

static PliCall *
call (PliInstance *instance, PliMethodNumber number, const void *args, PliDone done, gpointer user)
{
  PliCaller caller = { .instance = instance, .done = done, .user = user };

  return pli_method_call (number, &caller, args);
}

/* A resolution that is not remembered: remembers it when it comes. */
typedef struct
{
  PliInstance *instance;
  PliDone done;
  gpointer user;
  char address[];
} Resolving;

static void
resolved (gpointer user, const void *result, const GError *error)
{
  Resolving *r = user;

  if (result)
    pli_resolved_keep (r->instance->resolved, r->address, result, pli_clock_us (r->instance));
  r->done (r->user, result, error);
}

static PliStep
remembered (PliOp *op, gpointer self, const void *args, void *result)
{
  PliSpan packed = pli_resolved_find (self, args, pli_clock_us (pli_op_instance (op)));

  packed = pli_arena_span (pli_op_arena (op), packed);
  g_assert (pli_shape_unpack (&PliResolveResult_shape, packed, pli_op_arena (op), result));
  return PLI_DONE;
}

PliCall *
pli_directory_resolve (PliInstance *instance, const PliResolveArgs *args, PliDone done, gpointer user)
{
  PliCall *asked;
  Resolving *r;
  gsize len;

  if (pli_resolved_find (instance->resolved, args->address, pli_clock_us (instance)).data)
    {
      PliOpSpec spec = { .label = "directory.resolve",
                         .self = instance->resolved,
                         .result_size = sizeof (PliResolveResult),
                         .done = done,
                         .user = user };
      PliOp *op = pli_op_new (instance, &spec);

      pli_op_start (op, remembered, args->address);
      return (PliCall *) op;
    }
  len = strlen (args->address) + 1;
  r = g_malloc (sizeof *r + len);
  *r = (Resolving){ instance, done, user };
  memcpy (r->address, args->address, len);
  asked = call (instance, PLI_METHOD_RESOLVE, args, resolved, r);
  pli_op_keep ((PliOp *) asked, g_free, r); /* also when it is cancelled */
  return asked;
}

PliCall *
pli_directory_change (PliInstance *instance, const PliChangeArgs *args, PliDone done, gpointer user)
{
  return call (instance, PLI_METHOD_CHANGE, args, done, user);
}

PliCall *
pli_directory_list (PliInstance *instance, const PliDirectoryListArgs *args, PliDone done, gpointer user)
{
  return call (instance, PLI_METHOD_DIRECTORY_LIST, args, done, user);
}
