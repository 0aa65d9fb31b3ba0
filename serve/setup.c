/* setup.c: makes what rooms are told: see setup.h. Runs in the supervisor (or a single process), which loads no plugin: it
 * only names files. */
#include "serve/setup.h"

#include "conf/scripts.h"
#include "plugin/registry.h"
#include "service/routes.h"
#include "sys/folders.h"
#include "sys/server.h"
#include <pli/deliver.h>
#include <unistd.h>

#define PEM_MOST (1024 * 1024)

static gboolean
read_pem (const char *path, PliArena *arena, PliSpan *out, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, error))
    {
      g_prefix_error (error, "certificate: ");
      return FALSE;
    }
  if (len > PEM_MOST)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: too big for a PEM file", path);
      return FALSE;
    }
  *out = pli_arena_span (arena, pli_span (text, len));
  return TRUE;
}

/* What rooms call a key: a certificate that is replaced keeps its name in the settings, but a handshake that began with
 * the old one must not be signed with the new key. */
static const char *
key_name (const char *name, PliSpan chain, PliArena *arena)
{
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) chain.data, chain.len);

  return pli_arena_printf (arena, "%.180s %.32s", name, sum);
}

static gboolean
read_certificates (const char *root, PliConfig *config, guint32 rooms, PliArena *arena, PliSetup *out, GError **error)
{
  g_autofree const char **names = pli_config_instances (config, "certificate");
  guint n = g_strv_length ((GStrv) names);
  PliSetupCertificate *all = pli_arena_array (arena, PliSetupCertificate, n + 1);

  for (guint i = 0; i < n; i++)
    {
      PliCertificateSettings *set = pli_config_bind (config, &pli_certificate_table, names[i], root, error);
      gboolean ok = set != NULL;
      PliSpan chain = { NULL, 0 };

      ok = ok && read_pem (set->chain, arena, &chain, error);
      if (ok)
        all[i].name = key_name (names[i], chain, arena);
      if (ok && (rooms & PLI_ROOM_EDGES))
        all[i].chain = chain;
      if (ok && (rooms & PLI_ROOM_BIT (PLI_ROOM_AUTH)))
        ok = read_pem (set->key, arena, &all[i].key, error);
      pli_settings_unref (set);
      if (!ok)
        return FALSE;
    }
  out->certificates = all;
  out->n_certificates = n;
  return TRUE;
}

/* Only for `out`: the first line of each route's password file. */
static gboolean
read_passwords (const char *root, PliConfig *config, guint32 rooms, PliArena *arena, PliSetup *out, GError **error)
{
  g_autofree const char **names = pli_config_instances (config, "route");
  guint n = g_strv_length ((GStrv) names);
  PliSetupPassword *all = pli_arena_array (arena, PliSetupPassword, n + 1);

  out->passwords = all;
  for (guint i = 0; i < n && (rooms & PLI_ROOM_BIT (PLI_ROOM_OUT)); i++)
    {
      PliRouteSettings *set = pli_config_bind (config, &pli_route_table, names[i], root, error);
      g_autofree char *text = NULL;

      if (!set)
        return FALSE;
      if (set->password_file && !g_file_get_contents (set->password_file, &text, NULL, error))
        {
          g_prefix_error (error, "[route %s] password-file: ", names[i]);
          pli_settings_unref (set);
          return FALSE;
        }
      pli_settings_unref (set);
      if (!text)
        continue;
      text[strcspn (text, "\r\n")] = 0;
      all[out->n_passwords++] =
          (PliSetupPassword){ pli_arena_strdup (arena, names[i]), pli_arena_strdup (arena, text) };
      explicit_bzero (text, strlen (text));
    }
  return TRUE;
}

/* @folder: of a snapshot; NULL: where plugins are installed. */
static GStrv
list_plugins (const char *folder)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GDir) dir = folder ? g_dir_open (folder, 0, NULL) : NULL;
  const char *file;

  if (!folder)
    return pli_registry_list_files ();
  while (dir && (file = g_dir_read_name (dir)))
    {
      g_autofree char *name = g_strndup (file, strlen (file) - strlen (".so"));

      g_strv_builder_add (names, name);
    }
  return g_strv_builder_end (names);
}

