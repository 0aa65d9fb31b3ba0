/* login.c: façades of signing in: what the directory's answer does to the session, the channel bindings that it is asked
 * with, and which mechanisms an engine may offer; `[directory]`, and the calls of its sources. Loop thread. */
#include "ipc/peer.h"
#include "net/session.h"
#include "service/method.h"
#include "service/routes.h"

static const PliSetting rows[] = {
  PLI_LIST (PliDirectorySettings, sources, "local", .flags = PLI_RELOAD,
            .doc =
                "Directories in the order in which they are asked; the first that knows a name owns it: local, ldap."),
  PLI_LIST (PliDirectorySettings, mechanisms, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN", .flags = PLI_RELOAD,
            .doc = "Ways to sign in that are offered, best first; -PLUS only where TLS is on.", .rfc = "RFC 4422"),
  PLI_INT (PliDirectorySettings, scram_iterations, "10000", .min = 4096, .max = 1000000, .flags = PLI_RELOAD,
           .doc = "Rounds of hashing in SCRAM keys that are made from now on; the client's work, too.",
           .rfc = "RFC 7677 4"),
  { 0 }
};

const PliConfigTable pli_directory_table = { "directory",
                                             PLI_GROUP_PLAIN,
                                             rows,
                                             sizeof (PliSetting),
                                             sizeof (PliDirectorySettings),
                                             "Who answers for names and passwords" };

const PliDirectorySettings *
pli_directory_settings (PliInstance *instance)
{
  return pli_config_bind (instance->config, &pli_directory_table, NULL, instance->root, NULL);
}

void
pli_directory_settings_unref (const PliDirectorySettings *settings)
{
  pli_settings_unref (settings);
}

const char *
pli_session_mechanisms (PliSession *session)
{
  const PliDirectorySettings *set = pli_directory_settings (pli_session_instance (session));
  g_auto (PliBuffer) text = { 0 };
  PliSpan exporter, unique;
  gboolean bound = pli_session_bindings (session, &exporter, &unique);

  for (guint i = 0; set && pli_session_may_login (session) && set->mechanisms[i]; i++)
    if (bound || !g_str_has_suffix (set->mechanisms[i], "-PLUS"))
      pli_buffer_printf (&text, "%s%s", text.len > 0 ? " " : "", set->mechanisms[i]);
  pli_directory_settings_unref (set);
  return text.len > 0 ? pli_arena_text (pli_session_arena (session), pli_buffer_span (&text)) : "";
}

/* A login: remembers on the session what auth said, before the engine hears of it. */
typedef struct
{
  PliSession *session;
  PliDone done;
  gpointer user;
} Login;

static void
sign_in (PliSession *session, const PliVerifyResult *who)
{
  PliInstance *instance = pli_session_instance (session);
  PliGrant grant = { who->account, who->login, who->store, who->rights };

  /* In a room of its own auth has told queue and store already. */
  if (instance->rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH))
    pli_peers_grant (instance->peers, pli_session_number (session), &grant);
  pli_session_sign_in (session, who->account, who->login, who->store, who->rights);
}

static void
verified (gpointer user, const void *result, const GError *error)
{
  Login *login = user;

  if (result)
    sign_in (login->session, result);
  login->done (login->user, result, error);
}

static void
stepped (gpointer user, const void *result, const GError *error)
{
  Login *login = user;
  const PliSaslResult *step = result;

  if (step && step->done)
    sign_in (login->session, &step->who);
  login->done (login->user, result, error);
}

static PliCall *
call_for (PliSession *session, PliMethodNumber number, const void *args, PliDone then, PliDone done, gpointer user)
{
  Login *login = pli_arena_new0 (pli_session_arena (session), Login);
  PliCaller caller = { .instance = pli_session_instance (session), .session = session, .done = then, .user = login };

  *login = (Login){ session, done, user };
  return pli_method_call (number, &caller, args);
}

PliCall *
pli_directory_verify (PliSession *session, const PliVerifyArgs *args, PliDone done, gpointer user)
{
  return call_for (session, PLI_METHOD_VERIFY, args, verified, done, user);
}

PliCall *
pli_directory_sasl (PliSession *session, const PliSaslArgs *args, PliDone done, gpointer user)
{
  PliSaslArgs bound = *args;

  pli_session_bindings (session, &bound.exporter, &bound.unique);
  return call_for (session, PLI_METHOD_SASL, &bound, stepped, done, user);
}

PliCall *
pli_source_ask (PliInstance *instance, const char *source, PliSourceMethod method, const void *args, PliDone done,
                gpointer user)
{
  PliCaller caller = { .instance = instance, .provider = source, .done = done, .user = user };

  g_assert (method <= PLI_SOURCE_LIST);
  return pli_method_call (PLI_METHOD_SOURCE_RESOLVE + method, &caller, args);
}
