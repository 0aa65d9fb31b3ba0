/* smtp-scene.c: see smtp-scene.h. */
#include "smtp-scene.h"

static const PliPluginInfo *linked;

void
turn (Scene *scene)
{
  for (guint i = 0; i < 64; i++)
    pli_loop_step (scene->test->instance->loop, 0);
}

void
scene_connect (Scene *scene, const char *peer)
{
  pli_fake_free (scene->fake);
  scene->fake = pli_fake_new (scene->test->instance->net, &scene->spec, peer);
  turn (scene);
  pli_buffer_drop (pli_fake_output (scene->fake), pli_fake_output (scene->fake)->len);
}

Scene *
scene_new_with (const char *role, const char *more, const char *conf)
{
  g_autofree char *names = g_strconcat ("proto-smtp filter-headers", more ? " " : NULL, more, NULL);
  g_auto (GStrv) plugins = g_strsplit (names, " ", -1);
  Scene *scene = g_new0 (Scene, 1);
  PliRegistry *registry;
  PliPlugin *plugin;
  g_autoptr (GError) error = NULL;

  scene->spec = (PliListenerSpec){ .name = "test", .role = role, .tls = PLI_TLS_NONE, .plaintext_login = TRUE };
  scene->test = pli_test_new (NULL, (const char *const *) plugins, conf);
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
  scene->spec.protocol = pli_registry_service (registry, PLI_SERVICE_PROTOCOL, "smtp", &plugin);
  scene->spec.settings = pli_plugin_settings (plugin);
  scene_connect (scene, "192.0.2.1");
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
