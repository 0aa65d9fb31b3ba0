/* reload.c: new settings, certificates, listeners for running rooms; nothing is cut. First everything is read and checked;
 * only then rooms are told. A room that cannot take it keeps the old settings, and the asker hears why. */
#include "sys/supervisor-private.h"

#include "sys/check.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pli/log.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static void
answer (Supervisor *s, guint64 asker, const GError *error)
{
  Child *admin = supervisor_find (s, PLI_ROOM_ADMIN, 0);

  if (error)
    pli_log (PLI_LOG_ERROR, "reload.failed", "why", error->message, NULL);
  else
    pli_logf (PLI_LOG_NOTICE, "reload.done", "generation %u", s->generation);
  if (asker && admin)
    supervisor_say (admin, PLI_WIRE_ANSWER, error ? (guint16) error->code : 0, asker,
                    pli_span_from (error ? error->message : ""), -1);
}

static void
finish (Supervisor *s)
{
  g_autoptr (GError) error = NULL;

  if (s->reload_problem)
    error = g_error_new (PLI_ERROR, PLI_ERROR_CONFIG, "%s", s->reload_problem);
  g_clear_pointer (&s->reload_problem, g_free);
  answer (s, s->reload_asker, error);
}

static gboolean
has_text (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

static gboolean
has_name (GPtrArray *bound, const char *name)
{
  for (guint i = 0; i < bound->len; i++)
    if (g_str_equal (((PliBound *) bound->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

/* Places that were there go on; rooms close what lost its name and get what is new. */
static void
tell_listeners (Supervisor *s, Child *child, GPtrArray *names_before, GPtrArray *places_before)
{
  for (guint i = 0; i < names_before->len; i++)
    if (!has_name (s->bound, names_before->pdata[i]))
      supervisor_say (child, PLI_WIRE_UNLISTEN, 0, 0, pli_span_from (names_before->pdata[i]), -1);
  for (guint i = 0; i < s->bound->len; i++)
    {
      PliBound *bound = s->bound->pdata[i];

      if (bound->room == child->kind && !has_text (places_before, bound->place))
        supervisor_say (child, PLI_WIRE_LISTENER, 0, 0, pli_span_from (bound->name), bound->fd);
    }
}

static gboolean
tell_room (Supervisor *s, Child *child, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliBuffer packed = { 0 };
  PliSetup setup;

  if (!supervisor_setup (s, s->config, child->kind, child->index, arena, &setup, error))
    return FALSE;
  pli_shape_pack (pli_setup_shape, &setup, &packed);
  supervisor_say (child, PLI_WIRE_RELOAD, 0, 0, pli_buffer_span (&packed), -1);
  pli_buffer_clear (&packed);
  s->reload_waits++;
  return TRUE;
}

/* All but auth, which has the new keys by now. A room that is not ready will begin with the new settings. */
static gboolean
tell_others (Supervisor *s, GError **error)
{
  g_autoptr (GPtrArray) names = g_steal_pointer (&s->reload_names);
  g_autoptr (GPtrArray) places = g_steal_pointer (&s->reload_places);

  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];

      if (!child->ready || child->kind == PLI_ROOM_AUTH)
        continue;
      if (!tell_room (s, child, error))
        return FALSE;
      tell_listeners (s, child, names, places);
    }
  return TRUE;
}

/* auth goes first: who shows a new certificate must find its key there. */
static gboolean
tell_rooms (Supervisor *s, GError **error)
{
  Child *auth = supervisor_find (s, PLI_ROOM_AUTH, 0);

  return auth && auth->ready ? tell_room (s, auth, error) : tell_others (s, error);
}

void
reload_answered (Supervisor *s, Child *child, guint16 code, PliSpan text)
{
  g_autoptr (GError) error = NULL;

  if (code != 0 && !s->reload_problem)
    {
      g_autofree char *name = supervisor_child_name (child);

      s->reload_problem = g_strdup_printf ("%s: %.*s", name, (int) MIN (text.len, 1000), text.data);
    }
  if (s->reload_waits == 0 || --s->reload_waits > 0)
    return;
  if (s->reload_names && !tell_others (s, &error) && !s->reload_problem)
    s->reload_problem = g_strdup (error->message);
  if (s->reload_waits == 0)
    finish (s);
}

void
reload_lost (Supervisor *s, Child *child)
{
  if (s->reload_waits > 0 && child->ready)
    reload_answered (s, child, PLI_ERROR_TRY_AGAIN, PLI_SPAN ("ended meanwhile"));
}

static gboolean
try_reload (Supervisor *s, GError **error)
{
  g_autofree char *folder = pli_path_conf (s->root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  PliServerSettings *server;

  if (!config || !pli_check_in_child (s->root, error))
    return FALSE;
  server = pli_config_bind (config, &pli_server_table, NULL, s->root, error);
  if (!server)
    return FALSE;
  for (guint i = 0; i < s->bound->len; i++)
    {
      PliBound *bound = s->bound->pdata[i];

      if (!has_text (names, bound->name))
        g_ptr_array_add (names, g_strdup (bound->name));
      g_ptr_array_add (places, g_strdup (bound->place));
    }
  if (!pli_bind_all (config, s->root, s->bound, error))
    {
      pli_settings_unref (server);
      return FALSE;
    }
  pli_config_unref (s->config);
  pli_settings_unref (s->server);
  s->config = pli_config_ref (config);
  s->server = server;
  s->generation++;
  s->reload_names = g_steal_pointer (&names);
  s->reload_places = g_steal_pointer (&places);
  return tell_rooms (s, error);
}

void
reload_begin (Supervisor *s, guint64 asker)
{
  g_autoptr (GError) error = NULL;

  if (s->reload_waits > 0)
    {
      error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "another reload is under way");
      answer (s, asker, error);
      return;
    }
  s->reload_asker = asker;
  if (!try_reload (s, &error))
    {
      s->reload_waits = 0;
      g_clear_pointer (&s->reload_names, g_ptr_array_unref);
      g_clear_pointer (&s->reload_places, g_ptr_array_unref);
      answer (s, asker, error);
    }
  else if (s->reload_waits == 0)
    finish (s);
}

/* Plugins */

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  struct stat st;
  int in = open (from, O_RDONLY | O_CLOEXEC), out = -1;
  gboolean ok = in >= 0 && fstat (in, &st) == 0;

  if (ok && (st.st_mode & S_IWOTH))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "plugin %s: others can write it; chmod o-w", from);
      close (in);
      return FALSE;
    }
  if (ok)
    {
      off_t left = st.st_size;

      out = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      ok = out >= 0;
      while (ok && left > 0)
        {
          ssize_t n = sendfile (out, in, NULL, (size_t) left);

          ok = n > 0;
          left -= ok ? n : 0;
        }
    }
  if (!ok)
    g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "plugin %s: %s", from, g_strerror (errno));
  if (in >= 0)
    close (in);
  if (out >= 0)
    close (out);
  return ok;
}

gboolean
reload_snapshot_plugins (Supervisor *s, PliArena *arena, PliSetup *setup, GError **error)
{
  g_autofree char *name = g_strdup_printf ("gen-%u", s->generation);
  g_autofree char *folder = pli_path_run (s->root, name);
  guint n = 0;
  const char **paths;

  while (setup->plugins[n])
    n++;
  paths = pli_arena_array (arena, const char *, n + 1);
  if (g_mkdir_with_parents (folder, 0755) < 0)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", folder, g_strerror (errno));
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *base = g_path_get_basename (setup->plugins[i]);
      g_autofree char *to = g_build_filename (folder, base, NULL);

      if (!g_file_test (to, G_FILE_TEST_EXISTS) && !copy_file (setup->plugins[i], to, error))
        return FALSE;
      paths[i] = pli_arena_strdup (arena, to);
    }
  setup->plugins = paths;
  return TRUE;
}
