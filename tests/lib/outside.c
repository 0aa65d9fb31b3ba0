/* outside.c: the part of <pli/test.h> that tests outside this tree use: a world around an engine, and clients. */
#include "lib/fake.h"
#include "lib/harness.h"
#include "lib/world.h"
#include "service/method.h"

#include <pli/mail.h>

struct PliTestClient
{
  PliTest *test;
  PliFake *fake;
  char *said;
};

PliInstance *
pli_test_instance (PliTest *test)
{
  return test->instance;
}

void
pli_test_turn (PliTest *test)
{
  for (guint i = 0; i < 64; i++)
    pli_loop_step (test->instance->loop, 0);
}

void
pli_test_hold_clock (PliTest *test, gint64 now_us)
{
  pli_loop_fake_clock (test->instance->loop, now_us);
}

void
pli_test_move_clock (PliTest *test, gint64 by_us)
{
  pli_loop_move_clock (test->instance->loop, by_us);
  pli_test_turn (test);
}

void
pli_test_world (PliTest *test)
{
  PliRegistry *registry = test->instance->registry;
  g_autoptr (GError) error = NULL;
  PliPlugin *plugin = pli_registry_add (registry, &test_services_LTX_pli_plugin, &error);

  g_assert_no_error (error);
  g_assert_true (pli_registry_load (registry, plugin, &error));
  queued.n = 0;
  queued.fail = 0;
}

guint
pli_test_n_taken (void)
{
  return queued.n;
}

const char *
pli_test_taken (void)
{
  return queued.n > 0 ? queued.message : NULL;
}

PliTestClient *
pli_test_client_new (PliTest *test, const char *protocol, const char *role, const char *peer)
{
  PliListenerSpec spec = { .name = "test", .role = role, .tls = PLI_TLS_NONE, .plaintext_login = TRUE };
  PliTestClient *client = g_new0 (PliTestClient, 1);
  PliPlugin *plugin = NULL;

  spec.protocol = pli_registry_service (test->instance->registry, PLI_SERVICE_PROTOCOL, protocol, &plugin);
  if (!spec.protocol)
    g_error ("no plugin is loaded that speaks %s", protocol);
  spec.settings = pli_plugin_settings (plugin);
  client->test = test;
  client->fake = pli_fake_new (test->instance->net, &spec, peer);
  pli_test_turn (test);
  return client;
}

void
pli_test_client_free (PliTestClient *client)
{
  if (!client)
    return;
  pli_fake_free (client->fake);
  pli_test_turn (client->test);
  g_free (client->said);
  g_free (client);
}

const char *
pli_test_client_say (PliTestClient *client, const char *text)
{
  PliBuffer *out = pli_fake_output (client->fake);

  pli_fake_feed (client->fake, pli_span_from (text));
  pli_test_turn (client->test);
  /* What runs in the offload pool is waited for. */
  pli_loop_settle (client->test->instance, g_get_monotonic_time () + 10 * G_USEC_PER_SEC);
  pli_test_turn (client->test);
  g_free (client->said);
  client->said = g_strndup (out->data ? out->data : "", out->len);
  pli_buffer_drop (out, out->len);
  return client->said;
}

void
pli_test_client_expect (PliTestClient *client, const char *text, const char *reply)
{
  g_autofree char *all = g_strdup (pli_test_client_say (client, text));
  const char *line;

  if (g_str_has_suffix (all, "\r\n"))
    all[strlen (all) - 2] = 0;
  line = strrchr (all, '\n');
  line = line ? line + 1 : all;
  if (!g_str_has_prefix (line, reply))
    g_error ("\"%s\" was answered \"%s\", not \"%s\"", text, line, reply);
}

PliSession *
pli_test_client_session (PliTestClient *client)
{
  return pli_fake_session (client->fake);
}

void
pli_test_append (PliTest *test, const char *account, const char *message)
{
  PliArena *arena = pli_arena_new ();
  PliAppendArgs args = { .name = "INBOX", .message = pli_span_from (message) };
  guint64 session = pli_test_grant (test, account, NULL);

  g_assert_true (pli_render (args.message, NULL, arena, &args.renderings));
  {
    g_autoptr (PliTestAnswer) answer = pli_test_call (test, PLI_METHOD_APPEND, session, NULL, &args);

    g_assert_no_error (answer->error);
  }
  pli_test_session_gone (test, session);
  pli_arena_free (arena);
}