/* A hosted plugin is loaded by its host room alone, but where it would be otherwise its settings are known. */
static gboolean
concerns (const PliSetupSource *source, const char *name, const PliSetup *setup, gboolean load)
{
  for (guint i = 0; i < source->n_hosts; i++)
    if (g_str_equal (source->hosts[i].name, name))
      return setup->rooms == PLI_ROOM_BIT (PLI_ROOM_HOST) ? source->hosts[i].index == setup->index
                                                          : !load && (pli_setup_rooms_of (name) & setup->rooms);
  return (pli_setup_rooms_of (name) & setup->rooms) != 0;
}

static void
find_plugins (const PliSetupSource *source, GStrv names, PliArena *arena, PliSetup *out)
{
  guint n = g_strv_length (names), kept = 0;
  const char **paths = pli_arena_array (arena, const char *, n + 1);

  for (guint i = 0; i < n; i++)
    if (concerns (source, names[i], out, TRUE))
      {
        g_autofree char *path = source->plugins ? g_strdup_printf ("%s/%s.so", source->plugins, names[i])
                                                : pli_registry_find_file (names[i]);

        paths[kept++] = pli_arena_strdup (arena, path);
      }
  out->plugins = paths;
}

/* `out` connects filters and rules to what their groups name. */
static gboolean
may_connect_for (guint32 rooms, const char *plugin)
{
  return (rooms & PLI_ROOM_BIT (PLI_ROOM_OUT)) != 0
         && (g_str_has_prefix (plugin, "filter-") || g_str_has_prefix (plugin, "policy-"));
}

/* A room sees the groups of core that it needs, those of its plugins, and no others. */
static void
pack_config (const PliSetupSource *source, GStrv names, PliArena *arena, PliSetup *out)
{
  static const char *const for_all[] = { "server", "net", "listener", "domain", "route", "directory", "volume" };
  GPtrArray *groups = g_ptr_array_new ();
  PliBuffer packed = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (for_all); i++)
    g_ptr_array_add (groups, (gpointer) for_all[i]);
  for (guint i = 0; names[i]; i++)
    if (concerns (source, names[i], out, FALSE) || may_connect_for (out->rooms, names[i]))
      g_ptr_array_add (groups, names[i]);
  g_ptr_array_add (groups, NULL);
  pli_config_pack (source->config, (const char *const *) groups->pdata, &packed);
  out->config = pli_arena_span (arena, pli_buffer_span (&packed));
  pli_buffer_clear (&packed);
  g_ptr_array_unref (groups);
}

gboolean
pli_setup_make (const PliSetupSource *source, guint32 rooms, guint index, PliArena *arena, PliSetup *out,
                GError **error)
{
  const char *root = source->root;
  PliConfig *config = source->config;
  g_auto (GStrv) names = list_plugins (source->plugins);
  PliServerSettings *set = pli_config_bind (config, &pli_server_table, NULL, root, error);
  g_autofree char *lua = pli_path_lua (root);
  guint64 script_max;

  memset (out, 0, sizeof *out);
  if (!set)
    return FALSE;
  out->root = pli_arena_strdup (arena, root);
  out->rooms = rooms;
  out->index = index;
  out->smtp_rooms = (guint32) set->smtp_rooms;
  out->access_rooms = (guint32) set->access_rooms;
  out->store_rooms = (guint32) set->store_rooms;
  out->owner_uid = (guint32) getuid ();
  if (getuid () == 0 && pli_folders_reachable (root))
    out->uid_base = (guint32) set->uid_base;
  script_max = set->script_max;
  pli_settings_unref (set);
  out->hosts = source->hosts;
  out->n_hosts = source->n_hosts;
  pack_config (source, names, arena, out);
  find_plugins (source, names, arena, out);
  return read_certificates (root, config, rooms, arena, out, error)
         && read_passwords (root, config, rooms, arena, out, error)
         && (!(rooms & pli_setup_rooms_of ("policy-"))
             || pli_scripts_read (lua, script_max, arena, &out->scripts, &out->n_scripts, error));
}
