/* method.c: the way out and the way in of every call between rooms; see method.h. */
#include "service/method.h"

#include "host/host.h"
#include "ipc/peer.h"
#include "net/session.h"
#include "plugin/registry.h"
#include "service/connect.h"
#include <pli/log.h>
#include <pli/state.h>

const PliMethod *
pli_method (PliMethodNumber number)
{
  /* In the order of the numbers. */
  static const struct
  {
    PliMethodNumber first;
    const PliMethod *methods;
  } tables[] = {
    { PLI_METHOD_RESOLVE, pli_directory_methods },  { PLI_METHOD_MAILBOXES, pli_store_methods },
    { PLI_METHOD_SUBMIT, pli_queue_methods },       { PLI_METHOD_RECORD, pli_ledger_methods },
    { PLI_METHOD_DNS_LOOKUP, pli_dns_methods },     { PLI_METHOD_STATE_STEP, pli_state_methods },
    { PLI_METHOD_SEND, pli_transport_methods },     { PLI_METHOD_ROUTE, pli_router_methods },
    { PLI_METHOD_REPORT, pli_report_methods },      { PLI_METHOD_CONNECT_OPEN, pli_connect_methods },
    { PLI_METHOD_HOST_DESCRIBE, pli_host_methods },
  };
  guint at = G_N_ELEMENTS (tables) - 1;

  g_assert (number < PLI_N_METHODS);
  while (number < tables[at].first)
    at--;
  return &tables[at].methods[number - tables[at].first];
}

/* Provider's name: a byte for its length, then its bytes. */
void
pli_method_pack (const PliMethod *method, const char *provider, const void *args, PliBuffer *out)
{
  gsize len = provider ? MIN (strlen (provider), 255) : 0;

  pli_buffer_add_char (out, (char) len);
  pli_buffer_add (out, provider, len);
  pli_shape_pack (method->args, args, out);
}

static PliStep
fail_slot (PliOp *op, gpointer self, const void *args, void *result)
{
  (void) self;
  (void) result;
  return pli_op_take_error (op, (GError *) args);
}

/* Sends what pli_method_call() packed. */
typedef struct
{
  PliMethodNumber number;
  PliRoomKind room;
  guint index;
  guint64 session;
  PliBuffer *packed;
} Remote;

static PliStep
remote_slot (PliOp *op, gpointer self, const void *args, void *result)
{
  const Remote *remote = args;

  (void) self;
  (void) result;
  pli_peers_call (pli_op_instance (op)->peers, remote->room, remote->index, remote->number, remote->session, op,
                  pli_buffer_span (remote->packed));
  return PLI_WAIT;
}

static GError *
refuse (const PliMethod *method, const char *why)
{
  pli_log (PLI_LOG_WARNING, "call.refused", "method", method->name, "why", why, NULL);
  return g_error_new (PLI_ERROR, PLI_ERROR_DENIED, "%s: %s", method->name, why);
}

typedef struct
{
  const void *vtable;
  PliPlugin *plugin; /* NULL: core itself */
  const PliGrant *grant;
  char name[256]; /* PLI_CALL_SYSTEM: that was asked for, "" for the default */
} Provider;

static gboolean
find_provider (PliInstance *instance, const PliMethod *method, const PliIncoming *in, PliSpan *args, Provider *provider,
               GError **error)
{
  guint8 len = in->packed.len > 0 ? (guint8) in->packed.data[0] : 0;
  const char *wanted = NULL;

  if (in->packed.len < 1u + len)
    {
      g_propagate_error (error, refuse (method, "malformed"));
      return FALSE;
    }
  *args = pli_span_skip (in->packed, 1u + len);
  provider->grant = NULL;
  if (method->service == PLI_SERVICE_END)
    {
      static const PliOwn own = {
        sizeof own, pli_report, pli_live, pli_connect_open, pli_host_describe, pli_host_filter
      };

      provider->vtable = &own;
      return TRUE;
    }
  provider->grant = in->session ? pli_grants_find (instance->grants, in->session) : NULL;
  if (in->session && !provider->grant && method->room != PLI_ROOM_AUTH)
    {
      pli_peers_pump (instance->peers, PLI_ROOM_AUTH);
      provider->grant = pli_grants_find (instance->grants, in->session);
    }
  if ((method->flags & PLI_CALL_GRANT) && !provider->grant)
    {
      g_propagate_error (error, refuse (method, "the session has no grant"));
      return FALSE;
    }
  if (method->flags & PLI_CALL_SYSTEM && len > 0)
    {
      memcpy (provider->name, in->packed.data + 1, len);
      wanted = provider->name;
    }
  else if (method->service == PLI_SERVICE_STORE && provider->grant)
    {
      wanted = pli_store_placement (instance, provider->grant->account);
      wanted = wanted ? wanted : provider->grant->store;
    }
  provider->vtable = pli_registry_service (instance->registry, method->service, wanted, &provider->plugin);
  if (!provider->vtable)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "no plugin here offers %s (%s)", method->name,
                   wanted ? wanted : "default");
      return FALSE;
    }
  return TRUE;
}

