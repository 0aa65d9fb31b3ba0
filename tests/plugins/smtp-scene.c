/* smtp-scene.c: see smtp-scene.h. */
#include "smtp-scene.h"

#include <pli/directory.h>
#include <pli/queue.h>

Queued queued;
static const PliPluginInfo *linked;

static PliStep
submit (PliOp *op, gpointer self, const PliSubmitArgs *args, PliSubmitResult *result)
{
  (void) self;
  (void) result;
  if (queued.fail)
    return pli_op_error (op, queued.fail, "as the test wants it");
  g_free (queued.sender);
  g_free (queued.rcpts);
  g_free (queued.message);
  g_free (queued.message_id);
  g_free (queued.envelope);
  queued.n++;
  queued.sender = g_strdup (args->sender);
  queued.rcpts = g_strjoinv (" ", (char **) args->rcpts);
  queued.message = pli_span_dup (args->message);
  queued.message_id = g_strdup (args->message_id);
  queued.envelope = pli_span_dup (args->renderings.envelope);
  g_assert_cmpuint (strlen (queued.message), ==, args->message.len);
  g_assert_cmpuint (args->renderings.size, ==, args->message.len);
  return PLI_DONE;
}

static PliStep
resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  PliTarget *target = pli_arena_new0 (pli_op_arena (op), PliTarget);

  (void) self;
  if (g_str_has_prefix (args->address, "later@"))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "as the test wants it");
  target->account = target->address = args->address;
  result->kind = g_str_has_suffix (args->address, "@example.test") ? PLI_RCPT_LOCAL : PLI_RCPT_FOREIGN;
  if (g_str_has_prefix (args->address, "loop@"))
    result->kind = PLI_RCPT_LOOP;
  if (g_str_has_prefix (args->address, "disabled@"))
    result->kind = PLI_RCPT_DISABLED;
  result->targets = target;
  result->n_targets = result->kind == PLI_RCPT_LOCAL;
  return PLI_DONE;
}

static PliStep
verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  (void) self;
  if (!pli_span_is (args->password, "secret"))
    return pli_op_error (op, pli_span_is (args->password, "later") ? PLI_ERROR_TRY_AGAIN : PLI_ERROR_DENIED, "no");
  result->account = result->login = pli_arena_strdup (pli_op_arena (op), args->login);
  result->rights = g_str_has_prefix (args->login, "reader") ? PLI_MAY_IMAP : PLI_MAY_SUBMIT;
  return PLI_DONE;
}

static const PliDirectory directory = { .size = sizeof (PliDirectory), .resolve = resolve, .verify = verify };
static const PliQueue queue = { .size = sizeof (PliQueue), .submit = submit };
static const PliService services[] = { PLI_DIRECTORY ("test", &directory), PLI_QUEUE ("test", &queue), { 0 } };

PLI_PLUGIN (test_services, .name = "test-services", .version = "1", .summary = "For a test", .services = services);

void
turn (Scene *scene)
{
  for (guint i = 0; i < 64; i++)
    pli_loop_step (scene->test->instance->loop, 0);
}

Scene *
scene_new_with (const char *role, const char *more, const char *conf)
{
  const char *const plugins[] = { "proto-smtp", "filter-headers", more, NULL };
  PliListenerSpec spec = { .name = "test", .role = role, .tls = PLI_TLS_NONE, .plaintext_login = TRUE };
  Scene *scene = g_new0 (Scene, 1);
  PliRegistry *registry;
  PliPlugin *plugin;
  g_autoptr (GError) error = NULL;

  scene->test = pli_test_new (NULL, plugins, conf);
  registry = scene->test->instance->registry;
  plugin = pli_registry_add (registry, &test_services_LTX_pli_plugin, &error);
  g_assert_no_error (error);
  g_assert_true (pli_registry_load (registry, plugin, &error));
  if (linked)
    {
      plugin = pli_registry_add (registry, linked, &error);
      g_assert_no_error (error);
      g_assert_true (pli_registry_load (registry, plugin, &error));
    }
  pli_loop_fake_clock (scene->test->instance->loop, 1171501323 * (gint64) G_USEC_PER_SEC);
  spec.protocol = pli_registry_service (registry, PLI_SERVICE_PROTOCOL, "smtp", &plugin);
  spec.settings = pli_plugin_settings (plugin);
  scene->fake = pli_fake_new (scene->test->instance->net, &spec, "192.0.2.1");
  turn (scene);
  pli_buffer_drop (pli_fake_output (scene->fake), pli_fake_output (scene->fake)->len);
  queued.n = 0;
  queued.fail = 0;
  return scene;
}

Scene *
scene_new (const char *role, const char *conf)
{
  return scene_new_with (role, NULL, conf);
}

void
scene_free (Scene *scene)
{
  pli_fake_free (scene->fake);
  pli_test_free (scene->test, FALSE);
  g_free (scene);
}

char *
say (Scene *scene, const char *text)
{
  PliBuffer *out = pli_fake_output (scene->fake);
  g_autofree char *all = NULL;
  char *line;

  pli_fake_feed (scene->fake, pli_span_from (text));
  turn (scene);
  all = g_strndup (out->data, out->len);
  pli_buffer_drop (out, out->len);
  if (g_str_has_suffix (all, "\r\n"))
    all[strlen (all) - 2] = 0;
  line = strrchr (all, '\n');
  return g_strdup (line ? line + 1 : all);
}

void
expect (Scene *scene, const char *text, const char *reply)
{
  g_autofree char *got = say (scene, text);

  if (!g_str_has_prefix (got, reply))
    g_error ("\"%s\" was answered \"%s\", not \"%s\"", text, got, reply);
}

const char *
stored (void)
{
  static const char last[] = " +0000\r\n"; /* of Received */
  const char *at = strstr (queued.message, last);

  g_assert_nonnull (at);
  return at + strlen (last);
}

void
scene_init (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self);
  g_autofree char *built = g_strconcat (folder, "/../../plugins/.libs:", folder, "/.libs", NULL);

  g_setenv ("PLI_PLUGIN_PATH", built, FALSE);
}

void
scene_link (const PliPluginInfo *info)
{
  linked = info;
}

void
wait_seconds (Scene *scene, gint64 seconds)
{
  pli_loop_move_clock (scene->test->instance->loop, seconds * (gint64) G_USEC_PER_SEC);
}
