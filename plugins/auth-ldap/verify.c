/* verify.c: is this the password of that login? The person is searched for, then the directory is asked to sign it in; or,
 * with `bind-as`, the other way round. Somebody who is not found is signed in too, in vain, so that it takes as long.
 * A login without a domain may be of this directory; one with a domain must be of one that is bound to it. */
#include "auth-ldap.h"

#define NAME_MAX_BYTES 320

typedef struct
{
  char *user, *login;
  const char *domain;
  LdapWord words[4];
} Who;

static void
who_init (const LdapConfig *config, const char *login, Who *out)
{
  const char *at = strrchr (login, '@');

  out->user = at ? g_strndup (login, (gsize) (at - login)) : g_strdup (login);
  out->domain = at ? at + 1 : config->domains[0] ? config->domains[0] : "";
  out->login = at ? g_strdup (login) : g_strdup_printf ("%s@%s", login, out->domain);
  out->words[0] = (LdapWord){ "login", out->login };
  out->words[1] = (LdapWord){ "user", out->user };
  out->words[2] = (LdapWord){ "domain", out->domain };
  out->words[3] = (LdapWord){ NULL, NULL };
}

static void
who_clear (Who *who)
{
  g_free (who->user);
  g_free (who->login);
}

static gboolean
deny (GError **error, const char *why)
{
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_DENIED, why);
  return FALSE;
}

/* As the person or the reader, whoever is bound. */
static gboolean
is_allowed (LdapJob *job, GError **error)
{
  gboolean member = TRUE;

  if (job->person.disabled)
    return deny (error, job->person.disabled);
  if (job->config->group && !ldap_group_has (job->link, job->person.dn, &member, error))
    return FALSE;
  return member || deny (error, "is not in the group of [auth-ldap]");
}

static gboolean
find_then_bind (LdapJob *job, Who *who, GError **error)
{
  g_autoptr (GError) why = NULL, refused = NULL;
  PliSpan password = pli_buffer_span (&job->password);

  if (!ldap_person_find (job->link, job->config->login_filter, who->words, &job->person, &why))
    {
      g_autofree char *nobody =
          g_strdup_printf ("cn=nobody-%08x%s%s", g_random_int (), *job->config->base ? "," : "", job->config->base);

      if (why->code == PLI_ERROR_NOT_FOUND)
        ldap_link_bind (job->link, nobody, password, &refused);
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  /* The group is read by the reader, and what it says only counts when the password was right. */
  if (!is_allowed (job, &refused) && refused->code != PLI_ERROR_DENIED)
    {
      g_propagate_error (error, g_steal_pointer (&refused));
      return FALSE;
    }
  if (!ldap_link_bind (job->link, job->person.dn, password, error))
    return FALSE;
  if (refused)
    g_propagate_error (error, g_steal_pointer (&refused));
  return !refused;
}

static gboolean
bind_then_find (LdapJob *job, Who *who, GError **error)
{
  gboolean is_dn = strchr (job->config->bind_as, '=') != NULL;
  g_autofree char *name =
      ldap_pattern_fill (job->config->bind_as, who->words, is_dn ? LDAP_ESCAPE_DN : LDAP_ESCAPE_NONE);

  if (!name || !*name)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "[auth-ldap]: bind-as cannot be filled in");
      return FALSE;
    }
  if (!ldap_link_bind (job->link, name, pli_buffer_span (&job->password), error))
    {
      /* Nobody says which of both was wrong, so that a later source may know the login. */
      if ((*error)->code == PLI_ERROR_DENIED)
        (*error)->code = PLI_ERROR_NOT_FOUND;
      return FALSE;
    }
  return ldap_person_find (job->link, job->config->login_filter, who->words, &job->person, error)
         && is_allowed (job, error);
}

/* In the pool. */
static gboolean
work (LdapJob *job, GError **error)
{
  Who who;
  gboolean ok;

  who_init (job->config, job->text, &who);
  ok = job->config->bind_as ? bind_then_find (job, &who, error) : find_then_bind (job, &who, error);
  who_clear (&who);
  return ok;
}

static void
fill (LdapJob *job, PliVerifyResult *result)
{
  PliArena *arena = pli_op_arena (job->op);
  const LdapPerson *person = &job->person;
  const char *domain = strrchr (person->address, '@') + 1;

  *result = (PliVerifyResult){ .account = pli_arena_strdup (arena, person->id),
                               .login = pli_arena_strdup (arena, person->address),
                               .name = pli_arena_strdup (arena, person->name),
                               .store = pli_arena_strdup (
                                   arena, pli_plugin_text (job->ldap->plugin, "domain", domain, "store")),
                               .rights = PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT,
                               .quota_bytes = person->quota_bytes };
}

static void
done (LdapJob *job)
{
  const PliVerifyArgs *args = job->args;

  if (!job->error && args->authzid && *args->authzid && g_ascii_strcasecmp (args->authzid, args->login) != 0
      && g_ascii_strcasecmp (args->authzid, job->person.address) != 0)
    deny (&job->error, "another identity asked for");
  if (job->error)
    {
      pli_op_fail (job->ticket, g_steal_pointer (&job->error));
      return;
    }
  fill (job, job->result);
  pli_op_done (job->ticket);
}

/* Whether this directory may know the login. */
static gboolean
may_know (const LdapConfig *config, const char *login)
{
  return config->domains[0] && (!strchr (login, '@') || ldap_config_has_domain (config, login));
}

static gboolean
is_known_service (const char *service)
{
  static const char *const services[] = { "imap", "pop3", "submission", NULL };

  return service && g_strv_contains (services, service);
}

PliStep
ldap_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  Ldap *ldap = self;
  LdapJob *job;

  if (!args->login || !*args->login || strlen (args->login) > NAME_MAX_BYTES
      || !may_know (ldap_current_config (ldap), args->login))
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "the login is of no domain of [auth-ldap]");
  if (!is_known_service (args->service))
    return pli_op_error (op, PLI_ERROR_DENIED, "not allowed for this service");
  /* RFC 4513 5.1.2: an empty password would be let in. A NUL would end it early in some servers. */
  if (args->password.len == 0 || memchr (args->password.data, 0, args->password.len))
    return pli_op_error (op, PLI_ERROR_DENIED, "no password can be like this");
  job = ldap_job_new (ldap, op, args->login, NULL);
  if (!job)
    return PLI_FAIL;
  pli_buffer_reserve (&job->password, args->password.len + 1);
  pli_buffer_add_span (&job->password, args->password);
  job->as_nobody = job->config->bind_as != NULL;
  job->work = work;
  job->done = done;
  job->result = result;
  job->args = args;
  ldap_job_start (job);
  return PLI_WAIT;
}

/* There are none: the directory does not show passwords. */
PliStep
ldap_keys (PliOp *op, gpointer self, const PliKeysArgs *args, PliKeysResult *result)
{
  const LdapConfig *config = ldap_current_config (self);

  if (!args->login || !strchr (args->login, '@') || !may_know (config, args->login))
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "the login is of no domain of [auth-ldap]");
  result->salt = pli_span (NULL, 0);
  return PLI_DONE;
}