/* A host room is its plugin, whatever it says. */
static void
name_plugin (PliMethodNumber number, const char *plugin, gpointer args)
{
  if (number == PLI_METHOD_STATE_STEP)
    ((PliStateArgs *) args)->space = plugin ? plugin : "";
  else if (number == PLI_METHOD_CONNECT_OPEN)
    ((PliConnectArgs *) args)->plugin = plugin;
}

static PliOp *
run_here (PliInstance *instance, PliMethodNumber number, const PliIncoming *in, PliOp **owner, GError **error)
{
  const PliMethod *method = pli_method (number);
  Provider provider = { 0 };
  PliSpan packed;
  PliOpSpec spec = { .label = method->name,
                     .deadline_us = method->deadline_us,
                     .session = in->session,
                     .result_size = method->result->size,
                     .done = in->done,
                     .user = in->user,
                     .owner = owner };
  PliOp *op;
  gpointer args;
  PliSlot slot = NULL;

  if (!find_provider (instance, method, in, &packed, &provider, error))
    return NULL;
  spec.account = provider.grant ? provider.grant->account : NULL;
  spec.self = provider.plugin ? provider.plugin->data : instance;
  if (number == PLI_METHOD_DELIVER && instance->placements)
    spec.self = provider.name[0] ? provider.name : NULL;
  op = pli_op_new (instance, &spec);
  if (in->unref)
    pli_op_keep (op, in->unref, in->keep);
  args = pli_arena_alloc (pli_op_arena (op), method->args->size);
  if (!pli_shape_unpack (method->args, packed, pli_op_arena (op), args))
    {
      pli_op_start (op, fail_slot, refuse (method, "malformed"));
      return op;
    }
  if (in->room == PLI_ROOM_HOST)
    name_plugin (number, instance->hosts[in->index], args);
  if (method->slot + sizeof slot <= *(const gsize *) provider.vtable)
    memcpy (&slot, (const char *) provider.vtable + method->slot, sizeof slot);
  if (number == PLI_METHOD_DELIVER && instance->placements)
    slot = (PliSlot) ((const PliMigrator *) pli_registry_service (instance->registry, PLI_SERVICE_MIGRATOR, NULL, NULL))
               ->deliver;
  pli_op_start (op, slot, args);
  return op;
}

PliOp *
pli_method_incoming (PliInstance *instance, PliMethodNumber number, const PliIncoming *in, GError **error)
{
  const PliMethod *method = pli_method (number);

  if (!(method->callers & PLI_ROOM_BIT (in->room)))
    {
      g_propagate_error (error, refuse (method, pli_room_name (in->room)));
      return NULL;
    }
  return run_here (instance, number, in, NULL, error);
}

static PliCall *
call_fails (const PliCaller *caller, const PliMethod *method, PliOp **owner, GError *error)
{
  PliOpSpec spec = { .label = method->name, .done = caller->done, .user = caller->user, .owner = owner };
  PliOp *op = pli_op_new (caller->instance, &spec);

  pli_op_start (op, fail_slot, error);
  return (PliCall *) op;
}

/* A method that every room answers has the room in the shard. */
static PliRoomKind
room_of (const PliMethod *method, const PliCaller *caller, guint *out_index)
{
  *out_index = method->room < PLI_N_ROOMS ? caller->shard : caller->shard & 0xff;
  return method->room < PLI_N_ROOMS ? method->room : (PliRoomKind) MIN (caller->shard >> 8, PLI_N_ROOMS - 1);
}

static PliOp *
call_remote (PliMethodNumber number, const PliCaller *caller, guint64 session, PliOp **owner, PliBuffer *packed)
{
  const PliMethod *method = pli_method (number);
  Remote remote = { .number = number, .session = session, .packed = packed };
  PliOpSpec spec = { .label = method->name,
                     .deadline_us = method->deadline_us,
                     .result_size = method->result->size,
                     .done = caller->done,
                     .user = caller->user,
                     .owner = owner };
  PliOp *op = pli_op_new (caller->instance, &spec);

  remote.room = room_of (method, caller, &remote.index);
  pli_op_start (op, remote_slot, &remote);
  return op;
}

PliCall *
pli_method_call (PliMethodNumber number, const PliCaller *caller, const void *args)
{
  const PliMethod *method = pli_method (number);
  PliInstance *instance = caller->instance;
  PliOp **owner = caller->session ? pli_session_calls (caller->session) : NULL;
  guint64 session = caller->session ? pli_session_number (caller->session) : 0;
  PliBuffer packed = { 0 };
  PliOp *op;
  guint index;

  pli_method_pack (method, caller->provider, args, &packed);
  if (instance->rooms & PLI_ROOM_BIT (room_of (method, caller, &index)))
    {
      PliIncoming in = { PLI_ROOM_ACCESS, instance->room_index, session,      pli_buffer_span (&packed),
                         g_free,          packed.data,          caller->done, caller->user };
      g_autoptr (GError) error = NULL;

      op = run_here (instance, number, &in, owner, &error);
      if (op)
        return (PliCall *) op;
      g_free (packed.data);
      return call_fails (caller, method, owner, g_steal_pointer (&error));
    }
  if (caller->done)
    op = call_remote (number, caller, session, owner, &packed);
  else
    {
      pli_peers_tell (instance->peers, method->room, caller->shard, number, pli_buffer_span (&packed));
      op = NULL;
    }
  pli_buffer_clear (&packed);
  return (PliCall *) op;
}
