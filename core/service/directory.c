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
                  F_TEXT (PliVerifyResult, name), F_TEXT (PliVerifyResult, store), F_U32 (PliVerifyResult, rights));
PLI_SHAPE (PliChangeArgs, F_U32 (PliChangeArgs, verb), F_TEXT (PliChangeArgs, name), F_TEXT (PliChangeArgs, target),
           F_TEXT (PliChangeArgs, display), F_SPAN (PliChangeArgs, password));
PLI_SHAPE (PliChangeResult, F_TEXT (PliChangeResult, account));
PLI_SHAPE (PliDirectoryListArgs, F_U32 (PliDirectoryListArgs, what), F_TEXT (PliDirectoryListArgs, domain),
           F_TEXT (PliDirectoryListArgs, after), F_U32 (PliDirectoryListArgs, max));
PLI_SHAPE (PliDirectoryRow, F_TEXT (PliDirectoryRow, name), F_TEXT (PliDirectoryRow, account),
           F_TEXT (PliDirectoryRow, target), F_TEXT (PliDirectoryRow, display), F_U32 (PliDirectoryRow, disabled));
PLI_SHAPE (PliDirectoryListResult, F_ROWS (PliDirectoryListResult, rows, n_rows, PliDirectoryRow),
           F_U32 (PliDirectoryListResult, more));

#define EDGES (PLI_ROOM_BIT (PLI_ROOM_SMTP) | PLI_ROOM_BIT (PLI_ROOM_ACCESS))
#define ADMIN PLI_ROOM_BIT (PLI_ROOM_ADMIN)
#define QUEUE PLI_ROOM_BIT (PLI_ROOM_QUEUE)
#define SECONDS(n) ((n) *G_USEC_PER_SEC)

const PliMethod pli_directory_methods[] = {
  { "directory.resolve", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, EDGES | QUEUE | ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (10),
    offsetof (PliDirectory, resolve), &PliResolveArgs_shape, &PliResolveResult_shape },
  { "directory.verify", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, EDGES, PLI_CALL_IDEMPOTENT, SECONDS (60),
    offsetof (PliDirectory, verify), &PliVerifyArgs_shape, &PliVerifyResult_shape },
  { "directory.change", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, ADMIN, 0, SECONDS (60), offsetof (PliDirectory, change),
    &PliChangeArgs_shape, &PliChangeResult_shape },
  { "directory.list", PLI_SERVICE_DIRECTORY, PLI_ROOM_AUTH, ADMIN, PLI_CALL_IDEMPOTENT, SECONDS (60),
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

/* A login: remembers on the session what auth said, before the engine hears of it. */
typedef struct
{
  PliSession *session;
  PliDone done;
  gpointer user;
} Login;

static void
verified (gpointer user, const void *result, const GError *error)
{
  Login *login = user;
  const PliVerifyResult *who = result;

  if (who)
    {
      PliInstance *instance = pli_session_instance (login->session);
      PliGrant grant = { who->account, who->login, who->store, who->rights };

      /* In a room of its own auth has told queue and store already. */
      if (instance->rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH))
        pli_peers_grant (instance->peers, pli_session_number (login->session), &grant);
      pli_session_sign_in (login->session, who->account, who->login, who->store, who->rights);
    }
  login->done (login->user, result, error);
}

PliCall *
pli_directory_verify (PliSession *session, const PliVerifyArgs *args, PliDone done, gpointer user)
{
  Login *login = pli_arena_new0 (pli_session_arena (session), Login);
  PliCaller caller = {
    .instance = pli_session_instance (session), .session = session, .done = verified, .user = login
  };

  *login = (Login){ session, done, user };
  return pli_method_call (PLI_METHOD_VERIFY, &caller, args);
}
