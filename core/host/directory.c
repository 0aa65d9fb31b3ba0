/* directory.c: the stand-in, in auth, of a directory that runs in a room of its own. It asks that room only for the domains
 * that settings bind to it, and believes it only about them: what it says of other domains, or an account that does not
 * begin with its name (and so might be another source's), counts as a failure. Loop thread. */
#include "host/host.h"

#include <pli/directory.h>
#include <pli/log.h>

typedef struct
{
  PliInstance *instance;
  PliPlugin *plugin;
  guint index;
  PliService services[2];
} Hosted;

typedef struct
{
  Hosted *hosted;
  PliOp *op;
  PliTicket ticket;
  gpointer result;
  PliCall *call;
} Asking;

static gboolean
is_bound (const Hosted *hosted, const char *address)
{
  const PliHostSettings *set = hosted->plugin->host_settings;
  const char *at = address ? strrchr (address, '@') : NULL;

  for (guint i = 0; at && set->domains[i]; i++)
    if (g_ascii_strcasecmp (set->domains[i], at + 1) == 0)
      return TRUE;
  return FALSE;
}

/* "ldap4hk2…" of auth-ldap; NULL: a remote address, which an alias may name. */
static gboolean
is_own_account (const Hosted *hosted, const char *account)
{
  const char *name = hosted->services[0].name;

  return g_str_has_prefix (account, name) && strlen (account) <= 32 && account[strlen (name)]
         && strspn (account, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen (account);
}

static void
end (Asking *a, const GError *error, const char *wrong)
{
  if (wrong)
    pli_log (PLI_LOG_ERROR, "directory.refused", "plugin", a->hosted->plugin->info.name, "why", wrong, NULL);
  if (wrong)
    pli_op_fail (a->ticket,
                 g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", a->hosted->plugin->info.name, wrong));
  else if (error)
    pli_op_fail (a->ticket, g_error_copy (error));
  else
    pli_op_done (a->ticket);
}

static void
resolved (gpointer user, const void *result, const GError *error)
{
  Asking *a = user;
  const PliResolveResult *said = result;
  PliArena *arena = pli_op_arena (a->op);
  PliResolveResult *out = a->result;
  PliTarget *targets;

  a->call = NULL;
  if (error)
    {
      end (a, error, NULL);
      return;
    }
  targets = pli_arena_array (arena, PliTarget, said->n_targets);
  for (guint i = 0; i < said->n_targets; i++)
    {
      const PliTarget *target = &said->targets[i];

      if (target->account && !is_own_account (a->hosted, target->account))
        {
          end (a, NULL, "named an account that is not its own");
          return;
        }
      targets[i] = (PliTarget){ pli_arena_strdup (arena, target->account), pli_arena_strdup (arena, target->address),
                                pli_arena_strdup (arena, target->detail), pli_arena_strdup (arena, target->store) };
    }
  *out = (PliResolveResult){ said->kind, targets, said->n_targets };
  end (a, NULL, said->kind > PLI_RCPT_LOOP ? "gave an answer that there is not" : NULL);
}

static void
verified (gpointer user, const void *result, const GError *error)
{
  Asking *a = user;
  const PliVerifyResult *said = result;
  PliArena *arena = pli_op_arena (a->op);
  PliVerifyResult *out = a->result;

  a->call = NULL;
  if (error)
    end (a, error, NULL);
  else if (!said->account || !is_own_account (a->hosted, said->account))
    end (a, NULL, "named an account that is not its own");
  else if (!is_bound (a->hosted, said->login))
    end (a, NULL, "vouched for a domain that is not bound to it");
  else
    {
      *out = *said;
      out->account = pli_arena_strdup (arena, said->account);
      out->login = pli_arena_strdup (arena, said->login);
      out->name = pli_arena_strdup (arena, said->name);
      out->store = pli_arena_strdup (arena, said->store);
      out->rights &= PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT;
      end (a, NULL, NULL);
    }
}

static void
cancelled (PliOp *op, gpointer user)
{
  Asking *a = user;

  (void) op;
  if (!a->call)
    return;
  pli_call_cancel (a->call);
  a->call = NULL;
  end (a, NULL, NULL);
}

static PliStep
ask (PliOp *op, Hosted *hosted, PliMethodNumber number, const void *args, gpointer result, PliDone done)
{
  Asking *a = pli_arena_new0 (pli_op_arena (op), Asking);
  PliCaller caller = { .instance = hosted->instance, .shard = hosted->index, .done = done, .user = a };

  *a = (Asking){ .hosted = hosted, .op = op, .ticket = pli_op_wait (op), .result = result };
  pli_op_on_cancel (op, cancelled, a);
  a->call = pli_method_call (number, &caller, args);
  return PLI_WAIT;
}

static PliStep
on_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  if (is_bound (self, args->address))
    return ask (op, self, PLI_METHOD_HOST_RESOLVE, args, result, resolved);
  result->kind = PLI_RCPT_FOREIGN;
  return PLI_DONE;
}

static PliStep
on_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  const PliHostSettings *set = ((const Hosted *) self)->plugin->host_settings;

  /* A login without a domain may be anybody's; whose it turns out to be is looked at in verified(). */
  if (is_bound (self, args->login) || (args->login && !strchr (args->login, '@') && set->domains[0]))
    return ask (op, self, PLI_METHOD_HOST_VERIFY, args, result, verified);
  return pli_op_error (op, PLI_ERROR_NOT_FOUND, "the login's domain is not bound to this source");
}

static const PliDirectory directory = { .size = sizeof directory, .resolve = on_resolve, .verify = on_verify };

static void
unload (PliPlugin *plugin)
{
  g_free (plugin->data);
}

PliPlugin *
pli_hosted_directory (PliInstance *instance, const char *name, guint index, GError **error)
{
  Hosted *hosted = g_new0 (Hosted, 1);
  PliPluginInfo info = pli_hosted_info (name);

  hosted->instance = instance;
  hosted->index = index;
  hosted->services[0] = (PliService) PLI_DIRECTORY (strchr (info.name, '-') + 1, &directory);
  info.services = hosted->services;
  info.unload = unload;
  hosted->plugin = pli_registry_add (instance->registry, &info, error);
  g_assert (hosted->plugin);
  hosted->plugin->data = hosted;
  return hosted->plugin;
}
