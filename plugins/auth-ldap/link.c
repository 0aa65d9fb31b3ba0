/* link.c: one connection to one of the servers: opened with a bound on time, encrypted and checked before anything is said
 * unless a setting says otherwise, bound, searched. In a thread of the pool. RFC 4511, RFC 4513. */
#include "auth-ldap.h"

#define LEAST_US (500 * 1000)

static struct timeval
timeval (gint64 us)
{
  return (struct timeval){ us / G_USEC_PER_SEC, us % G_USEC_PER_SEC };
}

/* The server's own words, which name the cause, when there are some. */
static GError *
error_of (LDAP *ld, const char *what, int code)
{
  g_autofree char *text = NULL;
  char *said = NULL;
  GError *error;

  ldap_get_option (ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
  text = g_strdup_printf ("%s: %s%s%s", what, ldap_err2string (code), said && *said ? ": " : "", said ? said : "");
  ldap_memfree (said);
  error = g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, text);
  return error;
}

static int
set_up (LDAP *ld, const LdapConfig *config, gint64 timeout_us)
{
  const struct timeval connect = timeval (timeout_us), answer = timeval (config->timeout);
  const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_HARD, client = 0;
  int code = ldap_set_option (ld, LDAP_OPT_PROTOCOL_VERSION, &version);

  code = code ? code : ldap_set_option (ld, LDAP_OPT_NETWORK_TIMEOUT, &connect);
  code = code ? code : ldap_set_option (ld, LDAP_OPT_TIMEOUT, &answer);
  code = code ? code : ldap_set_option (ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  code = code ? code : ldap_set_option (ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  code = code ? code : ldap_set_option (ld, LDAP_OPT_X_TLS_CACERTFILE, config->ca_file);
  return code ? code : ldap_set_option (ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

/* An ldaps:// server is connected to by the first thing that is said to it: a bind without a name. */
static int
connect_to (LDAP *ld, const LdapConfig *config, const char *uri)
{
  struct berval nothing = { 0, NULL };

  if (config->starttls && g_ascii_strncasecmp (uri, "ldap:", 5) == 0)
    return ldap_start_tls_s (ld, NULL, NULL);
  return ldap_sasl_bind_s (ld, "", LDAP_SASL_SIMPLE, &nothing, NULL, NULL, NULL);
}

static LDAP *
open_one (const LdapConfig *config, const char *uri, gint64 timeout_us, GString *why)
{
  LDAP *ld = NULL;
  int code = ldap_initialize (&ld, uri);

  code = code ? code : set_up (ld, config, timeout_us);
  code = code ? code : connect_to (ld, config, uri);
  /* Some servers refuse the nameless bind itself; they are there. */
  if (code == LDAP_SUCCESS || (ld && (code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_INVALID_CREDENTIALS)))
    return ld;
  if (ld)
    {
      g_autoptr (GError) error = error_of (ld, uri, code);

      g_string_append_printf (why, "%s%s", why->len > 0 ? "; " : "", error->message);
      ldap_unbind_ext_s (ld, NULL, NULL);
    }
  else
    g_string_append_printf (why, "%s%s: %s", why->len > 0 ? "; " : "", uri, ldap_err2string (code));
  return NULL;
}

LdapLink *
ldap_link_open (LdapConfig *config, GError **error)
{
  guint n = g_strv_length (config->uris), first = (guint) g_atomic_int_get (&config->preferred_uri);
  g_autoptr (GString) why = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      guint at = (first + i) % n;
      LDAP *ld = open_one (config, config->uris[at], MAX (config->timeout / n, LEAST_US), why);
      LdapLink *link;

      if (!ld)
        continue;
      g_atomic_int_set (&config->preferred_uri, (gint) at);
      link = g_new0 (LdapLink, 1);
      link->ld = ld;
      link->config = config;
      return link;
    }
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, why->str);
  return NULL;
}

void
ldap_link_close (LdapLink *link)
{
  if (!link)
    return;
  ldap_unbind_ext_s (link->ld, NULL, NULL);
  g_free (link);
}

gboolean
ldap_link_bind (LdapLink *link, const char *dn, PliSpan password, GError **error)
{
  struct berval cred = { password.len, (char *) password.data };
  int code;

  /* RFC 4513 5.1.2: a name with an empty password is let in as nobody, and proves nothing. */
  g_assert (!*dn || password.len > 0);
  link->as_reader = FALSE;
  code = ldap_sasl_bind_s (link->ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
  if (code == LDAP_SUCCESS)
    return TRUE;
  *error = error_of (link->ld, "bind", code);
  /* All that says no, and not "later". */
  if (code == LDAP_INVALID_CREDENTIALS || code == LDAP_INSUFFICIENT_ACCESS || code == LDAP_UNWILLING_TO_PERFORM
      || code == LDAP_NO_SUCH_OBJECT || code == LDAP_CONSTRAINT_VIOLATION || code == LDAP_INVALID_DN_SYNTAX
      || code == LDAP_INAPPROPRIATE_AUTH)
    (*error)->code = PLI_ERROR_DENIED;
  return FALSE;
}

gboolean
ldap_link_be_reader (LdapLink *link, GError **error)
{
  const LdapConfig *config = link->config;
  gboolean named = config->bind_dn && config->bind_password && *config->bind_password;

  if (link->as_reader)
    return TRUE;
  if (!ldap_link_bind (link, named ? config->bind_dn : "", pli_span_from (named ? config->bind_password : ""), error))
    {
      g_prefix_error (error, "bind-dn: ");
      if (error)
        (*error)->code = PLI_ERROR_TRY_AGAIN; /* our setting, not the user's fault */
      return FALSE;
    }
  link->as_reader = TRUE;
  return TRUE;
}

LDAPMessage *
ldap_link_search (LdapLink *link, const char *base, int scope, const char *filter, const char *const *names, int max,
                  GError **error)
{
  struct timeval timeout = timeval (link->config->timeout);
  LDAPMessage *found = NULL;
  int code = ldap_search_ext_s (link->ld, base, scope, filter, (char **) names, 0, NULL, NULL, &timeout, max, &found);

  if (code == LDAP_SUCCESS || (code == LDAP_SIZELIMIT_EXCEEDED && found))
    return found;
  if (error)
    {
      *error = error_of (link->ld, "search", code);
      if (code == LDAP_NO_SUCH_OBJECT)
        (*error)->code = PLI_ERROR_NOT_FOUND;
    }
  if (found)
    ldap_msgfree (found);
  return NULL;
}
