/* resolve.c: whose address is it? Only domains that are bound to this directory are asked about. The address itself comes
 * before the same without its detail. */
#include "auth-ldap.h"

static gboolean
find (LdapJob *job, const char *address, GError **error)
{
  const char *at = strrchr (address, '@');
  g_autofree char *user = g_strndup (address, (gsize) (at - address));
  const LdapWord words[] = { { "address", address }, { "user", user }, { "domain", at + 1 }, { NULL, NULL } };
  gboolean member = TRUE;

  if (!ldap_person_find (job->link, job->config->address_filter, words, &job->person, error)
      || (job->config->group && !ldap_group_has (job->link, job->person.dn, &member, error)))
    return FALSE;
  if (member)
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "%s is not in the group", job->person.dn);
  return FALSE;
}

static gboolean
work (LdapJob *job, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (find (job, job->text, &why))
    return TRUE;
  if (job->other && why->code == PLI_ERROR_NOT_FOUND)
    {
      ldap_person_clear (&job->person);
      return find (job, job->other, error);
    }
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

static void
fill (Ldap *ldap, PliArena *arena, const char *account, const char *address, const char *detail,
      PliResolveResult *result)
{
  PliTarget *target = pli_arena_new0 (arena, PliTarget);

  *target = (PliTarget){ .account = pli_arena_strdup (arena, account),
                         .address = pli_arena_strdup (arena, address),
                         .detail = detail,
                         .store = pli_arena_strdup (
                             arena, pli_plugin_text (ldap->plugin, "domain", strrchr (address, '@') + 1, "store")) };
  result->kind = PLI_RCPT_LOCAL;
  result->targets = target;
  result->n_targets = 1;
}

/* @out_base: (transfer full): the address without its detail; the detail is in @arena. NULL, NULL: it has none. */
static const char *
split (const LdapConfig *config, PliArena *arena, const char *address, char **out_base)
{
  const char *at = strrchr (address, '@');
  PliSpan user, detail;

  *out_base = NULL;
  if (!config->separator || address[0] == '"'
      || !pli_address_split_detail (pli_span (address, (gsize) (at - address)), config->separator, &user, &detail))
    return NULL;
  *out_base = g_strdup_printf ("%.*s%s", (int) user.len, user.data, at);
  return pli_arena_text (arena, detail);
}

static void
done (LdapJob *job)
{
  PliResolveResult *result = job->result;
  PliArena *arena = pli_op_arena (job->op);
  Ldap *ldap = job->ldap;
  g_autofree char *base = NULL;
  const char *detail = split (job->config, arena, job->text, &base);

  if (job->error && job->error->code == PLI_ERROR_NOT_FOUND)
    result->kind = PLI_RCPT_UNKNOWN;
  else if (job->error)
    {
      pli_op_fail (job->ticket, g_steal_pointer (&job->error));
      return;
    }
  else if (job->person.disabled)
    result->kind = PLI_RCPT_DISABLED;
  else
    {
      ldap_cache_add (ldap->cache, job->config, job->text, &job->person, pli_clock_us (ldap->instance));
      fill (ldap, arena, job->person.id, job->person.address, detail, result);
    }
  pli_op_done (job->ticket);
}

PliStep
ldap_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  Ldap *ldap = self;
  LdapConfig *config = ldap_current_config (ldap);
  PliArena *arena = pli_op_arena (op);
  g_autofree char *address = g_ascii_strdown (args->address ? args->address : "", -1);
  g_autofree char *base = NULL;
  const char *detail;
  const LdapFound *found;
  LdapJob *job;

  result->kind = PLI_RCPT_FOREIGN;
  if (!ldap_config_has_domain (config, address))
    return PLI_DONE;
  detail = split (config, arena, address, &base);
  found = ldap_cache_find (ldap->cache, address, pli_clock_us (ldap->instance));
  if (found)
    {
      fill (ldap, arena, found->account, found->address, detail, result);
      return PLI_DONE;
    }
  job = ldap_job_new (ldap, op, address, base);
  if (!job)
    return PLI_FAIL;
  job->work = work;
  job->done = done;
  job->result = result;
  ldap_job_start (job);
  return PLI_WAIT;
}
